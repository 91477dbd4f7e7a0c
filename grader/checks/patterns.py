"""Recognising the kind of an error from the two arrays alone."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grader.model.rubric import Text

Array = NDArray[Any]

PATTERNS: Final = (
    Text("zero everywhere", "处处为零"),
    Text("nearly right, off by less than 0.01 %", "几乎正确，误差小于 0.01 %"),
    Text("twice the right value everywhere", "处处是正确值的两倍"),
    Text("half the right value everywhere", "处处是正确值的一半"),
    Text("the opposite sign everywhere", "处处符号相反"),
    Text("{n} times too large everywhere", "处处是正确值的 {n} 倍"),
    Text("{n} times too small everywhere", "处处只有正确值的 1/{n}"),
    Text("off by the constant factor {n} everywhere", "处处差一个常数因子 {n}"),
    Text("the right values, transposed", "数值正确，但被转置"),
    Text("the right values in another shape", "数值正确，但形状不同"),
    Text("not yet summed over axis {n}", "还没有沿轴 {n} 求和"),
    Text("right up to a constant", "只差一个常数"),
    Text("wrong only where the right value is negative", "只在正确值为负处出错"),
    Text("wrong only where the right value is positive", "只在正确值为正处出错"),
    Text("wrong only at index {n} of axis {axis}", "只在轴 {axis} 的下标 {n} 处出错"),
)
"""What is recognised, in words."""

_EVERYWHERE: Final = Text(" everywhere", "处处")
"""Not said of a single number."""
_TOLERANCE: Final = 1e-5
_NEARLY: Final = 1e-4
_VANISHING: Final = 1e-9
"""A ratio below is rounding beside a right value: what was computed is zero."""
_MANY: Final = 1e5
"""A whole factor above is a coincidence."""
_RATIOS: Final = (
    (2.0, "twice the right value"),
    (0.5, "half the right value"),
    (-1.0, "the opposite sign"),
)


def pattern_in(lang: str, text: str) -> str:
    """What `describe_pattern` said, in another language."""
    for pattern in PATTERNS:
        form = re.escape(pattern.en)
        for name in ("n", "axis"):
            form = form.replace(rf"\{{{name}\}}", rf"(?P<{name}>\S+)")
        said = pattern.in_language(lang)
        match = re.fullmatch(form, text)
        if match is None:
            match = re.fullmatch(form, text + _EVERYWHERE.en)
            said = said.removesuffix(_EVERYWHERE.en).removeprefix(_EVERYWHERE.zh)
        if match:
            return said.format(**match.groupdict())
    return text


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
            return text.removesuffix(_EVERYWHERE.en) if received.size == 1 else text
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
    """With what rounding leaves of a zero."""
    size, scale = (float(np.max(np.abs(a), initial=0.0)) for a in (received, expected))
    return "zero everywhere" if size <= _VANISHING * scale and scale else ""


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
    simple = _simple_factor(ratio)
    # Of a single number there is always one.
    if simple or received.size == 1:
        return simple
    return f"off by the constant factor {ratio:.6g} everywhere"


def _simple_factor(ratio: float) -> str:
    for factor, words in ((ratio, "{} times too large"), (1 / ratio, "{} times too small")):
        if 1.5 < factor < _MANY and abs(factor - round(factor)) < 1e-4 * factor:
            return words.format(round(factor)) + " everywhere"
    return ""


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
