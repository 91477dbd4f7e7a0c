"""Plain grades: one row per student, for a spreadsheet or a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.course.grade_files.student_grade import StudentGrade
from grader.report.csv import csv_pieces

_HEADING = ("student", "name", "email", "section", "group", "points", "max_points", "status")


def plain_grades(grades: Sequence[StudentGrade]) -> Iterator[bytes]:
    """The content of the file: the columns above, then each kind of id that somebody has.

    `status` is `graded` or why there are no points.
    """
    kinds = sorted({kind for grade in grades for kind, id in grade.person.ids.items() if id})
    return csv_pieces([[*_HEADING, *kinds], *(_row(grade, kinds) for grade in grades)])


def _row(grade: StudentGrade, kinds: Sequence[str]) -> list[str | float]:
    person = grade.person
    who = [person.key, person.name, person.email, person.section, person.group]
    points = "" if grade.points is None else grade.points
    numbers: list[str | float] = [points, grade.max_points if grade.max_points else ""]
    ids = [person.ids.get(kind, "") for kind in kinds]
    return [*who, *numbers, grade.why or "graded", *ids]
