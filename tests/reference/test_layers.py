"""The layers of the reference: gradients, float types, untouched arguments, modes, extremes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpynn import layer_utils, layers
from numpynn.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array

from .numeric import assert_close

BN: dict[str, Any] = {"mode": "train", "eps": 1e-2}
LN: dict[str, Any] = {"eps": 1e-2}
DROPOUT: dict[str, Any] = {"mode": "train", "p": 0.6, "seed": 7}
MODES = ["", "Train", "eval", None]


class Layer(NamedTuple):
    """A pair of functions, and the shapes of the arrays that it is differentiated by."""

    forward: Callable[..., tuple[np.ndarray, Any]]
    backward: Callable[..., Any]
    shapes: list[tuple[int, ...]]
    param: dict[str, Any] | None = None

    def run(self, arrays: list[np.ndarray]) -> tuple[np.ndarray, Any]:
        """Go forward, with a fresh dictionary of settings."""
        return self.forward(*arrays, *([] if self.param is None else [dict(self.param)]))

    def gradients(self, dout: np.ndarray, cache: Any) -> tuple[np.ndarray, ...]:
        """Go backward; one gradient per array."""
        grads = self.backward(dout, cache)
        return grads if isinstance(grads, tuple) else (grads,)


BN_SHAPES: list[tuple[int, ...]] = [(6, 5), (5,), (5,)]
TEST_MODE = DROPOUT | {"mode": "test"}
LAYERS = {
    "affine": Layer(layers.affine_forward, layers.affine_backward, [(4, 6), (6, 3), (3,)]),
    "affine 4d": Layer(
        layers.affine_forward, layers.affine_backward, [(4, 2, 3, 2), (12, 5), (5,)]
    ),
    "relu": Layer(layers.relu_forward, layers.relu_backward, [(5, 2, 3)]),
    "affine_relu": Layer(
        layer_utils.affine_relu_forward, layer_utils.affine_relu_backward, [(4, 6), (6, 3), (3,)]
    ),
    "batchnorm": Layer(layers.batchnorm_forward, layers.batchnorm_backward, BN_SHAPES, BN),
    "batchnorm alt": Layer(layers.batchnorm_forward, layers.batchnorm_backward_alt, BN_SHAPES, BN),
    "layernorm": Layer(layers.layernorm_forward, layers.layernorm_backward, BN_SHAPES, LN),
    "dropout": Layer(layers.dropout_forward, layers.dropout_backward, [(8, 3, 2)], DROPOUT),
    "dropout test": Layer(layers.dropout_forward, layers.dropout_backward, [(8, 3)], TEST_MODE),
}
LOSSES = {"softmax": layers.softmax_loss, "svm": layers.svm_loss}

each_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS.keys())
each_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())


@each_layer
def test_gradients_agree_with_differences(layer: Layer, rng: np.random.Generator) -> None:
    arrays = [rng.standard_normal(shape) for shape in layer.shapes]
    out, cache = layer.run(arrays)
    dout = rng.standard_normal(out.shape)
    for array, grad in zip(arrays, layer.gradients(dout, cache), strict=True):
        numerical = eval_numerical_gradient_array(lambda _: layer.run(arrays)[0], array, dout)
        assert_close(grad, numerical, 1e-9)


@each_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_float_type_is_kept(layer: Layer, dtype: Any, rng: np.random.Generator) -> None:
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in layer.shapes]
    out, cache = layer.run(arrays)
    assert out.dtype == dtype
    for grad in layer.gradients(np.ones_like(out), cache):
        assert grad.dtype == dtype


@each_layer
def test_arguments_are_not_changed(layer: Layer, rng: np.random.Generator) -> None:
    arrays = [rng.standard_normal(shape) for shape in layer.shapes]
    for array in arrays:
        array.flags.writeable = False
    out, cache = layer.run(arrays)
    dout = rng.standard_normal(out.shape)
    dout.flags.writeable = False
    first, second = layer.gradients(dout, cache), layer.gradients(dout, cache)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
        assert not np.shares_memory(one, dout)


@each_layer
def test_a_batch_may_be_one_sample(layer: Layer, rng: np.random.Generator) -> None:
    (_, *features), *others = layer.shapes
    arrays = [rng.standard_normal(shape) for shape in [(1, *features), *others]]
    out, cache = layer.run(arrays)
    assert np.isfinite(out).all()
    for array, grad in zip(arrays, layer.gradients(np.ones_like(out), cache), strict=True):
        assert grad.shape == array.shape
        assert np.isfinite(grad).all()


@each_loss
def test_loss_gradient_agrees_with_differences(
    loss: Callable[..., Any], rng: np.random.Generator
) -> None:
    x, y = rng.standard_normal((6, 5)), rng.integers(5, size=6)
    _, dx = loss(x, y)
    numerical = eval_numerical_gradient(lambda x: loss(x, y)[0], x, verbose=False)
    assert_close(dx, numerical, 1e-9)


@each_loss
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_loss_types(loss: Callable[..., Any], dtype: Any, rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((6, 5)).astype(dtype), rng.integers(5, size=6)
    x.flags.writeable = y.flags.writeable = False
    value, dx = loss(x, y)
    assert type(value) is float
    assert dx.dtype == dtype


@pytest.mark.filterwarnings("error")
def test_losses_at_extreme_scores() -> None:
    x, y = np.array([[1e4, -1e4, 0.0], [-1e300, 0.0, 1e300]]), np.array([0, 1])
    loss, dx = layers.softmax_loss(x[:1], y[:1])
    assert loss == 0
    np.testing.assert_array_equal(dx, np.zeros((1, 3)))

    loss, dx = layers.softmax_loss(x[1:], y[1:])
    assert loss == 1e300
    np.testing.assert_array_equal(dx, [[0, -1, 1]])

    loss, dx = layers.svm_loss(x[1:], y[1:])
    assert loss == 1e300
    np.testing.assert_array_equal(dx, [[0, -1, 1]])


def test_hinge_loss_by_hand() -> None:
    x, y = np.array([[2.0, 1.5, 3.0, -1.0], [0.0, 5.0, 0.0, 0.0]]), np.array([0, 1])
    loss, dx = layers.svm_loss(x, y)
    assert loss == (0.5 + 2.0) / 2
    np.testing.assert_array_equal(dx, [[-1, 0.5, 0.5, 0], [0, 0, 0, 0]])


def test_batchnorm_backwards_agree(rng: np.random.Generator) -> None:
    x, gamma, beta = (rng.standard_normal(shape) for shape in [(50, 7), (7,), (7,)])
    _, cache = layers.batchnorm_forward(5 * x + 12, gamma, beta, {"mode": "train"})
    dout = rng.standard_normal(x.shape)
    graph = layers.batchnorm_backward(dout, cache)
    closed = layers.batchnorm_backward_alt(dout, cache)
    for one, other in zip(graph, closed, strict=True):
        assert_close(one, other, 1e-13)


def test_batchnorm_normalises_with_the_given_eps(rng: np.random.Generator) -> None:
    x = rng.standard_normal((40, 3)) * [0.1, 1, 10]
    out, _ = layers.batchnorm_forward(x, np.ones(3), np.zeros(3), {"mode": "train", "eps": 0.5})
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(out.var(axis=0), x.var(axis=0) / (x.var(axis=0) + 0.5))


def test_batchnorm_running_averages(rng: np.random.Generator) -> None:
    param: dict[str, Any] = {"mode": "train", "momentum": 0.7}
    mean, var = np.zeros(3), np.zeros(3)
    for _ in range(4):
        x = rng.standard_normal((10, 3)) + 5
        layers.batchnorm_forward(x, np.ones(3), np.zeros(3), param)
        mean, var = 0.7 * mean + 0.3 * x.mean(axis=0), 0.7 * var + 0.3 * x.var(axis=0)
    np.testing.assert_allclose(param["running_mean"], mean, rtol=1e-13)
    np.testing.assert_allclose(param["running_var"], var, rtol=1e-13)

    param["mode"] = "test"
    param["running_mean"].flags.writeable = param["running_var"].flags.writeable = False
    out, _ = layers.batchnorm_forward(x, np.full(3, 2.0), np.ones(3), param)
    np.testing.assert_allclose(out, 2 * (x - mean) / np.sqrt(var + 1e-5) + 1, rtol=1e-12)
    np.testing.assert_allclose(param["running_mean"], mean, rtol=1e-13)
    np.testing.assert_allclose(param["running_var"], var, rtol=1e-13)


def test_batchnorm_in_test_mode_starts_from_zeros() -> None:
    x = np.array([[1.0, -2.0]])
    out, _ = layers.batchnorm_forward(x, np.ones(2), np.zeros(2), {"mode": "test", "eps": 0.25})
    np.testing.assert_array_equal(out, x / 0.5)


def test_batchnorm_is_accurate_far_from_zero(rng: np.random.Generator) -> None:
    x = np.round(rng.standard_normal((100, 3)), 3)
    near, _ = layers.batchnorm_forward(x, np.ones(3), np.zeros(3), {"mode": "train"})
    far, _ = layers.batchnorm_forward(x + 1e6, np.ones(3), np.zeros(3), {"mode": "train"})
    np.testing.assert_allclose(far, near, atol=1e-8)


def test_layernorm_is_batchnorm_of_the_transpose(rng: np.random.Generator) -> None:
    x = rng.standard_normal((6, 8))
    by_sample, _ = layers.layernorm_forward(x, np.ones(8), np.zeros(8), {"eps": 0.1})
    param = {"mode": "train", "eps": 0.1}
    by_feature, _ = layers.batchnorm_forward(x.T, np.ones(6), np.zeros(6), param)
    np.testing.assert_allclose(by_sample, by_feature.T, rtol=1e-12)


def test_layernorm_knows_no_mode(rng: np.random.Generator) -> None:
    x = rng.standard_normal((6, 8))
    one, _ = layers.layernorm_forward(x, np.ones(8), np.zeros(8), {"mode": "train"})
    other, _ = layers.layernorm_forward(x, np.ones(8), np.zeros(8), {"mode": "test"})
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("p", [0.25, 0.4, 0.9, 1.0])
def test_dropout_keeps_and_scales(p: float) -> None:
    x = np.full((500, 500), 3.0)
    out, _ = layers.dropout_forward(x, {"mode": "train", "p": p, "seed": 1})
    kept = out != 0
    assert kept.mean() == pytest.approx(p, abs=0.005)
    np.testing.assert_allclose(out[kept], 3 / p)


def test_dropout_in_test_mode_changes_nothing(rng: np.random.Generator) -> None:
    x = rng.standard_normal((5, 4))
    out, cache = layers.dropout_forward(x, {"mode": "test", "p": 0.3})
    np.testing.assert_array_equal(out, x)
    np.testing.assert_array_equal(layers.dropout_backward(x, cache), x)


def test_dropout_seed_repeats_the_mask_and_leaves_the_global_generator_alone() -> None:
    x, param = np.ones((20, 20)), {"mode": "train", "p": 0.5, "seed": 3}
    np.random.seed(0)
    expected = np.random.random_sample()
    np.random.seed(0)
    first, _ = layers.dropout_forward(x, param)
    second, _ = layers.dropout_forward(x, param)
    np.testing.assert_array_equal(first, second)
    assert np.random.random_sample() == expected


def test_dropout_without_seed_draws_from_the_global_generator() -> None:
    x, param = np.ones((20, 20)), {"mode": "train", "p": 0.5}
    np.random.seed(0)
    first, _ = layers.dropout_forward(x, param)
    second, _ = layers.dropout_forward(x, param)
    np.random.seed(0)
    again, _ = layers.dropout_forward(x, param)
    np.testing.assert_array_equal(first, again)
    assert (first != second).any()


@pytest.mark.parametrize("mode", MODES)
def test_other_modes_are_refused(mode: Any) -> None:
    x = np.ones((2, 2))
    with pytest.raises(ValueError, match="mode"):
        layers.batchnorm_forward(x, np.ones(2), np.ones(2), {"mode": mode})
    with pytest.raises(ValueError, match="mode"):
        layers.dropout_forward(x, {"mode": mode, "p": 0.5})
