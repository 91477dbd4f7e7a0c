"""Comparing what is drawn at random: any generator may draw it, so no two sides draw the same.

What a right and a wrong function have in common by chance is left out; what is compared are counts
and sizes, with room for chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
MASK_LABELS: Final = ("whole rows or columns", "share kept", "factor of what is kept",
                      "the mask of the call before")  # fmt: skip
"""What is said of a mask, by `masked`."""


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
        if self.constant is not None or other.constant is not None:
            return self.constant == other.constant
        size = int(np.prod(self.shape))
        room = 3 / np.sqrt(size)  # a standard deviation is good to 1 / sqrt(2 n)
        near = abs(np.log(self.std / other.std)) < max(room, 0.02)
        if size < LARGE:
            return bool(near and (size < _FEW or self.negative == other.negative))
        off = abs(self.mean - other.mean) < 2 * room * max(self.std, other.std)
        return bool(near and off and self.negative == other.negative)


def masked(x: Array, out: Array, before: Array | None) -> Iterator[tuple[str, Any]]:
    """What a dropout layer did to `x`, but for which entries it dropped.

    Args:
        x: what went in.
        out: what came out.
        before: what came out of the call before, of the same shape.
    """
    with np.errstate(all="ignore"):
        ratio = out / x
    kept = ratio != 0
    drawn = kept
    if kept.ndim == 2 and min(kept.shape) >= 10:
        alike = tuple(bool((kept.all(n) | ~kept.any(n)).mean() > 0.5) for n in (0, 1))
        some = kept.any() and not kept.all()
        yield MASK_LABELS[0], alike if some else (False, False)
        if some and any(alike):
            drawn = kept.any(alike.index(True))
    yield MASK_LABELS[1], Share(int(drawn.sum()), drawn.size)
    yield MASK_LABELS[2], Range.of(ratio[kept])
    if before is not None:
        yield MASK_LABELS[3], bool(np.array_equal(kept, before != 0))


def through_mask(dout: Array, dx: Array, out: Array) -> Iterator[tuple[str, Any]]:
    """What a dropout layer's backward pass did to `dout`, where `out` was kept and where not."""
    with np.errstate(all="ignore"):
        ratio = dx / dout
    yield "factor of what was kept", Range.of(ratio[out != 0])
    yield "factor of what was dropped", Range.of(ratio[out == 0])


class Kept(Chance, frozen=True):
    """What came through a mask."""

    values: Array

    def like(self, other: object) -> bool:
        """As much was kept, and what both kept is the same."""
        if not isinstance(other, Kept) or self.values.shape != other.values.shape:
            return False
        both = (self.values != 0) & (other.values != 0)
        scale = float(np.abs(other.values).max(initial=0.0))
        near = np.abs(self.values - other.values)[both].max(initial=0.0) <= _EXACT * scale
        return bool(near) and self._share().like(other._share())

    def _share(self) -> Share:
        return Share(int(np.count_nonzero(self.values)), self.values.size)


def entering(grads: Mapping[str, Any]) -> Iterator[tuple[str, Chance]]:
    """What entered the layers of a network, of one sample: dW is its outer product with db.

    What enters the second layer has passed one mask; of what enters the others only the share that
    is not 0 can be compared, since it depends on the masks before.
    """
    layer = 2
    while f"W{layer}" in grads and f"b{layer}" in grads:
        dw, db = (np.asarray(grads[f"{name}{layer}"]) for name in ("W", "b"))
        db = db.reshape(-1)
        if dw.ndim == 2 and dw.shape[1] == db.size and dw.dtype.kind == "f" and db.any():
            kept = Kept((dw @ db / float(db @ db)).astype(np.float64))
            yield f"what enters layer {layer}", kept if layer == 2 else kept._share()
        layer += 1
