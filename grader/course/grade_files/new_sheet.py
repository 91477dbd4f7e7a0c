"""A platform's sheet where there is none to fill: what the platform needs to find a student."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from grader.course.grade_files.row_matching import listed
from grader.course.grade_files.student_grade import StudentGrade, points_text
from grader.model.errors import InputError, UsageError
from grader.model.person import Person
from grader.report.csv import Exact, safe_cell

_CANVAS_TITLE: Final = re.compile(r".+\(\d+\)$")
_PLAIN_ID: Final = re.compile(r"[=+\-@＝＋－＠]?[\w.#@/-]*")
"""An id that a spreadsheet may take for a formula, but for none that does anything."""

Rows = list[list[str]]


def new_sheet(platform: str, grades: Sequence[StudentGrade], column: str) -> Rows:
    """The rows of a sheet for those students who have points, with no points in it yet.

    Raises:
        UsageError: the platform needs its own sheet, or the heading of its column.
        InputError: a student has no id of the platform, or one that a spreadsheet would calculate.
    """
    make = _MAKERS.get(platform)
    if make is None:
        raise UsageError(
            f"--to {platform} needs the platform's own file.",
            hint="Download it from there, and name it: --sheet FILE.csv.",
        )
    people = [grade.person for grade in grades if grade.points is not None]
    most = max((grade.max_points for grade in grades), default=0.0)
    return make(people, column, points_text(most))


def _canvas(people: Sequence[Person], column: str, most: str) -> Rows:
    if not _CANVAS_TITLE.fullmatch(column.strip()):
        raise UsageError(
            "--to canvas needs the gradebook as exported, or the heading that it has there.",
            hint='Add --sheet EXPORT.csv, or --column "Homework 2 (1234)" with the id of the '
            "assignment, without which Canvas would make a new one.",
        )
    _must_have(people, "Canvas", ("canvas", "sis", "login"))
    heading = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", column.strip()]
    return [
        heading,
        ["    Points Possible", "", "", "", "", most],
        *(
            [safe_cell(p.name), *_ids(p, "canvas", "sis", "login"), safe_cell(p.section), ""]
            for p in people
        ),
    ]


def _gradescope(people: Sequence[Person], _column: str, most: str) -> Rows:
    _must_have(people, "Gradescope", ("sid", "email"))
    heading = ["Name", "SID", "Email", "Total Score", "Max Points", "Status"]
    rows = ([safe_cell(p.name), *_ids(p, "sid", "email"), "", most, ""] for p in people)
    return [heading, *rows]


def _brightspace(people: Sequence[Person], column: str, _most: str) -> Rows:
    if not column:
        raise UsageError(
            "--to brightspace needs the grades as exported, or the name of the grade item.",
            hint='Add --sheet EXPORT.csv, or --column "Homework 2".',
        )
    _must_have(people, "Brightspace", ("sid", "login"))
    title = safe_cell(column.removesuffix("Points Grade").strip())
    heading = ["OrgDefinedId", "Username", f"{title} Points Grade", "End-of-Line Indicator"]
    marked = ([f"#{id}" if id else "" for id in _ids(p, "sid", "login")] for p in people)
    return [heading, *([*ids, "", "#"] for ids in marked)]


_MAKERS: Final[dict[str, Callable[[Sequence[Person], str, str], Rows]]] = {
    "canvas": _canvas,
    "gradescope": _gradescope,
    "brightspace": _brightspace,
}


def _must_have(people: Sequence[Person], platform: str, kinds: tuple[str, ...]) -> None:
    without = [person.name for person in people if not any(_ids(person, *kinds))]
    if without:
        raise InputError(
            f"No id of {platform} is known for {listed(without)}.",
            hint="Name the platform's own file: --sheet FILE.csv.",
        )


def _ids(person: Person, *kinds: str) -> list[str]:
    ids = [person.email if kind == "email" else person.ids.get(kind, "") for kind in kinds]
    for id in ids:
        if Exact(id).calculates and not _PLAIN_ID.fullmatch(id):
            raise InputError(
                f"{person.name}: a spreadsheet would calculate the id {id!r}.",
                hint="Name the platform's own file: --sheet FILE.csv.",
            )
    return ids
