"""Checks of `FullyConnectedNet` in train and test mode: running statistics and dropout.

No mask can be foretold, since any generator may draw it: `_hidden_dropout` reads it off gradients.
With batch normalization, where one sample will not do, a unit that was dropped for the whole batch
has dbeta 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pytest

from grader.assignments.numpynn.bank._hidden_dropout import (
    CLASSES,
    NET,
    WIDTH,
    assert_share,
    gradient_of_shape,
    judge_dropout_gradients,
    judge_places,
    kept_twice,
    steady,
)
from grader.assignments.numpynn.bank._nets import (
    BATCHNORM,
    DROPOUT,
    FORWARD,
    LAYERNORM,
    LOSS,
    Case,
    fully_connected_case,
    more_batches,
)
from grader.assignments.numpynn.bank._student_net import Batch, Net
from grader.checks import (
    Inputs,
    NotJudged,
    Student,
    Visibility,
    Wrong,
    as_array,
    assert_close,
    check,
)
from grader.model.result import Finding

PART: Final = "fully_connected_net"


@pytest.mark.parametrize("steps", [1, 4])
@check(
    "Scores after training steps use the running statistics of each batch norm",
    part=PART,
    targets=NET,
    uses=(*LOSS, *BATCHNORM),
)
def test_running_statistics(
    student: Student, reference: Student, inputs: Inputs, steps: int
) -> None:
    """Two hidden layers of one size: otherwise layers that share their statistics would crash."""
    case = fully_connected_case(inputs, [6, 6], "batchnorm")
    batches = more_batches(inputs, case, steps)
    expected = _scores_after(case.expected(reference), batches, case)
    net = case.received(student)
    received = _scores_after(net, batches, case)
    assert_close("scores", received, expected, call=net.call_of_scores)


@check(
    "Computing scores does not change later scores",
    part=PART,
    targets=NET,
    uses=(*LOSS, *BATCHNORM),
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_scores_change_nothing(student: Student, inputs: Inputs) -> None:
    case = fully_connected_case(inputs, [6, 6], "batchnorm")
    training, other = more_batches(inputs, case, 2)
    net = case.received(student)
    net.loss(training)
    before = as_array(net.scores(case.batch.X), "scores", call=net.call_of_scores)
    net.scores(other.X)
    after = net.scores(case.batch.X)
    assert_close("scores, computed a second time", after, before, call=net.call_of_scores)


@check(
    "A training step after computing scores uses the statistics of the batch again",
    part=PART,
    targets=NET,
    uses=(*LOSS, *BATCHNORM),
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_back_to_training(student: Student, reference: Student, inputs: Inputs) -> None:
    case = fully_connected_case(inputs, [6, 7], "batchnorm")
    expected, _ = case.expected(reference).loss(case.batch)
    net = case.received(student)
    net.loss(case.batch)
    net.scores(case.batch.X)
    received, _ = net.loss(case.batch)
    assert_close("loss", received, expected, call=net.call_of_loss)


@check(
    "Scores are computed without dropout",
    part=PART,
    targets=NET,
    uses=(*FORWARD, *DROPOUT),
)
def test_dropout_scores(student: Student, reference: Student, inputs: Inputs) -> None:
    case = fully_connected_case(inputs, [6, 7], None)
    expected = case.expected(reference).scores(case.batch.X)
    net = case.set(dropout_keep_ratio=0.5).received(student)
    assert_close("scores", net.scores(case.batch.X), expected, call=net.call_of_scores)


@check(
    "Scores after a training step are computed without dropout",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT),
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_dropout_scores_after_training(
    student: Student, reference: Student, inputs: Inputs
) -> None:
    case = fully_connected_case(inputs, [6, 7], None)
    expected = case.expected(reference).scores(case.batch.X)
    net = case.set(dropout_keep_ratio=0.5, seed=inputs.integer(1, 1000)).received(student)
    net.loss(case.batch)
    assert_close("scores", net.scores(case.batch.X), expected, call=net.call_of_scores)


@check(
    "A net with dropout_keep_ratio=1 has no dropout",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT),
    points=0.5,
)
def test_keep_all(student: Student, reference: Student, inputs: Inputs) -> None:
    case = fully_connected_case(inputs, [6, 7], None, dropout_keep_ratio=1)
    expected, right = case.expected(reference).loss(case.batch)
    net = case.received(student)
    received, grads = net.loss(case.batch)
    assert_close("loss", received, expected, call=net.call_of_loss)
    net.assert_gradients(case.values, grads, right, case.values, case.batch, loss_is_right=True)


@check(
    "Without a seed every training step drops different units",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT),
    points=0.5,
)
def test_dropout_varies(student: Student, inputs: Inputs) -> None:
    """All of 80 units that are open would be kept or dropped again once in 10**24 times."""
    first, second = kept_twice(student, inputs)
    if np.array_equal(first, second):
        text = "The same units of a hidden layer are kept at each call: none is dropped at random."
        raise Wrong(text, Finding(kind="values", quantity="hidden layer 1"))


@check(
    "With a seed every training step drops the same units",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT),
    points=0.5,
)
def test_dropout_repeats(student: Student, inputs: Inputs) -> None:
    first, second = kept_twice(student, inputs, seed=inputs.integer(1, 1000))
    if not np.array_equal(first, second):
        text = "With a seed the second call drops other units of a hidden layer than the first."
        raise Wrong(text, Finding(kind="values", quantity="hidden layer 1"))
    if first.all():
        raise NotJudged(f"Not judged, because {NET} drops no unit in training.")


@check(
    "Gradients with dropout",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT),
)
def test_dropout_gradients(student: Student, inputs: Inputs) -> None:
    judge_dropout_gradients(student, inputs, None)


@check(
    "Gradients with dropout and batch normalization",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT, *BATCHNORM),
)
def test_dropout_gradients_batchnorm(student: Student, inputs: Inputs) -> None:
    judge_dropout_gradients(student, inputs, "batchnorm")


@check(
    "Gradients with dropout and layer normalization",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT, *LAYERNORM),
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_dropout_gradients_layernorm(student: Student, inputs: Inputs) -> None:
    judge_dropout_gradients(student, inputs, "layernorm")


@pytest.mark.parametrize("keep", [0.5, 0.8])
@check(
    "Dropout follows the relu of every hidden layer, and not the last layer",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT),
)
def test_dropout_places(student: Student, inputs: Inputs, keep: float) -> None:
    judge_places(student, inputs, None, keep)


@check(
    "Dropout follows the relu of every hidden layer with layer normalization",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT, *LAYERNORM),
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_dropout_places_layernorm(student: Student, inputs: Inputs) -> None:
    judge_places(student, inputs, "layernorm", 0.5)


@check(
    "Dropout follows every hidden layer with batch normalization",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT, *BATCHNORM),
    visibility=Visibility.HIDDEN,
)
def test_dropout_places_batchnorm(student: Student, inputs: Inputs) -> None:
    """A fifth of the units is dropped for all three samples, and no relu is closed.

    Of two samples a batch norm passes nearly no gradient on, and of that some is 0 by rounding.
    """
    case = fully_connected_case(
        inputs, [WIDTH, WIDTH], "batchnorm", (3, 5), CLASSES, dropout_keep_ratio=0.4
    )
    case = steady(case, inputs, open_units=True)
    net = case.received(student)
    _, grads = net.loss(case.batch)
    for name in ("beta1", "beta2"):
        gradient = gradient_of_shape(net, name, grads, case)
        assert_share(net, name[4:], gradient == 0, 0.6**3)


@check(
    "Dropout does not affect the running statistics of the batch norm before it",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT, *BATCHNORM),
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_dropout_after_batchnorm(student: Student, reference: Student, inputs: Inputs) -> None:
    case = fully_connected_case(inputs, [9], "batchnorm")
    batches = more_batches(inputs, case, 3)
    expected = _scores_after(case.expected(reference), batches, case)
    net = case.set(dropout_keep_ratio=0.5).received(student)
    received = _scores_after(net, batches, case)
    assert_close("scores", received, expected, call=net.call_of_scores)


def _scores_after(net: Net, batches: Sequence[Batch], case: Case) -> Any:
    for batch in batches:
        net.loss(batch)
    return net.scores(case.batch.X)
