"""Windows as columns and back, under the names of the extension that other `fast_layers` compile.

Packages that were started from another template import this module as an extension in Cython, which
has to be built first. Nothing here needs it; with these functions in its place they run unbuilt.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def im2col_cython(
    x: np.ndarray, field_height: int, field_width: int, padding: int, stride: int
) -> np.ndarray:
    """Lay every window out as a column.

    Args:
        x: Images of shape (N, C, H, W).
        field_height, field_width: Size of a window.
        padding: Rows and columns of zeros on each side.
        stride: Steps between windows.

    Returns:
        Array of shape (C * field_height * field_width, H' * W' * N); the sample changes fastest.
    """
    windows = _windows(_padded(x, padding), field_height, field_width, stride)
    rows = x.shape[1] * field_height * field_width
    return np.ascontiguousarray(windows.transpose(1, 4, 5, 2, 3, 0).reshape(rows, -1))


def col2im_cython(
    cols: np.ndarray,
    N: int,
    C: int,
    H: int,
    W: int,
    field_height: int,
    field_width: int,
    padding: int,
    stride: int,
) -> np.ndarray:
    """Add up what `im2col_cython` laid out: the images of shape (N, C, H, W) that belong to it."""
    height = (H + 2 * padding - field_height) // stride + 1
    width = (W + 2 * padding - field_width) // stride + 1
    six = cols.reshape(C, field_height, field_width, height, width, N)
    six = six.transpose(0, 1, 2, 5, 3, 4)
    return col2im_6d_cython(six, N, C, H, W, field_height, field_width, padding, stride)


def col2im_6d_cython(
    cols: np.ndarray,
    N: int,
    C: int,
    H: int,
    W: int,
    HH: int,
    WW: int,
    pad: int,
    stride: int,
) -> np.ndarray:
    """Add up windows of shape (C, HH, WW, N, H', W') to images of shape (N, C, H, W)."""
    padded = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=cols.dtype)
    places = sliding_window_view(padded, (HH, WW), axis=(2, 3), writeable=True)
    places = places[:, :, ::stride, ::stride]
    for row, column in np.ndindex(HH, WW):
        places[..., row, column] += cols[:, row, column].transpose(1, 0, 2, 3)
    return padded[:, :, pad : pad + H, pad : pad + W]


def _padded(x: np.ndarray, padding: int) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def _windows(x: np.ndarray, height: int, width: int, stride: int) -> np.ndarray:
    return sliding_window_view(x, (height, width), axis=(2, 3))[:, :, ::stride, ::stride]
