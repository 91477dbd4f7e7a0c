"""Grade NumPy neural-network assignments: correctly, fast, and without trusting them.

Three ways in:

    grader.grade("submissions/ann")                      one submission, a `Result`
    grader.batch("submissions", out="reports")           a class, results as they come
    grader.check("scale_forward")                       a self-check, in a notebook cell
"""

import sys

if sys.argv[:1] == ["-m"] and not getattr(sys.flags, "safe_path", False):
    # `python -m grader` looks for modules in the current folder first, which may be a student's.
    # Nothing was imported from there yet but this package: also no typing.py, no __future__.py.
    del sys.path[0]

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.api import batch, grade
    from grader.grading import Settings
    from grader.model.errors import GraderError, InputError, InternalError, RubricError, UsageError
    from grader.model.result import CheckResult, Outcome, Result
    from grader.selfcheck.self_check import check

__all__ = [
    "CheckResult",
    "GraderError",
    "InputError",
    "InternalError",
    "Outcome",
    "Result",
    "RubricError",
    "Settings",
    "UsageError",
    "batch",
    "check",
    "grade",
]

_HOME = {
    "CheckResult": "model.result",
    "GraderError": "model.errors",
    "InputError": "model.errors",
    "InternalError": "model.errors",
    "Outcome": "model.result",
    "Result": "model.result",
    "RubricError": "model.errors",
    "Settings": "grading",
    "UsageError": "model.errors",
    "batch": "api",
    "check": "selfcheck.self_check",
    "grade": "api",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that `grader --help` and the worker need no more than they use."""
    if name not in _HOME:
        raise AttributeError(f"module 'grader' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"grader.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
