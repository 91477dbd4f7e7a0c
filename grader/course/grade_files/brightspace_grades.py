"""Brightspace: the grades as exported, cut down to one column, for "Import".

Headings are `OrgDefinedId`, `Username` and `... Points Grade`, with what it is worth in angle
brackets or not; the last column marks the end of a line. Ids begin with `#`, so that no spreadsheet
takes them for numbers; they go back as they came.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from grader.course.grade_files.sheet_layout import (
    SheetLayout,
    chosen_column,
    column_of,
    full_name,
    id_columns,
)
from grader.course.grade_files.student_grade import points_of
from grader.model.errors import InputError

_IDS: Final = (
    (("OrgDefinedId",), ("sid", "sis", "brightspace")),
    (("Username",), ("login", "brightspace", "email")),
    (("Email",), ("email",)),
)
_COLUMN: Final = re.compile(
    r"^(?P<title>.*?)\s+Points Grade\s*(?:<[^>]*MaxPoints:(?P<points>[\d.,]+)[^>]*>)?\s*$"
)
_SUM: Final = re.compile(
    r"Subtotal|Numerator|Denominator|^(Calculated|Adjusted) Final", re.IGNORECASE
)
_END: Final = "End-of-Line Indicator"


def brightspace_layout(
    rows: Sequence[list[str]], sheet: str, column: str, title: str
) -> SheetLayout:
    """Where things stand in exported grades.

    Raises:
        InputError: they are not that, or have no column that can be the assignment's.
    """
    headings = [text.strip() for text in rows[0]] if rows else []
    ids, end = id_columns(headings, _IDS), column_of(headings, _END)
    if not ids or end is None:
        raise InputError(
            f"{sheet}: is not a file of grades from Brightspace.",
            hint="In Brightspace: Grades, Enter Grades, Export, with Points Grade and both keys.",
        )
    matches = [None if _SUM.search(text) else _COLUMN.match(text) for text in headings]
    titles = [
        match["title"] if match else text for match, text in zip(matches, headings, strict=True)
    ]
    candidates = [at for at, match in enumerate(matches) if match]
    named = _COLUMN.match(column)
    grade = chosen_column(sheet, titles, candidates, named["title"] if named else column, title)
    match = matches[grade]
    possible = points_of(match["points"]) if match and match["points"] else None
    keys = tuple(id.at for id in ids if id.title != "Email")
    return SheetLayout(
        platform="Brightspace",
        students=1,
        ids=ids,
        name=full_name(headings),
        grade=grade,
        possible=lambda _cells: possible,
        columns=(*keys, grade, end),
    )
