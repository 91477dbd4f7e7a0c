"""Checks that the pieces learn. The loop runs here: only losses, gradients and steps are theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray

from grader.bank._nets import BATCHNORM, LOSS
from grader.checks import (
    CouldNotRun,
    Inputs,
    NotDone,
    Student,
    Wrong,
    as_array,
    check,
    on_grid,
)
from grader.checks.nets import Batch, Net
from grader.checks.parameters import Parameters, Shapes, fully_connected_shapes, two_layer_shapes
from grader.result import Finding

Array = NDArray[np.float64]

SAMPLES: Final = 50
DIM: Final = 48
CLASSES: Final = 5
STIFFNESS: Final = np.array([1.0, 0.3, 0.1, 0.03, 0.01])
"""Curvatures of an ill-conditioned quadratic, sum(STIFFNESS * (w - GOAL)**2) / 2."""
GOAL: Final = np.array([20.0, -30.0, 40.0, -50.0, 60.0])
"""Its minimum: far from 0, where a rule that returns zeros would arrive at once."""


@check("TwoLayerNet overfits 50 samples", part="two_layer_net", targets="TwoLayerNet", uses=LOSS)
def test_two_layer_overfits(student: Student, inputs: Inputs) -> None:
    net = Net(student, "TwoLayerNet", input_dim=DIM, hidden_dim=40, num_classes=CLASSES)
    _overfit(net, inputs, two_layer_shapes(DIM, 40, CLASSES))


@pytest.mark.parametrize(
    "hidden_dims", [[30, 30], [30, 30, 30, 30]], ids=["three layers", "five layers"]
)
@check(
    "FullyConnectedNet overfits 50 samples",
    part="fully_connected_net",
    targets="FullyConnectedNet",
    uses=LOSS,
)
def test_overfits(student: Student, inputs: Inputs, hidden_dims: list[int]) -> None:
    net = _net(student, hidden_dims)
    _overfit(net, inputs, fully_connected_shapes(hidden_dims, DIM, CLASSES))


@check(
    "FullyConnectedNet with batch normalization overfits 50 samples",
    part="fully_connected_net",
    targets="FullyConnectedNet",
    uses=(*LOSS, *BATCHNORM),
)
def test_overfits_batchnorm(student: Student, inputs: Inputs) -> None:
    net = _net(student, [30, 30], normalization="batchnorm")
    _overfit(net, inputs, fully_connected_shapes([30, 30], DIM, CLASSES, "batchnorm"))


@check(
    "Momentum gets further than plain gradient descent where the curvatures differ",
    part="optimizers",
    targets="sgd_momentum",
)
def test_momentum_beats_sgd(student: Student, inputs: Inputs) -> None:
    way = inputs.clear_of_zero(len(STIFFNESS), gap=1.0)
    start, plain = GOAL + way, GOAL + way * (1 - 0.8 * STIFFNESS) ** 20
    config = {"learning_rate": 0.8, "momentum": 0.77}
    end = _minimize(student, "sgd_momentum", start, config, steps=20)
    if not _quadratic(end) < 0.5 * _quadratic(plain):
        text = "After 20 steps the loss is no lower than with plain gradient descent."
        raise Wrong(text, Finding(kind="values", quantity="next_w"))


@check("rmsprop approaches a minimum", part="optimizers", targets="rmsprop", points=0.5)
def test_rmsprop_converges(student: Student, inputs: Inputs) -> None:
    settings = {"learning_rate": 0.2, "decay_rate": 0.9}
    _judge_minimize(student, "rmsprop", inputs, settings, steps=12)


@check("adam approaches a minimum", part="optimizers", targets="adam", points=0.5)
def test_adam_converges(student: Student, inputs: Inputs) -> None:
    _judge_minimize(student, "adam", inputs, {"learning_rate": 0.2, "t": 0}, steps=30)


@check(
    "The given Solver trains a TwoLayerNet",
    part="two_layer_net",
    targets="TwoLayerNet",
    uses=LOSS,
    points=0.5,
)
def test_solver_two_layer(student: Student, inputs: Inputs) -> None:
    net = Net(
        student, "TwoLayerNet", input_dim=DIM, hidden_dim=30, num_classes=CLASSES, weight_scale=0.1
    )
    _solve(student, net, inputs, two_layer_shapes(DIM, 30, CLASSES))


@check(
    "The given Solver trains a FullyConnectedNet",
    part="fully_connected_net",
    targets="FullyConnectedNet",
    uses=LOSS,
    points=0.5,
)
def test_solver(student: Student, inputs: Inputs) -> None:
    net = _net(student, [30, 20], weight_scale=0.2)
    _solve(student, net, inputs, fully_connected_shapes([30, 20], DIM, CLASSES))


def _net(student: Student, hidden_dims: list[int], **settings: Any) -> Net:
    return Net(
        student,
        "FullyConnectedNet",
        hidden_dims=hidden_dims,
        input_dim=DIM,
        num_classes=CLASSES,
        dtype=np.float64,
        **settings,
    )


def _overfit(net: Net, inputs: Inputs, shapes: Shapes) -> None:
    """Gradient descent with momentum on the whole batch, until every sample is right."""
    batch = Batch(inputs.normal(SAMPLES, DIM), inputs.labels(SAMPLES, CLASSES))
    values = _start(inputs, shapes)
    net.set(values)
    velocity = {name: np.zeros_like(value) for name, value in values.items()}
    for _ in range(30):
        for _ in range(5):
            _descend(net, values, velocity, batch)
        if _accuracy(net, values, batch) == 1.0:
            return
    text = "After 150 steps of gradient descent the net does not get all of the 50 samples right."
    raise Wrong(text, Finding(kind="values", quantity="accuracy", call=net.call_of_loss))


def _start(inputs: Inputs, shapes: Shapes) -> Parameters:
    values = {}
    for name, shape in shapes.items():
        scale = (2 / shape[0]) ** 0.5 if name.startswith("W") else 0.0
        shift = 1.0 if name.startswith("gamma") else 0.0
        values[name] = inputs.normal(*shape, scale=scale, shift=shift)
    return values


def _descend(
    net: Net, values: Parameters, velocity: Parameters, batch: Batch, rate: float = 0.2
) -> None:
    _, grads = net.step(values, batch)
    for name, value in values.items():
        velocity[name] = 0.8 * velocity[name] - rate * _gradient(net, name, grads, value.shape)
        values[name] = on_grid(value + velocity[name])


def _gradient(net: Net, name: str, grads: Mapping[str, Any], shape: tuple[int, ...]) -> Array:
    gradient = as_array(net.gradient(name, grads), f'grads["{name}"]', call=net.call_of_loss)
    if gradient.size != np.prod(shape) or not np.isfinite(gradient).all():
        text = f'grads["{name}"] does not fit params["{name}"], or is not finite.'
        raise Wrong(text, Finding(kind="shape", quantity=name, call=net.call_of_loss))
    return gradient.reshape(shape)


def _accuracy(net: Net, values: Parameters, batch: Batch) -> float:
    return float(np.mean(_scores(net, batch, values).argmax(axis=1) == batch.y))


def _scores(net: Net, batch: Batch, values: Parameters | None = None) -> Array:
    scores = as_array(net.scores(batch.X, values), "scores", call=net.call_of_scores)
    if scores.shape != (len(batch.y), CLASSES) or scores.dtype.kind != "f":
        text = f"The scores have shape {scores.shape}; it should be {(len(batch.y), CLASSES)}."
        raise Wrong(text, Finding(kind="shape", quantity="scores", call=net.call_of_scores))
    return scores


def _loss(net: Net, batch: Batch) -> float:
    """The softmax loss of the net's scores, computed here."""
    scores = _scores(net, batch)
    shifted = scores - scores.max(axis=1, keepdims=True)
    right = shifted[np.arange(len(batch.y)), batch.y]
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - right))


def _solve(student: Student, net: Net, inputs: Inputs, shapes: Shapes) -> None:
    """The Solver is given code: where it is missing or fails by itself the net is trained here.

    It fails, too, on gradients that are not there or do not fit, so that these are looked at first.
    """
    X, y = inputs.clusters(60, CLASSES, DIM)
    data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
    before = _loss(net, Batch(X, y))
    _, grads = net.loss(Batch(X, y))
    for name, shape in shapes.items():
        _gradient(net, name, grads, shape)
    settings: dict[str, Any] = {
        "update_rule": "sgd",
        "optim_config": {"learning_rate": 0.01},
        "batch_size": 20,
        "num_epochs": 6,
        "print_every": 1000,
        "verbose": False,
    }
    try:
        with student.allow(cpu_seconds=30.0):
            student.Solver(net.remote, data, **settings).train(returns=("_",))
    except (NotDone, CouldNotRun) as verdict:
        if not _lies_in_solver(verdict):
            raise
        before = _train_here(net, Batch(X, y), _start(inputs, shapes))
    if not _loss(net, Batch(X, y)) < before:
        text = "After training the loss of the training data is no lower."
        raise Wrong(text, Finding(kind="values", quantity="loss", call=net.call_of_loss))


def _train_here(net: Net, batch: Batch, values: Parameters) -> float:
    """Ten steps from `values`; the loss before them."""
    net.set(values)
    before = _loss(net, batch)
    velocity = {name: np.zeros_like(value) for name, value in values.items()}
    for _ in range(10):
        _descend(net, values, velocity, batch, rate=0.01)
    net.set(values)
    return before


def _lies_in_solver(verdict: NotDone | CouldNotRun) -> bool:
    """Whether it ended in solver.py itself, and not in what the Solver called."""
    finding = verdict.finding or Finding(kind="missing")
    if finding.traceback:
        return finding.traceback[-1].file.endswith("solver.py")
    return finding.kind in ("missing", "load", "exception")


def _minimize(
    student: Student, rule: str, w: Array, config: dict[str, Any] | None, steps: int
) -> Array:
    for _ in range(steps):
        value, config = getattr(student, rule)(w, STIFFNESS * (w - GOAL), config)
        w = as_array(value, "next_w")
        if w.shape != STIFFNESS.shape or w.dtype.kind != "f":
            text = f"next_w has shape {w.shape}; it should be {STIFFNESS.shape}."
            raise Wrong(text, Finding(kind="shape", quantity="next_w"))
        w, config = on_grid(w), on_grid(config)
    return w


def _judge_minimize(
    student: Student, rule: str, inputs: Inputs, config: dict[str, Any], steps: int
) -> None:
    start = GOAL + inputs.clear_of_zero(len(STIFFNESS), gap=1.0)
    end = _minimize(student, rule, start, config, steps)
    if not _quadratic(end) < 0.05 * _quadratic(start):
        text = f"After {steps} steps the loss has not come down as it should."
        raise Wrong(text, Finding(kind="values", quantity="next_w"))


def _quadratic(w: Array) -> float:
    return float(np.sum(STIFFNESS * (w - GOAL) ** 2) / 2)
