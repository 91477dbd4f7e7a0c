"""Methods that arrays and other types of C once had, and conversions of arrays with one element.

Such types cannot be assigned to. Their methods are added behind the read-only view of their
dictionary. What `float(a)`, `"%f" % a`, `math.log(a)` and `b[i] = a` call is a pointer in the type,
which is made to look the method up, as it does in classes written in Python. Before anything is
written it is checked that the type is laid out as expected; if not, nothing changes.
"""

from __future__ import annotations

import array
import ctypes
import gc
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from grader.worker.bridges import Gone, used

_POINTER: Final = ctypes.sizeof(ctypes.c_void_p)
_NUMBER_METHODS: Final = object.__basicsize__ + 10 * _POINTER
"""Where a type keeps the address of its table of number methods."""


class _Slot(NamedTuple):
    identity: int
    """Its number in Python's stable interface (`Py_nb_float`)."""
    position: int
    """Its place in the table."""


_SLOTS: Final = {
    "__bool__": _Slot(9, 9),
    "__int__": _Slot(26, 16),
    "__float__": _Slot(11, 18),
}


def add_methods(kind: type, label: str, methods: Mapping[str, Gone]) -> None:
    """Give a type methods that it has no longer; those that it has are left alone."""
    content = _content(kind)
    for name, gone in methods.items():
        if not hasattr(kind, name):
            content[name] = _recorded(gone.meaning, f"{label}.{name}", gone.since)
    _modified(kind)


def _recorded(method: Callable[..., Any], what: str, since: str) -> Callable[..., Any]:
    def old_method(self: Any, *args: Any, **kwargs: Any) -> Any:
        value = method(self, *args, **kwargs)
        used(what, since)
        return value

    return old_method


def convert_one_element() -> None:
    """Let arrays with one element be numbers, and empty ones false, as before NumPy 2.4 and 2.2."""
    for name in ("__float__", "__int__", "__complex__"):
        _replace(name, _of_one_element)
    _replace("__bool__", _of_empty)


def _replace(name: str, make: Callable[[str, Callable[[Any], Any]], Callable[[Any], Any]]) -> None:
    slot = _SLOTS.get(name)
    if slot is not None and not _is_as_expected(slot):
        return
    method = make(name, getattr(np.ndarray, name))
    _content(np.ndarray)[name] = method
    if slot is not None:
        probe = type("Probe", (), {name: method})
        _word(_table(np.ndarray) + slot.position * _POINTER).value = _get_slot(probe, slot.identity)
    _modified(np.ndarray)
    for kind in _subclasses(np.ndarray):
        if name not in vars(kind):  # it has a pointer of its own, which assigning renews
            setattr(kind, name, method)


def _of_one_element(name: str, usual: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def convert(array: Any) -> Any:
        if array.ndim == 0 or array.size != 1:
            return usual(array)
        value = usual(np.asarray(array).reshape(()))
        used("an array with one element used as a number", "NumPy 2.4")
        return value

    return convert


def _of_empty(name: str, usual: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def truth(array: Any) -> Any:
        if array.size:
            return usual(array)
        used("an empty array used as false", "NumPy 2.2")
        return False

    return truth


def _subclasses(kind: type) -> list[type]:
    direct: list[type] = type.__subclasses__(kind)
    return direct + [found for one in direct for found in _subclasses(one)]


def _content(kind: type) -> dict[str, Any]:
    """The dictionary behind the view that a type shows."""
    [content] = gc.get_referents(vars(kind))
    assert isinstance(content, dict)
    return content


def _modified(kind: type) -> None:
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))


def _is_as_expected(slot: _Slot) -> bool:
    """Whether the pointer lies where it would be written, in a type of C and in one of Python."""
    name = next(name for name, known in _SLOTS.items() if known is slot)
    kinds = (np.ndarray, type("Probe", (), {name: lambda self: None}))
    return all(
        _table(kind) != 0
        and _word(_table(kind) + slot.position * _POINTER).value == _get_slot(kind, slot.identity)
        for kind in kinds
    )


def _get_slot(kind: type, identity: int) -> int | None:
    get = ctypes.pythonapi.PyType_GetSlot
    get.restype, get.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_int)
    found: int | None = get(kind, identity)
    return found


def _table(kind: type) -> int:
    return _word(id(kind) + _NUMBER_METHODS).value or 0


def _word(address: int) -> ctypes.c_void_p:
    return ctypes.c_void_p.from_address(address)


def _ptp(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    return np.ptp(np.asarray(a), axis=axis, out=out, keepdims=keepdims)


def _itemset(a: Any, *args: Any) -> None:
    *index, value = args
    if not index and a.size != 1:
        raise ValueError("can only convert an array of size 1 to a Python scalar")
    at = index[0] if len(index) == 1 else tuple(index)
    if isinstance(at, tuple) or not index:
        a[at if index else (0,) * a.ndim] = value
    else:
        a.flat[at] = value


def _newbyteorder(a: Any, new_order: str = "S") -> Any:
    return a.view(a.dtype.newbyteorder(new_order))


_ARRAY_METHODS: Final = {
    "ptp": Gone("NumPy 2.0", _ptp),
    "itemset": Gone("NumPy 2.0", _itemset),
    "newbyteorder": Gone("NumPy 2.0", _newbyteorder),
    "tostring": Gone("NumPy 2.3", lambda a, order="C": a.tobytes(order)),
}


def _fromstring(a: array.array[Any], data: bytes) -> None:
    a.frombytes(data)


def install() -> None:
    """Change the types of this process. Only ever called in a worker."""
    add_methods(np.ndarray, "ndarray", _ARRAY_METHODS)
    scalars = {name: gone for name, gone in _ARRAY_METHODS.items() if name != "itemset"}
    add_methods(np.generic, "np.generic", scalars)
    add_methods(
        array.array,
        "array.array",
        {
            "tostring": Gone("Python 3.9", lambda a: a.tobytes()),
            "fromstring": Gone("Python 3.9", _fromstring),
        },
    )
    convert_one_element()
