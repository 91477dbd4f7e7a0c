"""Grading one submission, from its files to a `Result`."""

from __future__ import annotations

from grader.grading.context import GradingContext
from grader.grading.environment import environment, harness_version
from grader.grading.pipeline import grade_submission
from grader.grading.settings import Settings, select

__all__ = [
    "GradingContext",
    "Settings",
    "environment",
    "grade_submission",
    "harness_version",
    "select",
]
