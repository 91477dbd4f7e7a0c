"""Grading one submission, from its files to a `Result`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.grading.context import GradingContext
    from grader.grading.environment import harness_version
    from grader.grading.pipeline import grade_submission
    from grader.grading.settings import Settings, select

__all__ = [
    "GradingContext",
    "Settings",
    "grade_submission",
    "harness_version",
    "select",
]

_HOME = {
    "GradingContext": "context",
    "Settings": "settings",
    "grade_submission": "pipeline",
    "harness_version": "environment",
    "select": "settings",
}


def __getattr__(name: str) -> Any:
    """Import on first use: commands need the settings, and only the grading server the rest."""
    if name not in _HOME:
        raise AttributeError(f"module 'grader.grading' has no attribute {name!r}")
    return getattr(import_module(f"grader.grading.{_HOME[name]}"), name)
