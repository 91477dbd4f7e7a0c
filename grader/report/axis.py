"""The axes of charts: round numbers that fit what is drawn, and where they stand."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from grader.report.text import number

_INTERVALS: Final = 5
"""At most so many between the ticks of an axis."""
_STEPS: Final = (1.0, 2.0, 5.0, 10.0)


class Tick(NamedTuple):
    """A number on an axis."""

    at: float
    """From 0, the lower end, to 1, the upper."""
    label: str


class Axis(NamedTuple):
    """A stretch of numbers between two round ones."""

    low: float
    high: float
    ticks: list[Tick]

    def at(self, value: float) -> float:
        """Where a value stands, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)


def fitting_axis(low: float, high: float) -> Axis:
    """An axis that holds all from `low` to `high` and ends at round numbers."""
    if not low < high:
        low, high = low - 1.0, high + 1.0
    step = _step(high - low)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ends = first * step, last * step
    span = ends[1] - ends[0]
    ticks = [Tick((k * step - ends[0]) / span, number(k * step)) for k in range(first, last + 1)]
    return Axis(*ends, ticks)


def count_ticks(highest: int) -> list[Tick]:
    """Whole numbers from 0 for an axis that ends at `highest`."""
    step = max(1, round(_step(highest))) if highest else 1
    return [Tick(n / max(1, highest), f"{n:,}") for n in range(0, highest + 1, step)]


def log_count_ticks(highest: int) -> list[Tick]:
    """Whole numbers for an axis on which n stands at log(1 + n), up to `highest`."""
    powers = [10**k for k in range(len(str(max(1, highest))))]
    shown = powers if len(powers) > 1 else range(1, highest + 1, max(1, highest // 3))
    return [Tick(math.log1p(n) / math.log1p(highest), f"{n:,}") for n in (0, *shown) if highest]


def place_ticks(count: int) -> list[int]:
    """Which of `count` things in a row, from 1, to number: the first, and every so many."""
    step = max(1, round(_step(max(1, count - 1))))
    return [1, *(k for k in range(step, count + 1, step) if k > 1)]


def _step(span: float) -> float:
    unit = 10.0 ** math.floor(math.log10(span / _INTERVALS))
    return next(step * unit for step in _STEPS if step * unit * _INTERVALS >= span * (1 - 1e-9))
