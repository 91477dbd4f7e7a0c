"""Blackboard: the grades as downloaded, cut down to one column, for "Upload grades".

A column is known by the id at the end of its heading: `Essay [Total Pts: 100 Score] |12345`. What
Blackboard downloads is UTF-16 with tabs, whatever its name says; it takes UTF-8 with commas.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from grader.course.grade_files.sheet_layout import (
    SheetLayout,
    cell,
    chosen_column,
    column_of,
    full_name,
    id_columns,
)
from grader.course.grade_files.student_grade import points_of
from grader.model.errors import InputError

_IDS: Final = (
    (("Username", "User Name"), ("blackboard", "login", "email")),
    (("Student ID",), ("sid", "sis")),
)
_COLUMN: Final = re.compile(
    r"^(?P<title>.*?)\s*(\[Total Pts: (?:up to )?(?P<points>[\d.,]+)[^\]]*\])?\s*\|\s*\d+\s*$"
)
_KEPT: Final = ("Last Name", "First Name", "Username", "User Name", "Student ID")


def blackboard_layout(
    rows: Sequence[list[str]], sheet: str, column: str, title: str
) -> SheetLayout:
    """Where things stand in downloaded grades.

    Raises:
        InputError: they are not that, or have no column that can be the assignment's.
    """
    headings = [text.strip() for text in rows[0]] if rows else []
    ids = id_columns(headings, _IDS)
    if not ids:
        raise InputError(
            f"{sheet}: is not a file of grades from Blackboard.",
            hint="In Blackboard: Gradebook, Download Grades.",
        )
    matches = [_COLUMN.match(text) for text in headings]
    titles = [
        match["title"] if match else text for match, text in zip(matches, headings, strict=True)
    ]
    candidates = [at for at, match in enumerate(matches) if match]
    named = _COLUMN.match(column)
    whole = [at for at in candidates if headings[at] == column.strip()]
    wanted = named["title"] if named else column
    grade = chosen_column(sheet, titles, whole or candidates, wanted, title)
    match = matches[grade]
    possible = points_of(match["points"]) if match and match["points"] else None
    kept = (column_of(headings, name) for name in _KEPT)
    return SheetLayout(
        platform="Blackboard",
        students=1,
        ids=ids,
        name=full_name(headings),
        grade=grade,
        possible=lambda _cells: possible,
        columns=(*(at for at in kept if at is not None), grade),
        ignored=lambda cells: cell(cells, ids[0].at).endswith("_previewuser"),
    )
