"""Fully connected networks: one with two layers, and one of any depth.

A network keeps its parameters in the dictionary `params` and does one thing: `loss(X)` gives the
scores of a batch, `loss(X, y)` the loss and the gradient of every parameter. It does not learn
by itself; that is the work of a `Solver`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..layer_utils import affine_relu_backward, affine_relu_forward
from ..layers import (
    affine_backward,
    affine_forward,
    batchnorm_backward,
    batchnorm_forward,
    dropout_backward,
    dropout_forward,
    layernorm_backward,
    layernorm_forward,
    relu_backward,
    relu_forward,
    softmax_loss,
)

Gradients = dict[str, np.ndarray]


class TwoLayerNet:
    """A network with one hidden layer: affine - relu - affine - softmax.

    Attributes:
        params: "W1" (D, H), "b1" (H,), "W2" (H, C) and "b2" (C,).
    """

    def __init__(
        self,
        input_dim: int = 3 * 32 * 32,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
    ) -> None:
        """Initialize the parameters: weights at random, biases with zeros.

        Args:
            input_dim: Number of features D of a flattened sample.
            hidden_dim: Number of hidden units H.
            num_classes: Number of classes C.
            weight_scale: Standard deviation of the weights, which are normal with mean 0.
            reg: Strength of the L2 penalty.
        """
        self.params: dict[str, np.ndarray] = {}
        self.reg = reg
        # ------------------------------------------------------------------------------------------
        # TODO: put the initial "W1", "b1", "W2" and "b2" into self.params.
        # ------------------------------------------------------------------------------------------
        raise NotImplementedError("TODO: TwoLayerNet.__init__")  # your code goes here

    def loss(
        self, X: np.ndarray, y: np.ndarray | None = None
    ) -> np.ndarray | tuple[float, Gradients]:
        """Compute scores or, where labels are given, the loss and its gradients.

        The loss is the softmax loss plus `0.5 * reg * sum(W**2)` over both weight matrices.

        Args:
            X: Samples of shape (N, d_1, ..., d_k), where D = d_1 * ... * d_k.
            y: Labels of shape (N,), or None.

        Returns:
            Without y: the scores, of shape (N, C).
            With y: the loss, and a dictionary with one gradient per parameter.
        """
        # ------------------------------------------------------------------------------------------
        # TODO: forward pass. Compute the `scores` of the samples in X.
        # ------------------------------------------------------------------------------------------
        raise NotImplementedError("TODO: TwoLayerNet.loss")  # your code goes here
        if y is None:
            return scores

        grads: Gradients = {}
        # ------------------------------------------------------------------------------------------
        # TODO: backward pass. Compute `loss`, with the penalty, and put the gradient of every
        # parameter into `grads` under the name it has in self.params.
        # ------------------------------------------------------------------------------------------
        raise NotImplementedError("TODO: TwoLayerNet.loss")  # your code goes here
        return loss, grads


class FullyConnectedNet:
    """A network with any number of hidden layers, for L layers in all:

        {affine - [batch or layer normalization] - relu - [dropout]} x (L - 1) - affine - softmax

    Attributes:
        params: For layer i = 1, ..., L the weights "Wi" and the biases "bi"; with normalization
            also "gammai" and "betai", except for the last layer.
        bn_params: With normalization, the dictionary for layer i's forward function at index i-1.
        dropout_param: With dropout, the dictionary for `dropout_forward`; else empty.
    """

    def __init__(
        self,
        hidden_dims: list[int],
        input_dim: int = 3 * 32 * 32,
        num_classes: int = 10,
        dropout_keep_ratio: float = 1,
        normalization: str | None = None,
        reg: float = 0.0,
        weight_scale: float = 1e-2,
        dtype: Any = np.float32,
        seed: int | None = None,
    ) -> None:
        """Initialize the parameters: weights at random, gammas with ones, all else with zeros.

        Args:
            hidden_dims: Size of each hidden layer.
            input_dim: Number of features D of a flattened sample.
            num_classes: Number of classes C.
            dropout_keep_ratio: Probability of keeping a unit; 1 means no dropout at all.
            normalization: "batchnorm", "layernorm", or None for neither.
            reg: Strength of the L2 penalty.
            weight_scale: Standard deviation of the weights, which are normal with mean 0, and
                drawn layer by layer.
            dtype: Float type of all computation. Use float64 for numerical gradients.
            seed: Given to the dropout layers, so that their masks repeat.

        Raises:
            ValueError: There is no such normalization.
        """
        if normalization not in (None, "batchnorm", "layernorm"):
            raise ValueError(f"no such normalization: {normalization!r}")
        self.normalization = normalization
        self.use_dropout = dropout_keep_ratio != 1
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        self.params: dict[str, np.ndarray] = {}

        # ------------------------------------------------------------------------------------------
        # TODO: put the initial parameters of all layers into self.params.
        # ------------------------------------------------------------------------------------------
        raise NotImplementedError("TODO: FullyConnectedNet.__init__")  # your code goes here

        # One dictionary per layer, because each layer has its own running averages.
        self.bn_params: list[dict[str, Any]] = []
        if normalization is not None:
            self.bn_params = [{"mode": "train"} for _ in hidden_dims]
        self.dropout_param: dict[str, Any] = {}
        if self.use_dropout:
            self.dropout_param = {"mode": "train", "p": dropout_keep_ratio}
            if seed is not None:
                self.dropout_param["seed"] = seed

        for name, value in self.params.items():
            self.params[name] = value.astype(dtype)

    def loss(
        self, X: np.ndarray, y: np.ndarray | None = None
    ) -> np.ndarray | tuple[float, Gradients]:
        """Compute scores in test mode or, where labels are given, the loss and its gradients.

        The loss is the softmax loss plus `0.5 * reg * sum(W**2)` over every weight matrix; the
        biases, gammas and betas are not penalized.

        Args:
            X: Samples of shape (N, d_1, ..., d_k), where D = d_1 * ... * d_k.
            y: Labels of shape (N,), or None.

        Returns:
            Without y: the scores, of shape (N, C).
            With y: the loss, and a dictionary with one gradient per parameter.
        """
        X = X.astype(self.dtype)
        mode = "test" if y is None else "train"
        for bn_param in self.bn_params:
            bn_param["mode"] = mode
        if self.use_dropout:
            self.dropout_param["mode"] = mode

        # ------------------------------------------------------------------------------------------
        # TODO: forward pass. Compute the `scores` of the samples in X; give layer i
        # self.bn_params[i - 1] for its normalization and self.dropout_param for its dropout.
        # ------------------------------------------------------------------------------------------
        raise NotImplementedError("TODO: FullyConnectedNet.loss")  # your code goes here
        if y is None:
            return scores

        grads: Gradients = {}
        # ------------------------------------------------------------------------------------------
        # TODO: backward pass. Compute `loss`, with the penalty, and put the gradient of every
        # parameter into `grads` under the name it has in self.params.
        # ------------------------------------------------------------------------------------------
        raise NotImplementedError("TODO: FullyConnectedNet.loss")  # your code goes here
        return loss, grads
