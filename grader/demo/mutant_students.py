"""Students with automatic mutants of the reference, where an assignment has no catalogue."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from grader.assignment.folder import Assignment
from grader.demo.invented_student import InventedStudent
from grader.runner.check import Check
from grader.runner.reference import reference_files
from grader.runner.session import run_session
from grader.verify.in_memory import InMemoryBank
from grader.verify.mutants import Mutant, make_mutants

MOST: Final = 20


def students_by_mutants(assignment: Assignment) -> list[InventedStudent]:
    """At most `MOST` students with a mutant each, from all over the reference.

    What they deserve is not known: some mutants are right, and others no check may notice.

    Raises:
        InputError: the assignment has no reference.
    """
    found: list[Mutant] = []

    def look(checks: list[Check]) -> None:
        files = reference_files(assignment)
        with tempfile.TemporaryDirectory(prefix="gradewall-demo-") as folder:
            observed, _ = InMemoryBank(assignment, checks, Path(folder).resolve()).observe(files)
        found.extend(make_mutants(files, observed))

    run_session(assignment, look)
    step = -(-len(found) // MOST) if found else 1
    return [_student(mutant, number) for number, mutant in enumerate(found[::step], 1)]


def _student(mutant: Mutant, number: int) -> InventedStudent:
    subject = mutant.subject
    return InventedStudent(
        id=f"mutant-{number:02}",
        what=f"{subject.functions[0]}: {' '.join(subject.new.split())}",
        replaces={subject.file: mutant.text},
        loses=None,
    )
