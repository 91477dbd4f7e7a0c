"""What dropout lets through of hidden layers.

No mask can be foretold, since any generator may draw it. With one sample and reg 0 it need not be:
dW[i+1] is the outer product of what enters layer i+1 and db[i+1], so that the gradients show what
came out of each dropout.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grader.assignments.numpynn.bank._forward import hidden_units, loss_of, training_loss
from grader.assignments.numpynn.bank._nets import Case, fully_connected_case, of_kind
from grader.assignments.numpynn.bank._parameters import Parameters
from grader.assignments.numpynn.bank._student_net import Batch, Net
from grader.checks import Inputs, NotJudged, Student, Wrong, as_array, assert_close
from grader.checks.compare import NUMERICAL, VALUES
from grader.model.result import Finding

Array = NDArray[np.float64]

NET: Final = "FullyConnectedNet"
WIDTH: Final = 120
"""Units of a hidden layer whose dropping is counted: a share is good to 0.045 (one sigma)."""
SHARE_OFF: Final = 0.3
"""How much more than its share may be dropped: six sigma and more."""
CLASSES: Final = 40
"""So many that a dropout on the scores never drops them all, nor none."""
DIRECTIONS: Final = 2
"""Along so many is differentiated, all parameters at once, before it is done entry by entry."""


def steady(case: Case, inputs: Inputs, *, open_units: bool = False) -> Case:
    """The case with parameters that open and close each relu by its bias alone; `open_units` opens
    all of them, with a norm or without.

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
            plain = open_units or case.settings["normalization"] is None or name[1:] == last
            bound = 0.2 / len(old) if plain else 1.0
            values[name] = inputs.uniform(-bound, bound, *old.shape)
        elif name.startswith("gamma"):
            values[name] = inputs.uniform(0.75, 1.25, *old.shape)
        else:
            values[name] = sign * inputs.uniform(3.0, 4.0, *old.shape)
    X = inputs.uniform(-1.0, 1.0, *case.batch.X.shape)
    return Case(case.kind, case.settings, values, Batch(X, case.batch.y))


def kept_twice(student: Student, inputs: Inputs, **settings: Any) -> list[NDArray[np.bool_]]:
    """Which units of a hidden layer go on to the next one, at each of two calls."""
    settings["dropout_keep_ratio"] = 0.5
    case = fully_connected_case(inputs, [WIDTH], None, (1, 5), CLASSES, **settings)
    case = steady(case, inputs)
    net = case.received(student)
    is_open = hidden_units(case.values, 1, case.batch.X, None)[0] > 0
    return [(_entering(net, net.loss(case.batch)[1], 2, case) != 0)[is_open] for _ in range(2)]


def judge_dropout_gradients(student: Student, inputs: Inputs, normalization: str | None) -> None:
    """Against the student's own loss, which is the same at each call because of the seeds.

    Where `seed` is ignored, that of NumPy's generator does; other draws are not judged. So many
    units are open that none is kept of a layer once in 10**7 times.
    """
    case = fully_connected_case(inputs, [12, 9], normalization, shape=(4, 3), reg=0.1)
    case = steady(case.set(dropout_keep_ratio=0.5, seed=inputs.integer(1, 1000)), inputs)
    net = case.received(student)
    net.seed = inputs.number
    first, grads = net.loss(case.batch)
    if abs(net.loss(case.batch)[0] - first) > VALUES * abs(first):
        text = f"Not judged, because with a seed {NET} gives another loss the second time."
        raise NotJudged(text)
    if abs(first - _loss_without(case)) <= VALUES * abs(first):
        raise NotJudged(f"Not judged, because {NET} drops no unit in training.")
    for name in of_kind("W", case.values):
        if not np.any(gradient_of_shape(net, name, grads, case)):
            text = f'grads["{name}"] is zero everywhere.'
            raise Wrong(text, Finding(kind="values", quantity=name, call=net.call_of_loss))
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


def judge_places(student: Student, inputs: Inputs, normalization: str | None, keep: float) -> None:
    """Layer by layer, from what the student's own masks let through."""
    widths = [WIDTH, WIDTH]
    case = fully_connected_case(
        inputs, widths, normalization, (1, 5), CLASSES, dropout_keep_ratio=keep
    )
    case = steady(case, inputs)
    net = case.received(student)
    loss, grads = net.loss(case.batch)
    h = case.batch.X[0]
    for layer in (1, 2):
        a = hidden_units(case.values, layer, h[np.newaxis], normalization)[0]
        h = _entering(net, grads, layer + 1, case)
        kept = h != 0
        assert_share(net, str(layer), ~kept[a > 0], 1 - keep)
        what = f"what is kept of hidden layer {layer}"
        assert_close(what, h, np.where(kept, a / keep, 0.0), call=net.call_of_loss)
    scores = h[np.newaxis] @ case.values["W3"] + case.values["b3"]
    assert_close("loss", loss, loss_of(scores, case.batch.y), call=net.call_of_loss)


def _entering(net: Net, grads: Mapping[str, Any], layer: int, case: Case) -> Array:
    """What entered a layer, of one sample: dW is its outer product with db."""
    dW = gradient_of_shape(net, f"W{layer}", grads, case)
    db = gradient_of_shape(net, f"b{layer}", grads, case)
    size = float(db @ db)
    return dW @ db / size if size > 0 else np.zeros(len(dW))


def gradient_of_shape(net: Net, name: str, grads: Mapping[str, Any], case: Case) -> Array:
    array = as_array(net.gradient(name, grads), f'grads["{name}"]', call=net.call_of_loss)
    expected = case.values[name].shape
    if array.size != case.values[name].size or array.dtype.kind not in "biuf":
        text = f'grads["{name}"] has shape {array.shape}; it should be {expected}.'
        raise Wrong(text, Finding(kind="shape", quantity=name, call=net.call_of_loss))
    return array.reshape(expected).astype(np.float64)


def assert_share(net: Net, layer: str, dropped: NDArray[np.bool_], share: float) -> None:
    finding = Finding(kind="values", quantity=f"hidden layer {layer}", call=net.call_of_loss)
    if not dropped.any():
        raise Wrong(f"After hidden layer {layer} no unit is dropped in training.", finding)
    if dropped.mean() > share + SHARE_OFF:
        text = f"After hidden layer {layer} too many units are dropped: {dropped.mean():.0%}."
        raise Wrong(text, finding)
