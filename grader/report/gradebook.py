"""The gradebook: a row for each submission, for a spreadsheet or an LMS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.model.result import Outcome, PartResult, Result
from grader.model.worth import WorthStep
from grader.report.atomic_write import write_pieces
from grader.report.csv import csv_pieces
from grader.report.summary import Roster, Summary
from grader.report.text import number

_Row = list[str | float]


def write_gradebook(results: Iterable[Result] | Roster, path: Path) -> None:
    """Write the gradebook to `path`, all or nothing.

    Raises:
        InputError: the file cannot be written.
    """
    write_pieces(path, gradebook_pieces(results))


def gradebook_pieces(results: Iterable[Result] | Roster) -> Iterator[bytes]:
    """The content of a gradebook: one row per submission, in the order of their names.

    Columns: `submission`, `name` (what people call it), `status` (`graded`, `not submitted`,
    `unreadable`, `internal error`, `excused`), `score`, `penalty` for lateness, `final` (what
    counts), `max_score`, `percent` (of what counts), `part:<id>` for each part, `checks:<outcome>`
    (how many) for each outcome, `steps` (from the score to what counts) where somebody has some,
    `unmarked` (written answers that somebody has to mark) where there are questions,
    `release` where the assignment has some, `python2`, `sandbox`, `error`. A submission that could
    not be graded has empty cells for its numbers, not zeros.
    """
    return csv_pieces(_rows(Roster.of(results)))


def _rows(roster: Roster) -> Iterator[_Row]:
    parts: dict[str, None] = {}
    asked = released = stepped = False
    for summary in roster:
        parts.update(dict.fromkeys(part.id for part in summary.parts))
        asked |= bool(summary.answers)
        released |= summary.release is not None
        stepped |= bool(summary.steps)
    columns = _Columns(list(parts), stepped, asked, released)
    yield _heading(columns)
    for summary in roster:
        yield _row(summary, columns)


class _Columns(NamedTuple):
    parts: list[str]
    steps: bool
    """Whether anything was done to a score."""
    unmarked: bool
    """Whether there are written answers."""
    release: bool
    """Whether the assignment tells releases apart."""


def _heading(columns: _Columns) -> _Row:
    return [
        *("submission", "name", "status", "score", "penalty", "final", "max_score", "percent"),
        *(f"part:{part}" for part in columns.parts),
        *(f"checks:{outcome}" for outcome in Outcome),
        *(["steps"] if columns.steps else []),
        *(["unmarked"] if columns.unmarked else []),
        *(["release"] if columns.release else []),
        *("python2", "sandbox", "error"),
    ]


def _row(summary: Summary, columns: _Columns) -> _Row:
    return [
        summary.submission,
        summary.name,
        _status(summary),
        *_numbers(summary, columns.parts),
        *([steps_told(summary.steps)] if columns.steps else []),
        *([summary.waiting if summary.graded else ""] if columns.unmarked else []),
        *([summary.release or ""] if columns.release else []),
        ("yes" if summary.python2 else "no") if summary.graded else "",
        summary.sandbox or "",
        summary.error,
    ]


def steps_told(steps: Sequence[WorthStep]) -> str:
    """The steps in one cell: `late: 1 h late: less 10 % of the points earned. 90 → 81`."""
    told = (
        f"{step.kind}: {step.reason} {number(step.before)} → {number(step.after)}" for step in steps
    )
    return " · ".join(told)


def _status(summary: Summary) -> str:
    if summary.excused:
        return "excused"
    if summary.graded:
        return "graded"
    kinds = {"absent": "not submitted", "internal": "internal error"}
    return kinds.get(summary.error_kind, "unreadable")


def _numbers(summary: Summary, parts: list[str]) -> _Row:
    if not summary.graded:
        given = summary.steps and not summary.excused
        whole = [summary.final, summary.max_score, summary.percent] if given else [""] * 3
        return ["", "", *whole, *[""] * (len(parts) + len(Outcome))]
    mine: dict[str, PartResult] = {part.id: part for part in summary.parts}
    counts = summary.counts
    totals = (summary.score, summary.penalty, summary.final, summary.max_score, summary.percent)
    return [
        *totals,
        *(mine[part].points if part in mine and mine[part].total else "" for part in parts),
        *(counts[outcome] for outcome in Outcome),
    ]
