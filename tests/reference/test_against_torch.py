"""An independent witness: PyTorch computes the same, in float64, with gradients of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpynn import layers, optim
from numpynn.classifiers.fc_net import FullyConnectedNet, TwoLayerNet

from .numeric import assert_close, loss_and_grads, shake

torch: Any = pytest.importorskip("torch")
F: Any = torch.nn.functional

TOLERANCE = 1e-10
MASK = {"mode": "train", "p": 0.6, "seed": 17}


def tensor(array: np.ndarray) -> Any:
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


def mask_like(shape: tuple[int, ...], param: dict[str, Any]) -> Any:
    """Return the (scaled) mask that dropout draws for this shape: its output for ones."""
    return torch.tensor(layers.dropout_forward(np.ones(shape), param)[0])


def batch_norm(x: Any, gamma: Any, beta: Any, eps: float) -> Any:
    return F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)


def layer_norm(x: Any, gamma: Any, beta: Any, eps: float) -> Any:
    return F.layer_norm(x, x.shape[1:], gamma, beta, eps)


LAYERS: dict[str, tuple[Any, Any, Callable[..., Any], list[tuple[int, ...]], list[Any]]] = {
    "affine": (
        layers.affine_forward,
        layers.affine_backward,
        lambda x, w, b: F.linear(x.flatten(1), w.T, b),
        [(7, 2, 3, 4), (24, 5), (5,)],
        [],
    ),
    "relu": (layers.relu_forward, layers.relu_backward, torch.relu, [(7, 4, 3)], []),
    "dropout": (
        layers.dropout_forward,
        layers.dropout_backward,
        lambda x: x * mask_like(x.shape, MASK),
        [(7, 4, 3)],
        [MASK],
    ),
    "layernorm": (
        layers.layernorm_forward,
        layers.layernorm_backward,
        lambda x, gamma, beta: layer_norm(x, gamma, beta, eps=1e-3),
        [(7, 6), (6,), (6,)],
        [{"eps": 1e-3}],
    ),
} | {
    backward.__name__: (
        layers.batchnorm_forward,
        backward,
        lambda x, gamma, beta: batch_norm(x, gamma, beta, eps=1e-3),
        [(7, 6), (6,), (6,)],
        [{"mode": "train", "eps": 1e-3}],
    )
    for backward in (layers.batchnorm_backward, layers.batchnorm_backward_alt)
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name: str, rng: np.random.Generator) -> None:
    forward, backward, witness, shapes, settings = LAYERS[name]
    arrays = [3 * rng.standard_normal(shape) + 1 for shape in shapes]
    out, cache = forward(*arrays, *(dict(param) for param in settings))
    dout = rng.standard_normal(out.shape)
    grads = backward(dout, cache)

    tensors = [tensor(array) for array in arrays]
    expected = witness(*tensors)
    expected.backward(torch.tensor(dout))
    assert_close(out, expected.detach().numpy(), TOLERANCE)
    for grad, leaf in zip(grads if isinstance(grads, tuple) else (grads,), tensors, strict=True):
        assert_close(grad, leaf.grad.numpy(), TOLERANCE)


def test_batchnorm_over_several_steps_and_in_test_mode(rng: np.random.Generator) -> None:
    gamma, beta = rng.standard_normal((2, 5))
    param: dict[str, Any] = {"mode": "train", "momentum": 0.8, "eps": 1e-2}
    mean, var = torch.zeros(5, dtype=torch.float64), torch.zeros(5, dtype=torch.float64)
    options: dict[str, Any] = {"momentum": 1 - 0.8, "eps": 1e-2}
    for training in (True, True, True, False):
        param["mode"] = "train" if training else "test"
        x = rng.standard_normal((12, 5)) + 3
        out, _ = layers.batchnorm_forward(x, gamma, beta, param)
        # PyTorch averages the unbiased variance, which is 12/11 of ours at every step.
        running_var = var if training else var * 11 / 12
        arrays = (torch.tensor(array) for array in (gamma, beta))
        expected = F.batch_norm(torch.tensor(x), mean, running_var, *arrays, training, **options)
        assert_close(out, expected.numpy(), TOLERANCE)
        assert_close(param["running_mean"], mean.numpy(), TOLERANCE)
        assert_close(param["running_var"], var.numpy() * 11 / 12, TOLERANCE)


@pytest.mark.parametrize("size", [1.0, 1e3])
def test_losses(size: float, rng: np.random.Generator) -> None:
    x, y = size * rng.standard_normal((9, 6)), rng.integers(6, size=9)
    witnesses = {
        layers.softmax_loss: F.cross_entropy,
        # PyTorch also divides by the number of classes.
        layers.svm_loss: lambda scores, labels: 6 * F.multi_margin_loss(scores, labels),
    }
    for loss, witness in witnesses.items():
        value, dx = loss(x, y)
        leaf = tensor(x)
        expected = witness(leaf, torch.tensor(y))
        expected.backward()
        assert_close(value, expected.item(), TOLERANCE)
        assert_close(dx, leaf.grad.numpy(), TOLERANCE)


RULES: dict[str, tuple[Any, dict[str, Any], Callable[[list[Any]], Any]]] = {
    "sgd": (optim.sgd, {"learning_rate": 0.3}, lambda ws: torch.optim.SGD(ws, lr=0.3)),
    "sgd_momentum": (
        optim.sgd_momentum,
        {"learning_rate": 0.3, "momentum": 0.7},
        lambda ws: torch.optim.SGD(ws, lr=0.3, momentum=0.7),
    ),
    "rmsprop": (
        optim.rmsprop,
        {"learning_rate": 0.03, "decay_rate": 0.8, "epsilon": 1e-2},
        lambda ws: torch.optim.RMSprop(ws, lr=0.03, alpha=0.8, eps=1e-2),
    ),
    "adam": (
        optim.adam,
        {"learning_rate": 0.03, "beta1": 0.7, "beta2": 0.95, "epsilon": 1e-2},
        lambda ws: torch.optim.Adam(ws, lr=0.03, betas=(0.7, 0.95), eps=1e-2),
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_update_rules_over_several_steps(name: str, rng: np.random.Generator) -> None:
    rule, config, optimizer = RULES[name]
    config = dict(config)
    w = rng.standard_normal((4, 5))
    leaf = tensor(w)
    witness = optimizer([leaf])
    for _ in range(30):
        dw = rng.standard_normal(w.shape)
        w, config = rule(w, dw, config)
        leaf.grad = torch.tensor(dw)
        witness.step()
        assert_close(w, leaf.detach().numpy(), TOLERANCE)


def witness_scores(net: FullyConnectedNet, params: dict[str, Any], X: np.ndarray) -> Any:
    """Compute a net's scores in train mode."""
    norms = {"batchnorm": batch_norm, "layernorm": layer_norm}
    out = torch.tensor(X).flatten(1)
    for i in range(1, net.num_layers):
        out = F.linear(out, params[f"W{i}"].T, params[f"b{i}"])
        if net.normalization is not None:
            out = norms[net.normalization](out, params[f"gamma{i}"], params[f"beta{i}"], eps=1e-5)
        out = torch.relu(out)
        if net.use_dropout:
            out = out * mask_like(out.shape, net.dropout_param)
    return F.linear(out, params[f"W{net.num_layers}"].T, params[f"b{net.num_layers}"])


def assert_agreement(net: Any, scores: Any, params: dict[str, Any], batch: tuple[Any, Any]) -> None:
    """Assert that the loss and every gradient are those that follow from the witness's scores."""
    X, y = batch
    weights = [param for name, param in params.items() if name.startswith("W")]
    penalty = 0.5 * net.reg * sum((W**2).sum() for W in weights)
    expected = F.cross_entropy(scores, torch.tensor(y)) + penalty
    expected.backward()
    loss, grads = loss_and_grads(net, X, y)
    assert_close(loss, expected.item(), TOLERANCE)
    assert grads.keys() == params.keys()
    for name, param in params.items():
        assert_close(grads[name], param.grad.numpy(), TOLERANCE, name)


@pytest.mark.parametrize(
    ("normalization", "keep", "hidden_dims"),
    list(itertools.product([None, "batchnorm", "layernorm"], [1, 0.6], [[], [9], [9, 8, 7, 8]])),
)
def test_fully_connected_nets(
    normalization: str | None, keep: float, hidden_dims: list[int], rng: np.random.Generator
) -> None:
    np.random.seed(3)
    options: dict[str, Any] = {"input_dim": 12, "num_classes": 5, "dtype": np.float64, "seed": 17}
    net = FullyConnectedNet(
        hidden_dims,
        normalization=normalization,
        dropout_keep_ratio=keep,
        reg=0.4,
        weight_scale=0.4,
        **options,
    )
    shake(net, rng)
    X, y = rng.standard_normal((10, 3, 4)), rng.integers(5, size=10)
    params = {name: tensor(param) for name, param in net.params.items()}
    assert_agreement(net, witness_scores(net, params, X), params, (X, y))


def test_two_layer_net(rng: np.random.Generator) -> None:
    np.random.seed(3)
    net = TwoLayerNet(12, hidden_dim=9, num_classes=5, weight_scale=0.4, reg=0.4)
    X, y = rng.standard_normal((10, 3, 4)), rng.integers(5, size=10)
    params = {name: tensor(param) for name, param in net.params.items()}
    hidden = torch.relu(F.linear(torch.tensor(X).flatten(1), params["W1"].T, params["b1"]))
    scores = F.linear(hidden, params["W2"].T, params["b2"])
    assert_close(net.loss(X), scores.detach().numpy(), TOLERANCE)
    assert_agreement(net, scores, params, (X, y))


def test_training_several_steps(rng: np.random.Generator) -> None:
    """A net with batch normalization and its optimizer, together."""
    np.random.seed(3)
    net = FullyConnectedNet(
        [9, 8], 12, 5, normalization="batchnorm", weight_scale=0.4, reg=0.1, dtype=np.float64
    )
    params = {name: tensor(param) for name, param in net.params.items()}
    witness = torch.optim.Adam(params.values(), lr=0.01)
    configs: dict[str, Any] = {name: {"learning_rate": 0.01} for name in params}
    for _ in range(5):
        X, y = rng.standard_normal((10, 12)), rng.integers(5, size=10)
        witness.zero_grad()
        assert_agreement(net, witness_scores(net, params, X), params, (X, y))
        witness.step()
        _, grads = loss_and_grads(net, X, y)
        for name, grad in grads.items():
            net.params[name], configs[name] = optim.adam(net.params[name], grad, configs[name])
