"""The rows of a class page that are not laid out at once: data for its script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import msgspec
from markupsafe import Markup

from grader.model.result import PartResult
from grader.report.class_statistics import NOT_PASSING, ClassRow, ClassStatistics
from grader.report.strings import Texts
from grader.report.summary import Summary
from grader.report.text import one_line

_PIECE: Final = 1_000
_LIKE_ENCODE_URI_COMPONENT: Final = "!'()*"


def rest(view: ClassStatistics, texts: Texts) -> Iterator[Markup]:
    """The rows after the first as JSON that may stand in a page, some rows at a time.

    `{"late": ..., "ungraded": ..., "rows": [[cell of each column..., levels, late, href, kind]]}`:
    a cell is a number, a text or null, or for the notebooks `[failed, run]`, empty where none were
    handed in; `levels` has a digit for each part's share of its points,
    and from the right, what is empty is left out.
    """
    words = {
        "late": texts("late_short"),
        "ungraded": texts("class.not_graded"),
        "nothing": texts("class.kind_absent"),
    }
    words |= {"absent": texts("nb.absent")} if view.has_notebooks else {}
    yield _safe(msgspec.json.encode(words)[:-1] + b',"rows":[')
    lines: list[bytes] = []
    separator = b"\n"
    for row in view.rest():
        lines.append(msgspec.json.encode(_cells(row, notebooks=view.has_notebooks)))
        if len(lines) >= _PIECE:
            yield _safe(separator + b",\n".join(lines))
            lines, separator = [], b",\n"
    if lines:
        yield _safe(separator + b",\n".join(lines))
    yield Markup("]}")


def level(part: PartResult) -> int:
    """How much of a part was earned, in quarters."""
    return int(4 * part.points / part.max_points)


def template_of(summary: Summary) -> str:
    """The template that a submission was written against."""
    told = [one_line(summary.release, 40)] if summary.release else []
    return ", ".join([*told, *["Python 2"] * summary.python2]) or "–"


def _safe(json: bytes) -> Markup:
    """JSON in which nothing can end the element that it stands in."""
    text = json.decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _cells(row: ClassRow, *, notebooks: bool) -> list[Any]:
    summary = row.result
    name = one_line(summary.submission)
    usual = f"instructor/{quote(summary.submission, safe=_LIKE_ENCODE_URI_COMPONENT)}.html"
    href = "" if row.href == usual and name == summary.submission else row.href
    if not summary.graded:
        blanks = [None] * (4 + len(row.parts) + notebooks)
        return [name, *blanks, "", "", 0, href, summary.error_kind]
    cells = [
        *(name, summary.final, *(round(part.points, 2) if part else None for part in row.parts)),
        *(row.counts[outcome] for outcome in NOT_PASSING),
        *([_notebooks(summary)] if notebooks else []),
        template_of(summary),
        "".join(str(level(part)) if part and part.max_points else "-" for part in row.parts),
        *(summary.penalty, href),
    ]
    return cells if href else cells[: -1 if summary.penalty else -2]


def _notebooks(summary: Summary) -> list[int] | None:
    count = summary.cells
    if count is None:
        return None
    return [count.failed, count.run] if count.found else []
