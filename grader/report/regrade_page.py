"""What another grading changes, as a page, a CSV and lines for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from grader.model.result import Outcome
from grader.model.score_change import CheckChange, Regrade, ScoreChange
from grader.report.class_statistics import report_href
from grader.report.csv import csv_pieces
from grader.report.html import render, static_frame
from grader.report.strings import Lang, Texts
from grader.report.text import number, one_line

_SHOWN = 20


def regrade_page(found: Regrade, *, title: str, lang: Lang = "en") -> str:
    """The page of a preview, complete and self-contained; it lies in a folder of the output."""
    texts = Texts(lang)
    return render(
        "regrade.html",
        lang,
        found=found,
        title=title,
        outcome_of=lambda outcome: _outcome(outcome, texts),
        why=lambda change: _why(change, texts),
        signed=signed,
        href=lambda change: f"../{report_href(change.submission)}",
        **static_frame(),
    )


def regrade_csv(found: Regrade, lang: Lang = "en") -> Iterator[bytes]:
    """A row for each submission that changes: what counts before and after, why, which checks."""
    texts = Texts(lang)
    heading = ["submission", "name", "before", "after", "change", "why", "checks"]
    return csv_pieces([heading, *(_row(change, texts) for change in found.changes)])


def regrade_lines(found: Regrade, lang: Lang = "en") -> Iterator[str]:
    """The largest changes, and how many there are in all."""
    texts = Texts(lang)
    for change in found.changes[:_SHOWN]:
        points = f"{_points(change.before)} → {_points(change.after)}"
        name = one_line(change.submission, 32)
        yield f"{name:<32} {points:>18}  {signed(change.by):>7}  {_why(change, texts)}"
    if len(found.changes) > _SHOWN:
        yield texts("terminal.more", n=len(found.changes) - _SHOWN)
    counts = (
        ("looked_at", found.total),
        ("changed", len(found.changes)),
        ("gained", found.gained),
        ("lost", found.lost),
    )
    yield ", ".join(f"{texts(f'regrade.{name}')}: {n}" for name, n in counts)


def signed(points: float) -> str:
    """Points gained or lost: `+2.5`, `−3`."""
    return f"+{number(points)}" if points > 0 else number(points).replace("-", "−")


def _row(change: ScoreChange, texts: Texts) -> list[str | float]:
    checks = "; ".join(_check(check, texts) for check in change.checks)
    before = "" if change.before is None else change.before
    after = "" if change.after is None else change.after
    return [
        *(change.submission, change.name, before, after, change.by),
        *(_why(change, texts), checks),
    ]


def _check(check: CheckChange, texts: Texts) -> str:
    return f"{check.id}: {_outcome(check.before, texts)} → {_outcome(check.after, texts)}"


def _outcome(outcome: str, texts: Texts) -> str:
    return texts.outcome(Outcome(outcome)) if outcome else texts("regrade.not_there")


def _why(change: ScoreChange, texts: Texts) -> str:
    return ", ".join(texts(f"regrade.cause.{cause}") for cause in change.causes)


def _points(points: float | None) -> str:
    return "–" if points is None else number(points)
