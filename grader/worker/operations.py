"""What a check may do with an object of the student's beside calling, reading and writing it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

_BINARY: Final = (
    "add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift",
    "and_", "or_", "xor",
)  # fmt: skip
_COMPARISONS: Final = ("eq", "ne", "lt", "le", "gt", "ge")
_UNARY: Final = ("neg", "pos", "abs", "invert")
_CHANGING: Final = tuple(f"i{name.removesuffix('_')}" for name in _BINARY)
"""`a += b` and its like: the object itself may change."""

OPERATORS: Final[Mapping[str, Callable[..., Any]]] = {
    name: getattr(operator, name) for name in (*_BINARY, *_COMPARISONS, *_UNARY, *_CHANGING)
} | {"iter": iter}
"""Of one object or two, by name; what comes of them stays with the student."""
CONVERSIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "bool": bool,
    "int": int,
    "float": float,
    "len": lambda thing: len(thing) if hasattr(type(thing), "__len__") else None,
    "contains": operator.contains,
}
"""What comes of these is plain, of a type that Python itself sees to.

That there is no length is an answer, too: `list()` asks before it goes through anything.
"""


def key_of(step: Any) -> Any:
    """An index as it was written: slices and `...` travel as dicts."""
    if isinstance(step, dict):
        return slice(*step["slice"]) if "slice" in step else ...
    return tuple(map(key_of, step)) if type(step) is tuple else step
