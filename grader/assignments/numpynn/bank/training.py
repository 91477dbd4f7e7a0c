"""Checks that the pieces learn. The loop runs here: only gradients and steps are theirs.

What was learnt is judged by the parameters alone. Code that remembers the labels it was shown gives
the right scores for them without a gradient; it cannot put them into parameters that are held here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray

from grader.assignments.numpynn.bank._forward import training_loss
from grader.assignments.numpynn.bank._nets import BATCHNORM, LOSS
from grader.assignments.numpynn.bank._parameters import (
    Parameters,
    Shapes,
    fully_connected_shapes,
    two_layer_shapes,
)
from grader.assignments.numpynn.bank._student_net import Batch, Net
from grader.assignments.numpynn.bank._training import (
    Descent,
    Lesson,
    gradient_of,
    lesson,
    sgd,
    spread,
)
from grader.checks import (
    CouldNotRun,
    Inputs,
    NotDone,
    NotJudged,
    Student,
    Wrong,
    as_array,
    assert_close,
    check,
    close,
)
from grader.checks.compare import NUMERICAL
from grader.model.result import Finding

Array = NDArray[np.float64]

SAMPLES: Final = 50
DIM: Final = 48
CLASSES: Final = 5
LEARNT: Final = 0.2
"""Loss that training gets below, from 1.6 and more. In 1500 trainings of each kind a right net
never ended above 0.03, and in 300 one of which only the last layer learns never below 0.46."""
MOMENTUM: Final = 0.5
"""Of the update rule of a Solver, which keeps a velocity for each parameter."""
STIFFNESS: Final = np.array([1.0, 0.3, 0.1, 0.03, 0.01])
"""Curvatures of an ill-conditioned quadratic, sum(STIFFNESS * (w - GOAL)**2) / 2."""
GOAL: Final = np.array([20.0, -30.0, 40.0, -50.0, 60.0])
"""Its minimum: far from 0, where a rule that returns zeros would arrive at once."""
MINIMIZING: Final = 8
"""Steps towards it."""
ON_THE_WAY: Final = 1e-3
"""Of the way to the minimum: where epsilon stands shows less."""


@check("TwoLayerNet overfits 50 samples", part="two_layer_net", targets="TwoLayerNet", uses=LOSS)
def test_two_layer_overfits(student: Student, inputs: Inputs) -> None:
    net = Net(student, "TwoLayerNet", input_dim=DIM, hidden_dim=25, num_classes=CLASSES)
    _overfit(net, inputs, two_layer_shapes(DIM, 25, CLASSES), Descent(rate=0.2, steps=8))


@pytest.mark.parametrize("depth", [3, 5], ids=["three layers", "five layers"])
@check(
    "FullyConnectedNet overfits 50 samples",
    part="fully_connected_net",
    targets="FullyConnectedNet",
    uses=LOSS,
)
def test_overfits(student: Student, inputs: Inputs, depth: int) -> None:
    hidden_dims = [30, 30] if depth == 3 else [43, 42, 41, 40]
    descent = Descent(rate=0.15, steps=10) if depth == 3 else Descent(rate=0.06, steps=12)
    net = Net(student, "FullyConnectedNet", **_settings(hidden_dims))
    _overfit(net, inputs, fully_connected_shapes(hidden_dims, DIM, CLASSES), descent)


@check(
    "FullyConnectedNet with batch normalization overfits 50 samples",
    part="fully_connected_net",
    targets="FullyConnectedNet",
    uses=(*LOSS, *BATCHNORM),
)
def test_overfits_batchnorm(student: Student, inputs: Inputs) -> None:
    net = Net(student, "FullyConnectedNet", **_settings([30, 30]), normalization="batchnorm")
    shapes = fully_connected_shapes([30, 30], DIM, CLASSES, "batchnorm")
    _overfit(net, inputs, shapes, Descent(rate=0.15, steps=8), "batchnorm")


@check(
    "Momentum gets further than plain gradient descent where the curvatures differ",
    part="optimizers",
    targets="sgd_momentum",
)
def test_momentum_beats_sgd(student: Student, reference: Student, inputs: Inputs) -> None:
    config = {"learning_rate": 0.8, "momentum": 0.77}
    _judge_minimize(student, reference, "sgd_momentum", inputs, config)


@check("rmsprop approaches a minimum", part="optimizers", targets="rmsprop", points=0.5)
def test_rmsprop_converges(student: Student, reference: Student, inputs: Inputs) -> None:
    config = {"learning_rate": 0.2, "decay_rate": 0.9}
    _judge_minimize(student, reference, "rmsprop", inputs, config)


@check("adam approaches a minimum", part="optimizers", targets="adam", points=0.5)
def test_adam_converges(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_minimize(student, reference, "adam", inputs, {"learning_rate": 0.2, "t": 0})


@check(
    "The given Solver trains a TwoLayerNet",
    part="two_layer_net",
    targets="TwoLayerNet",
    uses=LOSS,
    points=0.5,
)
def test_solver_two_layer(student: Student, reference: Student, inputs: Inputs) -> None:
    settings = {"input_dim": DIM, "hidden_dim": 30, "num_classes": CLASSES}
    task = lesson(inputs, two_layer_shapes(DIM, 30, CLASSES))
    _judge_solver(student, reference, "TwoLayerNet", settings, task)


@check(
    "The given Solver trains a FullyConnectedNet",
    part="fully_connected_net",
    targets="FullyConnectedNet",
    uses=LOSS,
    points=0.5,
)
def test_solver(student: Student, reference: Student, inputs: Inputs) -> None:
    task = lesson(inputs, fully_connected_shapes([30, 20], DIM, CLASSES))
    _judge_solver(student, reference, "FullyConnectedNet", _settings([30, 20]), task)


@check(
    "The given Solver still trains as the original does",
    part="fully_connected_net",
    targets="Solver",
    uses=("FullyConnectedNet", "sgd_momentum", *LOSS),
    points=0.25,
)
def test_solver_as_given(student: Student, reference: Student, inputs: Inputs) -> None:
    """Where the Solver gets elsewhere than the reference's, the same steps are made here, with the
    gradients that the net gives and the student's own rule: these may be wrong instead."""
    kind, settings = "FullyConnectedNet", _settings([4])
    task = lesson(inputs, fully_connected_shapes([4], DIM, CLASSES))
    known = Net.known(reference, task.values, kind, **settings)
    right = task.taught(reference, known, "sgd_momentum", momentum=MOMENTUM)
    failed: NotDone | CouldNotRun | None = None
    received: dict[str, Any] = {}
    try:
        net = _made(student, kind, settings, task)
        received = task.taught(student, net, "sgd_momentum", momentum=MOMENTUM)
        if _is_learnt(received, right, task):
            return
    except (NotDone, CouldNotRun) as verdict:
        failed = verdict
    try:
        net = _made(student, kind, settings, task)
        own = task.by_hand(net, student.sgd_momentum, momentum=MOMENTUM)
    except (Wrong, CouldNotRun, NotDone):
        own = {}
    if not own or not _is_learnt(own, right, task):
        text = f"Not judged, because {kind} or sgd_momentum does not give what a Solver needs."
        raise NotJudged(text)
    if failed is not None:
        if net.spelling.gradients != net.spelling.parameters:
            text = f"Not judged, because {kind} calls gradients other than their parameters."
            raise NotJudged(text, because_of=kind)
        raise failed
    if not _is_learnt(received, own, task):
        text = (
            "solver.py was given, and is not what it was: after 8 steps with sgd_momentum the "
            "parameters are not where the gradients lead to. Take the file as it was handed out."
        )
        raise Wrong(text, Finding(kind="behaviour", quantity="params"))


def _settings(hidden_dims: list[int]) -> dict[str, Any]:
    return {
        "hidden_dims": hidden_dims,
        "input_dim": DIM,
        "num_classes": CLASSES,
        "dtype": np.float64,
    }


def _overfit(
    net: Net,
    inputs: Inputs,
    shapes: Shapes,
    descent: Descent,
    normalization: str | None = None,
) -> None:
    """What a net learns that computes something else is learnt for that, and may do here or not."""
    batch, other = (
        Batch(inputs.normal(SAMPLES, DIM), inputs.labels(SAMPLES, CLASSES)) for _ in range(2)
    )
    start = _start(inputs, shapes)
    net.set(start)
    values = descent.run(net, start, batch)
    with np.errstate(all="ignore"):
        loss = training_loss(values, batch, normalization)
        right = training_loss(values, other, normalization)
    said, grads = net.step(values, other)
    if not close(said, right, tolerance=NUMERICAL):
        raise NotJudged(f"Not judged, because {net.call_of_loss} is wrong in itself.")
    if not _are_same(net, grads, net.step(values, other)[1], values):
        text = f"Not judged, because the gradients of {net.call_of_loss} differ from call to call."
        raise NotJudged(text)
    if not loss < LEARNT:
        text = (
            f"After {descent.steps} steps along the gradients that the net gave, the parameters do "
            f"not fit the {SAMPLES} samples: the loss is {loss:.3g}, from {np.log(CLASSES):.3g} "
            f"and more; below {LEARNT} was expected."
        )
        raise Wrong(text, Finding(kind="values", quantity="loss", call=net.call_of_loss))


def _are_same(
    net: Net, grads: Mapping[str, Any], again: Mapping[str, Any], values: Parameters
) -> bool:
    """Whether gradients say the same. Such as add up are a momentum, by which a net may learn."""
    pairs = (
        [gradient_of(net, name, found, value.shape) for found in (grads, again)]
        for name, value in values.items()
    )
    return all(close(one, other, tolerance=NUMERICAL) for one, other in pairs)


def _start(inputs: Inputs, shapes: Shapes) -> Parameters:
    values = {}
    for name, shape in shapes.items():
        scale = spread(shape) if name.startswith("W") else 0.0
        shift = 1.0 if name.startswith("gamma") else 0.0
        values[name] = inputs.normal(*shape, scale=scale, shift=shift)
    return values


def _judge_solver(
    student: Student, reference: Student, kind: str, settings: dict[str, Any], task: Lesson
) -> None:
    """The Solver is given code. Where it fails by itself, or makes something else of gradients that
    are right, this is not the net's fault: `test_solver_as_given` tells."""
    known = Net.known(reference, task.values, kind, **settings)
    right = task.taught(reference, known)
    net = _made(student, kind, settings, task)
    try:
        if _is_learnt(task.taught(student, net), right, task):
            return
    except (NotDone, CouldNotRun) as verdict:
        if not _lies_in_solver(verdict):
            _look_at_gradients(_made(student, kind, settings, task), task)
            raise
    net = _made(student, kind, settings, task)
    learnt = task.by_hand(net, sgd)
    for name, room in task.room(right).items():
        what = f'params["{name}"] after training'
        assert_close(what, learnt[name], right[name], scale=1.0, tolerance=room, call=net.call)


def _made(student: Student, kind: str, settings: dict[str, Any], task: Lesson) -> Net:
    net = Net(student, kind, **settings)
    net.set(task.values)
    return net


def _look_at_gradients(net: Net, task: Lesson) -> None:
    """A Solver fails on gradients that are not there or do not fit: that is what should be said."""
    _, grads = net.loss(task.batch)
    for name, value in task.values.items():
        gradient_of(net, name, grads, value.shape)


def _is_learnt(received: Mapping[str, Any], right: Mapping[str, Array], task: Lesson) -> bool:
    try:
        for name, room in task.room(right).items():
            assert_close(name, received.get(name), right[name], scale=1.0, tolerance=room)
    except Wrong:
        return False
    return True


def _lies_in_solver(verdict: NotDone | CouldNotRun) -> bool:
    """Whether it ended in solver.py itself, and not in what the Solver called."""
    finding = verdict.finding or Finding(kind="missing")
    if finding.traceback:
        return finding.traceback[-1].file.endswith("solver.py")
    return finding.kind in ("missing", "load", "exception")


def _judge_minimize(
    student: Student, reference: Student, rule: str, inputs: Inputs, config: dict[str, Any]
) -> None:
    """A point far along the way of the rule, which no other way leads to."""
    way = inputs.clear_of_zero(len(STIFFNESS), gap=1.0)
    right = _minimize(reference, rule, GOAL + way, config)
    end = _minimize(student, rule, GOAL + way, config)
    assert_close("next_w", end, right, scale=float(np.abs(way).max()), tolerance=ON_THE_WAY)


def _minimize(side: Student, rule: str, w: Array, config: dict[str, Any]) -> Array:
    for _ in range(MINIMIZING):
        value, config = getattr(side, rule)(w, STIFFNESS * (w - GOAL), config)
        w = as_array(value, "next_w")
        if w.shape != STIFFNESS.shape or w.dtype.kind != "f":
            text = f"next_w has shape {w.shape}; it should be {STIFFNESS.shape}."
            raise Wrong(text, Finding(kind="shape", quantity="next_w"))
    return w
