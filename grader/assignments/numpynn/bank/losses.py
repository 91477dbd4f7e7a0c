"""Checks of the softmax and SVM losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.checks import (
    Inputs,
    Student,
    Visibility,
    assert_close,
    assert_gradient,
    check,
    close,
    credible,
    numerical_gradient,
)

CASES = {"several classes": (7, 5), "two classes": (6, 2), "one sample": (1, 4)}
"""Number of samples and of classes."""
OFFSETS = {"high": [1000.0], "low": [-1000.0], "mixed": [1000.0, -1000.0, 0.0, -500.0]}
"""What is added to all scores of a sample, by turns."""


@pytest.mark.parametrize("case", CASES)
@check("softmax_loss returns the loss", part="losses", targets="softmax_loss")
def test_softmax_loss_value(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    x, y = _scores(inputs, *CASES[case])
    _judge(student, reference, "softmax_loss", x, y, "loss")


@pytest.mark.parametrize("case", CASES)
@check("softmax_loss returns the gradient of the scores", part="losses", targets="softmax_loss")
def test_softmax_loss_gradient(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    x, y = _scores(inputs, *CASES[case])
    _judge_gradient(student, reference, "softmax_loss", x, y)


@check(
    "softmax_loss is log C for a sample whose C scores are equal",
    part="losses",
    targets="softmax_loss",
    points=0.5,
)
def test_softmax_loss_equal_scores(student: Student, inputs: Inputs) -> None:
    """All but one, whose right class is eight times as probable as any other."""
    x, y = np.full((5, 8), 0.25), inputs.labels(5, 8)
    x[0, y[0]] += np.log(8)
    loss, _ = student.softmax_loss(x, y)
    assert_close("loss", loss, (4 * np.log(8) + np.log(15 / 8)) / 5)


@pytest.mark.parametrize("quantity", ["loss", "dx"])
@check(
    "softmax_loss is a mean over the samples, not a sum",
    part="losses",
    targets="softmax_loss",
    points=0.5,
)
def test_softmax_loss_mean(
    student: Student, reference: Student, inputs: Inputs, quantity: str
) -> None:
    x, y = _scores(inputs, 3, 4)
    _judge(student, reference, "softmax_loss", np.tile(x, (4, 1)), np.tile(y, 4), quantity)


@pytest.mark.parametrize("quantity", ["loss", "dx"])
@check(
    "softmax_loss does not change when a constant is added to all scores of a sample",
    part="losses",
    targets="softmax_loss",
    points=0.5,
)
def test_softmax_loss_shift(
    student: Student, reference: Student, inputs: Inputs, quantity: str
) -> None:
    x, y = _scores(inputs, 5, 4)
    shift = np.round(inputs.normal(5, 1, scale=20.0))
    _judge(student, reference, "softmax_loss", x + shift, y, quantity)


@pytest.mark.parametrize("quantity", ["loss", "dx"])
@pytest.mark.parametrize("offset", OFFSETS)
@check(
    "softmax_loss is right for scores around 1000 and -1000",
    part="losses",
    targets="softmax_loss",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_softmax_loss_stable(
    student: Student, reference: Student, inputs: Inputs, offset: str, quantity: str
) -> None:
    x, y = _scores(inputs, 8, 4)
    x += np.resize(OFFSETS[offset], (8, 1))
    _judge(student, reference, "softmax_loss", x, y, quantity)


@pytest.mark.parametrize("quantity", ["loss", "dx"])
@check(
    "softmax_loss: samples that are surely right add nothing to loss or gradient",
    part="losses",
    targets="softmax_loss",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_softmax_loss_sure(
    student: Student, reference: Student, inputs: Inputs, quantity: str
) -> None:
    """All but one: what is zero throughout would be right for no merit of its own."""
    x, y = _scores(inputs, 6, 4)
    x[np.arange(1, 6), y[1:]] += 1000.0
    _judge(student, reference, "softmax_loss", x, y, quantity)


@pytest.mark.parametrize("quantity", ["loss", "dx"])
@check(
    "softmax_loss is right where the right class has a tiny probability",
    part="losses",
    targets="softmax_loss",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_softmax_loss_surely_wrong(
    student: Student, reference: Student, inputs: Inputs, quantity: str
) -> None:
    """By a lead of 300 only: code that older templates gave takes the logarithm of a probability,
    which is too small for a float where the lead is above 700."""
    x, y = _scores(inputs, 6, 4)
    x[np.arange(6), (y + 1) % 4] += 300.0
    _judge(student, reference, "softmax_loss", x, y, quantity)


@check(
    "softmax_loss takes int32 labels as well as int64",
    part="losses",
    targets="softmax_loss",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_softmax_loss_label_type(student: Student, reference: Student, inputs: Inputs) -> None:
    x, y = _scores(inputs, 6, 4)
    _judge(student, reference, "softmax_loss", x, y.astype(np.int32), "loss")


@pytest.mark.parametrize("case", CASES)
@check("svm_loss returns the loss", part="losses", targets="svm_loss")
def test_svm_loss_value(student: Student, reference: Student, inputs: Inputs, case: str) -> None:
    x, y = _clear_margins(inputs, *CASES[case])
    _judge(student, reference, "svm_loss", x, y, "loss")


@pytest.mark.parametrize("case", CASES)
@check("svm_loss returns the gradient of the scores", part="losses", targets="svm_loss")
def test_svm_loss_gradient(student: Student, reference: Student, inputs: Inputs, case: str) -> None:
    x, y = _clear_margins(inputs, *CASES[case])
    _judge_gradient(student, reference, "svm_loss", x, y)


@pytest.mark.parametrize("quantity", ["loss", "dx"])
@check("svm_loss is a mean over the samples, not a sum", part="losses", targets="svm_loss")
def test_svm_loss_mean(student: Student, reference: Student, inputs: Inputs, quantity: str) -> None:
    x, y = _clear_margins(inputs, 3, 4)
    _judge(student, reference, "svm_loss", np.tile(x, (4, 1)), np.tile(y, 4), quantity)


@check(
    "svm_loss leaves the right class out: equal scores cost C - 1",
    part="losses",
    targets="svm_loss",
)
def test_svm_loss_right_class(student: Student, inputs: Inputs) -> None:
    """All but one, whose right class leads by far."""
    x, y = np.full((5, 6), 0.5), inputs.labels(5, 6)
    x[0, y[0]] += 2.0
    loss, _ = student.svm_loss(x, y)
    assert_close("loss", loss, 4.0)


@pytest.mark.parametrize("lead", [0.75, 1.25], ids=["too small a lead", "enough of a lead"])
@check(
    "svm_loss uses a margin of exactly 1",
    part="losses",
    targets="svm_loss",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_svm_loss_margin(student: Student, inputs: Inputs, lead: float) -> None:
    y = inputs.labels(6, 3)
    x = np.zeros((6, 3))
    leads = np.array([-0.5, *[lead] * 5])
    x[np.arange(6), y] = leads
    loss, _ = student.svm_loss(x, y)
    assert_close("loss", loss, 2 * np.mean(np.maximum(0.0, 1.0 - leads)))


@check(
    "svm_loss: the gradient of the right class counts every violated margin once",
    part="losses",
    targets="svm_loss",
    visibility=Visibility.HIDDEN,
)
def test_svm_loss_violations(student: Student, reference: Student, inputs: Inputs) -> None:
    """Sample i violates i of its four margins."""
    y = inputs.labels(5, 5)
    x = np.zeros((5, 5))
    for i in range(5):
        others = [j for j in range(5) if j != y[i]]
        x[i, others[i:]] = -inputs.uniform(2.0, 4.0, 4 - i)
        x[i, others[:i]] = inputs.uniform(1.0, 3.0, i)
    _judge(student, reference, "svm_loss", x, y, "dx")


@pytest.mark.parametrize("quantity", ["loss", "dx"])
@check(
    "svm_loss: samples that violate no margin add nothing to loss or gradient",
    part="losses",
    targets="svm_loss",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_svm_loss_satisfied(
    student: Student, reference: Student, inputs: Inputs, quantity: str
) -> None:
    """All but one: what is zero throughout would be right for no merit of its own."""
    x, y = inputs.uniform(-1.0, 1.0, 6, 4), inputs.labels(6, 4)
    x[0] = 0.5
    x[np.arange(1, 6), y[1:]] += 5.0
    _judge(student, reference, "svm_loss", x, y, quantity)


def _scores(inputs: Inputs, n: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """No class is improbable: what a small number in the logarithm does there is judged apart."""
    return inputs.uniform(-1.0, 1.0, n, classes), inputs.labels(n, classes)


def _clear_margins(inputs: Inputs, n: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores with margins of three kinds, by turns, and none near 0, where the hinge has its kink.

    One is violated by a class that is ahead, one by a class that is not far enough behind, and one
    is kept: so every mistake shows.
    """
    y, x = inputs.labels(n, classes), inputs.normal(n, classes, scale=2.0)
    kinds = np.stack(
        [
            inputs.uniform(1.2, 3.0, n, classes),
            inputs.uniform(0.2, 0.8, n, classes),
            inputs.uniform(-2.0, -0.2, n, classes),
        ]
    )
    turn = (np.arange(n)[:, np.newaxis] + (np.arange(classes) - y[:, np.newaxis]) % classes) % 3
    margins = np.take_along_axis(kinds, turn[np.newaxis], axis=0)[0]
    right = x[np.arange(n), y, np.newaxis]
    others = np.arange(classes) != y[:, np.newaxis]
    return np.where(others, right - 1 + margins, x), y


def _judge_gradient(
    student: Student, reference: Student, name: str, x: np.ndarray, y: np.ndarray
) -> None:
    """Against the key, then against the student's own loss."""
    right, expected = getattr(reference, name)(x, y)
    loss, dx = getattr(student, name)(x, y)

    def numerical() -> Any:
        own = numerical_gradient(student, getattr(student, name), (x, y), 0, 1.0)
        return credible(student, name, own, expected, right=close(loss, right))

    assert_gradient("dx", dx, expected, numerical)


def _judge(
    student: Student, reference: Student, name: str, x: np.ndarray, y: np.ndarray, quantity: str
) -> None:
    position = ("loss", "dx").index(quantity)
    expected = getattr(reference, name)(x, y)[position]
    received = getattr(student, name)(x, y)[position]
    kind = "values" if quantity == "loss" else "gradient"
    assert_close(quantity, received, expected, kind=kind)
