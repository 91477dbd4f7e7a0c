"""Canvas: the gradebook as exported, cut down to one assignment, for "Import" in the gradebook.

Canvas joins rows by its own id, then by SIS id, login and name, and takes every column behind
`Section` for an assignment, but for totals. A heading without the id of an assignment makes a new
one. The sheet may have come with semicolons and decimal commas; what goes back has neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from grader.course.grade_files.sheet_layout import (
    SheetLayout,
    cell,
    chosen_column,
    column_of,
    id_columns,
)
from grader.course.grade_files.student_grade import points_of
from grader.model.errors import InputError

_IDS: Final = (
    (("ID",), ("canvas",)),
    (("SIS User ID",), ("sis", "sid")),
    (("SIS Login ID",), ("login", "email")),
)
_TOTALS: Final = re.compile(
    r"\b(Current|Final|Override) (Score|Points|Grade|Status)\b", re.IGNORECASE
)
_ASSIGNMENT: Final = re.compile(r"\(\d+\)\s*$")
"""Every assignment's heading ends with its id; a column that an instructor added has none."""
_ABOUT: Final = re.compile(r"\s*(Muted|Manual Posting.*)?\s*", re.IGNORECASE)
_READ_ONLY: Final = re.compile(r"read\s+only", re.IGNORECASE)
_TEST_STUDENT: Final = "student test"


def canvas_layout(rows: Sequence[list[str]], sheet: str, column: str, title: str) -> SheetLayout:
    """Where things stand in an exported gradebook.

    Raises:
        InputError: it is not one, or has no column that can be the assignment's.
    """
    headings = rows[0] if rows else []
    section = column_of(headings, "Section")
    if section is None or column_of(headings, "ID") is None or not _has_names(headings):
        raise InputError(
            f"{sheet}: is not a gradebook of Canvas.",
            hint="In Canvas: Gradebook, Export, Export Entire Gradebook.",
        )
    first = next((at for at, row in enumerate(rows) if at and not _is_special(row)), len(rows))
    special = rows[1:first]
    candidates = list(_assignments(headings, section, special))
    grade = chosen_column(sheet, headings, candidates, column, title)
    possible = next(filter(None, (_points(row, grade) for row in special)), None)
    return SheetLayout(
        platform="Canvas",
        students=first,
        ids=id_columns(headings, _IDS),
        name=lambda cells: _name(headings, cells),
        grade=grade,
        possible=lambda _cells: possible,
        columns=(*range(section + 1), grade),
        excused="EX",
        locked=lambda cells: "excused" if cell(cells, grade).upper() == "EX" else "",
        ignored=lambda cells: (
            " ".join(_name(headings, cells).split(", ")).casefold() == _TEST_STUDENT
        ),
    )


def _is_special(row: Sequence[str]) -> bool:
    """Whether a row is about the assignments: it is above the students, and has no student."""
    return "Points Possible" in cell(row, 0) or all(map(_ABOUT.fullmatch, row))


def _has_names(headings: Sequence[str]) -> bool:
    """Whether students' names are there, in one column or, as an option of the export, in two."""
    return "Student" in cell(headings, 0) or column_of(headings, "LastName") is not None


def _name(headings: Sequence[str], cells: Sequence[str]) -> str:
    last, first = column_of(headings, "LastName"), column_of(headings, "FirstName")
    if last is None or first is None:
        return cell(cells, 0)
    return f"{cell(cells, last)}, {cell(cells, first)}"


def _assignments(
    headings: Sequence[str], section: int, special: Sequence[list[str]]
) -> Iterator[int]:
    """The columns that are assignments: no totals, no notes, nothing that Canvas works out."""
    for at in range(section + 1, len(headings)):
        fixed = any(_READ_ONLY.search(cell(row, at)) for row in special)
        if _ASSIGNMENT.search(headings[at]) and not _TOTALS.search(headings[at]) and not fixed:
            yield at


def _points(row: Sequence[str], at: int) -> float | None:
    return points_of(cell(row, at)) if "Points Possible" in cell(row, 0) else None
