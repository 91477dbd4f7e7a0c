"""A repository for students: the template, the self-check, and a workflow that runs it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

from grader.assignment.folder import Assignment
from grader.report.atomic_write import write_atomically
from grader.selfcheck.student_kit import build_kit

WORKFLOW: Final = ".github/workflows/check.yml"


def write_repository(assignment: Assignment, out: Path, *, mistakes: bool = True) -> Path:
    """Put template, wheel and workflow into `out`; returns the wheel.

    The wheel is that of the kit: in place of the reference it has the recorded answers of the
    public checks, and no code of hidden ones. `mistakes`: whether it is to name the known ones.

    Raises:
        InputError: `out` holds something already, or cannot be written.
    """
    wheel = build_kit(assignment, out, mistakes=mistakes)
    workflow = files("grader.deploy").joinpath("scripts", "check.yml").read_bytes()
    write_atomically(out / WORKFLOW, workflow)
    return wheel
