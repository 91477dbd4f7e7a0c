"""Convolution and pooling, as fast as NumPy makes them without loops over positions.

They do what the naive functions in layers.py do, with the same arguments and results, and are given
so that networks train in minutes. The windows of an image are views of it: nothing is copied until
one matrix product works on all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def conv_forward_fast(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, conv_param: dict[str, Any]
) -> tuple[np.ndarray, Any]:
    """Convolve as `conv_forward_naive` does.

    Args:
        x: Input of shape (N, C, H, W).
        w: Filters of shape (F, C, HH, WW).
        b: Biases of shape (F,).
        conv_param: A dictionary with "stride" and "pad".

    Returns:
        out: Output of shape (N, F, H', W').
        cache: What `conv_backward_fast` needs.
    """
    stride, pad = conv_param["stride"], conv_param["pad"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = _windows(padded, w.shape[2], w.shape[3], stride)
    out = np.tensordot(windows, w, axes=((1, 4, 5), (1, 2, 3))) + b
    out = np.ascontiguousarray(out.transpose(0, 3, 1, 2)).astype(x.dtype, copy=False)
    return out, (padded, w, x.shape, stride, pad)


def conv_backward_fast(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differentiate `conv_forward_fast`.

    Args:
        dout: Gradient of shape (N, F, H', W').
        cache: As returned by `conv_forward_fast`.

    Returns:
        dx, dw, db: Gradients of the shapes of x, w and b.
    """
    padded, w, shape, stride, pad = cache
    _, _, filter_height, filter_width = w.shape
    windows = _windows(padded, filter_height, filter_width, stride)
    db = dout.sum(axis=(0, 2, 3))
    dw = np.tensordot(dout, windows, axes=((0, 2, 3), (0, 2, 3)))

    dpadded = np.zeros_like(padded)
    places = _windows(dpadded, filter_height, filter_width, stride, writeable=True)
    for row, column in np.ndindex(filter_height, filter_width):
        share = np.tensordot(dout, w[:, :, row, column], axes=(1, 0))
        places[..., row, column] += share.transpose(0, 3, 1, 2)
    height, width = shape[2:]
    dx = dpadded[:, :, pad : pad + height, pad : pad + width]
    return dx, dw, db


def max_pool_forward_fast(x: np.ndarray, pool_param: dict[str, Any]) -> tuple[np.ndarray, Any]:
    """Pool as `max_pool_forward_naive` does.

    Args:
        x: Input of shape (N, C, H, W).
        pool_param: A dictionary with "pool_height", "pool_width" and "stride".

    Returns:
        out: Output of shape (N, C, H', W').
        cache: What `max_pool_backward_fast` needs.
    """
    height, width, stride = (pool_param[name] for name in ("pool_height", "pool_width", "stride"))
    windows = _windows(x, height, width, stride)
    flat = windows.reshape(*windows.shape[:4], height * width)
    out = flat.max(axis=-1)
    return out, (x, flat.argmax(axis=-1), height, width, stride)


def max_pool_backward_fast(dout: np.ndarray, cache: Any) -> np.ndarray:
    """Differentiate `max_pool_forward_fast`.

    Args:
        dout: Gradient of shape (N, C, H', W').
        cache: As returned by `max_pool_forward_fast`.

    Returns:
        dx: Gradient of shape (N, C, H, W).
    """
    x, largest, height, width, stride = cache
    dx: np.ndarray = np.zeros_like(x)
    places = _windows(dx, height, width, stride, writeable=True)
    for place in range(height * width):
        row, column = divmod(place, width)
        places[..., row, column] += np.where(largest == place, dout, 0)
    return dx


def _windows(
    images: np.ndarray, height: int, width: int, stride: int, writeable: bool = False
) -> np.ndarray:
    """Return views of all windows, of shape (N, C, H', W', height, width)."""
    windows: np.ndarray = sliding_window_view(
        images, (height, width), axis=(2, 3), writeable=writeable
    )
    return windows[:, :, ::stride, ::stride]
