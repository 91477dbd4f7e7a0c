"""Axes end at round numbers, and hold what is drawn."""

from __future__ import annotations

import math

import pytest

from grader.model.notebook_records import Curve
from grader.report.axis import count_ticks, fitting_axis, log_count_ticks, place_ticks
from grader.report.curve_chart import curve_chart


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (10, 90, ["0", "20", "40", "60", "80", "100"]),
        (41.2, 48.9, ["40", "42", "44", "46", "48", "50"]),
        (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (97.5, 99, ["97.5", "98", "98.5", "99"]),
    ],
)
def test_an_axis_fits_its_data(low: float, high: float, labels: list[str]) -> None:
    axis = fitting_axis(low, high)
    assert [tick.label for tick in axis.ticks] == labels
    assert [axis.ticks[0].at, axis.ticks[-1].at] == pytest.approx([0, 1])
    assert 0 <= axis.at(low) <= axis.at(high) <= 1


@pytest.mark.parametrize("value", [0.0, 50.0])
def test_a_single_value_has_an_axis(value: float) -> None:
    axis = fitting_axis(value, value)
    assert 0 < axis.at(value) < 1


@pytest.mark.parametrize("highest", [0, 1, 2, 7, 31, 1204])
def test_counts_have_whole_ticks_within_the_axis(highest: int) -> None:
    for ticks in (count_ticks(highest), log_count_ticks(highest)):
        assert all(float(tick.label.replace(",", "")).is_integer() for tick in ticks)
        assert all(0 <= tick.at <= 1 for tick in ticks)
        assert len({tick.label for tick in ticks}) == len(ticks) <= 7
    assert count_ticks(highest)[0].label == "0"
    assert len(count_ticks(highest)) > (highest > 0)


def test_places_in_a_row_are_numbered_from_one() -> None:
    assert place_ticks(1) == [1]
    assert place_ticks(3) == [1, 2, 3]
    assert place_ticks(11) == [1, 2, 4, 6, 8, 10]
    assert place_ticks(1000) == [1, 200, 400, 600, 800, 1000]


def test_a_curve_lies_on_its_axes_and_stops_where_a_number_is_not_finite() -> None:
    chart = curve_chart(Curve(name="a", train=[0.41, math.nan, 0.45, 0.44], val=[0.42, 0.47]))
    assert [tick.label for tick in chart.y_ticks] == ["40", "42", "44", "46", "48"]
    assert [tick.label for tick in chart.x_ticks] == ["1", "2", "3", "4"]
    assert len(chart.train) == 2
    dot, _, again = chart.train[0].partition(" ")
    assert dot == again
    assert chart.rows[:2] == [(1, "41.0", "42.0", "–"), (2, "NaN", "47.0", "–")]
    assert chart.best == pytest.approx(47.0)
    assert chart.reference_best == 0


def test_a_long_curve_lists_some_of_its_numbers_and_the_last() -> None:
    chart = curve_chart(Curve(name="a", val=[0.5] * 1000))
    assert len(chart.rows) == 21
    assert chart.rows[-1][0] == 1000


def test_a_curve_of_nothing_is_drawn_all_the_same() -> None:
    chart = curve_chart(Curve(name="a"))
    assert (chart.val, chart.rows, chart.x_ticks) == ([], [], [])
