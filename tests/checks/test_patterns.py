"""Naming the kind of an error."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from grader.checks.patterns import PATTERNS, describe_pattern, pattern_in

Array = NDArray[np.float64]

RIGHT = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0], [0.5, 7.0, -8.0]])


def one_entry(a: Array) -> Array:
    a[0, 0] += 1
    a[2, 1] -= 1
    return a


def one_row(a: Array) -> Array:
    a[1] = [9.0, -9.0, 9.0]
    return a


def one_column(a: Array) -> Array:
    a[:, 2] *= [1.5, -2.0, 3.0]
    a[:, 2] += 0.25
    return a


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: 0 * a, "zero everywhere"),
        (lambda a: 2 * a, "twice the right value everywhere"),
        (lambda a: a / 2, "half the right value everywhere"),
        (lambda a: -a, "the opposite sign everywhere"),
        (lambda a: 7 * a, "7 times too large everywhere"),
        (lambda a: a / 12, "12 times too small everywhere"),
        (lambda a: 1e-17 * a, "zero everywhere"),
        (lambda a: a / 3e8, "off by the constant factor 3.33333e-09 everywhere"),
        (lambda a: -0.7 * a, "off by the constant factor -0.7 everywhere"),
        (lambda a: 1.01 * a, "off by the constant factor 1.01 everywhere"),
        (lambda a: a * (1 + 5e-5), "nearly right, off by less than 0.01 %"),
        (lambda a: a + 1e-5, "nearly right, off by less than 0.01 %"),
        (lambda a: a.T, "the right values, transposed"),
        (lambda a: a + 3, "right up to a constant"),
        (lambda a: np.where(a < 0, 0, a), "wrong only where the right value is negative"),
        (lambda a: np.where(a > 0, a**2 + 1, a), "wrong only where the right value is positive"),
        (one_row, "wrong only at index 1 of axis 0"),
        (one_column, "wrong only at index 2 of axis 1"),
        (one_entry, ""),
        (lambda a: np.full_like(a, np.nan), ""),
        (lambda a: a.reshape(9), "the right values in another shape"),
        (lambda a: a[:2], ""),
    ],
)
def test_pattern(change: Callable[[Array], Array], words: str) -> None:
    assert describe_pattern(change(RIGHT.copy()), RIGHT) == words


def test_pattern_of_other_shapes() -> None:
    wide = RIGHT[:2]
    assert describe_pattern(wide.T, wide) == "the right values, transposed"
    assert describe_pattern(RIGHT, RIGHT.sum(axis=0)) == "not yet summed over axis 0"
    assert describe_pattern(RIGHT, RIGHT.sum(axis=1)) == "not yet summed over axis 1"


def test_pattern_where_zero_is_right() -> None:
    assert describe_pattern(np.ones((2, 2)), np.zeros((2, 2))) == ""
    assert describe_pattern(np.zeros((0, 2)), np.zeros((0, 2))) == ""


@pytest.mark.parametrize(
    ("factor", "en", "zh"),
    [
        (2.0, "twice the right value", "是正确值的两倍"),
        (-1.0, "the opposite sign", "符号相反"),
        (12.0, "12 times too large", "是正确值的 12 倍"),
        (0.0, "zero", "为零"),
        (0.73, "", ""),
    ],
)
def test_a_single_number_is_not_everywhere(factor: float, en: str, zh: str) -> None:
    said = describe_pattern(np.array(factor * 1.7), np.array(1.7))
    assert (said, pattern_in("zh", said)) == (en, zh)


def test_every_pattern_has_its_words_in_both_languages() -> None:
    values = {"n": "3", "axis": "1"}
    for pattern in PATTERNS:
        said = pattern.en.format(**values)
        assert pattern_in("en", said) == said
        assert pattern_in("zh", said) == pattern.zh.format(**values) != said
    assert pattern_in("zh", "something else") == "something else"
