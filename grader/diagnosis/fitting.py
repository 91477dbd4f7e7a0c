"""Finding the number in a mistake: an epsilon of their own, a leak, a factor.

What a mistake gives is a smooth function of its number. From each likely one a few Gauss-Newton
steps lead to the student's, if there is one that gives the student's values.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.checks.random_values import Drawn, Range
from grader.diagnosis.evidence import Evidence
from grader.diagnosis.mutated_package import Version, Versions
from grader.diagnosis.observed_values import ABSENT, CLOSE, Readings, ValueKey

Array = NDArray[np.float64]
Residual = Callable[[tuple[float, ...]], Array | None]

_STEPS: Final = 12
_HUGE: Final = 50.0
"""No logarithm of a number that anybody writes is as large."""
_RELATIVE: Final = 1e-5
"""Of a number, by which it is moved to differentiate."""
_WIDE: Final = 100.0
"""Likely numbers that are so many times each other are of some order of magnitude."""
_STATISTICAL: Final = 0.03
"""Relative room for what is read off random draws."""
_NOISE: Final = 1e-15
_GAIN: Final = 0.9
"""To how much of itself a step must reduce what is left."""
_STRAIGHT: Final = 0.1
"""What is nearer to what a straight line foresees, in this ratio, lies on one."""
_TOLD: Final = 0.02
"""A number that may be off by a larger share of itself is not told."""
_DIGITS: Final = 7


class Sharpened(NamedTuple):
    """A version with its numbers as exact as the answers tell them."""

    version: Version
    told: bool
    """Whether the answers tell the numbers."""


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
    changed = set[ValueKey]().union(*(evidence.changed(versions) for versions in tried))
    keys = _fittable(evidence, changed)
    if not keys:
        return None
    scale = _Scale(likely)
    residual = _residual([(evidence, keys)], found, version, scale)
    room = _STATISTICAL if _is_drawn(evidence, keys) else CLOSE
    for start in likely if scale.is_wide else likely[:1]:
        solution = _solved(residual, scale, scale.position(start), room)
        if solution is not None:
            return version._replace(numbers=scale.numbers(solution))
    return None


def sharpened(
    evidence: Sequence[Evidence],
    found: Versions,
    version: Version,
    starts: Sequence[Sequence[float]],
) -> Sharpened:
    """The version with its numbers as exact as all these cases tell them, in few digits.

    Args:
        evidence: cases in which the mistake shows.
        found: mistakes that are made besides.
        version: a mistake that explains them, with numbers that are near.
        starts: likely numbers of each parameter.
    """
    scale = _Scale([*itertools.product(*starts), version.numbers])
    cases = [(each, _told_by(each, (*found, version))) for each in evidence]
    residual = _residual(cases, found, version, scale)
    at = scale.position(version.numbers)
    now = residual(at)
    if now is None or not now.size:
        return Sharpened(version, told=False)
    at, now = _descended(residual, scale, at, now)
    slopes = _slopes(residual, at, now)
    if slopes is None:
        return Sharpened(version, told=False)
    drawn = any(_is_drawn(each, keys) for each, keys in cases)
    noise = max(_size(now), _STATISTICAL if drawn else _NOISE)
    by = [noise / max(float(np.abs(column).max()), 1e-300) for column in slopes.T]
    off = scale.share(at, by)
    numbers = tuple(map(_rounded, scale.numbers(at), off))
    return Sharpened(version._replace(numbers=numbers), told=max(off) <= _TOLD or drawn)


def _told_by(evidence: Evidence, versions: Versions) -> list[ValueKey]:
    return _fittable(evidence, evidence.changed(versions))


def _fittable(evidence: Evidence, changed: set[ValueKey]) -> list[ValueKey]:
    """The wrong values among these that are numbers."""
    student = evidence.student
    return [k for k in evidence.wrong if k in changed and _numbers(student, k) is not None]


def _is_drawn(evidence: Evidence, keys: Sequence[ValueKey]) -> bool:
    values = [evidence.student.get(key) for key in keys]
    return any(isinstance(value, Drawn) and value.constant is None for value in values)


def _residual(
    cases: Sequence[tuple[Evidence, Sequence[ValueKey]]],
    found: Versions,
    version: Version,
    scale: _Scale,
) -> Residual:
    """How far what the version gives is from the student's, by position on the scale."""

    def residual(at: tuple[float, ...]) -> Array | None:
        versions = (*found, version._replace(numbers=scale.numbers(at)))
        parts = []
        for evidence, keys in cases:
            part = _differences(evidence.student, evidence.readings(versions) or {}, keys)
            if part is None:
                return None
            parts.append(part)
        return np.concatenate(parts)

    return residual


class _Scale:
    """Where the steps are taken: orders of magnitude on a logarithmic scale."""

    def __init__(self, likely: Sequence[tuple[float, ...]]) -> None:
        self._logarithmic = [
            min(column) > 0 and max(column) >= _WIDE * min(column)
            for column in zip(*likely, strict=True)
        ]

    @property
    def is_wide(self) -> bool:
        """Whether some number is looked for among orders of magnitude."""
        return any(self._logarithmic)

    def position(self, numbers: tuple[float, ...]) -> tuple[float, ...]:
        """Of numbers on the scale."""
        pairs = zip(numbers, self._logarithmic, strict=True)
        return tuple(math.log(number) if logarithmic else number for number, logarithmic in pairs)

    def numbers(self, at: tuple[float, ...]) -> tuple[float, ...]:
        """At a position of the scale."""
        pairs = zip(at, self._logarithmic, strict=True)
        return tuple(math.exp(min(x, _HUGE)) if logarithmic else x for x, logarithmic in pairs)

    def moved(self, at: tuple[float, ...], change: Array) -> tuple[float, ...]:
        """Where a Newton step leads: up, where the number itself and not its logarithm does."""
        triples = zip(at, map(float, change), self._logarithmic, strict=True)
        return tuple(x + (math.log1p(by) if log and by > 0 else by) for x, by, log in triples)

    def share(self, at: tuple[float, ...], by: Sequence[float]) -> list[float]:
        """By which share of themselves numbers change if their positions do."""
        triples = zip(at, by, self._logarithmic, strict=True)
        return [off if logarithmic else off / (abs(x) or 1.0) for x, off, logarithmic in triples]


def _solved(
    residual: Residual, scale: _Scale, numbers: tuple[float, ...], room: float
) -> tuple[float, ...] | None:
    now = residual(numbers)
    for step in range(_STEPS):
        if now is None:
            return None
        size = _size(now)
        if size <= room:
            return _descended(residual, scale, numbers, now)[0]
        slopes = _slopes(residual, numbers, now)
        if slopes is None:
            return None
        change = _newton(slopes, now)
        foreseen = now + slopes @ change
        numbers = scale.moved(numbers, change)
        now = residual(numbers)
        # Newton's steps gain digits: what is still far off will not arrive, nor what is
        # as far off as a straight line foresees.
        if now is None or (step > 1 and _size(now) > _GAIN * size):
            return None
        if _size(now) > room and _size(now - foreseen) < _STRAIGHT * _size(now):
            return None
    return None


def _descended(
    residual: Residual, scale: _Scale, numbers: tuple[float, ...], now: Array
) -> tuple[tuple[float, ...], Array]:
    """Where further steps gain nothing, and what is left there."""
    for _ in range(_STEPS):
        slopes = _slopes(residual, numbers, now) if _size(now) > _NOISE else None
        if slopes is None:
            break
        further = scale.moved(numbers, _newton(slopes, now))
        then = residual(further)
        if then is None or _size(then) >= _GAIN * _size(now):
            break
        numbers, now = further, then
    return numbers, now


def _newton(slopes: Array, now: Array) -> Array:
    """The step after which a straight line leaves least."""
    change, *_ = np.linalg.lstsq(slopes, -now, rcond=None)
    return np.asarray(change, np.float64)


def _size(differences: Array) -> float:
    return float(np.abs(differences).max(initial=0.0))


def _slopes(residual: Residual, numbers: tuple[float, ...], now: Array) -> Array | None:
    columns = []
    for index, number in enumerate(numbers):
        by = _RELATIVE * (abs(number) or 1.0)
        moved = residual((*numbers[:index], number + by, *numbers[index + 1 :]))
        if moved is None:
            return None
        columns.append((moved - now) / by)
    slopes = np.stack(columns, axis=1)
    return slopes if np.abs(slopes).max(initial=0.0) > 0 else None


def _rounded(number: float, off: float) -> float:
    """The number in as few digits as its uncertainty, a share of itself, allows."""
    room = max(10 * off, 1e-9) * abs(number)
    for digits in range(1, _DIGITS):
        written = float(f"{number:.{digits}g}")
        if written and abs(written - number) <= room:
            return written
    return number


def _differences(student: Readings, guess: Readings, keys: Sequence[ValueKey]) -> Array | None:
    parts = [np.empty(0)]
    for key in keys:
        mine, ours = _numbers(student, key), _numbers(guess, key)
        if mine is None or ours is None or mine.shape != ours.shape:
            return None
        parts.append((ours - mine) / (float(np.abs(mine).max()) or 1.0))
    return np.concatenate(parts)


def _numbers(readings: Readings, key: ValueKey) -> Array | None:
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
