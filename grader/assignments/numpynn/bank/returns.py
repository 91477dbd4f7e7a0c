"""Checks that layers return arrays which others can compute with.

Elsewhere a list, or an array of float32, passes if its numbers are right: whoever returns one loses
the check that is here, and no others. That the values are right is part of each, since what returns
nothing but zeros would be right for no merit of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.assignments.numpynn.bank._normalization import TRAIN, arguments, parameters, samples
from grader.checks import (
    Inputs,
    Student,
    assert_arrays,
    assert_backward,
    assert_close,
    check,
    forward_pass,
)


@check(
    "affine_forward returns an array, in the float type of x",
    part="affine",
    targets="affine_forward",
    points=0.25,
)
def test_affine_forward(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_forward(student, reference, "affine_forward", _affine(inputs))


@check(
    "affine_backward returns arrays, in the float type of dout",
    part="affine",
    targets="affine_backward",
    uses="affine_forward",
    points=0.25,
)
def test_affine_backward(student: Student, reference: Student, inputs: Inputs) -> None:
    x, w, b = _affine(inputs)
    _judge_backward(
        student, reference, "affine_forward", "affine_backward", (x, w, b), inputs.normal(4, 3),
        usual_cache=(x, w, b),
    )  # fmt: skip


@check(
    "relu_forward returns an array, in the float type of x",
    part="relu",
    targets="relu_forward",
    points=0.25,
)
def test_relu_forward(student: Student, reference: Student, inputs: Inputs) -> None:
    x = inputs.clear_of_zero(4, 3)
    x[0, 0] = 8.0
    _judge_forward(student, reference, "relu_forward", (x,))


@check(
    "relu_backward returns an array, in the float type of dout",
    part="relu",
    targets="relu_backward",
    uses="relu_forward",
    points=0.25,
)
def test_relu_backward(student: Student, reference: Student, inputs: Inputs) -> None:
    x = inputs.clear_of_zero(4, 3)
    _judge_backward(
        student, reference, "relu_forward", "relu_backward", (x,), inputs.normal(4, 3),
        usual_cache=x,
    )  # fmt: skip


@check(
    "softmax_loss returns dx as an array, in the float type of x",
    part="losses",
    targets="softmax_loss",
    points=0.25,
)
def test_softmax_loss(student: Student, reference: Student, inputs: Inputs) -> None:
    x, y = inputs.normal(5, 4), inputs.labels(5, 4)
    _, expected = reference.softmax_loss(x, y)
    _, dx = student.softmax_loss(x, y)
    assert_close("dx", dx, expected, kind="gradient")
    assert_arrays(student, "softmax_loss", (x, y), only=("dx",))


@check(
    "batchnorm_forward returns an array, in the float type of x",
    part="batchnorm",
    targets="batchnorm_forward",
    points=0.25,
)
def test_batchnorm_forward(student: Student, reference: Student, inputs: Inputs) -> None:
    args = (*arguments(inputs, 5, 3), TRAIN)
    _judge_forward(student, reference, "batchnorm_forward", args)


@check(
    "batchnorm_backward returns arrays, in the float type of dout",
    part="batchnorm",
    targets="batchnorm_backward",
    uses="batchnorm_forward",
    points=0.125,
)
def test_batchnorm_backward(student: Student, reference: Student, inputs: Inputs) -> None:
    args = (*arguments(inputs, 5, 3), TRAIN)
    _judge_backward(
        student, reference, "batchnorm_forward", "batchnorm_backward", args, inputs.normal(5, 3)
    )


@check(
    "batchnorm_backward_alt returns arrays, in the float type of dout",
    part="batchnorm",
    targets="batchnorm_backward_alt",
    uses="batchnorm_forward",
    points=0.125,
)
def test_batchnorm_backward_alt(student: Student, reference: Student, inputs: Inputs) -> None:
    args = (*arguments(inputs, 5, 3), TRAIN)
    _judge_backward(
        student, reference, "batchnorm_forward", "batchnorm_backward_alt", args,
        inputs.normal(5, 3),
    )  # fmt: skip


@check(
    "layernorm_forward returns an array, in the float type of x",
    part="layernorm",
    targets="layernorm_forward",
    points=0.25,
)
def test_layernorm_forward(student: Student, reference: Student, inputs: Inputs) -> None:
    args = _samples(inputs)
    _judge_forward(student, reference, "layernorm_forward", args)


@check(
    "layernorm_backward returns arrays, in the float type of dout",
    part="layernorm",
    targets="layernorm_backward",
    uses="layernorm_forward",
    points=0.25,
)
def test_layernorm_backward(student: Student, reference: Student, inputs: Inputs) -> None:
    args = _samples(inputs)
    _judge_backward(
        student, reference, "layernorm_forward", "layernorm_backward", args, inputs.normal(4, 5)
    )


def _affine(inputs: Inputs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return inputs.normal(4, 5), inputs.normal(5, 3), inputs.normal(3)


def _samples(inputs: Inputs) -> tuple[Any, ...]:
    return (samples(inputs, 4, 5), *parameters(inputs, 5), {})


def _judge_forward(student: Student, reference: Student, name: str, args: Sequence[Any]) -> None:
    expected, _ = getattr(reference, name)(*args)
    out, _ = getattr(student, name)(*args)
    assert_close("out", out, expected)
    assert_arrays(student, name, args)


def _judge_backward(
    student: Student,
    reference: Student,
    forward: str,
    backward: str,
    args: Sequence[Any],
    dout: np.ndarray,
    **usual: Any,
) -> None:
    assert_backward(
        student,
        reference,
        forward=forward,
        backward=backward,
        args=args,
        dout=dout,
        gradient=getattr(student, backward).signature.returns[0],
        **usual,
    )
    _, cache = forward_pass(student, forward, args, backward)
    assert_arrays(student, backward, (dout, cache))
