"""A term as a page and as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from grader.model.term_records import Term, TermAssignment, TermRow, TermSpread, TermWork
from grader.report.axis import Tick
from grader.report.csv import csv_pieces
from grader.report.html import render, static_frame
from grader.report.strings import Lang, Texts
from grader.report.text import number

_LEFT, _RIGHT, _TOP, _BOTTOM = 4.0, 96.0, 38.0, 232.0
_PERCENT: Final = [Tick(at / 4, str(25 * at)) for at in range(5)]


class Series(NamedTuple):
    """The means of a section, or of all, over the term."""

    name: str
    """Empty for all."""
    points: list[tuple[float, float, str]]
    """Place from the left in per cent, from the top in pixels, and the mean."""


def term_page(term: Term, *, made: str = "", lang: Lang = "en") -> str:
    """The page of a term, complete and self-contained."""
    names = {row.person.key: row.person.name or row.person.key for row in term.rows}
    return render(
        "term.html",
        lang,
        term=term,
        made=made,
        names=lambda keys: ", ".join(names.get(key, key) for key in keys),
        series=_series(term),
        places=_places(term.assignments),
        percent_ticks=_PERCENT,
        cell=lambda work: work_cell(work, Texts(lang)),
        spreads=_spreads,
        **static_frame(),
    )


def totals_csv(term: Term) -> Iterator[bytes]:
    """A row for each student: ids, what counts of each assignment, and the total.

    Of each assignment `points`, `score`, `penalty`, `slip_days` and `state`, which is `dropped`
    where it is left out of the total as one of the lowest.
    """
    columns = ("points", "score", "penalty", "slip_days", "state")
    heading = ["student", "name", "email", "section", "group", "total"]
    heading += [f"{each.id}:{column}" for each in term.assignments for column in columns]
    return csv_pieces([heading, *(_total_row(row) for row in term.rows)])


def sections_csv(term: Term) -> Iterator[bytes]:
    """A row for each assignment and section: the time series."""
    fields = ("submitted", "late", "mean", "median", "lowest", "highest")
    rows: list[list[str | float]] = [["assignment", "due", "section", *fields]]
    for each in term.assignments:
        for name, spread in _spreads(each):
            values = [getattr(spread, field) for field in fields]
            rows.append([each.id, each.due, name, *("" if v is None else v for v in values)])
    return csv_pieces(rows)


def checks_csv(term: Term) -> Iterator[bytes]:
    """A row for each of the hardest checks, with the students behind it."""
    rows: list[list[str | float]] = [
        ["assignment", "check", "title", "failing", "judged", "percent", "students"]
    ]
    for check in term.hardest:
        n, people = len(check.failing), "; ".join(check.failing)
        rows.append([check.assignment, check.id, check.title, n, check.judged, check.share, people])
    return csv_pieces(rows)


def mistakes_csv(term: Term) -> Iterator[bytes]:
    """A row for each student and mistake that comes back."""
    rows: list[list[str | float]] = [["mistake", "title", "student", "assignments"]]
    for mistake in term.returning:
        for person, where in mistake.people.items():
            rows.append([mistake.id, mistake.title, person, "; ".join(where)])
    return csv_pieces(rows)


def work_cell(work: TermWork, texts: Texts) -> str:
    """What a table says of a student's work: points, or why there are none."""
    graded = work.state == "graded"
    told = number(work.points) if graded else texts(f"term.state.{work.state}")
    return texts("term.dropped", points=told) if work.dropped else told


def _total_row(row: TermRow) -> list[str | float]:
    person = row.person
    works: list[str | float] = []
    for work in row.works:
        counted = work.state in ("graded", "excused")
        numbers = [work.points, work.score, work.penalty, work.slip_days]
        works += [*(numbers if counted else [""] * 4), "dropped" if work.dropped else work.state]
    total = "" if row.total is None else row.total
    return [person.key, person.name, person.email, person.section, person.group, total, *works]


def _spreads(assignment: TermAssignment) -> list[tuple[str, TermSpread]]:
    """That of all, then that of each section."""
    return [("", assignment.whole), *assignment.sections.items()]


def _series(term: Term) -> list[Series]:
    sections = sorted({name for each in term.assignments for name in each.sections})
    lines = [Series(name, _points(term.assignments, name)) for name in ("", *sections)]
    return [line for line in lines if line.points]


def _points(assignments: Sequence[TermAssignment], section: str) -> list[tuple[float, float, str]]:
    places = _places(assignments)
    found = []
    for at, each in enumerate(assignments):
        spread = each.sections.get(section) if section else each.whole
        if spread is not None and spread.mean is not None:
            y = _BOTTOM - (_BOTTOM - _TOP) * spread.mean / 100
            found.append((places[at], round(y, 1), number(spread.mean)))
    return found


def _places(assignments: Sequence[TermAssignment]) -> list[float]:
    """Where each assignment stands from the left, in per cent."""
    step = (_RIGHT - _LEFT) / max(1, len(assignments) - 1)
    return [round(_LEFT + at * step, 2) for at in range(len(assignments))]
