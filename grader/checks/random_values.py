"""Comparing what is drawn at random: any generator may draw it, so no two sides draw the same.

What a right and a wrong function have in common by chance is left out; what is compared are counts
and sizes, with room for chance.
"""

from __future__ import annotations

import math
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_SIGMAS: Final = 5.0
LARGE: Final = 1000
"""Fewer draws than that tell nothing of a distribution."""
_FEW: Final = 4
"""So many random numbers of mean 0 have one below 0, nearly always."""
_EXACT: Final = 1e-6


class Chance(msgspec.Struct, frozen=True):
    """Something drawn, described so that two descriptions can be compared."""

    def like(self, other: object) -> bool:
        """Whether both may come from one distribution."""
        raise NotImplementedError


class Share(Chance, frozen=True):
    """So many of so many."""

    count: int
    of: int

    def like(self, other: object) -> bool:
        """None and all are like themselves only; else the shares differ by no more than chance."""
        if not isinstance(other, Share) or not self.of or not other.of:
            return False
        ends = {(share.count == 0, share.count == share.of) for share in (self, other)}
        if len(ends) > 1 and min(self.of, other.of) > 30:
            return False
        mean = (self.count + other.count) / (self.of + other.of)
        spread = np.sqrt(mean * (1 - mean) * (1 / self.of + 1 / other.of))
        difference = abs(self.count / self.of - other.count / other.of)
        return bool(difference <= _SIGMAS * spread + 1e-12)


class Range(Chance, frozen=True):
    """Smallest and largest of some numbers; empty if there are none."""

    low: float = np.nan
    high: float = np.nan

    @classmethod
    def of(cls, values: Array) -> Range:
        """The range of an array."""
        return cls(float(values.min()), float(values.max())) if values.size else cls()

    def like(self, other: object) -> bool:
        """Whether both ends agree."""
        if not isinstance(other, Range):
            return False
        ends = (self.low, self.high), (other.low, other.high)
        return bool(np.allclose(*ends, rtol=_EXACT, atol=1e-9, equal_nan=True))


class Drawn(Chance, frozen=True):
    """A parameter as a network starts with it."""

    shape: tuple[int, ...]
    constant: float | None
    """The one value that it holds, if it is one."""
    mean: float
    std: float
    negative: bool

    @classmethod
    def of(cls, value: Any) -> Drawn:
        """The description of an array."""
        array = np.asarray(value, dtype=np.float64)
        shape = tuple(n for n in array.shape if n != 1)
        constant = float(array.flat[0]) if array.size and np.ptp(array) == 0 else None
        mean, std = (float(array.mean()), float(array.std())) if array.size else (0.0, 0.0)
        return cls(shape, constant, mean, std, bool((array < 0).any()))

    def like(self, other: object) -> bool:
        """The same constant, or draws of the same spread and mean."""
        if not isinstance(other, Drawn) or self.shape != other.shape:
            return False
        if self.constant is not None and other.constant is not None:
            return math.isclose(self.constant, other.constant, rel_tol=_EXACT)
        if self.constant is not None or other.constant is not None:
            return False
        size = int(np.prod(self.shape))
        room = 3 / np.sqrt(size)  # a standard deviation is good to 1 / sqrt(2 n)
        near = abs(np.log(self.std / other.std)) < max(room, 0.02)
        if size < LARGE:
            return bool(near and (size < _FEW or self.negative == other.negative))
        off = abs(self.mean - other.mean) < 2 * room * max(self.std, other.std)
        return bool(near and off and self.negative == other.negative)
