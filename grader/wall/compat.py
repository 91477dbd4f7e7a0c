"""Names that NumPy and Python once had, given back to code that was right when it was written."""

from __future__ import annotations

import builtins
import functools
import pickle
import sys
from types import ModuleType
from typing import Any, Final

import numpy as np


def _integers(a: Any, b: Any) -> bool:
    return all(np.asarray(value).dtype.kind in "iub" for value in (a, b))


def floor_divide(a: Any, b: Any) -> Any:
    """`a / b` as Python 2 meant it: floored where both are integers."""
    return a // b if _integers(a, b) else a / b


_NUMPY: Final[dict[str, Any]] = {
    "float": float,
    "int": int,
    "bool": bool,
    "object": object,
    "complex": complex,
    "str": str,
    "float_": np.float64,
    "int_": np.int64,
    "product": np.prod,
    "cumproduct": np.cumprod,
    "alltrue": np.all,
    "sometrue": np.any,
    "rank": np.ndim,
    "asscalar": lambda a: np.asarray(a).item(),
    "row_stack": np.vstack,
    "in1d": lambda a, b, **kwargs: np.isin(np.ravel(a), b, **kwargs),
    "Inf": np.inf,
    "NaN": np.nan,
    "infty": np.inf,
}

_PYTHON2: Final[dict[str, dict[str, Any]]] = {
    "past": {},
    "past.builtins": {
        "xrange": range,
        "basestring": str,
        "unicode": str,
        "long": int,
        "raw_input": input,
        "reduce": functools.reduce,
        "range": range,
        "str": str,
    },
    "past.utils": {"old_div": floor_divide},
    "future": {},
    "future.standard_library": {"install_aliases": lambda: None},
    "future.utils": {
        "iteritems": lambda d: iter(d.items()),
        "itervalues": lambda d: iter(d.values()),
    },
    "six": {
        "iteritems": lambda d: iter(d.items()),
        "string_types": (str,),
        "PY2": False,
        "PY3": True,
    },
    "six.moves": {"xrange": range, "range": range, "cPickle": pickle, "zip": zip, "map": map},
    "six.moves.cPickle": vars(pickle),
    "cPickle": vars(pickle),
    "__builtin__": vars(builtins),
}


def divide_in_place(a: Any, b: Any) -> Any:
    """`a /= b` as Python 2 meant it; an array stays the same array."""
    if _integers(a, b):
        a //= b
    else:
        a /= b
    return a


def install() -> None:
    """Give the old names to this process. Only ever called in a worker."""
    for name, value in _NUMPY.items():
        if name not in vars(np):
            setattr(np, name, value)
    np.lib.pad = np.pad  # type: ignore[attr-defined]
    _accept_old_arguments()
    for name, content in _PYTHON2.items():
        if name not in sys.modules:
            module = ModuleType(name)
            vars(module).update({k: v for k, v in content.items() if not k.startswith("__")})
            module.__path__ = []
            sys.modules[name] = module
            parent, _, child = name.rpartition(".")
            if parent:
                setattr(sys.modules[parent], child, module)


def _accept_old_arguments() -> None:
    """What older NumPy understood: `newshape=`, ragged sequences, `copy=False` for "if needed"."""
    reshape, array = np.reshape, np.array

    def compatible_reshape(a: Any, *args: Any, newshape: Any = None, **kwargs: Any) -> Any:
        shape = args if newshape is None else (newshape, *args)
        return reshape(a, *shape, **kwargs)

    def compatible_array(a: Any, *args: Any, copy: bool | None = True, **kwargs: Any) -> Any:
        try:
            return array(a, *args, copy=copy or None, **kwargs)
        except ValueError as error:
            if "inhomogeneous" not in str(error) or args or "dtype" in kwargs:
                raise
            return array(a, dtype=object, copy=copy or None, **kwargs)

    def compatible_copy(a: Any, order: Any = "K", subok: bool = False) -> Any:
        return compatible_array(a, order=order, subok=subok)

    def compatible_asarray(a: Any, *args: Any, **kwargs: Any) -> Any:
        return compatible_array(a, *args, copy=None, **kwargs)

    vars(np).update(
        reshape=compatible_reshape,
        array=compatible_array,
        asarray=compatible_asarray,
        copy=compatible_copy,
    )
