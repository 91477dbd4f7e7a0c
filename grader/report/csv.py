"""The gradebook as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from grader.report.files import write_atomically
from grader.report.student_view import asked_for
from grader.report.text import by_name, number, one_line
from grader.result import Outcome, PartResult, Result

_FORMULA = re.compile(r"(^|;\s*)(?=[=+\-@＝＋－＠])")
_CELL_LIMIT: Final = 1_000


def write_gradebook(results: Iterable[Result], path: Path) -> None:
    """Write `gradebook_text(results)` to `path`, all or nothing.

    UTF-8 with a byte order mark: without one Excel reads the file in a legacy code page and
    garbles every name that is not ASCII, while LibreOffice, Google Sheets, Canvas and pandas
    skip it. In Python, read it back as `utf-8-sig`.

    Raises:
        InputError: the file cannot be written.
    """
    write_atomically(path, gradebook_text(results).encode("utf-8-sig"))


def gradebook_text(results: Iterable[Result]) -> str:
    """One line a submission, in the order of their names, under a heading.

    Columns: `submission`, `status` (`graded`, `unreadable`, `internal error`), `score`, `penalty`
    for lateness, `final` (score less penalty), `max_score`, `percent` (of the final score),
    `part:<id>` for each part, `checks:<outcome>` (how many) for each outcome, `era`, `python2`,
    `sandbox`, `error`. A submission that could not be graded has empty cells for its numbers,
    not zeros.
    """
    every = sorted(results, key=lambda result: by_name(result.submission))
    parts = list({part.id: part for result in every for part in result.parts})
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow([safe_cell(name) for name in _heading(parts)])
    writer.writerows(_row(result, parts) for result in every)
    return sheet.getvalue()


def safe_cell(value: str) -> str:
    """`value` on one line, with an apostrophe before whatever a spreadsheet would calculate.

    Also after `;`, where a spreadsheet of another locale starts a new cell. Control characters,
    a leading tab or carriage return among them, are gone or spelt out before.
    """
    return _FORMULA.sub(r"\1'", one_line(value, _CELL_LIMIT))


def _heading(parts: list[str]) -> list[str]:
    return [
        *("submission", "status", "score", "penalty", "final", "max_score", "percent"),
        *(f"part:{part}" for part in parts),
        *(f"checks:{outcome}" for outcome in Outcome),
        *("era", "python2", "sandbox", "error"),
    ]


def _row(result: Result, parts: list[str]) -> list[str]:
    dialect = result.dialect
    return [
        safe_cell(result.submission),
        _status(result),
        *_numbers(result, parts),
        safe_cell(dialect.era) if dialect else "",
        ("yes" if dialect.python2 else "no") if dialect else "",
        safe_cell(result.sandbox.kind) if result.sandbox else "",
        safe_cell(result.error),
    ]


def _status(result: Result) -> str:
    if result.graded:
        return "graded"
    return "internal error" if result.error_kind == "internal" else "unreadable"


def _numbers(result: Result, parts: list[str]) -> list[str]:
    if not result.graded:
        return [""] * (5 + len(parts) + len(Outcome))
    mine: dict[str, PartResult] = {part.id: part for part in result.parts}
    counts = Counter(check.outcome for check in result.checks if asked_for(check))
    return [
        *(number(value) for value in _totals(result)),
        *(number(mine[part].points) if part in mine and mine[part].total else "" for part in parts),
        *(str(counts[outcome]) for outcome in Outcome),
    ]


def _totals(result: Result) -> tuple[float, ...]:
    percent = 100.0 * result.final / result.max_score if result.max_score else 0.0
    return result.score, result.penalty, result.final, result.max_score, percent
