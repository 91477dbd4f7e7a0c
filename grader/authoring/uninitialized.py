"""Arrays that nobody has filled: what depends on them is found out, and no check asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import numpy as np


def fill_empty_arrays() -> None:
    """Let `np.empty` and `np.empty_like` return another number each time, in this process.

    Fresh memory is mostly zeros, so that code which forgets to fill it seems right for a while.
    """
    numbers = cycle(range(3, 100))
    for name in ("empty", "empty_like"):
        setattr(np, name, _filled(getattr(np, name), numbers))


def _filled(made: Callable[..., Any], numbers: Iterator[int]) -> Any:
    def filled(*args: Any, **kwargs: Any) -> Any:
        array = made(*args, **kwargs)
        if array.dtype.kind in "fciu":
            array.fill(next(numbers))
        return array

    return filled
