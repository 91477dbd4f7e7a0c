"""Seeded inputs."""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks.inputs import Inputs

PINNED_NORMAL = ["-0x1.cc08e40000000p-2", "0x1.adad080000000p-2"]
PINNED_UNIFORM = ["0x1.bfc87e0000000p-1", "-0x1.01df680000000p-2"]


def test_same_seed_and_check_give_the_same_inputs() -> None:
    first, second = (Inputs(231, "layers::affine") for _ in range(2))
    assert np.array_equal(first.normal(3, 4), second.normal(3, 4))
    assert first.integer(0, 1000) == second.integer(0, 1000)


@pytest.mark.parametrize("other", [Inputs(232, "a"), Inputs(231, "b"), Inputs("secret", "a")])
def test_another_seed_or_check_gives_other_inputs(other: Inputs) -> None:
    first = Inputs(231, "a")
    assert first.number != other.number
    assert not np.array_equal(first.normal(4), other.normal(4))


def test_number_and_text_of_a_seed_are_the_same_seed() -> None:
    assert Inputs(231, "a").number == Inputs("231", "a").number


def test_stream_is_pinned() -> None:
    """Recorded keys depend on these very bits."""
    inputs = Inputs(231, "pinned")
    assert [value.hex() for value in inputs.normal(2)] == PINNED_NORMAL
    assert [value.hex() for value in inputs.uniform(-1.0, 1.0, 2)] == PINNED_UNIFORM


def test_values_lie_on_a_grid() -> None:
    inputs = Inputs(1, "grid")
    for values in (inputs.normal(50), inputs.uniform(0, 3, 50), inputs.clear_of_zero(50)):
        assert values.dtype == np.float64
        assert np.array_equal(values * 2**24, np.round(values * 2**24))


def test_normal_has_scale_and_shift() -> None:
    values = Inputs(1, "normal").normal(100, 100, scale=3.0, shift=-5.0)
    assert values.mean() == pytest.approx(-5.0, abs=0.2)
    assert values.std() == pytest.approx(3.0, abs=0.2)


def test_clear_of_zero_keeps_its_distance_on_both_sides() -> None:
    values = Inputs(1, "clear").clear_of_zero(200, gap=0.5)
    assert np.abs(values).min() >= 0.5
    assert (values > 0).any()
    assert (values < 0).any()


def test_labels_have_every_class() -> None:
    y = Inputs(1, "labels").labels(7, 5)
    assert y.dtype == np.int64
    assert y.shape == (7,)
    assert set(y.tolist()) == set(range(5))


def test_clusters_can_be_told_apart() -> None:
    X, y = Inputs(1, "clusters").clusters(30, 3, 8, spread=0.1)
    assert X.shape == (30, 8)
    centres = np.stack([X[y == label].mean(axis=0) for label in range(3)])
    nearest = np.argmin(np.linalg.norm(X[:, None] - centres, axis=2), axis=1)
    assert np.array_equal(nearest, y)
