"""Checks of the layers that students bring along from their work on fully connected networks.

They earn nothing here. What stands on a layer that is wrong is judged again with the right one in
its place, and these checks tell which are wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pytest

from grader.assignments.convnet.bank._layers import Array, judge_gradient, judge_out
from grader.checks import Inputs, Student, assert_backward, assert_close, check

PART: Final = "brought_along"
TRAIN: Final = {"mode": "train"}


@check("affine_forward computes x @ w + b", part=PART, targets="affine_forward")
def test_affine_forward(student: Student, reference: Student, inputs: Inputs) -> None:
    judge_out(student, reference, "affine_forward", _affine(inputs))


@pytest.mark.parametrize("gradient", ["dx", "dw", "db"])
@check(
    "affine_backward returns dx, dw and db",
    part=PART,
    targets="affine_backward",
    uses="affine_forward",
)
def test_affine_backward(
    student: Student, reference: Student, inputs: Inputs, gradient: str
) -> None:
    args, dout = _affine(inputs), inputs.normal(3, 5)
    judge_gradient(student, reference, "affine", args, dout, gradient, usual_cache=args)


@check("relu_forward computes max(0, x)", part=PART, targets="relu_forward")
def test_relu_forward(student: Student, reference: Student, inputs: Inputs) -> None:
    judge_out(student, reference, "relu_forward", (inputs.clear_of_zero(4, 3),))


@check(
    "relu_backward lets the gradient pass where x was positive",
    part=PART,
    targets="relu_backward",
    uses="relu_forward",
)
def test_relu_backward(student: Student, reference: Student, inputs: Inputs) -> None:
    x, dout = inputs.clear_of_zero(4, 3), inputs.normal(4, 3)
    judge_gradient(student, reference, "relu", (x,), dout, "dx", usual_cache=x)


@pytest.mark.parametrize("value", ["loss", "dx"])
@check("softmax_loss returns the mean loss and dx", part=PART, targets="softmax_loss")
def test_softmax_loss(student: Student, reference: Student, inputs: Inputs, value: str) -> None:
    x, y = inputs.normal(5, 4), inputs.labels(5, 4)
    at = ("loss", "dx").index(value)
    expected = reference.softmax_loss(x, y)[at]
    assert_close(value, student.softmax_loss(x, y)[at], expected)


@pytest.mark.parametrize("mode", ["train", "test"])
@check(
    "batchnorm_forward normalizes every feature",
    part=PART,
    targets="batchnorm_forward",
)
def test_batchnorm_forward(student: Student, reference: Student, inputs: Inputs, mode: str) -> None:
    x, gamma, beta = _features(inputs)
    known = {"running_mean": inputs.normal(4), "running_var": inputs.uniform(1.0, 2.0, 4)}
    judge_out(student, reference, "batchnorm_forward", (x, gamma, beta, {"mode": mode, **known}))


@pytest.mark.parametrize("name", ["running_mean", "running_var"])
@check(
    "batchnorm_forward updates the running averages in bn_param",
    part=PART,
    targets="batchnorm_forward",
)
def test_batchnorm_running(student: Student, reference: Student, inputs: Inputs, name: str) -> None:
    args = _features(inputs)
    right, bn_param = (side.keep("bn_param", TRAIN) for side in (reference, student))
    reference.batchnorm_forward(*args, right)
    expected = right[name].read()
    student.batchnorm_forward(*args, bn_param)
    assert_close(name, bn_param[name].read(), expected)


@check(
    "batchnorm_backward returns dx, dgamma and dbeta",
    part=PART,
    targets="batchnorm_backward",
    uses="batchnorm_forward",
)
def test_batchnorm_backward(student: Student, reference: Student, inputs: Inputs) -> None:
    args, dout = (*_features(inputs), TRAIN), inputs.normal(6, 4)
    _judge_gradients(student, reference, "batchnorm_forward", "batchnorm_backward", args, dout)


@check(
    "batchnorm_backward_alt returns dx, dgamma and dbeta",
    part=PART,
    targets="batchnorm_backward_alt",
    uses="batchnorm_forward",
)
def test_batchnorm_backward_alt(student: Student, reference: Student, inputs: Inputs) -> None:
    args, dout = (*_features(inputs), TRAIN), inputs.normal(6, 4)
    _judge_gradients(student, reference, "batchnorm_forward", "batchnorm_backward_alt", args, dout)


@check(
    "layernorm_forward normalizes every sample",
    part=PART,
    targets="layernorm_forward",
)
def test_layernorm_forward(student: Student, reference: Student, inputs: Inputs) -> None:
    judge_out(student, reference, "layernorm_forward", (*_features(inputs), {}))


@check(
    "layernorm_backward returns dx, dgamma and dbeta",
    part=PART,
    targets="layernorm_backward",
    uses="layernorm_forward",
)
def test_layernorm_backward(student: Student, reference: Student, inputs: Inputs) -> None:
    param: dict[str, Any] = {}
    args, dout = (*_features(inputs), param), inputs.normal(6, 4)
    _judge_gradients(student, reference, "layernorm_forward", "layernorm_backward", args, dout)


def _affine(inputs: Inputs) -> tuple[Array, Array, Array]:
    return inputs.normal(3, 2, 2), inputs.normal(4, 5), inputs.normal(5)


def _features(inputs: Inputs) -> tuple[Array, Array, Array]:
    """x, gamma and beta."""
    x = inputs.normal(6, 4) * np.arange(1.0, 5.0) + 2.0
    return x, inputs.clear_of_zero(4, gap=0.5), inputs.normal(4)


def _judge_gradients(
    student: Student,
    reference: Student,
    forward: str,
    backward: str,
    args: Sequence[Any],
    dout: Array,
) -> None:
    for gradient in ("dx", "dgamma", "dbeta"):
        assert_backward(
            student,
            reference,
            forward=forward,
            backward=backward,
            args=args,
            dout=dout,
            gradient=gradient,
        )
