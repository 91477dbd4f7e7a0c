"""Comparing values of any plain kind: numbers, arrays, texts, and lists and dicts of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.checks.compare import VALUES, assert_close
from grader.model.result import Finding
from grader.model.verdicts import Wrong


def assert_same(name: str, received: Any, expected: Any, *, tolerance: float = VALUES) -> None:
    """Check that a value is the right one, whatever plain kind it is of.

    Numbers and arrays are compared like `assert_close` does; lists and tuples are alike, and so
    are lists of numbers and arrays.

    Args:
        name: what it is, as the student knows it.
        received: the student's value.
        expected: the right value.
        tolerance: of numbers, relative to the scale of the whole array.

    Raises:
        Wrong: they differ; the message says where, without the right value.
    """
    if _is_numeric(expected):
        assert_close(name, received, expected, tolerance=tolerance)
    elif isinstance(expected, dict):
        _same_keys(name, received, expected)
        for key, value in expected.items():
            assert_same(f"{name}[{key!r}]", received[key], value, tolerance=tolerance)
    elif isinstance(expected, list | tuple):
        _same_length(name, received, expected)
        for at, value in enumerate(expected):
            assert_same(f"{name}[{at}]", received[at], value, tolerance=tolerance)
    elif expected is None:
        if received is not None:
            raise _wrong(name, f"{name} should be None; it is {_kind(received)}.")
    elif type(received) is not type(expected):
        raise _wrong(name, f"{name} should be {_kind(expected)}; it is {_kind(received)}.")
    elif received != expected:
        raise _wrong(name, f"{name} is wrong.")


def _is_numeric(value: Any) -> bool:
    if isinstance(value, list | tuple):
        try:
            array = np.asarray(value)
        except ValueError:
            return False
        return bool(value) and array.dtype.kind in "biufc"
    return isinstance(value, np.ndarray | np.number | np.bool_ | bool | int | float)


def _same_keys(name: str, received: Any, expected: dict[Any, Any]) -> None:
    if not isinstance(received, dict):
        raise _wrong(name, f"{name} should be a dict; it is {_kind(received)}.")
    missing = [key for key in expected if key not in received]
    if missing:
        raise _wrong(name, f"{name} has no key {missing[0]!r}.")


def _same_length(name: str, received: Any, expected: Any) -> None:
    if not isinstance(received, list | tuple | np.ndarray):
        raise _wrong(name, f"{name} should be a list; it is {_kind(received)}.")
    if len(received) != len(expected):
        text = f"{name} has {len(received)} entries; it should have {len(expected)}."
        raise _wrong(name, text)


def _kind(value: Any) -> str:
    if value is None:
        return "None"
    article = "an" if isinstance(value, int | np.ndarray) else "a"
    words = {
        "str": "text",
        "bool": "truth value",
        "int": "integer",
        "float": "number",
        "ndarray": "array",
    }
    kind = type(value).__name__
    return f"{'a' if kind == 'bool' else article} {words.get(kind, kind)}"


def _wrong(name: str, text: str) -> Wrong:
    return Wrong(text, Finding(kind="values", quantity=name))
