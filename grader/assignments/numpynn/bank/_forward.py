"""What a net with given parameters gives in training, computed on this side of the wall.

Code that is judged may say of samples that it was shown whatever it likes. What its gradients have
made of the parameters is judged here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grader.assignments.numpynn.bank._student_net import Batch

Array = NDArray[np.float64]

_AXIS: Final = {"batchnorm": 0, "layernorm": 1}
_EPS: Final = 1e-5


def before_relu(
    values: Mapping[str, Array], layer: int, x: Array, normalization: str | None
) -> Array:
    """What enters the relu of one hidden layer, for samples `x (N, D)`."""
    a: Array = x @ values[f"W{layer}"] + values[f"b{layer}"]
    if normalization is not None:
        axis = _AXIS[normalization]
        spread = np.sqrt(a.var(axis=axis, keepdims=True) + _EPS)
        a = (a - a.mean(axis=axis, keepdims=True)) / spread
        a = values[f"gamma{layer}"] * a + values[f"beta{layer}"]
    return a


def hidden_units(
    values: Mapping[str, Array], layer: int, x: Array, normalization: str | None
) -> Array:
    """Output of the relu of one hidden layer, for samples `x (N, D)`."""
    return np.maximum(before_relu(values, layer, x, normalization), 0)


def scores_of(values: Mapping[str, Array], X: Array, normalization: str | None = None) -> Array:
    """Scores `(N, C)` of flat samples, without dropout, normalised by their own statistics."""
    last = sum(name.startswith("W") for name in values)
    h = X
    for layer in range(1, last):
        h = hidden_units(values, layer, h, normalization)
    return np.asarray(h @ values[f"W{last}"] + values[f"b{last}"])


def loss_of(scores: Array, y: NDArray[np.int64]) -> float:
    """Softmax loss of some scores."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    right = shifted[np.arange(len(y)), y]
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - right))


def training_loss(
    values: Mapping[str, Array], batch: Batch, normalization: str | None = None
) -> float:
    """Softmax loss of a batch, without penalty."""
    return loss_of(scores_of(values, batch.X, normalization), batch.y)
