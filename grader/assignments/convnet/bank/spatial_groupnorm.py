"""Checks of spatial group normalization."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest

from grader.assignments.convnet.bank._layers import (
    SCALE,
    group_parameters,
    images,
    judge_gradient,
    judge_kind_of_gradients,
    judge_kind_of_out,
    judge_out,
)
from grader.checks import Inputs, Student, Visibility, as_array, assert_close, check

PART: Final = "spatial_groupnorm"
LAYER: Final = "spatial_groupnorm"
FORWARD: Final = "spatial_groupnorm_forward"
BACKWARD: Final = "spatial_groupnorm_backward"
GRADIENTS: Final = ("dx", "dgamma", "dbeta")

SHAPES: Final = {
    "two groups": ((2, 6, 4, 4), 2),
    "wide images": ((3, 4, 2, 5), 2),
    "one group": ((2, 4, 3, 3), 1),
    "a group for each channel": ((2, 3, 4, 3), 3),
    "one sample": ((1, 6, 3, 3), 3),
}
"""Of the images, and the number of groups."""
EPS: Final[dict[str, tuple[float, dict[str, Any]]]] = {
    "default": (0.01, {}),
    "large eps": (1.0, {"eps": 0.3}),
}
"""Scale of the images, such that eps shows, and parameters."""
BACK: Final[dict[str, tuple[tuple[int, int, int, int], int, float, dict[str, Any]]]] = {
    "two groups": ((2, 4, 3, 3), 2, SCALE, {}),
    "wide images": ((2, 6, 2, 3), 3, SCALE, {}),
    "one group": ((3, 3, 3, 2), 1, SCALE, {}),
    "large eps": ((2, 4, 2, 3), 2, 1.0, {"eps": 0.3}),
}


@check(
    "spatial_groupnorm_forward gives every group of a sample mean 0 and variance 1",
    part=PART,
    targets=FORWARD,
    points=0.5,
)
def test_forward_standard(student: Student, reference: Student, inputs: Inputs) -> None:
    gamma, beta = np.ones((1, 4, 1, 1)), np.zeros((1, 4, 1, 1))
    x = images(inputs, 2, 4, 3, 5)
    judge_out(student, reference, FORWARD, (x, gamma, beta, 2, {}))


@pytest.mark.parametrize("case", SHAPES)
@check(
    "spatial_groupnorm_forward scales by gamma and shifts by beta",
    part=PART,
    targets=FORWARD,
)
def test_forward_values(student: Student, reference: Student, inputs: Inputs, case: str) -> None:
    shape, groups = SHAPES[case]
    judge_out(student, reference, FORWARD, _arguments(inputs, shape, groups))


@pytest.mark.parametrize("case", EPS)
@check(
    "spatial_groupnorm_forward divides by sqrt(var + eps)",
    part=PART,
    targets=FORWARD,
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_forward_eps(student: Student, reference: Student, inputs: Inputs, case: str) -> None:
    scale, param = EPS[case]
    judge_out(student, reference, FORWARD, _arguments(inputs, (2, 4, 3, 3), 2, scale, param))


@check(
    "spatial_groupnorm_forward treats a sample the same way, whatever else is in the batch",
    part=PART,
    targets=FORWARD,
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_forward_independent(student: Student, reference: Student, inputs: Inputs) -> None:
    x, gamma, beta, groups, param = _arguments(inputs, (3, 4, 3, 3), 2)
    others = images(inputs, 3, 4, 3, 3)
    others[1] = x[1]
    expected, _ = reference.spatial_groupnorm_forward(x, gamma, beta, groups, param)
    out, _ = student.spatial_groupnorm_forward(others, gamma, beta, groups, param)
    array = as_array(out, "out")
    received = array[1:2] if array.ndim == 4 else array
    assert_close("out", received, expected[1:2])


@check(
    "spatial_groupnorm_forward does the same in training and in testing",
    part=PART,
    targets=FORWARD,
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_forward_test_mode(student: Student, reference: Student, inputs: Inputs) -> None:
    x, gamma, beta, groups, _ = _arguments(inputs, (2, 4, 3, 3), 2)
    before = images(inputs, 2, 4, 3, 3)
    expected, _ = reference.spatial_groupnorm_forward(x, gamma, beta, groups, {})
    gn_param = student.keep("gn_param", {"mode": "train"})
    student.spatial_groupnorm_forward(before, gamma, beta, groups, gn_param)
    gn_param["mode"].write("test")
    out, _ = student.spatial_groupnorm_forward(x, gamma, beta, groups, gn_param)
    assert_close("out", out, expected)


@check(
    "spatial_groupnorm_forward returns an array, in the float type of x",
    part=PART,
    targets=FORWARD,
    points=0.25,
)
def test_forward_array(student: Student, reference: Student, inputs: Inputs) -> None:
    judge_kind_of_out(student, reference, LAYER, _arguments(inputs, (2, 4, 3, 3), 2))


@pytest.mark.parametrize("gradient", GRADIENTS)
@pytest.mark.parametrize("case", BACK)
@check(
    "spatial_groupnorm_backward returns dx, dgamma and dbeta",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
)
def test_backward(
    student: Student, reference: Student, inputs: Inputs, case: str, gradient: str
) -> None:
    shape, groups, scale, param = BACK[case]
    args = _arguments(inputs, shape, groups, scale, param)
    judge_gradient(student, reference, LAYER, args, inputs.normal(*shape), gradient)


@check(
    "spatial_groupnorm_backward works on the cache that it is given",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_backward_own_cache(student: Student, reference: Student, inputs: Inputs) -> None:
    shape = (2, 4, 2, 3)
    first, later = _arguments(inputs, shape, 2), _arguments(inputs, shape, 2)
    judge_gradient(student, reference, LAYER, first, inputs.normal(*shape), "dx", later=later)


@check(
    "spatial_groupnorm_backward returns arrays, in the float type of dout",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    points=0.25,
)
def test_backward_arrays(student: Student, reference: Student, inputs: Inputs) -> None:
    shape = (2, 4, 2, 3)
    judge_kind_of_gradients(
        student, reference, LAYER, _arguments(inputs, shape, 2), inputs.normal(*shape)
    )


def _arguments(
    inputs: Inputs,
    shape: tuple[int, int, int, int],
    groups: int,
    scale: float = SCALE,
    param: dict[str, Any] | None = None,
) -> tuple[Any, ...]:
    """x, gamma, beta, G and gn_param."""
    x = images(inputs, *shape, scale=scale)
    return (x, *group_parameters(inputs, shape[1]), groups, param or {})
