"""Checks of `TwoLayerNet`."""

from __future__ import annotations

import pytest

from grader.assignments.numpynn.bank._nets import (
    FORWARD,
    LOSS,
    REG,
    assert_initial_value,
    assert_initial_weights,
    assert_keys,
    assert_names,
    assert_penalty,
    assert_shapes,
    judge_gradients,
    judge_loss,
    judge_scores,
    two_layer_case,
)
from grader.assignments.numpynn.bank._parameters import two_layer_shapes
from grader.assignments.numpynn.bank._student_net import Net
from grader.checks import Inputs, Student, Visibility, check


@check("TwoLayerNet has the parameters W1, b1, W2, b2", part="two_layer_net", targets="TwoLayerNet")
def test_parameters(student: Student) -> None:
    net = Net(student, "TwoLayerNet", input_dim=5, hidden_dim=7, num_classes=4)
    assert_shapes(net, two_layer_shapes(5, 7, 4))
    assert_names(net)


@pytest.mark.parametrize("scale", [None, 0.05], ids=["default", "0.05"])
@check(
    "TwoLayerNet draws its weights with standard deviation weight_scale",
    part="two_layer_net",
    targets="TwoLayerNet",
    points=0.5,
)
def test_initial_weights(student: Student, scale: float | None) -> None:
    settings = {} if scale is None else {"weight_scale": scale}
    net = Net(student, "TwoLayerNet", input_dim=90, hidden_dim=60, num_classes=85, **settings)
    assert_initial_weights(net, ["W1", "W2"], scale or 1e-3)


@check(
    "TwoLayerNet starts with zero biases", part="two_layer_net", targets="TwoLayerNet", points=0.5
)
def test_initial_biases(student: Student) -> None:
    net = Net(student, "TwoLayerNet", input_dim=5, hidden_dim=7, num_classes=4)
    assert_initial_value(net, ["b1", "b2"], 0.0)


@pytest.mark.parametrize("shape", [(4, 5), (3, 2, 3, 2)], ids=["matrix", "images"])
@check(
    "TwoLayerNet.loss(X) gives the scores",
    part="two_layer_net",
    targets="TwoLayerNet",
    uses=FORWARD,
)
def test_scores(
    student: Student, reference: Student, inputs: Inputs, shape: tuple[int, ...]
) -> None:
    judge_scores(student, reference, two_layer_case(inputs, shape))


@check(
    "TwoLayerNet.loss(X, y) without regularization",
    part="two_layer_net",
    targets="TwoLayerNet",
    uses=LOSS,
)
def test_loss(student: Student, reference: Student, inputs: Inputs) -> None:
    judge_loss(student, reference, two_layer_case(inputs))


@check(
    "TwoLayerNet: the loss includes 0.5 * reg * sum(W**2) for both weight matrices, not for biases",
    part="two_layer_net",
    targets="TwoLayerNet",
    uses=LOSS,
)
def test_penalty(student: Student, inputs: Inputs) -> None:
    assert_penalty(student, two_layer_case(inputs))


@pytest.mark.parametrize("name", ["W1", "b1", "W2", "b2"])
@check(
    "TwoLayerNet: gradient without regularization",
    part="two_layer_net",
    targets="TwoLayerNet",
    uses=LOSS,
    points=0.5,
)
def test_gradient(student: Student, reference: Student, inputs: Inputs, name: str) -> None:
    judge_gradients(student, reference, two_layer_case(inputs), [name])


@pytest.mark.parametrize("name", ["W1", "b1", "W2", "b2"])
@check(
    "TwoLayerNet: gradient with regularization",
    part="two_layer_net",
    targets="TwoLayerNet",
    uses=LOSS,
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_gradient_with_penalty(
    student: Student, reference: Student, inputs: Inputs, name: str
) -> None:
    judge_gradients(student, reference, two_layer_case(inputs, reg=REG), [name])


@check(
    "TwoLayerNet gives one gradient for each parameter",
    part="two_layer_net",
    targets="TwoLayerNet",
    uses=LOSS,
    points=0.5,
)
def test_gradient_keys(student: Student, inputs: Inputs) -> None:
    case = two_layer_case(inputs)
    assert_keys(case.received(student), case)
