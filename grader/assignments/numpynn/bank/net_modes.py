"""Checks of `FullyConnectedNet` in train and test mode: running statistics and dropout.

No mask can be foretold, since any generator may draw it. With one sample and reg 0 it need not be:
dW[i+1] is the outer product of what enters layer i+1 and db[i+1], so that the gradients show what
came out of each dropout. With batch normalization, where one sample will not do, a unit that was
dropped for the whole batch has dbeta 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray

from grader.assignments.numpynn.bank._forward import hidden_units, loss_of, training_loss
from grader.assignments.numpynn.bank._nets import (
    BATCHNORM,
    DROPOUT,
    FORWARD,
    LAYERNORM,
    LOSS,
    Case,
    fully_connected_case,
    more_batches,
    of_kind,
)
from grader.assignments.numpynn.bank._parameters import Parameters
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
from grader.checks.compare import NUMERICAL, VALUES
from grader.model.result import Finding

Array = NDArray[np.float64]

PART: Final = "fully_connected_net"
NET: Final = "FullyConnectedNet"
WIDTH: Final = 120
"""Units of a hidden layer whose dropping is counted: a share is good to 0.045 (one sigma)."""
SHARE_OFF: Final = 0.3
"""How much more than its share may be dropped: six sigma and more."""
CLASSES: Final = 40
"""So many that a dropout on the scores never drops them all, nor none."""
DIRECTIONS: Final = 2
"""Along so many is differentiated, all parameters at once, before it is done entry by entry."""


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
    "dropout_keep_ratio=1 is a net without dropout",
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
    "Without a seed every training step drops other units",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT),
    points=0.5,
)
def test_dropout_varies(student: Student, inputs: Inputs) -> None:
    """All of 80 units that are open would be kept or dropped again once in 10**24 times."""
    first, second = _kept_twice(student, inputs)
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
    first, second = _kept_twice(student, inputs, seed=inputs.integer(1, 1000))
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
    _judge_gradients(student, inputs, None)


@check(
    "Gradients with dropout and batch normalization",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT, *BATCHNORM),
)
def test_dropout_gradients_batchnorm(student: Student, inputs: Inputs) -> None:
    _judge_gradients(student, inputs, "batchnorm")


@check(
    "Gradients with dropout and layer normalization",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT, *LAYERNORM),
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_dropout_gradients_layernorm(student: Student, inputs: Inputs) -> None:
    _judge_gradients(student, inputs, "layernorm")


@pytest.mark.parametrize("keep", [0.5, 0.8])
@check(
    "Dropout follows the relu of every hidden layer, and not the last layer",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT),
)
def test_dropout_places(student: Student, inputs: Inputs, keep: float) -> None:
    _judge_places(student, inputs, None, keep)


@check(
    "Dropout follows the relu of every hidden layer with layer normalization",
    part=PART,
    targets=NET,
    uses=(*LOSS, *DROPOUT, *LAYERNORM),
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_dropout_places_layernorm(student: Student, inputs: Inputs) -> None:
    _judge_places(student, inputs, "layernorm", 0.5)


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
    case = _steady(case, inputs, open_units=True)
    net = case.received(student)
    _, grads = net.loss(case.batch)
    for name in ("beta1", "beta2"):
        gradient = _gradient(net, name, grads, case)
        _assert_share(net, name[4:], gradient == 0, 0.6**3)


@check(
    "The running statistics of a batch norm do not see the dropout after it",
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


def _steady(case: Case, inputs: Inputs, *, open_units: bool = False) -> Case:
    """The case with parameters that open and close each relu by its bias alone.

    Whatever is dropped, no relu is near its kink: numerical gradients are sound for every mask.
    What enters a layer is below 13, so that weights of at most 0.2 / fan_in add less than 2.6 to
    biases of 3 to 4. A norm over 5 values is at most 2 * 1.25 off its beta of 3 to 4. Scores are so
    small that no class is sure: otherwise the loss would not show what is done to them.
    """
    values: Parameters = {}
    last = str(len(case.settings["hidden_dims"]) + 1)
    for name, old in case.values.items():
        sign = np.where(open_units | (np.arange(len(old)) % 3 != 1), 1.0, -1.0)
        if name == f"b{last}":
            values[name] = inputs.uniform(-1.0, 1.0, *old.shape)
        elif name.startswith("W"):
            plain = case.settings["normalization"] is None or name[1:] == last
            bound = 0.2 / len(old) if plain else 1.0
            values[name] = inputs.uniform(-bound, bound, *old.shape)
        elif name.startswith("gamma"):
            values[name] = inputs.uniform(0.75, 1.25, *old.shape)
        else:
            values[name] = sign * inputs.uniform(3.0, 4.0, *old.shape)
    X = inputs.uniform(-1.0, 1.0, *case.batch.X.shape)
    return Case(case.kind, case.settings, values, Batch(X, case.batch.y))


def _kept_twice(student: Student, inputs: Inputs, **settings: Any) -> list[NDArray[np.bool_]]:
    """Which units of a hidden layer go on to the next one, at each of two calls."""
    settings["dropout_keep_ratio"] = 0.5
    case = fully_connected_case(inputs, [WIDTH], None, (1, 5), CLASSES, **settings)
    case = _steady(case, inputs)
    net = case.received(student)
    is_open = hidden_units(case.values, 1, case.batch.X, None)[0] > 0
    return [(_entering(net, net.loss(case.batch)[1], 2, case) != 0)[is_open] for _ in range(2)]


def _judge_gradients(student: Student, inputs: Inputs, normalization: str | None) -> None:
    """Against the student's own loss, which is the same at each call because of the seeds.

    Where `seed` is ignored, that of NumPy's generator does; other draws are not judged. So many
    units are open that none is kept of a layer once in 10**7 times.
    """
    case = fully_connected_case(inputs, [12, 9], normalization, shape=(4, 3), reg=0.1)
    case = _steady(case.set(dropout_keep_ratio=0.5, seed=inputs.integer(1, 1000)), inputs)
    net = case.received(student)
    net.seed = inputs.number
    first, grads = net.loss(case.batch)
    if abs(net.loss(case.batch)[0] - first) > VALUES * abs(first):
        text = f"Not judged, because with a seed {NET} gives another loss the second time."
        raise NotJudged(text)
    if abs(first - _loss_without(case)) <= VALUES * abs(first):
        raise NotJudged(f"Not judged, because {NET} drops no unit in training.")
    directions = [
        {name: inputs.clear_of_zero(*value.shape) for name, value in case.values.items()}
        for _ in range(DIRECTIONS)
    ]
    if net.agrees(grads, directions, case.values, case.batch):
        return
    own = {name: net.numerical(name, case.values, case.batch) for name in case.values}
    scale = max(float(np.abs(gradient).max()) for gradient in own.values())
    for name, right in own.items():
        size = max(float(np.abs(right).max()), 1e-4 * scale)
        assert_close(
            f'grads["{name}"]',
            net.gradient(name, grads),
            right,
            scale=size,
            tolerance=NUMERICAL,
            call=net.call_of_loss,
            kind="gradient",
        )


def _loss_without(case: Case) -> float:
    """The loss of the case where nothing is dropped."""
    weights = sum(float(np.sum(case.values[n] ** 2)) for n in of_kind("W", case.values))
    loss = training_loss(case.values, case.batch, case.settings["normalization"])
    return loss + 0.5 * float(case.settings["reg"]) * weights


def _judge_places(student: Student, inputs: Inputs, normalization: str | None, keep: float) -> None:
    """Layer by layer, from what the student's own masks let through."""
    widths = [WIDTH, WIDTH]
    case = fully_connected_case(
        inputs, widths, normalization, (1, 5), CLASSES, dropout_keep_ratio=keep
    )
    case = _steady(case, inputs)
    net = case.received(student)
    loss, grads = net.loss(case.batch)
    h = case.batch.X[0]
    for layer in (1, 2):
        a = hidden_units(case.values, layer, h[np.newaxis], normalization)[0]
        h = _entering(net, grads, layer + 1, case)
        kept = h != 0
        _assert_share(net, str(layer), ~kept[a > 0], 1 - keep)
        what = f"what is kept of hidden layer {layer}"
        assert_close(what, h, np.where(kept, a / keep, 0.0), call=net.call_of_loss)
    scores = h[np.newaxis] @ case.values["W3"] + case.values["b3"]
    assert_close("loss", loss, loss_of(scores, case.batch.y), call=net.call_of_loss)


def _entering(net: Net, grads: Mapping[str, Any], layer: int, case: Case) -> Array:
    """What entered a layer, of one sample: dW is its outer product with db."""
    dW = _gradient(net, f"W{layer}", grads, case)
    db = _gradient(net, f"b{layer}", grads, case)
    size = float(db @ db)
    return dW @ db / size if size > 0 else np.zeros(len(dW))


def _gradient(net: Net, name: str, grads: Mapping[str, Any], case: Case) -> Array:
    array = as_array(net.gradient(name, grads), f'grads["{name}"]', call=net.call_of_loss)
    expected = case.values[name].shape
    if array.size != case.values[name].size or array.dtype.kind not in "biuf":
        text = f'grads["{name}"] has shape {array.shape}; it should be {expected}.'
        raise Wrong(text, Finding(kind="shape", quantity=name, call=net.call_of_loss))
    return array.reshape(expected).astype(np.float64)


def _assert_share(net: Net, layer: str, dropped: NDArray[np.bool_], share: float) -> None:
    finding = Finding(kind="values", quantity=f"hidden layer {layer}", call=net.call_of_loss)
    if not dropped.any():
        raise Wrong(f"After hidden layer {layer} no unit is dropped in training.", finding)
    if dropped.mean() > share + SHARE_OFF:
        text = f"After hidden layer {layer} too many units are dropped: {dropped.mean():.0%}."
        raise Wrong(text, finding)
