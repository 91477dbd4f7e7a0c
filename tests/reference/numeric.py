"""What several test modules need: comparing gradients, and a net's loss and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpynn.gradient_check import eval_numerical_gradient


def assert_close(actual: Any, expected: Any, tolerance: float, what: str = "") -> None:
    """Assert equality up to `tolerance`, relative to the largest element (or 1, if that is more).

    A gradient that is truly zero, such as that of a bias in front of a batch normalization, is
    rounding noise on both sides: no error relative to the element could pass.
    """
    scale = max(1.0, float(np.max(np.abs(expected), initial=0)))
    assert np.shape(actual) == np.shape(expected), what
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale, err_msg=what)


def loss_and_grads(net: Any, X: np.ndarray, y: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
    """Return what a net says about a labelled batch."""
    return cast("tuple[float, dict[str, np.ndarray]]", net.loss(X, y))


def assert_gradients(net: Any, X: np.ndarray, y: np.ndarray, tolerance: float) -> None:
    """Assert that every gradient of a net agrees with central differences of its loss."""
    _, grads = loss_and_grads(net, X, y)
    assert grads.keys() == net.params.keys()
    for name, param in net.params.items():
        numerical = eval_numerical_gradient(loss_of(net, X, y), param, verbose=False)
        assert_close(grads[name], numerical, tolerance, name)


def shake(net: Any, rng: np.random.Generator) -> None:
    """Move every parameter a little, so that no bias, gamma or beta is at its initial value."""
    for name, param in net.params.items():
        net.params[name] = param + 0.1 * rng.standard_normal(param.shape)


def loss_of(net: Any, X: np.ndarray, y: np.ndarray) -> Callable[[object], float]:
    """Return the loss of a net as a function of whichever array of its parameters changes."""
    return lambda _: loss_and_grads(net, X, y)[0]
