"""The reference gives the values that were published with the assignment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpynn import layers, optim
from numpynn.classifiers.fc_net import FullyConnectedNet, TwoLayerNet

from .numeric import loss_and_grads

GOLDEN: dict[str, Any] = json.loads(Path(__file__).with_name("golden.json").read_text())


def assert_published(actual: Any, expected: Any, decimals: int = 8) -> None:
    """Assert equality up to half a unit in the last published decimal."""
    half = 0.501 * 10.0**-decimals
    np.testing.assert_allclose(actual, np.asarray(expected), rtol=0, atol=half)


def line(low: float, high: float, *shape: int) -> np.ndarray:
    return np.linspace(low, high, num=int(np.prod(shape))).reshape(shape)


def test_affine_forward() -> None:
    x, w, b = line(-0.1, 0.5, 2, 4, 5, 6), line(-0.2, 0.3, 120, 3), line(-0.3, 0.1, 3)
    assert_published(layers.affine_forward(x, w, b)[0], GOLDEN["affine_forward"]["out"])


def test_relu_forward() -> None:
    out, _ = layers.relu_forward(line(-0.5, 0.5, 3, 4))
    assert_published(out, GOLDEN["relu_forward"]["out"])


@pytest.mark.parametrize("name", ["svm_loss", "softmax_loss"])
def test_losses(name: str) -> None:
    np.random.seed(231)
    x = 0.001 * np.random.randn(50, 10)
    y = np.random.randint(10, size=50)
    loss, _ = getattr(layers, name)(x, y)
    assert_published(loss, GOLDEN[name]["loss"], decimals=13)


def test_two_layer_net() -> None:
    net = TwoLayerNet(input_dim=5, hidden_dim=50, num_classes=7)
    net.params = {
        "W1": line(-0.7, 0.3, 5, 50),
        "b1": line(-0.1, 0.9, 50),
        "W2": line(-0.3, 0.4, 50, 7),
        "b2": line(-0.9, 0.1, 7),
    }
    X, y = line(-5.5, 4.5, 5, 3).T, np.array([0, 5, 1])
    expected = GOLDEN["two_layer_net"]
    assert_published(net.loss(X), expected["scores"])
    assert_published(loss_and_grads(net, X, y)[0], expected["loss_reg_0"], decimals=10)
    net.reg = 1.0
    assert_published(loss_and_grads(net, X, y)[0], expected["loss_reg_1"], decimals=10)


def test_fully_connected_net() -> None:
    np.random.seed(231)
    X = np.random.randn(2, 15)
    y = np.random.randint(10, size=2)
    net = FullyConnectedNet([20, 30], input_dim=15, weight_scale=5e-2, dtype=np.float64)
    loss, _ = loss_and_grads(net, X, y)
    assert_published(loss, GOLDEN["fully_connected_net"]["loss_reg_0"], decimals=13)


@pytest.mark.parametrize(
    ("rule", "settings", "state"),
    [
        ("sgd_momentum", {"learning_rate": 1e-3}, {"velocity": (0.6, 0.9)}),
        ("rmsprop", {"learning_rate": 1e-2}, {"cache": (0.6, 0.9)}),
        ("adam", {"learning_rate": 1e-2, "t": 5}, {"m": (0.6, 0.9), "v": (0.7, 0.5)}),
    ],
)
def test_update_rules(
    rule: str, settings: dict[str, Any], state: dict[str, tuple[float, float]]
) -> None:
    config = settings | {name: line(*ends, 4, 5) for name, ends in state.items()}
    next_w, config = getattr(optim, rule)(line(-0.4, 0.6, 4, 5), line(-0.6, 0.4, 4, 5), config)
    assert_published(next_w, GOLDEN[rule]["next_w"])
    for name in state:
        assert_published(config[name], GOLDEN[rule][name])


def test_batchnorm_forward_train() -> None:
    np.random.seed(231)
    X, W1, W2 = np.random.randn(200, 50), np.random.randn(50, 60), np.random.randn(60, 3)
    a = np.maximum(0, X @ W1) @ W2
    expected = GOLDEN["batchnorm_forward_train"]
    assert_published(a.mean(axis=0), expected["mean_before"])
    assert_published(a.std(axis=0), expected["std_before"], decimals=7)

    gamma, beta = np.array([1.0, 2.0, 3.0]), np.array([11.0, 12.0, 13.0])
    out, _ = layers.batchnorm_forward(a, gamma, beta, {"mode": "train"})
    np.testing.assert_allclose(out.mean(axis=0), beta, rtol=1e-12)
    np.testing.assert_allclose(out.std(axis=0), gamma, rtol=1e-7)
