"""Comparing values: what counts as equal, and what is said when it is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.checks.compare import as_array, assert_close, close
from grader.model.result import NOTHING, Finding
from grader.model.verdicts import Wrong

RIGHT = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])


def verdict(received: Any, expected: Any = RIGHT, **options: Any) -> tuple[str, Finding]:
    with pytest.raises(Wrong) as caught:
        assert_close("out", received, expected, **options)
    assert caught.value.finding is not None
    return caught.value.message, caught.value.finding


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (RIGHT, RIGHT),
        (RIGHT + 5e-6, RIGHT),
        (RIGHT.tolist(), RIGHT),
        (RIGHT.astype(np.float32), RIGHT),
        (np.array([1, 2]), np.array([1.0, 2.0])),
        (2.5, 2.5),
        (np.float64(2.5), 2.5),
        (np.array([2.5]), 2.5),
        (np.array([[1.0, 2.0]]), np.array([1.0, 2.0])),
        (np.array([[1.0], [2.0]]), np.array([1.0, 2.0])),
        (np.array([1e-13]), np.array([0.0])),
        (np.array([np.inf, 1.0]), np.array([np.inf, 1.0])),
        (np.zeros((0, 3)), np.zeros((0, 3))),
    ],
    ids=str,
)
def test_equal(received: Any, expected: Any) -> None:
    assert_close("out", received, expected)


def test_tolerance_is_relative_to_the_largest_entry() -> None:
    expected = np.array([1000.0, 0.0])
    assert close(expected + np.array([0.0, 9e-4]), expected, tolerance=1e-6)
    assert not close(expected + np.array([0.0, 2e-3]), expected, tolerance=1e-6)


def test_scale_can_be_given_where_zero_is_right() -> None:
    assert not close(np.full(3, 1e-9), np.zeros(3), tolerance=1e-6)
    assert_close("loss", np.full(3, 1e-9), np.zeros(3), scale=1.0)


def test_tolerance_zero_still_forgives_rounding_to_nothing() -> None:
    assert close(RIGHT + 1e-13, RIGHT, tolerance=0.0)
    assert not close(RIGHT + 1e-9, RIGHT, tolerance=0.0)


def test_wrong_value_says_where_and_how_much_but_not_what_is_right() -> None:
    received = RIGHT.copy()
    received[0, 1] = 7.125
    message, finding = verdict(received, call="f(x)")
    assert message.startswith("The value of out is wrong (1 of 6 elements)")
    assert "-2" not in message
    assert finding.kind == "values"
    assert (finding.worst_index, finding.received, finding.expected) == ([0, 1], "7.125", "-2")
    assert (finding.wrong, finding.call) == ("1 of 6 elements", "f(x)")
    assert finding.error == pytest.approx(9.125 / 6)
    assert finding.relative_to == "", "the largest right value"
    assert finding.elementwise == pytest.approx(1.0), "the signs differ"


def test_an_error_says_what_it_is_relative_to() -> None:
    _, zero = verdict(np.full(3, 0.5), np.zeros(3))
    assert (zero.error, zero.relative_to) == (0.5, NOTHING)
    with pytest.raises(Wrong) as caught:
        assert_close("loss", np.full(3, 1.5), np.ones(3), scale=2.0)
    finding = caught.value.finding
    assert finding is not None
    assert (finding.error, finding.relative_to) == (0.25, "2")
    assert finding.elementwise == pytest.approx(0.5 / 2.5)


def test_an_infinite_value_that_is_right_is_no_error() -> None:
    _, finding = verdict(np.array([np.inf, 3.0]), np.array([np.inf, 1.0]), scale=1.0)
    assert finding.elementwise == pytest.approx(0.5)


def test_wrong_gradient_names_its_pattern() -> None:
    message, finding = verdict(2 * RIGHT, kind="gradient")
    assert message == (
        "The gradient out is wrong (all 6 elements): twice the right value everywhere."
    )
    assert finding.kind == "gradient"
    assert finding.pattern == "twice the right value everywhere"


def test_wrong_number_has_no_index() -> None:
    message, finding = verdict(3.5, 1.0)
    assert message.startswith("The value of out is wrong")
    assert finding.worst_index is None
    assert finding.wrong == "its one value"


def test_shape_is_said_in_words() -> None:
    message, finding = verdict(RIGHT.T)
    assert message == "out has shape (3, 2); it should be (2, 3)."
    assert finding.kind == "shape"
    assert finding.pattern == "the right values, transposed"
    message, _ = verdict(1.0)
    assert message == "out has shape () (a single number); it should be (2, 3)."


def test_nan_and_infinity_are_said_before_values() -> None:
    received = 3 * RIGHT
    received[1, 2] = np.nan
    message, finding = verdict(received)
    assert message == "out is NaN at out[1, 2] (1 of 6 elements)."
    assert (finding.kind, finding.worst_index, finding.received) == ("nan", [1, 2], "NaN")
    message, finding = verdict(-np.inf, 0.5)
    assert message == "out is infinite (its one value)."
    assert finding.worst_index is None


@pytest.mark.parametrize(
    ("received", "kind", "text"),
    [
        (None, "type", "out is None."),
        ("1.0", "type", "it is a str"),
        ({"a": 1}, "type", "it is a dict"),
        ([[1.0], [1.0, 2.0]], "type", "it is a list"),
        (RIGHT + 1j, "dtype", "out is complex"),
    ],
    ids=["none", "text", "dict", "ragged", "complex"],
)
def test_what_is_no_array_of_numbers(received: Any, kind: str, text: str) -> None:
    message, finding = verdict(received)
    assert text in message
    assert finding.kind == kind


def test_as_array_keeps_the_type() -> None:
    assert as_array(np.float32(1.0), "x").dtype == np.float32
    assert as_array([True, False], "x").dtype == np.bool_
