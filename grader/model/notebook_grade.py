"""What came of the notebooks of one submission."""

from __future__ import annotations

import msgspec

from grader.model.notebook_records import NotebookResult
from grader.model.result import CheckResult


class Graded(msgspec.Struct):
    """Notebooks, and the checks that they earn points by."""

    notebooks: list[NotebookResult] = []
    checks: list[CheckResult] = []
    notes: list[str] = []
