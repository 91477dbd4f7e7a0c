"""A loss that outliers do not dominate."""

from typing import Any

import numpy as np


def huber_forward(
    prediction: np.ndarray, target: np.ndarray, delta: float = 1.0
) -> tuple[float, Any]:
    """The Huber loss: a square near zero, a line beyond `delta`.

    Args:
        prediction: array of shape (N,).
        target: array of shape (N,).
        delta: where the line begins.

    Returns:
        loss: the mean over the samples, a number.
        cache: what `huber_backward` needs.
    """
    error = prediction - target
    size = np.abs(error)
    values = np.where(size <= delta, 0.5 * error**2, delta * (size - 0.5 * delta))
    loss = float(values.mean())
    cache = (error, delta)
    return loss, cache


def huber_backward(dloss: float, cache: Any) -> np.ndarray:
    """The gradient of the Huber loss.

    Args:
        dloss: upstream gradient, a number.
        cache: from `huber_forward`.

    Returns:
        dprediction: gradient of the prediction, of shape (N,).
    """
    error, delta = cache
    return np.asarray(dloss * np.clip(error, -delta, delta) / len(error))
