"""Calls that NumPy once understood: an argument by its old name, ragged lists, a generator.

Each is tried as it stands first, and only if it fails for the reason known, as it was meant.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, Final, NamedTuple

import numpy as np

from grader.worker.bridges import used

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


class _Change(NamedTuple):
    """A way of calling that is no longer understood."""

    what: str
    since: str
    mend: Callable[[tuple[Any, ...], dict[str, Any]], Arguments | None]
    """The arguments as they are written now; None if that is not what is wrong."""


def _bridge(module: ModuleType, names: str, *changes: _Change) -> None:
    """Wrap those of the functions that this NumPy still has; `old_numpy` serves the others."""
    for name in names.split():
        if hasattr(module, name):
            setattr(module, name, _bridged(getattr(module, name), changes))


def _bridged(function: Callable[..., Any], changes: tuple[_Change, ...]) -> Callable[..., Any]:
    @functools.wraps(function)
    def bridged(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (TypeError, ValueError):
            for change in changes:
                mended = change.mend(args, kwargs)
                if mended is not None:
                    value = function(*mended[0], **mended[1])
                    used(change.what, change.since)
                    return value
            raise

    return bridged


def _renamed(old: str, new: str, since: str, what: str) -> _Change:
    def mend(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments | None:
        if old not in kwargs or new in kwargs:
            return None
        others = {name: value for name, value in kwargs.items() if name != old}
        return args, {**others, new: kwargs[old]}

    return _Change(f"{old}= of {what}", since, mend)


def _dropped(what: str, since: str, *names: str) -> _Change:
    """Arguments that had no effect any more when they were removed."""

    def mend(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments | None:
        others = {name: value for name, value in kwargs.items() if name not in names}
        return None if len(others) == len(kwargs) else (args, others)

    return _Change(f"{names[0]}= of {what}", since, mend)


def _reshape(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments | None:
    if "newshape" not in kwargs:
        return None
    others = {name: value for name, value in kwargs.items() if name != "newshape"}
    return (args[0], kwargs["newshape"], *args[1:]), others


def _listed(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments | None:
    """A generator of arrays to stack, as a list."""
    if not args or not isinstance(args[0], Iterator):
        return None
    return (list(args[0]), *args[1:]), kwargs


def _whole(position: int, keyword: str) -> _Change:
    """A float for a size: it was cut off to a whole number."""

    def mend(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments | None:
        size = kwargs.get(keyword, args[position] if len(args) > position else None)
        whole = _without_floats(size)
        if whole is None:
            return None
        if keyword in kwargs:
            return args, {**kwargs, keyword: whole}
        return (*args[:position], whole, *args[position + 1 :]), kwargs

    return _Change("a float used as a size", "NumPy 1.12", mend)


def _all_whole(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments | None:
    whole = _without_floats(args)
    return None if whole is None else (whole, kwargs)


def _without_floats(size: Any) -> Any:
    """The same in whole numbers; None if it is no size, or had no floats."""
    parts = size if isinstance(size, (tuple, list)) else (size,)
    is_size = all(isinstance(part, (int, float, np.integer)) for part in parts)
    if not is_size or not any(isinstance(part, float) for part in parts):
        return None
    if not all(np.isfinite(part) for part in parts):
        return None
    whole = tuple(int(part) for part in parts)
    return whole if isinstance(size, (tuple, list)) else whole[0]


_SIZES: Final = {
    0: "permutation standard_normal standard_exponential random_sample random ranf sample",
    1: "choice exponential poisson",
    2: "normal uniform randint binomial beta gamma laplace",
}
"""Functions of `np.random`, by the position of their size."""


def _sum(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def bridged(a: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(a, Iterator) or not hasattr(a, "gi_frame"):
            return function(a, *args, **kwargs)
        value = builtins.sum(a)
        used("np.sum of a generator", "NumPy 2.4")
        return value

    return bridged


def _fromstring(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def bridged(string: Any, dtype: Any = float, count: int = -1, **kwargs: Any) -> Any:
        if kwargs.get("sep", "") != "":
            return function(string, dtype, count, **kwargs)
        data = string.encode("latin-1") if isinstance(string, str) else string
        value = np.frombuffer(data, dtype, count).copy()
        used("np.fromstring of bytes", "NumPy 2.3")
        return value

    return bridged


def _array(function: Callable[..., Any]) -> Callable[..., Any]:
    """`np.array` or `np.asarray` with what they once accepted."""

    @functools.wraps(function)
    def bridged(a: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return function(a, *args, **kwargs)
        except ValueError as error:
            text = str(error)
        if "Unable to avoid copy" in text:
            value = bridged(a, *args, **{**kwargs, "copy": None})
            used("copy=False where a copy is needed", "NumPy 2.0")
            return value
        value = _ragged(function, a, args, kwargs) if "inhomogeneous" in text else None
        if value is None:
            return function(a, *args, **kwargs)
        used("an array of sequences of different lengths", "NumPy 1.24")
        return value

    return bridged


def _ragged(
    function: Callable[..., Any], a: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """An array of objects; of the type asked for if each is one number. None if it is neither."""
    dtype = args[0] if args else kwargs.get("dtype")
    others = {name: value for name, value in kwargs.items() if name != "dtype"}
    objects = function(a, object, *args[1:], **others)
    if dtype is None or np.dtype(dtype).hasobject:
        return objects
    try:
        return objects.astype(dtype)
    except (TypeError, ValueError):
        return None


def _copy(a: Any, order: Any = "K", subok: bool = False) -> Any:
    return np.array(a, order=order, subok=subok, copy=True)


def install() -> None:
    """Let NumPy understand them. Only ever called in a worker."""
    for name, wrap in (
        ("array", _array), ("asarray", _array), ("sum", _sum), ("fromstring", _fromstring),
    ):  # fmt: skip
        if hasattr(np, name):
            setattr(np, name, wrap(getattr(np, name)))
    np.copy = functools.wraps(np.copy)(_copy)
    _bridge(
        np, "vstack hstack dstack stack column_stack row_stack",
        _Change("stacking a generator of arrays", "NumPy 1.24", _listed),
    )  # fmt: skip
    _bridge(
        np, "percentile quantile nanpercentile nanquantile",
        _renamed("interpolation", "method", "NumPy 2.4", "np.percentile"),
    )  # fmt: skip
    normed = _renamed("normed", "density", "NumPy 1.24", "np.histogram")
    _bridge(np, "histogram histogram2d histogramdd", normed)
    _bridge(np, "unravel_index", _renamed("dims", "shape", "NumPy 1.21", "np.unravel_index"))
    _bridge(np, "corrcoef", _dropped("np.corrcoef", "NumPy 2.4", "bias", "ddof"))
    _bridge(np, "array2string", _dropped("np.array2string", "NumPy 2.4", "style"))
    _bridge(np, "save", _dropped("np.save", "NumPy 2.4", "fix_imports"))
    reshape = _Change("newshape= of np.reshape", "NumPy 2.4", _reshape)
    _bridge(np, "reshape", reshape, _whole(1, "shape"))
    _bridge(np, "zeros ones empty full", _whole(0, "shape"))
    _bridge(np, "eye", _whole(0, "N"))
    _bridge(np, "identity", _whole(0, "n"))
    _bridge(np, "tile", _whole(1, "reps"))
    _bridge(np, "linspace logspace", _whole(2, "num"))
    for position, names in _SIZES.items():
        _bridge(np.random, names, _whole(position, "size"))
    _bridge(np.random, "rand randn", _Change("a float used as a size", "NumPy 1.12", _all_whole))
