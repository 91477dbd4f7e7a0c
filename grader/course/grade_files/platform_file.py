"""The file for a platform: its own sheet read, filled and written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

from grader.course.grade_files.blackboard_grades import blackboard_layout
from grader.course.grade_files.brightspace_grades import brightspace_layout
from grader.course.grade_files.canvas_gradebook import canvas_layout
from grader.course.grade_files.filling import FilledSheet, FillingRules, fill
from grader.course.grade_files.gradescope_scores import gradescope_layout
from grader.course.grade_files.moodle_worksheet import moodle_layout
from grader.course.grade_files.new_sheet import new_sheet
from grader.course.grade_files.sheet_layout import SheetLayout
from grader.course.grade_files.student_grade import StudentGrade
from grader.report.csv import csv_pieces, read_table

Platform = Literal["canvas", "moodle", "gradescope", "blackboard", "brightspace"]
PLATFORMS: Final[tuple[Platform, ...]] = (
    "canvas", "moodle", "gradescope", "blackboard", "brightspace",
)  # fmt: skip


def filled_sheet(
    platform: Platform,
    grades: Sequence[StudentGrade],
    rules: FillingRules,
    *,
    sheet: Path | None = None,
    column: str = "",
    title: str = "",
    whole_class: bool = False,
) -> FilledSheet:
    """The platform's sheet with everybody's points.

    Args:
        platform: whose.
        grades: of everybody whom we know.
        rules: what is allowed.
        sheet: the file as downloaded; one is made where None, if the platform can do with that.
        column: heading of the column to be filled.
        title: the assignment's, by which the column is found where none is named.
        whole_class: whether `grades` has everybody of a roster.

    Raises:
        InputError: the sheet cannot be read or filled; see `fill`.
        UsageError: the platform needs its own sheet.
    """
    name = str(sheet) if sheet else f"The file for {platform.capitalize()}"
    rows = read_table(sheet).rows if sheet else new_sheet(platform, grades, column)
    layout = _layout(platform, rows, name, column if sheet else "", title)
    return fill(rows, layout, grades, rules, sheet=name, whole_class=whole_class)


def sheet_pieces(filled: FilledSheet) -> Iterator[bytes]:
    """The content of the file: UTF-8 and commas, which every platform reads."""
    return csv_pieces(filled.rows, for_spreadsheets=False)


def _layout(
    platform: Platform, rows: Sequence[list[str]], sheet: str, column: str, title: str
) -> SheetLayout:
    if platform == "canvas":
        return canvas_layout(rows, sheet, column, title)
    if platform == "moodle":
        return moodle_layout(rows, sheet, column)
    if platform == "gradescope":
        return gradescope_layout(rows, sheet, column)
    if platform == "blackboard":
        return blackboard_layout(rows, sheet, column, title)
    return brightspace_layout(rows, sheet, column, title)
