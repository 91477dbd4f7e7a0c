"""Checks of max pooling."""

from __future__ import annotations

import itertools
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
from grader.checks import (
    Inputs,
    NotJudged,
    Student,
    Visibility,
    Wrong,
    as_array,
    check,
    close,
    forward_pass,
)
from grader.model.result import Finding

PART: Final = "pooling"
FORWARD: Final = "max_pool_forward_naive"
BACKWARD: Final = "max_pool_backward_naive"
APART: Final = 0.05
"""Least difference of two values of one image: no maximum is near another."""


_TIES: Final = [places for places in itertools.product((False, True), repeat=4) if sum(places) > 1]
"""Which of the four places of a window hold its largest value."""


class PoolShape(NamedTuple):
    """A max pool."""

    x: tuple[int, int, int, int]
    height: int
    width: int
    stride: int

    @property
    def out(self) -> tuple[int, int, int, int]:
        """PoolShape of its output."""
        n, c, height, width = self.x
        down = 1 + (height - self.height) // self.stride
        return n, c, down, 1 + (width - self.width) // self.stride

    @property
    def param(self) -> dict[str, int]:
        """The argument pool_param."""
        return {"pool_height": self.height, "pool_width": self.width, "stride": self.stride}

    def args(self, inputs: Inputs) -> tuple[Array, dict[str, int]]:
        """Arguments of `max_pool_forward_naive`: the last window's last value is the largest."""
        x, (_, _, height, width) = _distinct(inputs, self.x), self.out
        bottom = (height - 1) * self.stride + self.height - 1
        right = (width - 1) * self.stride + self.width - 1
        x[-1, -1, bottom, right] = x.max() + 1.0
        return x, self.param


TILED: Final = {
    "2x2": PoolShape((2, 3, 4, 4), 2, 2, 2),
    "3x3": PoolShape((2, 2, 6, 6), 3, 3, 3),
    "one sample": PoolShape((1, 1, 4, 4), 2, 2, 2),
}
OVERLAPPING: Final = {
    "3x3, stride 2": PoolShape((2, 2, 5, 5), 3, 3, 2),
    "2x2, stride 1": PoolShape((2, 2, 4, 4), 2, 2, 1),
}
OBLONG: Final = {
    "wide image": PoolShape((2, 2, 4, 6), 2, 2, 2),
    "tall image": PoolShape((2, 2, 6, 4), 2, 2, 2),
    "wide window": PoolShape((2, 2, 5, 6), 2, 3, 3),
    "tall window": PoolShape((2, 2, 6, 5), 3, 2, 3),
}
LEFT_OVER: Final = {
    "row": PoolShape((2, 2, 5, 4), 2, 2, 2),
    "column": PoolShape((2, 2, 4, 5), 2, 2, 2),
}
"""Where the stride does not divide: the last row or column belongs to no window."""
GAPS: Final = PoolShape((2, 2, 5, 5), 2, 2, 3)
"""Windows with a row and a column between them that no window holds."""


@pytest.mark.parametrize("case", TILED)
@check(
    "max_pool_forward_naive takes the largest value of every window",
    part=PART,
    targets=FORWARD,
)
def test_max_pool_forward_values(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    judge_out(student, reference, FORWARD, TILED[case].args(inputs))


@pytest.mark.parametrize("case", OVERLAPPING)
@check(
    "max_pool_forward_naive moves on by the stride, also where windows overlap",
    part=PART,
    targets=FORWARD,
    points=0.5,
)
def test_max_pool_forward_overlapping(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    judge_out(student, reference, FORWARD, OVERLAPPING[case].args(inputs))


@pytest.mark.parametrize("case", OBLONG)
@check(
    "max_pool_forward_naive takes images and windows that are not square",
    part=PART,
    targets=FORWARD,
    points=0.5,
)
def test_max_pool_forward_oblong(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    judge_out(student, reference, FORWARD, OBLONG[case].args(inputs))


@check(
    "max_pool_forward_naive is right where all values are negative",
    part=PART,
    targets=FORWARD,
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_max_pool_forward_negative(student: Student, reference: Student, inputs: Inputs) -> None:
    x, param = TILED["2x2"].args(inputs)
    judge_out(student, reference, FORWARD, (x - x.max() - 1.0, param))


@check(
    "max_pool_forward_naive moves on by the stride, where it is larger than the window",
    part=PART,
    targets=FORWARD,
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_max_pool_forward_gaps(student: Student, reference: Student, inputs: Inputs) -> None:
    judge_out(student, reference, FORWARD, GAPS.args(inputs))


@pytest.mark.parametrize("case", LEFT_OVER)
@check(
    "max_pool_forward_naive leaves out windows that reach beyond the image",
    part=PART,
    targets=FORWARD,
    unless_open="left_over",
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_max_pool_forward_left_over(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    judge_out(student, reference, FORWARD, LEFT_OVER[case].args(inputs))


@check(
    "max_pool_forward_naive returns an array, in the float type of x",
    part=PART,
    targets=FORWARD,
    points=0.25,
)
def test_max_pool_forward_array(student: Student, reference: Student, inputs: Inputs) -> None:
    judge_kind_of_out(student, reference, "max_pool", TILED["2x2"].args(inputs))


@pytest.mark.parametrize("case", TILED)
@check(
    "max_pool_backward_naive passes dout on to the largest value of every window",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
)
def test_max_pool_backward(student: Student, reference: Student, inputs: Inputs, case: str) -> None:
    _judge_backward(student, reference, inputs, TILED[case])


@pytest.mark.parametrize("case", OVERLAPPING)
@check(
    "max_pool_backward_naive adds up what a value gets from windows that overlap",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    points=0.5,
)
def test_max_pool_backward_overlapping(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    _judge_backward(student, reference, inputs, OVERLAPPING[case])


@pytest.mark.parametrize("case", OBLONG)
@check(
    "max_pool_backward_naive takes images and windows that are not square",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    points=0.5,
)
def test_max_pool_backward_oblong(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    _judge_backward(student, reference, inputs, OBLONG[case])


@check(
    "max_pool_backward_naive is right where all values are negative",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_max_pool_backward_negative(student: Student, reference: Student, inputs: Inputs) -> None:
    x, param = TILED["2x2"].args(inputs)
    args, dout = (x - x.max() - 1.0, param), inputs.clear_of_zero(*TILED["2x2"].out)
    judge_gradient(student, reference, "max_pool", args, dout, "dx", usual_cache=args)


@check(
    "max_pool_backward_naive follows the stride, where it is larger than the window",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_max_pool_backward_gaps(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_backward(student, reference, inputs, GAPS)


@pytest.mark.parametrize("case", LEFT_OVER)
@check(
    "max_pool_backward_naive gives values that belong to no window a gradient of 0",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    unless_open="left_over",
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_max_pool_backward_left_over(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    _judge_backward(student, reference, inputs, LEFT_OVER[case])


@check(
    "max_pool_backward_naive passes dout on only once where several values tie for the largest",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    unless_open="ties",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_max_pool_backward_ties(student: Student, inputs: Inputs) -> None:
    """To one of them, or shared among them: either is right."""
    _judge_ties(student, inputs, TILED["2x2"])


@check(
    "max_pool_backward_naive works on the cache that it is given",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_max_pool_backward_own_cache(student: Student, reference: Student, inputs: Inputs) -> None:
    shape = TILED["2x2"]
    first, later = shape.args(inputs), shape.args(inputs)
    dout = inputs.clear_of_zero(*shape.out)
    judge_gradient(student, reference, "max_pool", first, dout, "dx", later=later)


@check(
    "max_pool_backward_naive returns an array, in the float type of dout",
    part=PART,
    targets=BACKWARD,
    uses=FORWARD,
    points=0.25,
)
def test_max_pool_backward_array(student: Student, reference: Student, inputs: Inputs) -> None:
    args, dout = _arguments(inputs, TILED["2x2"])
    judge_kind_of_gradients(student, reference, "max_pool", args, dout, usual_cache=args)


def _arguments(inputs: Inputs, shape: PoolShape) -> tuple[tuple[Any, ...], Array]:
    return shape.args(inputs), inputs.clear_of_zero(*shape.out)


def _judge_backward(student: Student, reference: Student, inputs: Inputs, shape: PoolShape) -> None:
    args, dout = _arguments(inputs, shape)
    judge_gradient(student, reference, "max_pool", args, dout, "dx", usual_cache=args)


def _judge_ties(student: Student, inputs: Inputs, shape: PoolShape) -> None:
    windows = _tied(inputs, shape)
    x = _tiles_to_images(windows)
    dout = inputs.clear_of_zero(*shape.out, gap=0.5)
    out, cache = forward_pass(student, FORWARD, (x, shape.param), BACKWARD)
    if not close(out, windows.max(axis=-1)):
        text = f"{BACKWARD} cannot be judged as long as {FORWARD} is wrong."
        raise NotJudged(text, because_of=FORWARD)
    dx = as_array(student.max_pool_backward_naive(dout, cache), "dx")
    if dx.shape != x.shape:
        text = f"dx has shape {dx.shape}; it should be {x.shape}."
        raise Wrong(text, Finding(kind="shape", quantity="dx", received=str(dx.shape)))
    share = _images_to_tiles(dx.astype(np.float64)) / dout[..., np.newaxis]
    largest = windows == windows.max(axis=-1, keepdims=True)
    if not close(share.sum(axis=-1), np.ones(shape.out)):
        raise _not_shared("In all they get more than dout, or less.")
    if np.any(share[~largest] != 0) or np.any(share < 0):
        raise _not_shared("A value gets some of dout that is not the largest, or too much of it.")


def _not_shared(what: str) -> Wrong:
    text = f"dx is wrong where several values of a window are the largest. {what}"
    return Wrong(text, Finding(kind="gradient", quantity="dx"))


def _distinct(inputs: Inputs, shape: tuple[int, int, int, int]) -> Array:
    """Values above 0, no two of one image nearer than `APART`, in any order.

    What goes wrong below 0 does so in the checks of negative values, and in no others.
    """
    x = inputs.normal(*shape)
    flat = x.reshape(len(x), -1)
    ranks = flat.argsort(axis=1).argsort(axis=1)
    shift = inputs.uniform(0.0, APART, *flat.shape)
    return inputs.rounded(((ranks + 1) * 2 * APART + shift).reshape(shape))


def _tied(inputs: Inputs, shape: PoolShape) -> Array:
    """Windows `(N, C, H', W', 4)` of a 2x2 pool, with ties in every combination of places."""
    windows = inputs.uniform(0.5, 1.5, *shape.out, 4)
    chosen = inputs.labels(windows[..., 0].size, len(_TIES)).reshape(shape.out)
    tied = np.array(_TIES)[chosen]
    top = 1.0 + windows.max(axis=-1, keepdims=True)
    return np.where(tied, top, windows)


def _tiles_to_images(tiles: Array) -> Array:
    n, c, height, width, _ = tiles.shape
    pixels = tiles.reshape(n, c, height, width, 2, 2).transpose(0, 1, 2, 4, 3, 5)
    return np.ascontiguousarray(pixels).reshape(n, c, 2 * height, 2 * width)


def _images_to_tiles(pixels: Array) -> Array:
    n, c, height, width = pixels.shape
    tiles = pixels.reshape(n, c, height // 2, 2, width // 2, 2).transpose(0, 1, 2, 4, 3, 5)
    return np.ascontiguousarray(tiles).reshape(n, c, height // 2, width // 2, 4)
