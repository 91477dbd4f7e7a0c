"""Inputs and judgements that the checks of single layers share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grader.checks import (
    Inputs,
    Student,
    assert_arrays,
    assert_backward,
    assert_close,
    forward_pass,
)

Array = NDArray[np.float64]

SCALE: Final = 100.0
"""Of images that are normalized: the default eps does not show beside their variance."""


def judge_out(student: Student, reference: Student, forward: str, args: Sequence[Any]) -> None:
    """Compare `out` with the key."""
    expected, _ = getattr(reference, forward)(*args)
    out, _ = getattr(student, forward)(*args)
    assert_close("out", out, expected)


def judge_gradient(
    student: Student,
    reference: Student,
    layer: str,
    args: Sequence[Any],
    dout: Array,
    gradient: str,
    **more: Any,
) -> None:
    """Judge one gradient of a layer; `more` goes to `assert_backward`."""
    forward, backward = names_of(layer)
    assert_backward(
        student,
        reference,
        forward=forward,
        backward=backward,
        args=args,
        dout=dout,
        gradient=gradient,
        **more,
    )


def judge_kind_of_out(
    student: Student, reference: Student, layer: str, args: Sequence[Any]
) -> None:
    """`out` is right, and an array of float64."""
    forward, _ = names_of(layer)
    judge_out(student, reference, forward, args)
    assert_arrays(student, forward, args)


def judge_kind_of_gradients(
    student: Student,
    reference: Student,
    layer: str,
    args: Sequence[Any],
    dout: Array,
    **more: Any,
) -> None:
    """dx is right, and all gradients are arrays of float64."""
    forward, backward = names_of(layer)
    judge_gradient(student, reference, layer, args, dout, "dx", **more)
    _, cache = forward_pass(student, forward, args, backward)
    assert_arrays(student, backward, (dout, cache))


def names_of(layer: str) -> tuple[str, str]:
    """The two functions of `conv` or `max_pool`, whose names end in _naive, or of a norm."""
    end = "_naive" if layer in ("conv", "max_pool") else ""
    return f"{layer}_forward{end}", f"{layer}_backward{end}"


def images(inputs: Inputs, *shape: int, scale: float = SCALE) -> Array:
    """Images whose channels and samples have means and spreads of their own, (N, C, H, W)."""
    n, c = shape[:2]
    x = inputs.normal(*shape)
    if x[0, 0].size > 1:
        x = inputs.rounded((x - x.mean(axis=(2, 3), keepdims=True)) / _spread(x))
    x = x * inputs.uniform(0.8, 1.6, n, c, 1, 1) + inputs.normal(n, c, 1, 1)
    return x * scale


def _spread(x: Array) -> Array:
    return np.asarray(x.std(axis=(2, 3), keepdims=True))


def channel_parameters(inputs: Inputs, channels: int) -> tuple[Array, Array]:
    """gamma, of both signs and nowhere near 0, and beta; one number for each channel."""
    return inputs.clear_of_zero(channels, gap=0.5), inputs.normal(channels)


def group_parameters(inputs: Inputs, channels: int) -> tuple[Array, Array]:
    """The same in the shape that group normalization takes, (1, C, 1, 1)."""
    gamma, beta = channel_parameters(inputs, channels)
    return gamma.reshape(1, channels, 1, 1), beta.reshape(1, channels, 1, 1)
