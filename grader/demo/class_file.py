"""The demo class of an assignment: as its folder tells it, or as its catalogue makes one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from grader.assignment.catalogue import Mistake, Variant, load_mistakes, load_variants
from grader.assignment.folder import Assignment
from grader.assignment.toml_record import read_record
from grader.demo.drawn_students import drawn_students
from grader.demo.invented_student import InventedStudent
from grader.demo.mutant_students import students_by_mutants
from grader.model.errors import InputError
from grader.model.rubric_fault import did_you_mean

FILE: Final = "students.toml"
"""In the assignment's folder `demo`."""


class _ClassFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file holds."""

    student: list[InventedStudent]


def class_of(assignment: Assignment, size: int = 0) -> list[InventedStudent]:
    """The invented students of an assignment.

    Args:
        assignment: whose.
        size: how many; 0 for those of its file or catalogue. More than these are drawn at random.

    Raises:
        InputError: its file of them, or its catalogue, is wrong.
    """
    layout = assignment.layout
    mistakes, variants = load_mistakes(layout.mistakes), load_variants(layout.variants)
    path = layout.demo / FILE
    if path.is_file():
        students = students_of(path, [*mistakes, *variants])
    else:
        students = students_by_catalogue([*variants, *mistakes])
        students += [] if mistakes else students_by_mutants(assignment)
    drawn = drawn_students(mistakes, assignment.contract)
    more = itertools.islice(drawn, max(0, size - len(students)))
    return [*students[: size or len(students)], *more]


def students_of(path: Path, known: Sequence[Mistake | Variant]) -> list[InventedStudent]:
    """The students that a file invents.

    Args:
        path: the file.
        known: the assignment's mistakes and variants.

    Raises:
        InputError: the file is wrong, or names what the catalogue does not have.
    """
    students = read_record(path, _ClassFile).student
    ids = [entry.id for entry in known]
    for student in students:
        for name in (*student.variants, *student.mistakes):
            if name not in ids:
                text = (
                    f"{path}: {student.id} has {name!r}, which is neither a mistake nor a variant."
                )
                raise InputError(text, hint=did_you_mean(name, ids))
    return students


def students_by_catalogue(known: Sequence[Mistake | Variant]) -> list[InventedStudent]:
    """One student who is right as the reference is, and one for each mistake and variant."""
    right = InventedStudent(id="reference", what="right, as the reference has it")
    return [right, *map(_student, known)]


def _student(entry: Mistake | Variant) -> InventedStudent:
    if isinstance(entry, Variant):
        return InventedStudent(id=entry.id, what=entry.title.en, variants=(entry.id,))
    loses = frozenset({entry.function})
    return InventedStudent(id=entry.id, what=entry.title.en, mistakes=(entry.id,), loses=loses)
