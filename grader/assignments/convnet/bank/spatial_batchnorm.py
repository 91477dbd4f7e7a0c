"""Checks of spatial batch normalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pytest

from grader.assignments.convnet.bank._layers import (
    SCALE,
    Array,
    channel_parameters,
    images,
    judge_gradient,
    judge_kind_of_gradients,
    judge_kind_of_out,
    judge_out,
)
from grader.checks import (
    Inputs,
    NotJudged,
    Remote,
    Student,
    Visibility,
    Wrong,
    as_array,
    assert_close,
    check,
    close,
)
from grader.model.result import Finding
from grader.student.proxy import Raised

PART: Final = "spatial_batchnorm"
LAYER: Final = "spatial_batchnorm"
FORWARD: Final = "spatial_batchnorm_forward"
BACKWARD: Final = "spatial_batchnorm_backward"
BELOW: Final = ("batchnorm_forward",)
BELOW_BACK: Final = (FORWARD, "batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt")
TRAIN: Final = {"mode": "train"}
RUNNING: Final = ("running_mean", "running_var")
GRADIENTS: Final = ("dx", "dgamma", "dbeta")

SHAPES: Final = {
    "images": (4, 3, 5, 5),
    "wide images": (3, 4, 2, 5),
    "all axes alike": (3, 3, 3, 3),
    "one sample": (1, 3, 4, 4),
}
EPS: Final[dict[str, tuple[float, dict[str, Any]]]] = {
    "default": (0.01, {}),
    "large eps": (1.0, {"eps": 0.3}),
}
"""Scale of the images, such that eps shows, and parameters."""
STEPS: Final[dict[str, tuple[int, dict[str, Any]]]] = {
    "first step": (1, {}),
    "several steps": (3, {}),
    "momentum 0.6": (2, {"momentum": 0.6}),
}
"""Number of batches and parameters."""
BACK: Final[dict[str, tuple[tuple[int, int, int, int], float, dict[str, Any]]]] = {
    "images": ((2, 3, 4, 4), SCALE, {}),
    "wide images": ((3, 2, 2, 5), SCALE, {}),
    "large eps": ((2, 3, 3, 3), 1.0, {"eps": 0.3}),
}


@check(
    "spatial_batchnorm_forward in train mode gives every channel mean 0 and variance 1",
    part=PART,
    targets=FORWARD,
    uses=BELOW,
    points=0.5,
)
def test_forward_standard(student: Student, reference: Student, inputs: Inputs) -> None:
    args = (images(inputs, 3, 2, 4, 5), np.ones(2), np.zeros(2), TRAIN)
    judge_out(student, reference, FORWARD, args)


@pytest.mark.parametrize("case", SHAPES)
@check(
    "spatial_batchnorm_forward in train mode scales by gamma and shifts by beta",
    part=PART,
    targets=FORWARD,
    uses=BELOW,
)
def test_forward_train(student: Student, reference: Student, inputs: Inputs, case: str) -> None:
    judge_out(student, reference, FORWARD, _arguments(inputs, SHAPES[case]))


@pytest.mark.parametrize("case", EPS)
@check(
    "spatial_batchnorm_forward divides by sqrt(var + eps)",
    part=PART,
    targets=FORWARD,
    uses=BELOW,
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_forward_eps(student: Student, reference: Student, inputs: Inputs, case: str) -> None:
    scale, param = EPS[case]
    judge_out(student, reference, FORWARD, _arguments(inputs, (3, 3, 2, 4), scale, TRAIN | param))


@check(
    "spatial_batchnorm_forward in train mode normalizes by the batch, not by the running averages",
    part=PART,
    targets=FORWARD,
    uses=BELOW,
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_forward_ignores_running(student: Student, reference: Student, inputs: Inputs) -> None:
    param = TRAIN | _statistics(inputs, 3)
    judge_out(student, reference, FORWARD, _arguments(inputs, (3, 3, 2, 4), param=param))


@pytest.mark.parametrize("name", RUNNING)
@pytest.mark.parametrize("case", STEPS)
@check(
    "spatial_batchnorm_forward in train mode updates one running average per channel in bn_param",
    part=PART,
    targets=FORWARD,
    uses=BELOW,
    points=0.5,
)
def test_forward_running(
    student: Student, reference: Student, inputs: Inputs, case: str, name: str
) -> None:
    steps, param = STEPS[case]
    _judge_running(student, reference, _batches(inputs, steps), TRAIN | param, name)


@pytest.mark.parametrize("name", RUNNING)
@check(
    "spatial_batchnorm_forward goes on from the running averages that bn_param holds",
    part=PART,
    targets=FORWARD,
    uses=BELOW,
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_forward_running_goes_on(
    student: Student, reference: Student, inputs: Inputs, name: str
) -> None:
    param = TRAIN | {"momentum": 0.25} | _statistics(inputs, 3)
    _judge_running(student, reference, _batches(inputs, 1), param, name)


@pytest.mark.parametrize("case", ["images", "wide images", "one sample"])
@check(
    "spatial_batchnorm_forward in test mode normalizes by the running averages",
    part=PART,
    targets=FORWARD,
    uses=BELOW,
    points=0.5,
)
def test_forward_test_mode(student: Student, reference: Student, inputs: Inputs, case: str) -> None:
    shape = SHAPES[case]
    param = {"mode": "test"} | _statistics(inputs, shape[1])
    judge_out(student, reference, FORWARD, _arguments(inputs, shape, param=param))


@pytest.mark.parametrize("name", RUNNING)
@check(
    "spatial_batchnorm_forward in test mode leaves the running averages as they are",
    part=PART,
    targets=FORWARD,
    uses=BELOW,
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_forward_test_mode_keeps(student: Student, inputs: Inputs, name: str) -> None:
    given = _statistics(inputs, 3)
    args = _arguments(inputs, (3, 3, 2, 4))[:3]
    trained = student.keep("bn_param", TRAIN | given)
    student.spatial_batchnorm_forward(*args, trained)
    if close(_read(trained, name), given[name]):
        raise NotJudged(f"Not judged, because {FORWARD} never updates {name}.")
    bn_param = student.keep("bn_param", {"mode": "test"} | given)
    student.spatial_batchnorm_forward(*args, bn_param)
    assert_close(name, _read(bn_param, name), given[name])


@check(
    "spatial_batchnorm_forward in test mode uses the running averages of train mode",
    part=PART,
    targets=FORWARD,
    uses=BELOW,
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_forward_train_then_test(student: Student, reference: Student, inputs: Inputs) -> None:
    batches, args = _batches(inputs, 2), _arguments(inputs, (2, 3, 4, 3))[:3]
    expected = _train_then_test(reference, batches, args)
    assert_close("out", _train_then_test(student, batches, args), expected)


@check(
    "spatial_batchnorm_forward returns an array, in the float type of x",
    part=PART,
    targets=FORWARD,
    uses=BELOW,
    points=0.25,
)
def test_forward_array(student: Student, reference: Student, inputs: Inputs) -> None:
    judge_kind_of_out(student, reference, LAYER, _arguments(inputs, (2, 3, 3, 4)))


@pytest.mark.parametrize("gradient", GRADIENTS)
@pytest.mark.parametrize("case", BACK)
@check(
    "spatial_batchnorm_backward returns dx, dgamma and dbeta",
    part=PART,
    targets=BACKWARD,
    uses=BELOW_BACK,
)
def test_backward(
    student: Student, reference: Student, inputs: Inputs, case: str, gradient: str
) -> None:
    shape, scale, param = BACK[case]
    args = _arguments(inputs, shape, scale, TRAIN | param)
    judge_gradient(student, reference, LAYER, args, inputs.normal(*shape), gradient)


@check(
    "spatial_batchnorm_backward works on the cache that it is given",
    part=PART,
    targets=BACKWARD,
    uses=BELOW_BACK,
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_backward_own_cache(student: Student, reference: Student, inputs: Inputs) -> None:
    shape = (2, 2, 3, 4)
    first, later = _arguments(inputs, shape), _arguments(inputs, shape)
    judge_gradient(student, reference, LAYER, first, inputs.normal(*shape), "dx", later=later)


@check(
    "spatial_batchnorm_backward returns arrays, in the float type of dout",
    part=PART,
    targets=BACKWARD,
    uses=BELOW_BACK,
    points=0.25,
)
def test_backward_arrays(student: Student, reference: Student, inputs: Inputs) -> None:
    shape = (2, 2, 3, 4)
    judge_kind_of_gradients(
        student, reference, LAYER, _arguments(inputs, shape), inputs.normal(*shape)
    )


def _arguments(
    inputs: Inputs,
    shape: tuple[int, int, int, int],
    scale: float = SCALE,
    param: dict[str, Any] = TRAIN,
) -> tuple[Any, ...]:
    """x, gamma, beta and bn_param."""
    return (images(inputs, *shape, scale=scale), *channel_parameters(inputs, shape[1]), param)


def _statistics(inputs: Inputs, channels: int) -> dict[str, Array]:
    """Running averages that fit `images`."""
    mean = inputs.normal(channels, scale=SCALE / 2)
    return {
        "running_mean": mean,
        "running_var": inputs.uniform(SCALE**2 / 2, 2 * SCALE**2, channels),
    }


def _batches(inputs: Inputs, count: int) -> list[Array]:
    return [images(inputs, 3, 3, 2, 4) for _ in range(count)]


def _judge_running(
    student: Student,
    reference: Student,
    batches: Sequence[Array],
    param: dict[str, Any],
    name: str,
) -> None:
    right = _train(reference, batches, param)[name].read()
    assert_close(name, _read(_train(student, batches, param), name), right)


def _train(student: Student, batches: Sequence[Array], param: dict[str, Any]) -> Remote:
    """The `bn_param` after a forward pass of each batch."""
    channels = batches[0].shape[1]
    bn_param = student.keep("bn_param", param)
    for x in batches:
        student.spatial_batchnorm_forward(x, np.full(channels, 2.0), np.ones(channels), bn_param)
    return bn_param


def _train_then_test(student: Student, batches: Sequence[Array], args: Sequence[Array]) -> Any:
    """`out` for `args` in test mode, after some batches in train mode."""
    bn_param = _train(student, batches, TRAIN)
    bn_param["mode"].write("test")
    return student.spatial_batchnorm_forward(*args, bn_param)[0]


def _read(bn_param: Remote, name: str) -> Any:
    """A running average out of `bn_param`.

    Raises:
        Wrong: it is not there.
    """
    try:
        return as_array(bn_param[name].read(), name)
    except Raised:
        text = f"bn_param holds no {name!r} after the call: it has to be written back."
        raise Wrong(text, Finding(kind="missing", quantity=f'bn_param["{name}"]')) from None
