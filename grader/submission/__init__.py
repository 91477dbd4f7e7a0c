"""Finding, reading and describing what students hand in; none of it is executed here."""

from __future__ import annotations

from grader.model.submission import SourceFile, Submission
from grader.submission.discover import Sources, discover, loose_files, single
from grader.submission.load import load
from grader.submission.source import Source

__all__ = [
    "Source",
    "SourceFile",
    "Sources",
    "Submission",
    "discover",
    "load",
    "loose_files",
    "single",
]
