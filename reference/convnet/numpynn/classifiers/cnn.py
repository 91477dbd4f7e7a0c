"""A small convolutional network.

It keeps its parameters in the dictionary `params` and does one thing: `loss(X)` gives the scores of
a batch, `loss(X, y)` the loss and the gradient of every parameter. It does not learn by itself;
that is the work of a `Solver`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..layer_utils import (
    affine_relu_backward,
    affine_relu_forward,
    conv_relu_pool_backward,
    conv_relu_pool_forward,
)
from ..layers import affine_backward, affine_forward, softmax_loss

Gradients = dict[str, np.ndarray]


class ThreeLayerConvNet:
    """A network of three layers: conv - relu - 2x2 max pool - affine - relu - affine - softmax.

    The convolution pads the image so that its output has the same height and width.

    Attributes:
        params: "W1" (F, C, HH, WW) and "b1" (F,) of the convolution, "W2" (F * H/2 * W/2, M) and
            "b2" (M,) of the hidden affine layer, "W3" (M, K) and "b3" (K,) of the last one.
    """

    def __init__(
        self,
        input_dim: tuple[int, int, int] = (3, 32, 32),
        num_filters: int = 32,
        filter_size: int = 7,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
        dtype: Any = np.float32,
    ) -> None:
        """Initialize the parameters: weights at random, biases with zeros.

        Args:
            input_dim: Channels C, height H and width W of an image; H and W are even.
            num_filters: Number of filters F.
            filter_size: Height and width of a filter; an odd number.
            hidden_dim: Number of hidden units M.
            num_classes: Number of classes K.
            weight_scale: Standard deviation of the weights, which are normal with mean 0.
            reg: Strength of the L2 penalty.
            dtype: Float type of the parameters. Use float64 for numerical gradients.
        """
        self.params: dict[str, np.ndarray] = {}
        self.reg = reg
        self.dtype = dtype
        # BEGIN SOLUTION: put the initial "W1", "b1", "W2", "b2", "W3" and "b3" into self.params.
        #   How large is the array that the pool passes to the first affine layer?
        C, H, W = input_dim
        features = num_filters * (H // 2) * (W // 2)
        filters_shape = (num_filters, C, filter_size, filter_size)
        self.params["W1"] = weight_scale * np.random.randn(*filters_shape)
        self.params["b1"] = np.zeros(num_filters)
        self.params["W2"] = weight_scale * np.random.randn(features, hidden_dim)
        self.params["b2"] = np.zeros(hidden_dim)
        self.params["W3"] = weight_scale * np.random.randn(hidden_dim, num_classes)
        self.params["b3"] = np.zeros(num_classes)
        # END SOLUTION
        for name, value in self.params.items():
            self.params[name] = value.astype(dtype)

    def loss(
        self, X: np.ndarray, y: np.ndarray | None = None
    ) -> np.ndarray | tuple[float, Gradients]:
        """Compute scores or, where labels are given, the loss and its gradients.

        The loss is the softmax loss plus `0.5 * reg * sum(W**2)` over all three weights.

        Args:
            X: Images of shape (N, C, H, W).
            y: Labels of shape (N,), or None.

        Returns:
            Without y: the scores, of shape (N, K).
            With y: the loss, and a dictionary with one gradient per parameter.
        """
        names = ("W1", "b1", "W2", "b2", "W3", "b3")
        W1, b1, W2, b2, W3, b3 = (self.params[name] for name in names)
        # With this padding and stride the output of the convolution is as large as the image.
        conv_param = {"stride": 1, "pad": (W1.shape[2] - 1) // 2}
        pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}

        # BEGIN SOLUTION: forward pass. Compute the `scores` of the images in X; layer_utils.py has
        #   layers in combination.
        pooled, conv_cache = conv_relu_pool_forward(X, W1, b1, conv_param, pool_param)
        hidden, hidden_cache = affine_relu_forward(pooled, W2, b2)
        scores, scores_cache = affine_forward(hidden, W3, b3)
        # END SOLUTION
        if y is None:
            return scores

        grads: Gradients = {}
        # BEGIN SOLUTION: backward pass. Compute `loss`, with the penalty, and put the gradient
        #   of every parameter into `grads` under the name it has in self.params.
        loss, dscores = softmax_loss(scores, y)
        dhidden, grads["W3"], grads["b3"] = affine_backward(dscores, scores_cache)
        dpooled, grads["W2"], grads["b2"] = affine_relu_backward(dhidden, hidden_cache)
        _, grads["W1"], grads["b1"] = conv_relu_pool_backward(dpooled, conv_cache)
        for name in ("W1", "W2", "W3"):
            weights = self.params[name]
            loss += 0.5 * self.reg * float(np.sum(weights * weights))
            grads[name] += self.reg * weights
        # END SOLUTION
        return loss, grads
