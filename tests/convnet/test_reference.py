"""The reference against numerical gradients, and against what does the same in other ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest

from grader.assignment.folder import Assignment
from grader.runner.reference import LocalCode

ASSIGNMENT = Assignment.load("convnet")
CODE = LocalCode(ASSIGNMENT.reference, ASSIGNMENT)
CONVOLUTIONS = [  # stride, padding, size of a filter
    (1, 1, (3, 3)),
    (2, 1, (3, 2)),
    (3, 0, (2, 4)),
    (2, 2, (4, 3)),
]
POOLS = [(2, 2, 2), (3, 2, 1), (2, 3, 2)]  # height, width, stride
STEP = 1e-6


def call(name: str, *args: Any) -> Any:
    return CODE.resolve(name)(*args)


def assert_differentiates(
    forward: Callable[..., Any], gradients: Sequence[Any], args: Sequence[Any], dout: np.ndarray
) -> None:
    """The gradients of the first arguments, against central differences."""
    for at, gradient in enumerate(gradients):
        x = args[at]
        assert gradient.shape == x.shape
        numerical = np.zeros_like(x)
        for index in np.ndindex(*x.shape):
            outs = []
            for sign in (1, -1):
                moved = [*args[:at], x.copy(), *args[at + 1 :]]
                moved[at][index] += sign * STEP
                outs.append(forward(*moved)[0])
            numerical[index] = np.sum((outs[0] - outs[1]) * dout) / (2 * STEP)
        np.testing.assert_allclose(gradient, numerical, atol=1e-6 * max(1, abs(numerical).max()))


@pytest.fixture
def rng() -> np.random.RandomState:
    return np.random.RandomState(231)


@pytest.mark.parametrize(("stride", "pad", "size"), CONVOLUTIONS)
def test_convolution(
    rng: np.random.RandomState, stride: int, pad: int, size: tuple[int, int]
) -> None:
    param = {"stride": stride, "pad": pad}
    args = rng.randn(2, 2, 6, 5), rng.randn(3, 2, *size), rng.randn(3), param
    out, cache = call("conv_forward_naive", *args)
    fast_out, fast_cache = call("conv_forward_fast", *args)
    np.testing.assert_allclose(fast_out, out)
    assert out[1, 2, 0, 0] == pytest.approx(
        np.sum(
            np.pad(args[0][1], ((0, 0), (pad, 9), (pad, 9)))[:, : size[0], : size[1]] * args[1][2]
        )
        + args[2][2]
    )
    dout = rng.randn(*out.shape)
    gradients = call("conv_backward_naive", dout, cache)
    assert_differentiates(partial(call, "conv_forward_naive"), gradients, args, dout)
    for fast, naive in zip(call("conv_backward_fast", dout, fast_cache), gradients, strict=True):
        np.testing.assert_allclose(fast, naive)


@pytest.mark.parametrize(("height", "width", "stride"), POOLS)
def test_max_pool(rng: np.random.RandomState, height: int, width: int, stride: int) -> None:
    param = {"pool_height": height, "pool_width": width, "stride": stride}
    x = rng.permutation(2 * 2 * 6 * 5).reshape(2, 2, 6, 5) / 10.0
    out, cache = call("max_pool_forward_naive", x, param)
    fast_out, fast_cache = call("max_pool_forward_fast", x, param)
    np.testing.assert_array_equal(fast_out, out)
    dout = rng.randn(*out.shape)
    dx = call("max_pool_backward_naive", dout, cache)
    assert_differentiates(partial(call, "max_pool_forward_naive"), [dx], (x, param), dout)
    np.testing.assert_allclose(call("max_pool_backward_fast", dout, fast_cache), dx)


def test_spatial_batchnorm(rng: np.random.RandomState) -> None:
    args = 5 * rng.randn(2, 3, 2, 4) + 2, rng.randn(3), rng.randn(3), {"mode": "train"}
    out, cache = call("spatial_batchnorm_forward", *args)
    np.testing.assert_allclose(out.mean(axis=(0, 2, 3)), args[2])
    dout = rng.randn(*out.shape)
    gradients = call("spatial_batchnorm_backward", dout, cache)
    assert_differentiates(partial(call, "spatial_batchnorm_forward"), gradients, args, dout)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_spatial_groupnorm(rng: np.random.RandomState, groups: int) -> None:
    gamma, beta = rng.randn(1, 4, 1, 1), rng.randn(1, 4, 1, 1)
    param: dict[str, Any] = {}
    args = 5 * rng.randn(3, 4, 2, 3) + 2, gamma, beta, groups, param
    out, cache = call("spatial_groupnorm_forward", *args)
    x_hat = ((out - beta) / gamma).reshape(3, groups, -1)
    np.testing.assert_allclose(x_hat.mean(axis=2), 0, atol=1e-9)
    np.testing.assert_allclose(x_hat.std(axis=2), 1, rtol=1e-4)
    dout = rng.randn(*out.shape)
    gradients = call("spatial_groupnorm_backward", dout, cache)
    assert_differentiates(partial(call, "spatial_groupnorm_forward"), gradients, args, dout)


def test_network(rng: np.random.RandomState) -> None:
    net = call("ThreeLayerConvNet", (2, 6, 4), 3, 3, 5, 4, 0.5, 0.3, np.float64)
    X, y = rng.randn(3, 2, 6, 4), np.array([0, 3, 1])
    _, grads = net.loss(X, y)
    assert grads.keys() == net.params.keys()
    for name, gradient in grads.items():
        value = net.params[name]
        for index in [(0,) * value.ndim, tuple(size - 1 for size in value.shape)]:
            losses = []
            for sign in (1, -1):
                net.params[name] = value.copy()
                net.params[name][index] += sign * STEP
                losses.append(net.loss(X, y)[0])
            net.params[name] = value
            assert gradient[index] == pytest.approx(np.subtract(*losses) / (2 * STEP), abs=1e-6)


@pytest.mark.parametrize(("stride", "pad", "size"), CONVOLUTIONS)
def test_stand_in_of_the_extension(
    rng: np.random.RandomState, stride: int, pad: int, size: tuple[int, int]
) -> None:
    """What packages from other templates compute a convolution with."""
    module = CODE.module("im2col_cython")
    x, w, b = rng.randn(2, 2, 6, 5), rng.randn(3, 2, *size), np.zeros(3)
    out, cache = call("conv_forward_naive", x, w, b, {"stride": stride, "pad": pad})
    columns = module.im2col_cython(x, *size, pad, stride)
    by_columns = (w.reshape(3, -1) @ columns).reshape(3, *out.shape[2:], 2).transpose(3, 0, 1, 2)
    np.testing.assert_allclose(by_columns, out)
    dout = rng.randn(*out.shape)
    dcolumns = w.reshape(3, -1).T @ dout.transpose(1, 2, 3, 0).reshape(3, -1)
    dx, _, _ = call("conv_backward_naive", dout, cache)
    np.testing.assert_allclose(module.col2im_cython(dcolumns, *x.shape, *size, pad, stride), dx)
