"""The gradebook as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from grader.report.files import write_pieces
from grader.report.summary import Roster, Summary
from grader.report.text import number, one_line
from grader.result import Outcome, PartResult, Result

_FORMULA = re.compile(r"(^|;\s*)(?=[=+\-@＝＋－＠])")
_CELL_LIMIT: Final = 1_000
_PIECE: Final = 1 << 18
"""Characters after which a piece of the file is passed on."""


def write_gradebook(results: Iterable[Result] | Roster, path: Path) -> None:
    """Write `gradebook_text(results)` to `path`, all or nothing.

    UTF-8 with a byte order mark: without one Excel reads the file in a legacy code page and
    garbles every name that is not ASCII, while LibreOffice, Google Sheets, Canvas and pandas
    skip it. In Python, read it back as `utf-8-sig`.

    Raises:
        InputError: the file cannot be written.
    """
    write_pieces(path, gradebook_pieces(results))


def gradebook_pieces(results: Iterable[Result] | Roster) -> Iterator[bytes]:
    """The content of the file that `write_gradebook` writes, some lines at a time."""
    yield codecs.BOM_UTF8
    for text in _text(Roster.of(results)):
        yield text.encode()


def gradebook_text(results: Iterable[Result] | Roster) -> str:
    """One line a submission, in the order of their names, under a heading.

    Columns: `submission`, `status` (`graded`, `unreadable`, `internal error`), `score`, `penalty`
    for lateness, `final` (score less penalty), `max_score`, `percent` (of the final score),
    `part:<id>` for each part, `checks:<outcome>` (how many) for each outcome, `unmarked` (written
    answers that somebody has to mark) where there are questions, `era`, `python2`, `sandbox`,
    `error`. A submission that could not be graded has empty cells for its numbers, not zeros.
    """
    return "".join(_text(Roster.of(results)))


def _text(roster: Roster) -> Iterator[str]:
    parts: dict[str, None] = {}
    asked = False
    for summary in roster:
        parts.update(dict.fromkeys(part.id for part in summary.parts))
        asked |= bool(summary.answers)
    columns = _Columns(list(parts), asked)
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow([safe_cell(name) for name in _heading(columns)])
    for summary in roster:
        if sheet.tell() > _PIECE:
            yield sheet.getvalue()
            sheet.seek(0)
            sheet.truncate()
        writer.writerow(_row(summary, columns))
    yield sheet.getvalue()


def safe_cell(value: str) -> str:
    """`value` on one line, with an apostrophe before whatever a spreadsheet would calculate.

    Also after `;`, where a spreadsheet of another locale starts a new cell. Control characters,
    a leading tab or carriage return among them, are gone or spelt out before.
    """
    return _FORMULA.sub(r"\1'", one_line(value, _CELL_LIMIT))


class _Columns(NamedTuple):
    parts: list[str]
    unmarked: bool
    """Whether there are written answers."""


def _heading(columns: _Columns) -> list[str]:
    return [
        *("submission", "status", "score", "penalty", "final", "max_score", "percent"),
        *(f"part:{part}" for part in columns.parts),
        *(f"checks:{outcome}" for outcome in Outcome),
        *(["unmarked"] if columns.unmarked else []),
        *("era", "python2", "sandbox", "error"),
    ]


def _row(summary: Summary, columns: _Columns) -> list[str]:
    dialect = summary.era is not None
    return [
        safe_cell(summary.submission),
        _status(summary),
        *_numbers(summary, columns.parts),
        *([str(summary.waiting) if summary.graded else ""] if columns.unmarked else []),
        safe_cell(summary.era or ""),
        ("yes" if summary.python2 else "no") if dialect else "",
        safe_cell(summary.sandbox or ""),
        safe_cell(summary.error),
    ]


def _status(summary: Summary) -> str:
    if summary.graded:
        return "graded"
    return "internal error" if summary.error_kind == "internal" else "unreadable"


def _numbers(summary: Summary, parts: list[str]) -> list[str]:
    if not summary.graded:
        return [""] * (5 + len(parts) + len(Outcome))
    mine: dict[str, PartResult] = {part.id: part for part in summary.parts}
    counts = summary.counts
    totals = (summary.score, summary.penalty, summary.final, summary.max_score, summary.percent)
    return [
        *(number(value) for value in totals),
        *(number(mine[part].points) if part in mine and mine[part].total else "" for part in parts),
        *(str(counts[outcome]) for outcome in Outcome),
    ]
