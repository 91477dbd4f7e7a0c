"""Recognising the kind of an error from the two arrays alone."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_TOLERANCE: Final = 1e-5
_NEARLY: Final = 1e-4
_RATIOS: Final = (
    (2.0, "twice the right value"),
    (0.5, "half the right value"),
    (-1.0, "the opposite sign"),
)


def describe_pattern(received: Array, expected: Array) -> str:
    """What kind of error lies between two arrays, in words; empty if none is recognised.

    Never reveals an expected value: only how the received one relates to it.
    """
    if received.shape != expected.shape:
        return _of_shapes(received, expected)
    if not received.size or not np.isfinite(received).all():
        return ""
    for recognise in (
        _all_zero,
        _nearly,
        _constant_ratio,
        _transposed,
        _constant_offset,
        _one_sided,
        _axis,
    ):
        text = recognise(received, expected)
        if text:
            return text
    return ""


def _near(a: Array, b: Array) -> bool:
    scale = float(np.max(np.abs(b), initial=0.0))
    return bool(scale and np.max(np.abs(a - b), initial=0.0) <= _TOLERANCE * scale)


def _of_shapes(received: Array, expected: Array) -> str:
    if received.ndim == 2 and received.T.shape == expected.shape and _near(received.T, expected):
        return "the right values, transposed"
    if received.size == expected.size and _near(received.reshape(expected.shape), expected):
        return "the right values in another shape"
    for axis in range(received.ndim):
        if received.sum(axis).shape == expected.shape and _near(received.sum(axis), expected):
            return f"not yet summed over axis {axis}"
    return ""


def _all_zero(received: Array, expected: Array) -> str:
    return "" if received.any() or not expected.any() else "zero everywhere"


def _nearly(received: Array, expected: Array) -> str:
    scale = float(np.max(np.abs(expected), initial=0.0))
    off = float(np.max(np.abs(received - expected), initial=0.0))
    return "nearly right, off by less than 0.01 %" if off < _NEARLY * scale else ""


def _constant_ratio(received: Array, expected: Array) -> str:
    energy = float(np.vdot(expected, expected))
    if not energy:
        return ""
    ratio = float(np.vdot(expected, received)) / energy
    if not ratio or not _near(received, ratio * expected):
        return ""
    for value, words in _RATIOS:
        if abs(ratio - value) < _TOLERANCE:
            return f"{words} everywhere"
    return _simple_factor(ratio)


def _simple_factor(ratio: float) -> str:
    for factor, words in ((ratio, "{} times too large"), (1 / ratio, "{} times too small")):
        if factor > 1.5 and abs(factor - round(factor)) < 1e-4 * factor:
            return words.format(round(factor)) + " everywhere"
    return f"off by the constant factor {ratio:.6g} everywhere"


def _transposed(received: Array, expected: Array) -> str:
    square = received.ndim == 2 and received.shape[0] == received.shape[1] > 1
    return "the right values, transposed" if square and _near(received.T, expected) else ""


def _constant_offset(received: Array, expected: Array) -> str:
    if received.size < 3:
        return ""
    offset = float(np.mean(received - expected))
    return "right up to a constant" if offset and _near(received - offset, expected) else ""


def _one_sided(received: Array, expected: Array) -> str:
    """Most of one sign is wrong, and nothing of the other: a few entries would be chance."""
    scale = float(np.max(np.abs(expected), initial=0.0))
    wrong = np.abs(received - expected) > _TOLERANCE * scale
    for side, word in ((expected < 0, "negative"), (expected > 0, "positive")):
        hit = int(wrong[side].sum())
        if hit == wrong.sum() < wrong.size and hit >= 3 and 2 * hit > side.sum():
            return f"wrong only where the right value is {word}"
    return ""


def _axis(received: Array, expected: Array) -> str:
    """One row, column or other slice is wrong, and nothing else."""
    if received.ndim < 2:
        return ""
    scale = float(np.max(np.abs(expected), initial=0.0))
    wrong = np.abs(received - expected) > _TOLERANCE * scale
    for axis in range(received.ndim):
        others = tuple(i for i in range(received.ndim) if i != axis)
        hit = wrong.any(axis=others)
        if hit.sum() == 1 and received.shape[axis] > 2:
            return f"wrong only at index {int(np.argmax(hit))} of axis {axis}"
    return ""
