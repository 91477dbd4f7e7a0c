"""The networks of the reference: initial parameters, gradients, penalty, modes, float type."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpynn.classifiers.fc_net import FullyConnectedNet, TwoLayerNet

from .numeric import assert_close, assert_gradients, loss_and_grads, shake

NORMALIZATIONS = [None, "batchnorm", "layernorm"]
DEPTHS: list[list[int]] = [[], [5], [5, 4], [5, 4, 6], [5, 4, 6, 5]]


def batch(rng: np.random.Generator, *shape: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.standard_normal(shape), rng.integers(3, size=shape[0])


def small_net(hidden_dims: list[int], **changes: Any) -> FullyConnectedNet:
    np.random.seed(11)
    options: dict[str, Any] = {"weight_scale": 0.5, "dtype": np.float64, **changes}
    return FullyConnectedNet(hidden_dims, input_dim=6, num_classes=3, **options)


def test_two_layer_net_starts_small_and_random() -> None:
    np.random.seed(0)
    net = TwoLayerNet(hidden_dim=50, num_classes=7, weight_scale=0.02)
    shapes = {name: param.shape for name, param in net.params.items()}
    assert shapes == {"W1": (3072, 50), "b1": (50,), "W2": (50, 7), "b2": (7,)}
    assert net.params["W1"].std() == pytest.approx(0.02, rel=0.01)
    assert net.params["W2"].std() == pytest.approx(0.02, rel=0.1)
    assert not net.params["b1"].any()
    assert not net.params["b2"].any()


@pytest.mark.parametrize("reg", [0.0, 0.7])
def test_two_layer_net_gradients(reg: float, rng: np.random.Generator) -> None:
    net = TwoLayerNet(input_dim=6, hidden_dim=5, num_classes=3, weight_scale=0.5, reg=reg)
    assert_gradients(net, *batch(rng, 4, 2, 3), 1e-8)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_parameters(normalization: str | None) -> None:
    np.random.seed(0)
    net = FullyConnectedNet([40, 60], 50, normalization=normalization, weight_scale=0.03)
    shapes = {"W1": (50, 40), "b1": (40,), "W2": (40, 60), "b2": (60,), "W3": (60, 10), "b3": (10,)}
    if normalization is not None:
        shapes |= {"gamma1": (40,), "beta1": (40,), "gamma2": (60,), "beta2": (60,)}
    assert {name: param.shape for name, param in net.params.items()} == shapes
    for name, param in net.params.items():
        if name.startswith("W"):
            assert param.std() == pytest.approx(0.03, rel=0.1)
        else:
            np.testing.assert_array_equal(param, 1 if name.startswith("gamma") else 0)


@pytest.mark.parametrize(
    ("hidden_dims", "normalization", "keep"),
    list(itertools.product(DEPTHS, NORMALIZATIONS, [1, 0.7])),
)
def test_gradients(
    hidden_dims: list[int], normalization: str | None, keep: float, rng: np.random.Generator
) -> None:
    net = small_net(
        hidden_dims, normalization=normalization, dropout_keep_ratio=keep, reg=0.3, seed=5
    )
    shake(net, rng)
    assert_gradients(net, *batch(rng, 7, 3, 2), 1e-6)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_penalty_is_on_every_weight_matrix_and_on_nothing_else(
    normalization: str | None, rng: np.random.Generator
) -> None:
    X, y = batch(rng, 7, 6)
    net = small_net([5, 4], normalization=normalization)
    shake(net, rng)
    loss, grads = loss_and_grads(net, X, y)
    net.reg = 0.8
    penalised_loss, penalised = loss_and_grads(net, X, y)

    weights = {name: param for name, param in net.params.items() if name.startswith("W")}
    penalty = 0.4 * sum(float((W**2).sum()) for W in weights.values())
    assert penalised_loss - loss == pytest.approx(penalty, rel=1e-12)
    for name, grad in grads.items():
        assert_close(penalised[name], grad + 0.8 * weights.get(name, 0), 1e-13, name)


def test_scores_are_in_test_mode(rng: np.random.Generator) -> None:
    X, y = batch(rng, 8, 6)
    net = small_net([5, 4], normalization="batchnorm", dropout_keep_ratio=0.5)
    for _ in range(3):
        net.loss(X, y)
    before = [dict(param) for param in net.bn_params]
    scores = net.loss(X)
    assert isinstance(scores, np.ndarray)
    for param, was in zip(net.bn_params, before, strict=True):
        np.testing.assert_array_equal(param["running_mean"], was["running_mean"])
        np.testing.assert_array_equal(param["running_var"], was["running_var"])
    for i in range(len(X)):
        assert_close(net.loss(X[i : i + 1]), scores[i : i + 1], 1e-13)


def test_training_goes_on_after_scores(rng: np.random.Generator) -> None:
    X, y = batch(rng, 8, 6)
    net = small_net([5], normalization="batchnorm", dropout_keep_ratio=0.5, seed=1)
    loss, _ = loss_and_grads(net, X, y)
    net.loss(X)
    assert loss_and_grads(net, X, y)[0] == loss


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_float_type(normalization: str | None, dtype: Any, rng: np.random.Generator) -> None:
    X, y = batch(rng, 8, 6)
    net = small_net([5], normalization=normalization, dropout_keep_ratio=0.5, dtype=dtype, reg=0.1)
    scores = net.loss(X)
    loss, grads = loss_and_grads(net, X, y)
    assert isinstance(scores, np.ndarray)
    assert scores.dtype == dtype
    assert type(loss) is float
    assert {grad.dtype for grad in grads.values()} == {np.dtype(dtype)}
    assert {param.dtype for param in net.params.values()} == {np.dtype(dtype)}


def test_loss_changes_neither_data_nor_parameters(rng: np.random.Generator) -> None:
    X, y = batch(rng, 8, 6)
    net = small_net([5, 4], normalization="batchnorm", dropout_keep_ratio=0.5, reg=0.1)
    for array in (X, y, *net.params.values()):
        array.flags.writeable = False
    net.loss(X, y)


def test_unknown_normalization_is_refused() -> None:
    with pytest.raises(ValueError, match="groupnorm"):
        FullyConnectedNet([5], normalization="groupnorm")
