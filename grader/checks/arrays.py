"""Judging of what kind a returned value is, whatever its numbers.

A list or an array of lower precision has the right numbers and passes for one where it is compared;
what computes with it raises or loses digits. That is a fault of the function that returned it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grader.model.result import Finding
from grader.model.verdicts import Wrong
from grader.student.proxy import Student

_DOUBLE = ("float64", "float96", "float128")


def assert_arrays(
    student: Student, function: str, args: Sequence[Any], *, only: Sequence[str] = ()
) -> None:
    """Check that a function of float64 arguments returns NumPy arrays of float64.

    Args:
        student: whose function it is.
        function: contract name.
        args: of the call, which is made here.
        only: names of the values that are looked at; all by default that do not stay behind.

    Raises:
        Wrong: a value is something else.
    """
    names = getattr(student, function).signature.returns
    looked_at = only or [name for name in names if not name.endswith("*")]
    asked = [f"{name}.type" if name in looked_at else "_" for name in names]
    told = getattr(student, function)(*args, returns=asked)
    for name, kind in zip(names, told if len(names) > 1 else (told,), strict=True):
        if name in looked_at:
            _judge(student, function, name, kind)


def _judge(student: Student, function: str, name: str, kind: Any) -> None:
    told = isinstance(kind, list) and [type(word) for word in kind] == [str, str]
    found, dtype = kind if told else ("object", "")
    if found != "ndarray":
        text = f"{function} returns {name} as a {found}; it should be a NumPy array."
        finding = Finding(kind="type", quantity=name, call=student.transcript.call)
        raise Wrong(text, finding)
    if dtype not in _DOUBLE:
        text = (
            f"{function} returns {name} as {dtype} although the arguments are float64; "
            "digits are lost."
        )
        finding = Finding(kind="dtype", quantity=name, call=student.transcript.call)
        raise Wrong(text, finding)
