"""What is made of a folder once its files are there: the answer key and the template."""

from __future__ import annotations

from pathlib import Path

from grader.assignment.folder import Assignment
from grader.assignment.stripping import build_template
from grader.runner.recording import record_key


def complete(toml: Path) -> None:
    """Record the answer key of an assignment and strip its template."""
    assignment = Assignment.load(str(toml))
    record_key(assignment).save(assignment.layout.key)
    build_template(assignment.layout.solution, assignment.layout.template)
