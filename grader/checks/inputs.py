"""Seeded inputs: the same on every machine, Python and NumPy.

NumPy promises that the legacy generator's stream never changes. Its normal deviates go through the
platform's `log` and `sqrt`, which may differ in the last bit, so every array is rounded to a grid
of 2**-24: the values, and so the hashes in the answer key, are then the same everywhere.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_GRID: Final = 2.0**24


class _NoEntropy(np.random.bit_generator.ISeedSequence):
    """Spares NumPy the mixing of entropy that the legacy seed then overwrites: most of the time."""

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        """Zeros."""
        return np.zeros(n_words, dtype)


_NO_ENTROPY: Final = _NoEntropy()


class Inputs:
    """Draws the inputs of one check."""

    def __init__(self, seed: int | str, check: str) -> None:
        digest = hashlib.sha256(f"{seed}/{check}".encode()).digest()
        self._seed = int.from_bytes(digest[:4], "little")
        self.number = int.from_bytes(digest[4:8], "little")
        """For seeding the student's side: another seed, lest their draws be these inputs."""

    @cached_property
    def _random(self) -> np.random.RandomState:
        random = np.random.RandomState(np.random.MT19937(_NO_ENTROPY))  # type: ignore[arg-type]
        random.seed(self._seed)
        return random

    def normal(self, *shape: int, scale: float = 1.0, shift: float = 0.0) -> Array:
        """Normal deviates, float64 of `shape`."""
        return _rounded(self._random.standard_normal(shape) * scale + shift)

    def uniform(self, low: float, high: float, *shape: int) -> Array:
        """Uniform in `[low, high)`, float64 of `shape`."""
        return _rounded(self._random.uniform(low, high, shape))

    def clear_of_zero(self, *shape: int, gap: float = 0.1) -> Array:
        """Values of both signs, none nearer to 0 than `gap`: no kink of a ReLU is near."""
        sign = np.where(self._random.random_sample(shape) < 0.5, -1.0, 1.0)
        return sign * self.uniform(gap, gap + 1.0, *shape)

    def labels(self, n: int, classes: int) -> NDArray[np.int64]:
        """Class labels, int64 of shape `(n,)`; each class occurs if `n >= classes`."""
        every = np.arange(n) % classes
        return np.asarray(self._random.permutation(every), dtype=np.int64)

    def integer(self, low: int, high: int) -> int:
        """One integer in `[low, high)`."""
        return int(self._random.randint(low, high))

    def rounded(self, values: Array) -> Array:
        """What was computed from drawn values, as much the same on every machine as they are."""
        return _rounded(values)

    def clusters(self, n: int, classes: int, dim: int, spread: float = 1.0) -> tuple[Array, Any]:
        """Points around one centre a class: `X (n, dim)` and labels `y (n,)`."""
        centres = self.normal(classes, dim, scale=2.0)
        y = self.labels(n, classes)
        return _rounded(centres[y] + self.normal(n, dim, scale=spread)), y


def _rounded(values: NDArray[np.float64]) -> Array:
    return np.round(values * _GRID) / _GRID
