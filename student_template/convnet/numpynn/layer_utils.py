"""Layers that are often used together, combined. Helpers of your own fit here too."""

from __future__ import annotations

from typing import Any

import numpy as np

from .fast_layers import (
    conv_backward_fast,
    conv_forward_fast,
    max_pool_backward_fast,
    max_pool_forward_fast,
)
from .layers import (
    affine_backward,
    affine_forward,
    relu_backward,
    relu_forward,
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
)

Gradients = tuple[np.ndarray, np.ndarray, np.ndarray]
NormGradients = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def affine_relu_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Any]:
    """Apply an affine layer and a ReLU to its output.

    Args:
        x: Input of shape (N, d_1, ..., d_k), where D = d_1 * ... * d_k.
        w: Weights of shape (D, M).
        b: Biases of shape (M,).

    Returns:
        out: Output of shape (N, M).
        cache: What `affine_relu_backward` needs.
    """
    a, affine_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(a)
    return out, (affine_cache, relu_cache)


def affine_relu_backward(dout: np.ndarray, cache: Any) -> Gradients:
    """Differentiate `affine_relu_forward`.

    Args:
        dout: Gradient of shape (N, M).
        cache: As returned by `affine_relu_forward`.

    Returns:
        dx, dw, db: Gradients of the shapes of x, w and b.
    """
    affine_cache, relu_cache = cache
    return affine_backward(relu_backward(dout, relu_cache), affine_cache)


def conv_relu_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, conv_param: dict[str, Any]
) -> tuple[np.ndarray, Any]:
    """Apply a convolution and a ReLU to its output.

    Args:
        x, w, b, conv_param: As for `conv_forward_naive`.

    Returns:
        out: Output of shape (N, F, H', W').
        cache: What `conv_relu_backward` needs.
    """
    a, conv_cache = conv_forward_fast(x, w, b, conv_param)
    out, relu_cache = relu_forward(a)
    return out, (conv_cache, relu_cache)


def conv_relu_backward(dout: np.ndarray, cache: Any) -> Gradients:
    """Differentiate `conv_relu_forward`.

    Args:
        dout: Gradient of shape (N, F, H', W').
        cache: As returned by `conv_relu_forward`.

    Returns:
        dx, dw, db: Gradients of the shapes of x, w and b.
    """
    conv_cache, relu_cache = cache
    return conv_backward_fast(relu_backward(dout, relu_cache), conv_cache)


def conv_bn_relu_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    conv_param: dict[str, Any],
    bn_param: dict[str, Any],
) -> tuple[np.ndarray, Any]:
    """Apply a convolution, spatial batch normalization and a ReLU.

    Args:
        x, w, b, conv_param: As for `conv_forward_naive`.
        gamma, beta, bn_param: As for `spatial_batchnorm_forward`.

    Returns:
        out: Output of shape (N, F, H', W').
        cache: What `conv_bn_relu_backward` needs.
    """
    a, conv_cache = conv_forward_fast(x, w, b, conv_param)
    normalized, bn_cache = spatial_batchnorm_forward(a, gamma, beta, bn_param)
    out, relu_cache = relu_forward(normalized)
    return out, (conv_cache, bn_cache, relu_cache)


def conv_bn_relu_backward(dout: np.ndarray, cache: Any) -> NormGradients:
    """Differentiate `conv_bn_relu_forward`.

    Args:
        dout: Gradient of shape (N, F, H', W').
        cache: As returned by `conv_bn_relu_forward`.

    Returns:
        dx, dw, db, dgamma, dbeta: Gradients of the shapes of x, w, b, gamma and beta.
    """
    conv_cache, bn_cache, relu_cache = cache
    dnormalized = relu_backward(dout, relu_cache)
    da, dgamma, dbeta = spatial_batchnorm_backward(dnormalized, bn_cache)
    return (*conv_backward_fast(da, conv_cache), dgamma, dbeta)


def conv_relu_pool_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    conv_param: dict[str, Any],
    pool_param: dict[str, Any],
) -> tuple[np.ndarray, Any]:
    """Apply a convolution, a ReLU and a max pool.

    Args:
        x, w, b, conv_param: As for `conv_forward_naive`.
        pool_param: As for `max_pool_forward_naive`.

    Returns:
        out: Output of the pool.
        cache: What `conv_relu_pool_backward` needs.
    """
    a, conv_cache = conv_forward_fast(x, w, b, conv_param)
    rectified, relu_cache = relu_forward(a)
    out, pool_cache = max_pool_forward_fast(rectified, pool_param)
    return out, (conv_cache, relu_cache, pool_cache)


def conv_relu_pool_backward(dout: np.ndarray, cache: Any) -> Gradients:
    """Differentiate `conv_relu_pool_forward`.

    Args:
        dout: Gradient of the shape of the pool's output.
        cache: As returned by `conv_relu_pool_forward`.

    Returns:
        dx, dw, db: Gradients of the shapes of x, w and b.
    """
    conv_cache, relu_cache, pool_cache = cache
    drectified = max_pool_backward_fast(dout, pool_cache)
    return conv_backward_fast(relu_backward(drectified, relu_cache), conv_cache)
