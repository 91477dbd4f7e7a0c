"""Checks of the convolution."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import pytest

from grader.assignments.convnet.bank._layers import (
    Array,
    judge_gradient,
    judge_kind_of_gradients,
    judge_kind_of_out,
    judge_out,
)
from grader.checks import Inputs, Student, Visibility, check

PART: Final = "convolution"
FORWARD: Final = "conv_forward_naive"
BACKWARD: Final = "conv_backward_naive"
GRADIENTS: Final = ("dx", "dw", "db")


class ConvShape(NamedTuple):
    """A convolution."""

    x: tuple[int, int, int, int]
    w: tuple[int, int, int, int]
    stride: int
    pad: int

    @property
    def out(self) -> tuple[int, int, int, int]:
        """ConvShape of its output."""
        height, width = (
            1 + (self.x[axis] + 2 * self.pad - self.w[axis]) // self.stride for axis in (2, 3)
        )
        return self.x[0], self.w[0], height, width

    @property
    def param(self) -> dict[str, int]:
        """The argument conv_param."""
        return {"stride": self.stride, "pad": self.pad}

    def args(self, inputs: Inputs) -> tuple[Array, Array, Array, dict[str, int]]:
        """Arguments of `conv_forward_naive`."""
        x, w = inputs.normal(*self.x), inputs.normal(*self.w, scale=0.7)
        return x, w, inputs.clear_of_zero(self.w[0], gap=0.5), self.param


SQUARE: Final = {
    "plain": ConvShape((2, 3, 5, 5), (4, 3, 3, 3), 1, 0),
    "padded": ConvShape((2, 2, 4, 4), (3, 2, 3, 3), 1, 1),
    "stride 2": ConvShape((2, 2, 6, 6), (3, 2, 2, 2), 2, 0),
    "stride 2, padded": ConvShape((2, 3, 5, 5), (2, 3, 3, 3), 2, 1),
    "one channel, one filter": ConvShape((3, 1, 4, 4), (1, 1, 3, 3), 1, 1),
}
OBLONG: Final = {
    "tall image": ConvShape((2, 2, 7, 4), (3, 2, 3, 3), 1, 1),
    "wide image": ConvShape((2, 2, 3, 6), (3, 2, 3, 3), 1, 1),
    "tall filter": ConvShape((2, 2, 6, 6), (2, 2, 3, 1), 1, 1),
    "wide filter": ConvShape((2, 2, 6, 6), (2, 2, 2, 4), 2, 1),
}
LEFT_OVER: Final = {
    "rows": ConvShape((2, 2, 6, 5), (2, 2, 3, 3), 2, 1),
    "columns": ConvShape((2, 2, 5, 6), (2, 2, 3, 3), 2, 1),
    "both": ConvShape((2, 2, 6, 6), (3, 2, 3, 3), 4, 1),
}
"""Where the stride does not divide: the last rows or columns belong to no window."""
WIDE_PAD: Final = ConvShape((2, 2, 3, 3), (2, 2, 2, 2), 1, 3)
"""Zeros so many that some windows hold nothing else."""


@pytest.mark.parametrize("case", SQUARE)
@check(
    "conv_forward_naive applies every filter to every window and adds its bias",
    part=PART,
    targets=FORWARD,
)
def test_conv_forward_values(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    judge_out(student, reference, FORWARD, SQUARE[case].args(inputs))


@pytest.mark.parametrize("case", OBLONG)
@check(
    "conv_forward_naive takes images and filters that are not square",
    part=PART,
    targets=FORWARD,
    points=0.5,
)
def test_conv_forward_oblong(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    judge_out(student, reference, FORWARD, OBLONG[case].args(inputs))


@check(
    "conv_forward_naive without biases is right",
    part=PART,
    targets=FORWARD,
    points=0.5,
)
def test_conv_forward_no_bias(student: Student, reference: Student, inputs: Inputs) -> None:
    x, w, b, param = SQUARE["padded"].args(inputs)
    judge_out(student, reference, FORWARD, (x, w, np.zeros_like(b), param))


@check(
    "conv_forward_naive adds each filter's bias once, over an image of zeros",
    part=PART,
    targets=FORWARD,
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_conv_forward_bias(student: Student, reference: Student, inputs: Inputs) -> None:
    x, w, b, param = SQUARE["plain"].args(inputs)
    judge_out(student, reference, FORWARD, (np.zeros_like(x), w, b, param))


@check(
    "conv_forward_naive pads with zeros, as many as pad says",
    part=PART,
    targets=FORWARD,
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_conv_forward_wide_pad(student: Student, reference: Student, inputs: Inputs) -> None:
    judge_out(student, reference, FORWARD, WIDE_PAD.args(inputs))


@pytest.mark.parametrize("case", LEFT_OVER)
@check(
    "conv_forward_naive leaves out windows that reach beyond the padded image",
    part=PART,
    targets=FORWARD,
    unless_open="left_over",
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_conv_forward_left_over(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    judge_out(student, reference, FORWARD, LEFT_OVER[case].args(inputs))


@check(
    "conv_forward_naive returns an array, in the float type of x",
    part=PART,
    targets=FORWARD,
    points=0.25,
)
def test_conv_forward_array(student: Student, reference: Student, inputs: Inputs) -> None:
    judge_kind_of_out(student, reference, "conv", SQUARE["padded"].args(inputs))


@pytest.mark.parametrize("gradient", GRADIENTS)
@pytest.mark.parametrize("case", SQUARE)
@check(
    "conv_backward_naive returns dx, dw and db",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    points=0.5,
)
def test_conv_backward(
    student: Student, reference: Student, inputs: Inputs, case: str, gradient: str
) -> None:
    _judge_backward(student, reference, inputs, SQUARE[case], gradient)


@pytest.mark.parametrize("gradient", ["dx", "dw"])
@pytest.mark.parametrize("case", OBLONG)
@check(
    "conv_backward_naive takes images and filters that are not square",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    points=0.25,
)
def test_conv_backward_oblong(
    student: Student, reference: Student, inputs: Inputs, case: str, gradient: str
) -> None:
    _judge_backward(student, reference, inputs, OBLONG[case], gradient)


@pytest.mark.parametrize("gradient", ["dx", "dw"])
@pytest.mark.parametrize("case", LEFT_OVER)
@check(
    "conv_backward_naive gives pixels that belong to no window a gradient of 0",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    unless_open="left_over",
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_conv_backward_left_over(
    student: Student, reference: Student, inputs: Inputs, case: str, gradient: str
) -> None:
    _judge_backward(student, reference, inputs, LEFT_OVER[case], gradient)


@pytest.mark.parametrize("gradient", ["dx", "dw"])
@check(
    "conv_backward_naive is right where the padding is wider than a filter",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_conv_backward_wide_pad(
    student: Student, reference: Student, inputs: Inputs, gradient: str
) -> None:
    _judge_backward(student, reference, inputs, WIDE_PAD, gradient)


@check(
    "conv_backward_naive works on the cache that it is given",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_conv_backward_own_cache(student: Student, reference: Student, inputs: Inputs) -> None:
    """dx needs its filters, dw its x."""
    shape = SQUARE["padded"]
    first, later, dout = shape.args(inputs), shape.args(inputs), inputs.normal(*shape.out)
    for gradient in ("dx", "dw"):
        judge_gradient(student, reference, "conv", first, dout, gradient, later=later)


@check(
    "conv_backward_naive returns arrays, in the float type of dout",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    points=0.25,
)
def test_conv_backward_arrays(student: Student, reference: Student, inputs: Inputs) -> None:
    args, dout = _arguments(inputs, SQUARE["padded"])
    judge_kind_of_gradients(student, reference, "conv", args, dout, usual_cache=args)


def _arguments(inputs: Inputs, shape: ConvShape) -> tuple[tuple[Any, ...], Array]:
    return shape.args(inputs), inputs.normal(*shape.out)


def _judge_backward(
    student: Student, reference: Student, inputs: Inputs, shape: ConvShape, gradient: str
) -> None:
    args, dout = _arguments(inputs, shape)
    judge_gradient(student, reference, "conv", args, dout, gradient, usual_cache=args)
