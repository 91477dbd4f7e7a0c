"""Checks of dropout.

Any generator may draw the mask, so that no value of it can be foreseen: what was kept is read off
the student's own output, and frequencies are held against a bound of six standard deviations, which
a right function misses once in 500 million runs.

A mask may be wrong in another way, such as one draw for a whole row or column. No check but the one
that asks for it may pass or fail by the luck of so few draws: what is drawn together counts once,
and wherever something has to be kept and something dropped, there are so many rows and columns that
one of them is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.checks import (
    Inputs,
    NotJudged,
    Remote,
    Student,
    Visibility,
    Wrong,
    as_array,
    assert_arrays,
    assert_close,
    check,
    close,
    fair_to,
    forward_pass,
)
from grader.model.result import Finding

KEEP = [0.25, 0.5, 0.7]
"""What other distributions give for these differs by 5 points and more: normal numbers, say, are
below 0.7 in 76% of all cases."""
SIGMAS = 6.0
EXACT = 1e-12
WIDE = (100, 100)
"""Shares of so many entries are good to half a point (one sigma): one that is off by 5.5 points is
missed once in a million times."""
MANY = (60, 60)
"""One of 60 rows is dropped, and one is kept: that fails once in 3 * 10**7 times at worst."""
HALVED = (40, 40)
"""The same where half is kept: once in 10**12 times."""
SEEDS = 16
"""One number for all entries is drawn the same from all of them once in 30,000 times."""


@pytest.mark.parametrize("keep", KEEP)
@check(
    "dropout_forward in train mode sets entries to 0 or divides them by p",
    part="dropout",
    targets="dropout_forward",
)
def test_dropout_forward_scaling(student: Student, inputs: Inputs, keep: float) -> None:
    _must_be_scaled(_kept(student, inputs.clear_of_zero(*MANY), keep), keep)


@pytest.mark.parametrize("keep", KEEP)
@check(
    "dropout_forward in train mode keeps an entry with probability p",
    part="dropout",
    targets="dropout_forward",
)
def test_dropout_forward_fraction(student: Student, inputs: Inputs, keep: float) -> None:
    ratio = _dropped(student, inputs.clear_of_zero(*WIDE), keep)
    draws = _draws(ratio != 0, ratio)
    fraction = float(np.mean(draws))
    bound = SIGMAS * np.sqrt(keep * (1 - keep) / draws.size)
    if abs(fraction - keep) > bound:
        raise _wrong(f"{fraction:.1%} of the entries were kept; it should be about {keep:.0%}.")


@pytest.mark.parametrize("keep", KEEP)
@check(
    "dropout_forward in train mode preserves the mean",
    part="dropout",
    targets="dropout_forward",
    points=0.5,
)
def test_dropout_forward_mean(student: Student, keep: float) -> None:
    """No drawn input: its draws must not be those of the mask. The spread is that of the student's
    own mask, which is another where other shares are kept."""
    x = np.linspace(1.0, 3.0, 10_000).reshape(WIDE)
    ratio = _dropped(student, x, keep)
    changes = _draws(ratio * x - x, ratio)
    if abs(np.mean(changes)) > SIGMAS * np.std(changes) / np.sqrt(changes.size):
        means = f"the mean of x is {np.mean(x):.4f}, that of out {np.mean(ratio * x):.4f}"
        raise _wrong(f"When {keep:.0%} are kept, {means}.")


@check(
    "dropout_forward takes an input with more than two axes",
    part="dropout",
    targets="dropout_forward",
    points=0.5,
)
def test_dropout_forward_axes(student: Student, inputs: Inputs) -> None:
    _must_be_scaled(_kept(student, inputs.clear_of_zero(32, 33, 2, 2), 0.5), 0.5)


@check(
    "dropout_forward drops single entries, not whole rows or columns",
    part="dropout",
    targets="dropout_forward",
    visibility=Visibility.HIDDEN,
)
def test_dropout_forward_elementwise(student: Student, inputs: Inputs) -> None:
    """A row of 60 fair entries is all alike once in 10**18 times."""
    dropped = _kept(student, inputs.clear_of_zero(*MANY), 0.5) == 0
    for axis, what in ((0, "column"), (1, "row")):
        alike = dropped.all(axis=axis) | ~dropped.any(axis=axis)
        if alike.any():
            raise _wrong(f"Every entry of a {what} was dropped, or every one kept, together.")


@check(
    "dropout_forward drops different entries at every call when no seed is given",
    part="dropout",
    targets="dropout_forward",
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_dropout_forward_fresh_mask(student: Student, inputs: Inputs) -> None:
    x = inputs.clear_of_zero(*HALVED)
    if np.array_equal(_kept(student, x, 0.5), _kept(student, x, 0.5)):
        raise _wrong("Two calls without a seed dropped exactly the same entries.")


@check(
    "dropout_forward drops the same entries again when given the same seed",
    part="dropout",
    targets="dropout_forward",
    points=0.5,
)
def test_dropout_forward_seed_repeats(student: Student, inputs: Inputs) -> None:
    x, seed = inputs.clear_of_zero(*HALVED), inputs.integer(1, 10_000)
    first = _dropped(student, x, 0.5, seed=seed)
    if not np.array_equal(first == 0, _kept(student, x, 0.5, seed=seed) == 0):
        raise _wrong("Two calls with the same seed dropped different entries.")


@check(
    "dropout_forward drops different entries when given another seed",
    part="dropout",
    targets="dropout_forward",
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_dropout_forward_seed_matters(student: Student, inputs: Inputs) -> None:
    x, seed = inputs.clear_of_zero(*HALVED), inputs.integer(1, 10_000)
    first = _kept(student, x, 0.5, seed=seed) == 0
    others = (_kept(student, x, 0.5, seed=seed + more) == 0 for more in range(1, SEEDS))
    if all(np.array_equal(first, dropped) for dropped in others):
        raise _wrong("Calls with different seeds dropped exactly the same entries.")


@pytest.mark.parametrize("keep", [0.3, 0.9])
@check(
    "dropout_forward in test mode returns x as it is",
    part="dropout",
    targets="dropout_forward",
)
def test_dropout_forward_test_mode(student: Student, inputs: Inputs, keep: float) -> None:
    x = inputs.clear_of_zero(*HALVED)
    _must_drop_in_train_mode(student, x)
    out, _ = student.dropout_forward(x, {"p": keep, "mode": "test", "seed": 12})
    assert_close("out", out, x, tolerance=EXACT)


@check(
    "dropout_forward with p = 1 keeps everything",
    part="dropout",
    targets="dropout_forward",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_dropout_forward_keeps_all(student: Student, inputs: Inputs) -> None:
    x = inputs.clear_of_zero(*HALVED)
    _must_drop_in_train_mode(student, x)
    out, _ = student.dropout_forward(x, {"p": 1.0, "mode": "train"})
    assert_close("out", out, x, tolerance=EXACT)


@pytest.mark.parametrize("keep", KEEP)
@check(
    "dropout_backward in train mode does to dout what the forward pass did to x",
    part="dropout",
    targets="dropout_backward",
    uses="dropout_forward",
    points=1.5,
)
def test_dropout_backward_train(student: Student, inputs: Inputs, keep: float) -> None:
    x, dout = inputs.clear_of_zero(*MANY), inputs.clear_of_zero(*MANY)
    out, cache = _forward(student, x, {"p": keep, "mode": "train"})
    if not _is_mask(out / x):
        raise _nothing_dropped()

    def forward_is_right() -> bool:
        return not _scaling_fault(out / x, keep)

    with fair_to("dropout_backward", "dropout_forward", forward_is_right):
        dx = student.dropout_backward(dout, cache)
        _must_fit(dx, dout * out / x, dout * (out != 0) / keep)


@pytest.mark.parametrize("keep", [0.3, 0.75])
@check(
    "dropout_backward in test mode returns dout",
    part="dropout",
    targets="dropout_backward",
    uses="dropout_forward",
)
def test_dropout_backward_test_mode(student: Student, inputs: Inputs, keep: float) -> None:
    x, dout = inputs.clear_of_zero(6, 5), inputs.clear_of_zero(6, 5)
    _must_work_in_train_mode(student)
    out, cache = _forward(student, x, {"p": keep, "mode": "test"})
    with fair_to("dropout_backward", "dropout_forward", lambda: np.array_equal(out, x)):
        dx = student.dropout_backward(dout, cache)
        _must_fit(dx, dout * out / x, dout)


@check(
    "dropout_backward works on the cache that it is given",
    part="dropout",
    targets="dropout_backward",
    uses="dropout_forward",
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_dropout_backward_own_cache(student: Student, inputs: Inputs) -> None:
    """A later forward pass, as in a net with several layers, must not disturb it."""
    x, dout = inputs.clear_of_zero(*HALVED), inputs.clear_of_zero(*HALVED)
    out, cache = _forward(student, x, {"p": 0.5, "mode": "train"})
    _forward(student, x, {"p": 0.5, "mode": "train"})
    if not _is_mask(out):
        raise NotJudged("dropout_backward cannot be judged where dropout_forward drops nothing.")
    _must_fit(student.dropout_backward(dout, cache), dout * out / x, dout * (out != 0) / 0.5)


@check(
    "dropout_forward returns an array, in the float type of x",
    part="dropout",
    targets="dropout_forward",
    points=0.25,
)
def test_dropout_forward_array(student: Student, inputs: Inputs) -> None:
    x = inputs.clear_of_zero(*HALVED)
    _must_be_scaled(_kept(student, x, 0.5), 0.5)
    assert_arrays(student, "dropout_forward", (x, {"p": 0.5, "mode": "train"}))


@check(
    "dropout_backward returns an array, in the float type of dout",
    part="dropout",
    targets="dropout_backward",
    uses="dropout_forward",
    points=0.25,
)
def test_dropout_backward_array(student: Student, inputs: Inputs) -> None:
    x, dout = inputs.clear_of_zero(*HALVED), inputs.clear_of_zero(*HALVED)
    out, cache = _forward(student, x, {"p": 0.5, "mode": "train"})
    if not _is_mask(out):
        raise _nothing_dropped()
    _must_fit(student.dropout_backward(dout, cache), dout * out / x, dout * (out != 0) / 0.5)
    assert_arrays(student, "dropout_backward", (dout, cache))


def _forward(student: Student, x: np.ndarray, param: dict[str, Any]) -> tuple[np.ndarray, Remote]:
    """An `out` from which the mask can be read, and the cache."""
    out, cache = forward_pass(student, "dropout_forward", (x, param), "dropout_backward")
    try:
        return _of_shape(out, x), cache
    except Wrong as wrong:
        text = f"dropout_backward cannot be judged because of dropout_forward: {wrong.message}"
        raise NotJudged(text, because_of="dropout_forward") from None


def _nothing_dropped() -> NotJudged:
    text = "dropout_backward cannot be judged where dropout_forward drops nothing."
    return NotJudged(text, because_of="dropout_forward")


def _must_fit(dx: Any, own: np.ndarray, right: np.ndarray) -> None:
    """Right is what the contract asks, given what was kept, or what fits the student's forward."""
    if not close(dx, own, tolerance=1e-6):
        assert_close("dx", dx, right, kind="gradient")


def _kept(student: Student, x: np.ndarray, keep: float, **param: Any) -> np.ndarray:
    """What each entry of x was multiplied by in train mode."""
    out, _ = student.dropout_forward(x, {"p": keep, "mode": "train", **param})
    ratio: np.ndarray = _of_shape(out, x) / x
    return ratio


def _draws(values: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """Values of entries, those that were drawn together as one: their mean."""
    kept = ratio != 0
    for axis in (0, 1):
        if (kept == kept.take([0], axis=axis)).all():
            return np.asarray(values.mean(axis=axis))
    return values.ravel()


def _dropped(student: Student, x: np.ndarray, keep: float, **param: Any) -> np.ndarray:
    """What each entry was multiplied by, which must be zero for some and not for all."""
    ratio = _kept(student, x, keep, **param)
    if not _is_mask(ratio):
        raise _wrong(_scaling_fault(ratio, keep))
    return ratio


def _must_drop_in_train_mode(student: Student, x: np.ndarray) -> None:
    """A function that never drops anything is right in test mode for no merit of its own."""
    if not _is_mask(_kept(student, x, 0.5)):
        raise NotJudged("Not judged, because dropout_forward does not drop in train mode either.")


def _must_work_in_train_mode(student: Student) -> None:
    """As above: one that always hands dout back is right in test mode for no merit of its own."""
    ones = np.ones(HALVED)
    out, cache = _forward(student, ones, {"p": 0.5, "mode": "train"})
    dx = student.dropout_backward(ones, cache)
    if not _is_mask(out):
        raise _nothing_dropped()
    if close(dx, ones, tolerance=EXACT):
        raise NotJudged("Not judged, because dropout_backward drops nothing in train mode either.")


def _is_mask(ratio: np.ndarray) -> bool:
    return bool(0 < np.count_nonzero(ratio) < ratio.size)


def _of_shape(out: Any, x: np.ndarray) -> np.ndarray:
    array: np.ndarray = as_array(out, "out")
    if array.shape != x.shape or not np.isfinite(array).all():
        # Raises, in the words that fit, unless it is x with axes of length 1: those are forgiven.
        assert_close("out", array, x)
    return array.reshape(x.shape)


def _must_be_scaled(ratio: np.ndarray, keep: float) -> None:
    fault = _scaling_fault(ratio, keep)
    if fault:
        raise _wrong(fault)


def _scaling_fault(ratio: np.ndarray, keep: float) -> str:
    """What is wrong with a mask, empty if it holds zeros and 1 / keep."""
    kept = ratio[ratio != 0]
    if not _is_mask(ratio):
        return f"{'Nothing' if kept.size else 'Everything'} was dropped."
    if np.max(np.abs(kept * keep - 1)) > 1e-6:
        text = f"What is kept is multiplied by {np.median(kept):.4g}"
        return f"{text}, not divided by the probability {keep} of keeping it."
    return ""


def _wrong(text: str) -> Wrong:
    return Wrong(text, Finding(kind="behaviour", quantity="out"))
