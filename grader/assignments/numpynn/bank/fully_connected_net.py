"""Checks of `FullyConnectedNet`: parameters, scores, loss and gradients, without dropout."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest

from grader.assignments.numpynn.bank._nets import (
    BATCHNORM,
    FORWARD,
    LAYERNORM,
    LOSS,
    REG,
    Case,
    assert_initial_value,
    assert_initial_weights,
    assert_keys,
    assert_names,
    assert_penalty,
    assert_shapes,
    fully_connected_case,
    judge_gradients,
    judge_loss,
    judge_scores,
    of_kind,
)
from grader.assignments.numpynn.bank._parameters import fully_connected_shapes
from grader.assignments.numpynn.bank._student_net import Net
from grader.checks import Inputs, Student, Visibility, Wrong, as_array, check
from grader.model.result import Finding

PART: Final = "fully_connected_net"
NET: Final = "FullyConnectedNet"
DEPTHS: Final = {1: [7], 2: [6, 7], 3: [6, 8, 7], 4: [6, 7, 5, 6], 5: [7, 6, 8, 5, 6]}
"""Hidden layers, by their number."""


@check("FullyConnectedNet has W and b for every layer", part=PART, targets=NET)
def test_parameters(student: Student) -> None:
    _judge_parameters(student, None)


@check(
    "With batch normalization every hidden layer has W, b, gamma and beta",
    part=PART,
    targets=NET,
    if_asked=BATCHNORM,
)
def test_parameters_batchnorm(student: Student) -> None:
    _judge_parameters(student, "batchnorm")


@check(
    "With layer normalization every hidden layer has W, b, gamma and beta",
    part=PART,
    targets=NET,
    points=0.5,
    if_asked=LAYERNORM,
)
def test_parameters_layernorm(student: Student) -> None:
    _judge_parameters(student, "layernorm")


@check(
    "FullyConnectedNet has no parameters beyond those of its layers",
    part=PART,
    targets=NET,
    if_asked=BATCHNORM,
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_no_other_parameters(student: Student) -> None:
    """A gamma and beta for the last layer, say. They do no harm, so that no other check minds."""
    for normalization in (None, "batchnorm"):
        net = _small(student, [4, 3], normalization)
        needed = fully_connected_shapes([4, 3], 5, 6, normalization)
        params = net.parameters()
        net.require("W1", params)
        extra = sorted(set(params) - set(needed))
        if extra:
            text = f"params holds {', '.join(extra)}, which no layer needs."
            raise Wrong(text, Finding(kind="values", quantity="params", call=net.call))


@pytest.mark.parametrize("scale", [None, 0.05], ids=["default", "0.05"])
@check(
    "FullyConnectedNet draws its weights with standard deviation weight_scale",
    part=PART,
    targets=NET,
    points=0.5,
)
def test_initial_weights(student: Student, scale: float | None) -> None:
    settings: dict[str, Any] = {} if scale is None else {"weight_scale": scale}
    net = Net(student, NET, hidden_dims=[60, 90], input_dim=90, num_classes=60, **settings)
    assert_initial_weights(net, ["W1", "W2", "W3"], scale or 1e-2)


@check("FullyConnectedNet starts with zero biases", part=PART, targets=NET, points=0.5)
def test_initial_biases(student: Student) -> None:
    assert_initial_value(_small(student, [4, 3], None), ["b1", "b2", "b3"], 0.0)


@check(
    "gamma starts at 1 and beta at 0",
    part=PART,
    targets=NET,
    if_asked=BATCHNORM,
    points=0.5,
)
def test_initial_norms(student: Student) -> None:
    net = _small(student, [4, 3], "batchnorm")
    assert_initial_value(net, ["gamma1", "gamma2"], 1.0)
    assert_initial_value(net, ["beta1", "beta2", "b1", "b2", "b3"], 0.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@check(
    "The parameters have the dtype asked for",
    part=PART,
    targets=NET,
    if_asked=BATCHNORM,
    points=0.25,
)
def test_dtype(student: Student, dtype: Any) -> None:
    net = _small(student, [4, 3], "batchnorm", dtype=dtype)
    params = net.parameters()
    net.require("W1", params)
    for name, value in params.items():
        own = as_array(value, f'params["{name}"]', call=net.call).dtype
        if own != dtype:
            text = f'params["{name}"] has dtype {own}; it should be {np.dtype(dtype)}.'
            finding = Finding(kind="dtype", quantity=f'params["{name}"]', call=net.call)
            raise Wrong(text, finding)


@pytest.mark.parametrize("depth", [1, 3, 5])
@check(
    "FullyConnectedNet.loss(X) gives the scores, with 1, 3 and 5 hidden layers",
    part=PART,
    targets=NET,
    uses=FORWARD,
    points=0.5,
)
def test_scores(student: Student, reference: Student, inputs: Inputs, depth: int) -> None:
    judge_scores(student, reference, fully_connected_case(inputs, DEPTHS[depth], None))


@check(
    "FullyConnectedNet takes images and flattens them",
    part=PART,
    targets=NET,
    uses=FORWARD,
    points=0.5,
)
def test_scores_of_images(student: Student, reference: Student, inputs: Inputs) -> None:
    case = fully_connected_case(inputs, [6, 7], None, shape=(4, 2, 3, 2))
    judge_scores(student, reference, case)


@pytest.mark.parametrize("depth", [1, 3])
@check(
    "Scores with layer normalization: affine, norm, relu",
    part=PART,
    targets=NET,
    uses=(*FORWARD, *LAYERNORM),
)
def test_scores_layernorm(student: Student, reference: Student, inputs: Inputs, depth: int) -> None:
    judge_scores(student, reference, fully_connected_case(inputs, DEPTHS[depth], "layernorm"))


@check("Loss without regularization", part=PART, targets=NET, uses=LOSS)
def test_loss(student: Student, reference: Student, inputs: Inputs) -> None:
    judge_loss(student, reference, fully_connected_case(inputs, DEPTHS[2], None))


@pytest.mark.parametrize("depth", [1, 3, 5])
@check(
    "Loss with batch normalization, which uses the statistics of the batch",
    part=PART,
    targets=NET,
    uses=(*LOSS, *BATCHNORM),
    points=0.5,
)
def test_loss_batchnorm(student: Student, reference: Student, inputs: Inputs, depth: int) -> None:
    judge_loss(student, reference, fully_connected_case(inputs, DEPTHS[depth], "batchnorm"))


@check(
    "Loss with layer normalization",
    part=PART,
    targets=NET,
    uses=(*LOSS, *LAYERNORM),
    points=0.5,
)
def test_loss_layernorm(student: Student, reference: Student, inputs: Inputs) -> None:
    judge_loss(student, reference, fully_connected_case(inputs, DEPTHS[2], "layernorm"))


@check(
    "The loss includes 0.5 * reg * sum(W**2) for every W and nothing for b", part=PART, targets=NET,
    uses=LOSS,
)  # fmt: skip
def test_penalty(student: Student, inputs: Inputs) -> None:
    assert_penalty(student, fully_connected_case(inputs, DEPTHS[3], None))


@check(
    "With batch normalization the penalty covers every W, but not b, gamma or beta",
    part=PART,
    targets=NET,
    uses=(*LOSS, *BATCHNORM),
)
def test_penalty_batchnorm(student: Student, inputs: Inputs) -> None:
    assert_penalty(student, fully_connected_case(inputs, DEPTHS[2], "batchnorm"))


@check(
    "With layer normalization the penalty covers every W, but not b, gamma or beta",
    part=PART,
    targets=NET,
    uses=(*LOSS, *LAYERNORM),
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_penalty_layernorm(student: Student, inputs: Inputs) -> None:
    assert_penalty(student, fully_connected_case(inputs, DEPTHS[2], "layernorm"))


@pytest.mark.parametrize("kind", ["W", "b"])
@check("Gradients without regularization", part=PART, targets=NET, uses=LOSS)
def test_gradient(student: Student, reference: Student, inputs: Inputs, kind: str) -> None:
    _judge_kind(student, reference, fully_connected_case(inputs, DEPTHS[2], None), kind)


@pytest.mark.parametrize("kind", ["W", "b", "gamma", "beta"])
@check(
    "Gradients with batch normalization",
    part=PART,
    targets=NET,
    uses=(*LOSS, *BATCHNORM),
    points=0.75,
)
def test_gradient_batchnorm(
    student: Student, reference: Student, inputs: Inputs, kind: str
) -> None:
    _judge_kind(student, reference, fully_connected_case(inputs, DEPTHS[2], "batchnorm"), kind)


@pytest.mark.parametrize("kind", ["W", "b", "gamma", "beta"])
@check(
    "Gradients with layer normalization",
    part=PART,
    targets=NET,
    uses=(*LOSS, *LAYERNORM),
    points=0.5,
)
def test_gradient_layernorm(
    student: Student, reference: Student, inputs: Inputs, kind: str
) -> None:
    _judge_kind(student, reference, fully_connected_case(inputs, DEPTHS[2], "layernorm"), kind)


@pytest.mark.parametrize("depth", [1, 4])
@check("Gradients with regularization", part=PART, targets=NET, uses=LOSS)
def test_gradient_with_penalty(
    student: Student, reference: Student, inputs: Inputs, depth: int
) -> None:
    judge_gradients(student, reference, fully_connected_case(inputs, DEPTHS[depth], None, reg=REG))


@check(
    "Gradients with batch normalization and regularization",
    part=PART,
    targets=NET,
    uses=(*LOSS, *BATCHNORM),
    visibility=Visibility.HIDDEN,
)
def test_gradient_with_penalty_batchnorm(
    student: Student, reference: Student, inputs: Inputs
) -> None:
    case = fully_connected_case(inputs, DEPTHS[2], "batchnorm", reg=REG)
    judge_gradients(student, reference, case)


@check(
    "Gradients with layer normalization and regularization",
    part=PART,
    targets=NET,
    uses=(*LOSS, *LAYERNORM),
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_gradient_with_penalty_layernorm(
    student: Student, reference: Student, inputs: Inputs
) -> None:
    case = fully_connected_case(inputs, DEPTHS[2], "layernorm", reg=REG)
    judge_gradients(student, reference, case)


@check(
    "Gradients of a net with 5 hidden layers",
    part=PART,
    targets=NET,
    uses=LOSS,
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_gradient_deep(student: Student, reference: Student, inputs: Inputs) -> None:
    judge_gradients(student, reference, fully_connected_case(inputs, DEPTHS[5], None))


@pytest.mark.parametrize("depth", [1, 5])
@check(
    "Gradients of a shallow and of a deep net with batch normalization",
    part=PART,
    targets=NET,
    uses=(*LOSS, *BATCHNORM),
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_gradient_batchnorm_depth(
    student: Student, reference: Student, inputs: Inputs, depth: int
) -> None:
    judge_gradients(student, reference, fully_connected_case(inputs, DEPTHS[depth], "batchnorm"))


@check(
    "There is one gradient for each parameter",
    part=PART,
    targets=NET,
    uses=(*LOSS, *BATCHNORM),
    points=0.5,
)
def test_gradient_keys(student: Student, inputs: Inputs) -> None:
    for normalization in (None, "batchnorm"):
        case = fully_connected_case(inputs, DEPTHS[2], normalization)
        assert_keys(case.received(student), case)


def _judge_parameters(student: Student, normalization: str | None) -> None:
    for hidden_dims in DEPTHS.values():
        shapes = fully_connected_shapes(hidden_dims, 5, 6, normalization)
        net = _small(student, hidden_dims, normalization)
        assert_shapes(net, shapes)
        if net.spelling.slips():
            assert_names(net, _said_before(student, hidden_dims, normalization))


def _said_before(
    student: Student, hidden_dims: list[int], normalization: str | None
) -> dict[str, str]:
    """Slips of spelling that the check without normalization, or with the other one, has found."""
    said: dict[str, str] = {}
    for earlier in _EARLIER[normalization]:
        net = _small(student, hidden_dims, earlier)
        net.parameters()
        said |= net.spelling.slips()
    return said


_EARLIER: Final[dict[str | None, list[str | None]]] = {
    None: [],
    "batchnorm": [None],
    "layernorm": [None, "batchnorm"],
}


def _small(
    student: Student, hidden_dims: list[int], normalization: str | None, **settings: Any
) -> Net:
    return Net(
        student,
        NET,
        hidden_dims=hidden_dims,
        input_dim=5,
        num_classes=6,
        normalization=normalization,
        **settings,
    )


def _judge_kind(student: Student, reference: Student, case: Case, kind: str) -> None:
    judge_gradients(student, reference, case, of_kind(kind, case.values))
