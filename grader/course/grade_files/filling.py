"""Points into a platform's own sheet: all or nothing, and with what would change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from grader.course.grade_files.row_matching import Matching, SheetRow, listed, match_rows
from grader.course.grade_files.sheet_layout import SheetLayout, cell
from grader.course.grade_files.student_grade import (
    EXCUSED,
    NOTHING,
    StudentGrade,
    points_of,
    points_text,
)
from grader.model.errors import InputError
from grader.report.csv import Exact


class FillingRules(NamedTuple):
    """What may be done that is refused otherwise."""

    partial: bool = False
    """Leave out rows that are nobody's and students without a row, in place of refusing."""
    scale: bool = False
    """Convert where the platform's assignment is worth other points than ours."""
    missing_zero: bool = False
    """Give 0 to whoever submitted nothing."""


class Change(NamedTuple):
    """A student whose points are other than those in the sheet."""

    label: str
    before: str
    """Empty where there were none."""
    after: str


class Ungiven(NamedTuple):
    """A student who is given nothing."""

    label: str
    why: str


class FilledSheet(NamedTuple):
    """A sheet with points, and what that means."""

    rows: list[list[str | float]]
    given: int
    """Students with points in it."""
    changes: list[Change]
    left_out: list[Ungiven]
    by_name: list[str]
    """Students who were found by their name alone."""
    scaled: str
    """That points were converted; empty where they were not."""

    @property
    def calculating(self) -> int:
        """Cells that a spreadsheet would calculate; the platform reads them as text."""
        cells = (cell for row in self.rows for cell in row if isinstance(cell, Exact))
        return sum(cell.calculates for cell in cells)


def fill(
    rows: Sequence[list[str]],
    layout: SheetLayout,
    grades: Sequence[StudentGrade],
    rules: FillingRules,
    *,
    sheet: str,
    whole_class: bool,
) -> FilledSheet:
    """Put points into the rows of a sheet.

    Args:
        rows: of the sheet, as they are.
        layout: where things stand in it.
        grades: of every student whom we know.
        rules: what is allowed.
        sheet: the file's name, for messages.
        whole_class: whether `grades` has everybody of the roster, so that another row is nobody's.

    Raises:
        InputError: a row is nobody's or may be two people's, a student with points has no row, or
            the assignment is worth other points there.
    """
    theirs = list(_students(rows, layout))
    matching = match_rows(theirs, layout.ids, [grade.person for grade in grades])
    _must_fit(matching, grades, rules, layout, sheet, whole_class)
    return _Filler(layout, grades, rules, sheet).filled(rows, theirs, matching)


def _students(rows: Sequence[list[str]], layout: SheetLayout) -> Iterator[SheetRow]:
    for number, cells in enumerate(rows[layout.students :], start=layout.students + 1):
        if any(text.strip() for text in cells) and not layout.ignored(cells):
            yield SheetRow(number, cells, layout.name(cells))


def _must_fit(
    matching: Matching,
    grades: Sequence[StudentGrade],
    rules: FillingRules,
    layout: SheetLayout,
    sheet: str,
    whole_class: bool,
) -> None:
    if matching.faults:
        raise InputError(
            f"{sheet}: {'; '.join(matching.faults[:5])}.",
            hint="Nothing was written. Correct the ids, in the sheet or in the roster.",
        )
    if rules.partial:
        return
    known = {person.key for person in matching.without_row}
    lost = [g.label for g in grades if g.person.key in known and g.points is not None]
    if lost:
        raise InputError(
            f"{sheet}: has no row for {listed(lost)}.",
            hint=f"Nothing was written. Is it the right course on {layout.platform}, and a sheet "
            "of today? With --partial the others are written.",
        )
    if whole_class and matching.rows_of_nobody:
        rows = listed(f"{row.name} (row {row.number})" for row in matching.rows_of_nobody)
        raise InputError(
            f"{sheet}: nobody of the class is {rows}.",
            hint="Nothing was written. Import the roster again, or leave them out with --partial.",
        )


class _Filler:
    def __init__(
        self,
        layout: SheetLayout,
        grades: Sequence[StudentGrade],
        rules: FillingRules,
        sheet: str,
    ) -> None:
        self._layout = layout
        self._grades = {grade.person.key: grade for grade in grades}
        self._rules = rules
        self._sheet = sheet
        self._scaled = ""

    def filled(
        self, rows: Sequence[list[str]], students: Sequence[SheetRow], matching: Matching
    ) -> FilledSheet:
        layout = self._layout
        written = [self._written(cells) for cells in rows[: layout.students]]
        changes, left_out, given = [], [], 0
        for row in students:
            person = matching.persons.get(row.number)
            grade = self._grades[person.key] if person else None
            why, points = self._points(row, grade)
            label = grade.label if grade else row.name
            if points is None:
                left_out.append(Ungiven(label, why))
                written += [self._written(row.cells)] if layout.all_rows else []
                continue
            given += 1
            before = cell(row.cells, layout.grade)
            if (points_of(before), "EX" in before) != (points_of(points), "EX" in points):
                changes.append(Change(label, before, points))
            written.append(self._written(row.cells, points))
        without = (self._grades[person.key] for person in matching.without_row)
        left_out += [Ungiven(g.label, g.why or "has no row in the sheet") for g in without]
        return FilledSheet(written, given, changes, left_out, matching.by_name, self._scaled)

    def _points(self, row: SheetRow, grade: StudentGrade | None) -> tuple[str, str | None]:
        """What a row gets, or why it gets nothing."""
        if grade is None:
            return "has no submission here", None
        if why := self._layout.locked(row.cells):
            return why, None
        if grade.why == EXCUSED and self._layout.excused:
            return "", self._layout.excused
        if grade.points is None:
            zero = self._rules.missing_zero and grade.why == NOTHING
            return grade.why, "0" if zero else None
        return "", points_text(self._converted(row, grade), comma=self._layout.comma)

    def _converted(self, row: SheetRow, grade: StudentGrade) -> float:
        assert grade.points is not None
        possible, ours = self._layout.possible(row.cells), grade.max_points
        if possible is None or ours <= 0 or abs(possible - ours) < 0.005:
            return grade.points
        here, there = points_text(ours), points_text(possible)
        if not self._rules.scale:
            raise InputError(
                f"{self._sheet}: the assignment is worth {there} points on "
                f"{self._layout.platform}, and {here} here.",
                hint=f"Nothing was written. With --scale, {here} here become {there} there.",
            )
        self._scaled = f"{here} points here are {there} on {self._layout.platform}"
        return grade.points * possible / ours

    def _written(self, cells: Sequence[str], points: str | None = None) -> list[str | float]:
        """A row as it goes back: the platform's own cells untouched."""
        layout = self._layout
        columns = range(len(cells)) if layout.columns is None else layout.columns
        width = max(len(cells), layout.grade + 1)
        full: list[str | float] = [Exact(text) for text in [*cells, *[""] * (width - len(cells))]]
        if points is not None:
            full[layout.grade] = Exact(points)
            if layout.status and layout.status[0] < width:
                full[layout.status[0]] = layout.status[1]
        return [full[at] if at < width else "" for at in (columns or range(width))]
