"""What NumPy once had, by the release that took it away: every name since 1.11, and changed calls.

Found by comparing the names of all releases from 1.11 to 2.5, and what they say was removed.
"""

from __future__ import annotations

import ast
import functools
import math
import os
import pickle
import sys
import warnings
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Final

import numpy as np
import numpy.exceptions

from grader.worker.bridges import NOTHING, Gone, serve, serve_when_imported, used


def _as_dtype(dtype: Any) -> Callable[[Any], Any]:
    return lambda a: np.asarray(a).astype(dtype)


class _Cast(dict[Any, Any]):
    """`np.cast["f"](x)`."""

    def __missing__(self, key: Any) -> Any:
        return _as_dtype(key)


class _Bytes(dict[Any, Any]):
    """`np.nbytes[np.float64]`."""

    def __missing__(self, key: Any) -> Any:
        return np.dtype(key).itemsize


def _asfarray(a: Any, dtype: Any = np.float64) -> Any:
    inexact = np.issubdtype(np.dtype(dtype), np.inexact)
    return np.asarray(a, dtype=dtype if inexact else np.float64)


def _find_common_type(array_types: Any, scalar_types: Any) -> Any:
    every = [np.dtype(kind) for kind in (*array_types, *scalar_types)]
    return np.result_type(*every) if every else None


def _of_this_numpy(module: ModuleType, name: str) -> Any:
    """A name that NumPy 2 has; what stood in its place is still there in one that has it not."""
    return getattr(module, name, NOTHING)


def _byte_bounds(a: Any) -> tuple[int, int]:
    import numpy.lib.array_utils  # not there before NumPy 2, which has the old name

    return numpy.lib.array_utils.byte_bounds(a)


def _msort(a: Any) -> Any:
    return np.sort(a, axis=0)


def _in1d(ar1: Any, ar2: Any, *args: Any, **kwargs: Any) -> Any:
    return np.isin(np.ravel(ar1), ar2, *args, **kwargs)


def _asscalar(a: Any) -> Any:
    return np.asarray(a).item()


def _alen(a: Any) -> int:
    return len(np.atleast_1d(a))


def _disp(mesg: Any, device: Any = None, linefeed: bool = True) -> None:
    print(mesg, end="\n" if linefeed else "", file=device or sys.stdout)


def _deprecate(*args: Any, **_kwargs: Any) -> Any:
    return args[0] if args and callable(args[0]) else lambda function: function


def _maximum_sctype(t: Any) -> Any:
    largest = {"i": np.int64, "u": np.uint64, "f": np.longdouble, "c": np.clongdouble}
    return largest.get(np.dtype(t).kind, np.dtype(t).type)


def _rand(*shape: int) -> Any:
    return np.random.rand(*shape)


def _nothing(*_args: Any, **_kwargs: Any) -> None:
    """Once had an effect that has none on values."""


_FINANCIAL: Final = ("fv", "ipmt", "irr", "mirr", "nper", "npv", "pmt", "ppmt", "pv", "rate")
_CONSTANTS: Final = {
    "ALLOW_THREADS": 1, "BUFSIZE": 8192, "CLIP": 0, "WRAP": 1, "RAISE": 2, "MAXDIMS": 32,
    "ERR_IGNORE": 0, "ERR_WARN": 1, "ERR_RAISE": 2, "ERR_CALL": 3, "ERR_PRINT": 4, "ERR_LOG": 5,
    "ERR_DEFAULT": 521, "FLOATING_POINT_SUPPORT": 1, "FPE_DIVIDEBYZERO": 1, "FPE_OVERFLOW": 2,
    "FPE_UNDERFLOW": 4, "FPE_INVALID": 8, "MAY_SHARE_BOUNDS": 0, "MAY_SHARE_EXACT": -1,
    "SHIFT_DIVIDEBYZERO": 0, "SHIFT_OVERFLOW": 3, "SHIFT_UNDERFLOW": 6, "SHIFT_INVALID": 9,
    "UFUNC_BUFSIZE_DEFAULT": 8192, "UFUNC_PYVALS_NAME": "UFUNC_PYVALS",
    "tracemalloc_domain": 389047, "PINF": np.inf, "NINF": -np.inf, "PZERO": 0.0, "NZERO": -0.0,
    "Inf": np.inf, "Infinity": np.inf, "infty": np.inf, "NaN": np.nan, "NAN": np.nan,
}  # fmt: skip
_UNAVAILABLE_SINCE_2: Final = (
    "_add_newdoc_ufunc", "add_newdoc_ufunc", "compat", "get_array_wrap", "geterrobj",
    "kernel_version", "lookfor", "numarray", "oldnumeric", "recfromcsv", "recfromtxt",
    "set_numeric_ops", "set_string_function", "seterrobj", "source", "who",
)  # fmt: skip

_NUMPY: Final[dict[str, dict[str, Any]]] = {
    "1.13": {"alterdot": _nothing, "restoredot": _nothing},
    "1.18": {"rank": np.ndim},
    "1.19": dict.fromkeys(("getbuffer", "int_asbuffer", "newbuffer"), NOTHING),
    "1.20": dict.fromkeys((*_FINANCIAL, "sctypeNA", "typeNA"), NOTHING),
    "1.21": {"typeDict": np.sctypeDict},
    "1.22": {
        "loads": pickle.loads,
        "mafromtxt": functools.partial(np.genfromtxt, usemask=True),
        "ndfromtxt": functools.partial(np.genfromtxt, usemask=False),
    },
    "1.23": {
        "Arrayterator": np.lib.Arrayterator, "MachAr": NOTHING, "alen": _alen,
        "asscalar": _asscalar,
    },
    "1.24": {
        "bool": bool, "bytes0": np.bytes_, "complex": complex, "float": float, "int": int,
        "int0": np.intp, "long": int, "object": object, "object0": np.object_, "os": os,
        "str": str, "str0": np.str_, "sys": sys, "uint0": np.uintp, "unicode": str,
        "void0": np.void, "warnings": warnings, "matrixlib": np.matrixlib,
    },
    "1.25": {"Tester": NOTHING, "use_hugepage": NOTHING},
    "2.0": {
        **_CONSTANTS,
        **{
            name: _of_this_numpy(numpy.exceptions, name)
            for name in (
                "AxisError", "ComplexWarning", "ModuleDeprecationWarning", "RankWarning",
                "TooHardError", "VisibleDeprecationWarning",
            )
        },
        **dict.fromkeys(_UNAVAILABLE_SINCE_2, NOTHING),
        "DataSource": np.lib.npyio.DataSource, "add_docstring": np.lib.add_docstring,
        "add_newdoc": np.lib.add_newdoc, "alltrue": np.all, "asfarray": _asfarray,
        "bool8": np.bool_, "byte_bounds": _byte_bounds, "cast": _Cast(),
        "cfloat": np.complex128, "chararray": np.char.chararray,
        "clongfloat": np.clongdouble, "compare_chararrays": np.char.compare_chararrays,
        "complex_": np.complex128, "cumproduct": np.cumprod, "deprecate": _deprecate,
        "deprecate_with_doc": _deprecate, "disp": _disp,
        "fastCopyAndTranspose": lambda a: np.array(a).T.copy(),
        "find_common_type": _find_common_type, "float_": np.float64,
        "format_parser": np.rec.format_parser, "int_": np.int64,
        "issctype": lambda rep: isinstance(rep, type) and issubclass(rep, np.generic),
        "issubclass_": lambda a, b: isinstance(a, type) and issubclass(a, b),
        "issubsctype": lambda a, b: np.issubdtype(np.dtype(a), b),
        "longcomplex": np.clongdouble, "longfloat": np.longdouble, "mat": np.asmatrix,
        "math": math, "maximum_sctype": _maximum_sctype,
        "msort": _msort, "nbytes": _Bytes(),
        "obj2sctype": lambda rep, default=None: np.dtype(rep).type,
        "product": np.prod, "round_": np.round, "safe_eval": ast.literal_eval,
        "sctype2char": lambda t: np.dtype(t).char,
        "sctypes": {
            "int": [np.int8, np.int16, np.int32, np.int64],
            "uint": [np.uint8, np.uint16, np.uint32, np.uint64],
            "float": [np.float16, np.float32, np.float64, np.longdouble],
            "complex": [np.complex64, np.complex128, np.clongdouble],
            "others": [bool, object, bytes, str, np.void],
        },
        "singlecomplex": np.complex64, "sometrue": np.any, "string_": np.bytes_,
        "unicode_": np.str_,
    },
    "2.4": {"in1d": _in1d, "trapz": _of_this_numpy(np, "trapezoid")},
    "2.5": {"row_stack": np.vstack},
}  # fmt: skip

_PRIVATE: Final = {
    "lib": (
        "arraypad", "arraysetops", "function_base", "histograms", "index_tricks", "nanfunctions",
        "polynomial", "shape_base", "twodim_base", "type_check", "ufunclike", "utils",
    ),
    "linalg": ("linalg",),
    "fft": ("fftpack", "helper"),
}  # fmt: skip
"""Modules that one could import from, and whose public names are elsewhere."""
_GONE_LATER: Final = ("numpy.linalg.linalg", "numpy.fft.helper")
_TESTING: Final[dict[str, dict[str, Any]]] = {
    "1.18": {"rand": _rand},
    "1.25": dict.fromkeys(
        ("Tester", "NoseTester", "dec", "decorators", "raises", "run_module_suite"), NOTHING
    ),
}


def numpy_names() -> dict[str, Gone]:
    """Names that `np` has had, and has no longer in some release."""
    return _by_name(_NUMPY)


def _by_name(releases: Mapping[str, Mapping[str, Any]]) -> dict[str, Gone]:
    return {
        name: Gone(f"NumPy {release}", meaning)
        for release, names in releases.items()
        for name, meaning in names.items()
    }


def lib_names() -> dict[str, Gone]:
    """Names of `np.lib`, all of which are found in `np` too, or were."""
    there = {
        name: Gone("NumPy 2.0", value)
        for name, value in vars(np).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    return there | {name: gone for name, gone in numpy_names().items() if callable(gone.meaning)}


class _Moved(ModuleType):
    """A module whose names are found elsewhere now."""

    def __init__(self, name: str, places: tuple[ModuleType, ...]) -> None:
        super().__init__(name)
        self._places = places
        self.since = "NumPy 2.4" if name in _GONE_LATER else "NumPy 2.0"

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            for place in self._places:
                if hasattr(place, name):
                    used(self.__name__, self.since)
                    return getattr(place, name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


def _inner1d(a: Any, b: Any) -> Any:
    return np.einsum("...i,...i->...", a, b)


def install() -> None:
    """Give the names back. Only ever called in a worker."""
    serve(np, "np", numpy_names())
    serve_when_imported("numpy.testing", "np.testing", _by_name(_TESTING))
    for parent, children in _PRIVATE.items():
        folder = getattr(np, parent)
        moved = {}
        for child in children:
            module = _Moved(f"numpy.{parent}.{child}", (np, folder))
            sys.modules.setdefault(module.__name__, module)
            moved[child] = Gone(module.since, module)
        serve(folder, f"np.{parent}", moved | (lib_names() if parent == "lib" else {}))
    tests = ModuleType("numpy.core.umath_tests")
    vars(tests).update(inner1d=_inner1d, matrix_multiply=np.matmul)
    sys.modules.setdefault(tests.__name__, tests)
    for name, kind in (("float_", "f8"), ("complex_", "c16"), ("bool8", "?"), ("int0", "p")):
        np.sctypeDict.setdefault(name, np.dtype(kind).type)
