"""What can be told of the value that a call returns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal

import numpy as np

from grader.authoring.native_reference import is_plain, tried
from grader.authoring.scenario import MOST_ITEMS


def drained(result: Any) -> tuple[Any, Literal["", "values", "objects"]]:
    """What an iterator yields, None if that is nothing or it breaks off; anything else as it is."""
    if not isinstance(result, Iterator):
        return result, ""
    _, items = tried(lambda: list(islice(result, MOST_ITEMS)))
    return (items, "values" if is_plain(items) else "objects") if items else (None, "")


def plain_part(value: Any) -> Any:
    """What of a value can be compared as it stands."""
    if is_plain(value):
        return value
    return [item for item in value if is_plain(item)] if isinstance(value, tuple | list) else None


def says_nothing(result: Any) -> bool:
    """Whether a call returned nothing, or an array without elements."""
    first = result[0] if isinstance(result, tuple) and result else result
    return first is None or (isinstance(first, np.ndarray) and first.size == 0)
