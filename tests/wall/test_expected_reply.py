"""Replies that are expected: the same but for rounding, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.protocol import frames
from grader.protocol.frames import Raw
from grader.student.expected_reply import ROUNDING, ExpectedReply, perturbed

LOSS, LAST = np.float64(3.5), np.arange(4.0)
GRADS = {"W": np.arange(6.0).reshape(2, 3), "b": np.array([1e-9, 0.0])}
COUNTS, MASK = np.arange(3), np.array([True, False])


def with_value(*value: Any) -> dict[str, Any]:
    return {"status": "ok", "value": value, "stdout": "", "warnings": []}


ANSWER = with_value(LOSS, GRADS, COUNTS, MASK, LAST)


def raw(answer: Any) -> Raw:
    return frames.raw(b"".join(frames.encode(answer)))


def test_the_same_is_alike() -> None:
    assert ExpectedReply(ANSWER).matches(raw(ANSWER))
    assert ExpectedReply({"status": "ok", "value": None}).matches(
        raw({"status": "ok", "value": None})
    )


@pytest.mark.parametrize("zeros", [True, False])
def test_what_is_moved_by_rounding_is_alike_and_moved(zeros: bool) -> None:
    for seed in range(20):
        other = perturbed(ANSWER, np.random.RandomState(seed), zeros=zeros)
        assert ExpectedReply(ANSWER, zeros=zeros).matches(raw(other))
        loss, grads, counts, _, _ = other["value"]
        assert loss != 3.5
        assert (grads["b"][1] == 0) == zeros
        assert np.array_equal(counts, np.arange(3))


@pytest.mark.parametrize("off", [0.9, 1.1])
def test_the_largest_number_says_how_far_others_may_be_off(off: float) -> None:
    known = ExpectedReply(with_value(np.float64(8.0), np.ones(3)))
    other = np.array([1.0, 1.0 + off * 8 * ROUNDING, 1.0])
    assert known.matches(raw(with_value(np.float64(8.0), other))) == (off < 1)


def test_a_zero_is_one_only_if_it_must_be() -> None:
    answer, other = (with_value(np.array([first, 1.0])) for first in (0.0, 1e-14))
    assert not ExpectedReply(answer).matches(raw(other))
    assert ExpectedReply(answer, zeros=False).matches(raw(other))


@pytest.mark.parametrize(
    "value",
    [
        (float(LOSS), GRADS, COUNTS, MASK, LAST),
        (np.float64(3.6), GRADS, COUNTS, MASK, LAST),
        (LOSS, {**GRADS, "b": np.zeros(2)}, COUNTS, MASK, LAST + 1e-6),
        (LOSS, {**GRADS, "extra": np.zeros(0)}, COUNTS, MASK, LAST),
        (LOSS, {**GRADS, "W": np.arange(6.0).reshape(3, 2)}, COUNTS, MASK, LAST),
        (LOSS, {**GRADS, "W": np.arange(6.0).astype("f4")}, COUNTS, MASK, LAST),
        (LOSS, GRADS, COUNTS + 1, MASK, LAST),
        (LOSS, GRADS, COUNTS, ~MASK, LAST),
        (LOSS, GRADS, COUNTS, MASK, np.array([0.0, 1.0, 2.0, np.nan])),
        (LOSS, GRADS, COUNTS, MASK, np.array([0.0, 1.0, 2.0, np.inf])),
        (LOSS, GRADS, COUNTS, MASK),
    ],
    ids=["python float", "loss", "last array", "key", "shape", "dtype", "integers", "mask",
         "nan", "infinite", "fewer"],
)  # fmt: skip
def test_anything_else_is_not(value: Any) -> None:
    assert not ExpectedReply(ANSWER).matches(raw(with_value(*value)))


def test_what_comes_last_is_compared_as_well() -> None:
    assert not ExpectedReply(with_value(LAST, COUNTS)).matches(raw(with_value(LAST, COUNTS + 1)))


@pytest.mark.parametrize("more", [{"stdout": "x"}, {"warnings": ["w"]}, {"calls": {}}])
def test_nor_is_what_was_printed_warned_or_counted(more: dict[str, Any]) -> None:
    assert not ExpectedReply(ANSWER).matches(raw({**ANSWER, **more}))


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
def test_who_expects_no_number_finds_nothing_alike(strange: float) -> None:
    answer = with_value(np.array([1.0, strange]))
    with np.errstate(all="ignore"):
        assert not ExpectedReply(answer).matches(raw(answer))
