"""Values of the student's that can leave the worker, and a word for those that cannot."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import numpy as np


class BadValue(TypeError):
    """The student's code hands over something of the wrong kind."""


def plain(value: Any, name: str) -> Any:
    """A copy of `value` that can cross: arrays stripped of subclasses, dicts of plain things.

    The keys of a dict are in order: what is the same should look the same.

    Raises:
        BadValue: it cannot cross; the text says what it is.
    """
    if isinstance(value, np.ndarray):
        value = np.array(value, subok=False)
        if value.dtype.hasobject:
            raise BadValue(f"{name} as an array of Python objects (dtype object)")
        return value
    if isinstance(value, dict):
        items = sorted(((str(key), item) for key, item in value.items()), key=itemgetter(0))
        return {key: plain(item, f"{name}[{key!r}]") for key, item in items}
    if isinstance(value, (list, tuple)):
        parts = [plain(item, name) for item in value]
        return parts if isinstance(value, list) else tuple(parts)
    if value is None or isinstance(value, (bool, int, float, str, np.generic)):
        return value
    raise BadValue(f"{name} as an object of type {type(value).__name__}")


def described(value: Any) -> str:
    """What came in place of several values."""
    if isinstance(value, np.ndarray):
        return f"a single array of shape {value.shape}"
    if isinstance(value, (tuple, list)):
        return f"{len(value)} values"
    return "nothing (None)" if value is None else f"a single {type(value).__name__}"
