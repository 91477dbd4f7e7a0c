"""Comparing values of any plain kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.checks import assert_same
from grader.model.verdicts import Wrong


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ([1, 2.0], np.array([1.0, 2.0])),
        (("a", 1), ["a", 1]),
        ({"a": np.ones(2), "b": 1}, {"a": [1, 1]}),
        (None, None),
        (np.float64(3), 3),
        ([], []),
    ],
)
def test_alike(received: Any, expected: Any) -> None:
    assert_same("v", received, expected)


@pytest.mark.parametrize(
    ("received", "expected", "message"),
    [
        ("b", "a", "v is wrong."),
        (1, "a", "v should be a text; it is an integer."),
        (["a"], ["a", "b"], "v has 1 entries; it should have 2."),
        ({"b": 1}, {"a": 1}, "v has no key 'a'."),
        ({"a": "x"}, {"a": "y"}, "v['a'] is wrong."),
        (0, None, "v should be None; it is an integer."),
        ("x", ["x"], "v should be a list; it is a text."),
        (3, {"a": 1}, "v should be a dict; it is an integer."),
        ([1, 3], [1, 2], "The value of v is wrong"),
    ],
)
def test_different(received: Any, expected: Any, message: str) -> None:
    with pytest.raises(Wrong, match="^" + message.replace("[", r"\[").replace("]", r"\]")):
        assert_same("v", received, expected)
