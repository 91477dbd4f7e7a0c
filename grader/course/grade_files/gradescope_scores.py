"""Gradescope: the scores of an assignment, as exported ("Download Grades"), filled in.

Gradescope itself imports no scores; other tools read this form. Columns are found by name, since
there are several versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grader.course.grade_files.sheet_layout import SheetLayout, cell, column_of, id_columns
from grader.course.grade_files.student_grade import points_of
from grader.model.errors import InputError

_IDS: Final = (
    (("SID",), ("sid",)),
    (("Email",), ("email",)),
    (("Submission ID",), ("gradescope",)),
)


def gradescope_layout(rows: Sequence[list[str]], sheet: str, column: str) -> SheetLayout:
    """Where things stand in exported scores.

    Raises:
        InputError: it is not such a file.
    """
    headings = rows[0] if rows else []
    total = column_of(headings, column or "Total Score")
    ids = id_columns(headings, _IDS)
    if total is None or not ids:
        raise InputError(
            f"{sheet}: is not a file of scores from Gradescope.",
            hint="In Gradescope: Review Grades, Download Grades, Download CSV.",
        )
    maximum, status = column_of(headings, "Max Points"), column_of(headings, "Status")
    whole = column_of(headings, "Name")
    first, last = column_of(headings, "First Name"), column_of(headings, "Last Name")
    return SheetLayout(
        platform="Gradescope",
        students=1,
        ids=ids,
        name=lambda cells: cell(cells, whole) or f"{cell(cells, first)} {cell(cells, last)}",
        grade=total,
        possible=lambda cells: points_of(cell(cells, maximum)),
        all_rows=True,
        status=None if status is None else (status, "Graded"),
    )
