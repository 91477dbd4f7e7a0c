"""Finding the number in a mistake: an epsilon of their own, a leak, a factor.

What a mistake gives is a smooth function of its number. From each likely one a few Gauss-Newton
steps lead to the student's, if there is one that gives the student's values.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grader.diagnosis.evidence import Evidence
from grader.diagnosis.mutated_package import Version, Versions
from grader.diagnosis.observed_values import ABSENT, CLOSE, Key, Readings
from grader.diagnosis.random_values import Drawn, Range

Array = NDArray[np.float64]
Residual = Callable[[tuple[float, ...]], Array | None]

_STEPS: Final = 12
_HUGE: Final = 50.0
"""No logarithm of a number that anybody writes is as large."""
_RELATIVE: Final = 1e-5
"""Of a number, by which it is moved to differentiate."""
_DIGITS: Final = (1, 2, 3, 4, 6)
"""Numbers that people write have few of them."""
_STATISTICAL: Final = 0.03
"""Relative room for what is read off random draws."""


def fitted(
    evidence: Evidence, found: Versions, version: Version, starts: Sequence[Sequence[float]]
) -> Version | None:
    """The version whose numbers give what the student answered, or None.

    Args:
        evidence: where something is wrong.
        found: mistakes that are made anyway.
        version: a mistake with parameters.
        starts: likely numbers of each parameter.
    """
    likely = list(itertools.product(*starts))
    tried = [(*found, version._replace(numbers=numbers)) for numbers in likely]
    changed = set[Key]().union(*(evidence.changed(versions) for versions in tried))
    keys = [k for k in evidence.wrong if k in changed and _numbers(evidence.student, k) is not None]
    if not keys:
        return None

    scale = _Scale(likely)

    def residual(at: tuple[float, ...]) -> Array | None:
        numbers = scale.numbers(at)
        guess = evidence.readings((*found, version._replace(numbers=numbers)))
        return _differences(evidence.student, guess or {}, keys)

    room = _STATISTICAL if any(isinstance(evidence.student[k], Drawn) for k in keys) else CLOSE
    for start in likely:
        solution = _solved(residual, scale.position(start), room)
        if solution is not None:
            numbers = _rounded(residual, scale, solution, room)
            return version._replace(numbers=numbers)
    return None


class _Scale:
    """Where the steps are taken: numbers that are all positive, on a logarithmic scale."""

    def __init__(self, likely: Sequence[tuple[float, ...]]) -> None:
        self._logarithmic = [min(column) > 0 for column in zip(*likely, strict=True)]

    def position(self, numbers: tuple[float, ...]) -> tuple[float, ...]:
        """Of numbers on the scale."""
        pairs = zip(numbers, self._logarithmic, strict=True)
        return tuple(math.log(number) if logarithmic else number for number, logarithmic in pairs)

    def numbers(self, at: tuple[float, ...]) -> tuple[float, ...]:
        """At a position of the scale."""
        pairs = zip(at, self._logarithmic, strict=True)
        return tuple(math.exp(min(x, _HUGE)) if logarithmic else x for x, logarithmic in pairs)


def _solved(
    residual: Residual, numbers: tuple[float, ...], room: float
) -> tuple[float, ...] | None:
    now = residual(numbers)
    for step in range(_STEPS):
        if now is None:
            return None
        size = float(np.abs(now).max())
        if size <= room:
            return numbers
        slopes = _slopes(residual, numbers, now)
        if slopes is None:
            return None
        change, *_ = np.linalg.lstsq(slopes, -now, rcond=None)
        numbers = tuple(float(a + b) for a, b in zip(numbers, change, strict=True))
        now = residual(numbers)
        # Newton's steps gain digits: what is still far off will not arrive.
        if now is None or (step > 1 and float(np.abs(now).max()) > 0.9 * size):
            return None
    return None


def _slopes(residual: Residual, numbers: tuple[float, ...], now: Array) -> Array | None:
    columns = []
    for index, number in enumerate(numbers):
        by = _RELATIVE * (abs(number) or 1.0)
        moved = residual((*numbers[:index], number + by, *numbers[index + 1 :]))
        if moved is None:
            return None
        columns.append((moved - now) / by)
    slopes = np.stack(columns, axis=1)
    return slopes if np.abs(slopes).max() > 0 else None


def _rounded(
    residual: Residual, scale: _Scale, at: tuple[float, ...], room: float
) -> tuple[float, ...]:
    """The numbers there, with as few digits as will do."""
    numbers = scale.numbers(at)
    for digits in _DIGITS:
        written = tuple(float(f"{number:.{digits}g}") for number in numbers)
        if 0.0 in written:
            continue
        off = residual(scale.position(written))
        if off is not None and float(np.abs(off).max()) <= room:
            return written
    return numbers


def _differences(student: Readings, guess: Readings, keys: Sequence[Key]) -> Array | None:
    parts = []
    for key in keys:
        mine, ours = _numbers(student, key), _numbers(guess, key)
        if mine is None or ours is None or mine.shape != ours.shape:
            return None
        parts.append((ours - mine) / (float(np.abs(mine).max()) or 1.0))
    return np.concatenate(parts)


def _numbers(readings: Readings, key: Key) -> Array | None:
    """A value as finite numbers, or None."""
    value: Any = readings.get(key, ABSENT)
    if isinstance(value, Drawn):
        value = [value.std if value.constant is None else value.constant]
    elif isinstance(value, Range):
        value = [value.low, value.high]
    elif not isinstance(value, np.ndarray | float):
        return None
    array = np.asarray(value)
    if array.dtype.kind != "f" or not array.size or not np.isfinite(array).all():
        return None
    return array.reshape(-1).astype(np.float64)
