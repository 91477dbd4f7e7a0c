"""Where things stand in a platform's sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from grader.course.grade_files.row_matching import IdColumn, listed
from grader.model.errors import InputError

_END_ID: Final = re.compile(r"\s*\((\d+)\)\s*$")


class SheetLayout(NamedTuple):
    """What of a sheet is what."""

    platform: str
    students: int
    """Index of the first student's row."""
    ids: tuple[IdColumn, ...]
    """The strongest first."""
    name: Callable[[list[str]], str]
    grade: int
    """Index of the column to be filled."""
    possible: Callable[[list[str]], float | None]
    """What the assignment is worth on the platform, by a student's row; None if it does not say."""
    columns: tuple[int, ...] | None = None
    """Those that are written; None for all. Others would be imported too, as old as they are."""
    locked: Callable[[list[str]], str] = lambda _cells: ""
    """Why a row may not be filled; empty where it may."""
    ignored: Callable[[list[str]], bool] = lambda _cells: False
    """Whether a row is nobody's and need not be: the platform's test student."""
    all_rows: bool = False
    """Whether rows that get no points are written too."""
    comma: bool = False
    """Whether the platform reads a decimal comma."""
    excused: str = ""
    """What stands in place of points for a student who is excused; empty where nothing can."""
    status: tuple[int, str] | None = None
    """A column that says that there is a grade, and the word for it."""


def chosen_column(
    sheet: str, headings: Sequence[str], candidates: Iterable[int], wanted: str, title: str
) -> int:
    """The column that belongs to the assignment: the one that is named, or that cannot be another.

    Args:
        sheet: the file's name, for messages.
        headings: of all columns.
        candidates: the columns that may be assignments.
        wanted: a heading that somebody named, with or without the id at its end.
        title: the assignment's.

    Raises:
        InputError: none, or several.
    """
    possible = list(candidates)
    told = wanted or title
    exact = [at for at in possible if headings[at].strip() == told.strip()]
    id = _END_ID.search(told)
    ends = (_END_ID.search(headings[at]) for at in possible)
    same = [at for at, end in zip(possible, ends, strict=True) if id and end and end[1] == id[1]]
    alike = [at for at in possible if _bare(headings[at]) == _bare(told)]
    found = exact or same or alike or ([] if wanted else possible)
    if len(found) == 1:
        return found[0]
    names = listed(repr(headings[at].strip()) for at in (found or possible))
    if not possible:
        raise InputError(
            f"{sheet}: has no column for an assignment's points.",
            hint="Download it again once the assignment is on the platform.",
        )
    what = f"no column {wanted!r}" if wanted and not found else "several columns for points"
    raise InputError(f"{sheet}: has {what}: {names}.", hint='Name one: --column "HEADING".')


def column_of(headings: Sequence[str], *names: str) -> int | None:
    """Where a column of one of these names stands, capitals aside."""
    wanted = {name.casefold() for name in names}
    return next((at for at, text in enumerate(headings) if text.strip().casefold() in wanted), None)


def id_columns(
    headings: Sequence[str], known: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]
) -> tuple[IdColumn, ...]:
    """The columns of ids that are there, of those that a platform has: names and kinds of each."""
    found = ((column_of(headings, *names), kinds) for names, kinds in known)
    return tuple(IdColumn(at, headings[at].strip(), kinds) for at, kinds in found if at is not None)


def full_name(headings: Sequence[str]) -> Callable[[list[str]], str]:
    """The name in a row of a sheet with a column for each of its halves."""
    first, last = column_of(headings, "First Name"), column_of(headings, "Last Name")
    return lambda cells: f"{cell(cells, first)} {cell(cells, last)}"


def cell(cells: Sequence[str], at: int | None) -> str:
    """A cell that may not be there."""
    return cells[at].strip() if at is not None and at < len(cells) else ""


def _bare(heading: str) -> str:
    return " ".join(_END_ID.sub("", heading.strip()).split()).casefold()
