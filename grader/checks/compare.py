"""Comparing a student's value with the right one, and saying what is wrong in plain words.

Tolerances are relative to the scale of the whole array, max|expected|, not to each entry: an entry
that is 0 but for rounding is as right as its neighbours.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grader.checks.patterns import describe_pattern
from grader.model.result import NOTHING, Finding
from grader.model.verdicts import Wrong
from grader.student.remote import Remote

Array = NDArray[Any]

VALUES: Final = 1e-6
"""Forward values. Equivalent float64 formulas differ by some 1e-12 of the scale; the smallest real
mistake (an eps of 1e-5 in the wrong place) moves a value by more than 1e-6 at the inputs used."""
GRADIENTS: Final = 1e-6
"""Analytic gradients against analytic gradients, which agree as closely as values do."""
NUMERICAL: Final = 1e-4
"""Analytic against numerical gradients: central differences with step 1e-5 in float64 are good to
some 1e-9 for smooth functions; the room is for nets, where the error of the step adds up."""
_TINY: Final = 1e-12
"""Both sides below this are zero, whatever their ratio."""


def as_array(value: Any, name: str, *, call: str = "") -> Array:
    """The student's value as a numeric array.

    Raises:
        Wrong: None, text, ragged lists, objects: anything that is no array of numbers.
    """
    if isinstance(value, Remote):
        value = value.read()
    if value is None:
        raise Wrong(f"{name} is None.", Finding(kind="type", quantity=name, call=call))
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "biufc":
        kind = type(value).__name__
        text = f"{name} should be an array of numbers; it is a {kind}."
        raise Wrong(text, Finding(kind="type", quantity=name, call=call))
    return array


def assert_close(
    name: str,
    received: Any,
    expected: Any,
    *,
    tolerance: float = VALUES,
    scale: float | None = None,
    call: str = "",
    kind: str = "values",
) -> None:
    """Check that the student's value is the right one.

    Args:
        name: what it is, as the student knows it (`dx`).
        received: the student's value.
        expected: the right value, an array or number.
        tolerance: largest difference allowed, relative to `scale`.
        scale: max|expected| unless given.
        call: the call it came from, for the report.
        kind: of the finding, `values` or `gradient`.

    Raises:
        Wrong: shape, NaN or value differ; the message says how, without the right value.
    """
    right = np.asarray(expected, dtype=np.float64)
    array = _fitting(name, as_array(received, name, call=call), right, call)
    _refuse_nan(name, array, right, call)
    size = float(np.max(np.abs(right), initial=0.0)) if scale is None else scale
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.abs(array.astype(np.float64) - right)
    difference = np.where(array == right, 0.0, difference)  # infinities that agree
    limit = max(tolerance * size, _TINY)
    if np.any(difference > limit):
        other = "" if scale is None else f"{scale:.3g}"
        raise _differs(name, array, right, difference, limit, size, other, call, kind)


def close(received: Any, expected: Any, *, tolerance: float = VALUES) -> bool:
    """Whether `assert_close` would pass."""
    try:
        assert_close("value", received, expected, tolerance=tolerance)
    except Wrong:
        return False
    return True


def _fitting(name: str, array: Array, right: Array, call: str) -> Array:
    """`array` in the shape of `right`: extra axes of length 1 are forgiven."""
    if array.shape == right.shape:
        return array
    squeezed = tuple(n for n in right.shape if n != 1)
    if tuple(n for n in array.shape if n != 1) == squeezed:
        return array.reshape(right.shape)
    text = f"{name} has shape {_shape(array)}; it should be {_shape(right)}."
    pattern = describe_pattern(array, right) if array.dtype.kind in "biuf" else ""
    raise Wrong(
        text,
        Finding(
            kind="shape",
            quantity=name,
            call=call,
            received=_shape(array),
            expected=_shape(right),
            pattern=pattern,
        ),
    )


def _shape(array: Array) -> str:
    return str(array.shape) if array.ndim else "() (a single number)"


def _refuse_nan(name: str, array: Array, right: Array, call: str) -> None:
    if array.dtype.kind == "c":
        text = f"{name} is complex; it should be real."
        raise Wrong(text, Finding(kind="dtype", quantity=name, call=call))
    bad = ~np.isfinite(array) & np.isfinite(right)
    if not bad.any():
        return
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    what = "NaN" if np.isnan(array[index]) else "infinite"
    finding = Finding(
        kind="nan",
        quantity=name,
        call=call,
        worst_index=list(index) or None,
        received=what,
        wrong=_share(bad),
    )
    where = f" at {_at(name, index)}" if index else ""
    raise Wrong(f"{name} is {what}{where} ({_share(bad)}).", finding)


def _differs(
    name: str,
    array: Array,
    right: Array,
    difference: Array,
    limit: float,
    scale: float,
    relative_to: str,
    call: str,
    kind: str,
) -> Wrong:
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(difference)), right.shape))
    pattern = describe_pattern(array.astype(np.float64), right)
    wrong = difference > limit
    finding = Finding(
        kind=kind,
        quantity=name,
        call=call,
        worst_index=list(index) or None,
        received=f"{array[index]:.8g}",
        expected=f"{right[index]:.8g}",
        error=float(difference[index] / (scale if scale > _TINY else 1.0)),
        relative_to=relative_to if scale > _TINY else NOTHING,
        elementwise=_elementwise(array, right, difference),
        wrong=_share(wrong),
        pattern=pattern,
    )
    what = "The gradient" if kind == "gradient" else "The value of"
    extent = f" ({_share(wrong)})" if right.size > 1 else ""
    return Wrong(f"{what} {name} is wrong{extent}{': ' + pattern if pattern else ''}.", finding)


def _elementwise(array: Array, right: Array, difference: Array) -> float:
    """Largest |x - y| / max(1e-8, |x| + |y|): what students compute to compare arrays."""
    with np.errstate(over="ignore", invalid="ignore"):
        sizes = np.maximum(1e-8, np.abs(array.astype(np.float64)) + np.abs(right))
        ratios = np.where(difference == 0.0, 0.0, difference / sizes)
    return float(np.max(np.where(np.isfinite(ratios), ratios, 1.0)))


def _share(wrong: Array) -> str:
    if wrong.size == 1:
        return "its one value"
    count = int(wrong.sum())
    if count == wrong.size:
        return f"all {count} elements"
    return f"{count} of {wrong.size} elements"


def _at(name: str, index: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, index))}]"
