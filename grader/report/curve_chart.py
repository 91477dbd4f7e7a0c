"""A small chart of a training: accuracies in percent over the measurements of one run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from grader.model.notebook_records import Curve
from grader.report.axis import Axis, Tick, fitting_axis, place_ticks

_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 352.0, 26.0, 150.0
"""The plot, in the units of a drawing of 360 by 196."""
_ROWS: Final = 20


class CurveChart(Struct, frozen=True):
    """The lines of a chart and its axes, in the drawing's units."""

    name: str
    train: list[str]
    """Stretches of points: a number that is not finite interrupts a line."""
    val: list[str]
    reference: list[str]
    """Of the reference, on validation data; empty where it is not known."""
    best: float
    """On validation data, in percent."""
    reference_best: float
    x_ticks: list[Tick]
    """`at` in the drawing's units here, as in `y_ticks`."""
    y_ticks: list[Tick]
    rows: list[tuple[int, str, str, str]]
    """Some of the numbers: which measurement, training, validation, reference."""


def curve_chart(curve: Curve) -> CurveChart:
    """Draw a curve."""
    count = max(len(curve.train), len(curve.val), len(curve.reference))
    axis = _accuracies(curve)

    def drawn(values: Sequence[float]) -> list[str]:
        return list(_stretches(values, axis, count))

    return CurveChart(
        name=curve.name,
        train=drawn(curve.train),
        val=drawn(curve.val),
        reference=drawn(curve.reference),
        best=_best(curve.val),
        reference_best=_best(curve.reference),
        x_ticks=[Tick(_x(k - 1, count), f"{k:,}") for k in place_ticks(count) if count],
        y_ticks=[Tick(_y(tick.at), tick.label) for tick in axis.ticks],
        rows=list(_rows(curve, count)),
    )


def _accuracies(curve: Curve) -> Axis:
    found = [*curve.train, *curve.val, *curve.reference]
    shown = [_percent(value) for value in found if math.isfinite(value)] or [0.0, 100.0]
    low, high = min(shown), max(shown)
    if high - low < 1.0:
        low, high = max(0.0, low - 1.0), min(100.0, high + 1.0)
    return fitting_axis(low, high)


def _percent(value: float) -> float:
    return 100.0 * min(1.0, max(0.0, value))


def _best(values: Sequence[float]) -> float:
    return max((_percent(value) for value in values if math.isfinite(value)), default=0.0)


def _x(place: int, count: int) -> float:
    return round(_LEFT + (_RIGHT - _LEFT) * place / max(1, count - 1), 1)


def _y(at: float) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * at, 1)


def _stretches(values: Sequence[float], axis: Axis, count: int) -> Iterator[str]:
    points: list[str] = []
    for place, value in enumerate([*values, math.nan]):
        if math.isfinite(value):
            points.append(f"{_x(place, count)},{_y(axis.at(_percent(value)))}")
        elif points:
            yield " ".join(points * 2 if len(points) == 1 else points)  # one point is a dot
            points = []


def _rows(curve: Curve, count: int) -> Iterator[tuple[int, str, str, str]]:
    step = max(1, -(-count // _ROWS))
    for place in sorted({*range(0, count, step), count - 1} if count else ()):
        train, val, reference = (
            _told(values, place) for values in (curve.train, curve.val, curve.reference)
        )
        yield place + 1, train, val, reference


def _told(values: Sequence[float], place: int) -> str:
    if place >= len(values):
        return "–"
    return f"{_percent(values[place]):.1f}" if math.isfinite(values[place]) else "NaN"
