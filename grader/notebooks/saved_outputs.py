"""What the notebook showed when it was handed in, against what it shows now."""

from __future__ import annotations

import itertools
import re
from typing import Any, Final

from msgspec.structs import replace

from grader.model.notebook_records import NO_SHELL, CellOutcome, NotebookCell
from grader.submission.notebook_cells import Cell, Notebook

_NUMBER: Final = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?(?![\w.])")
_SMALL, _LARGE = 1e-3, 5e-2
"""An error below the first is right, one above the second wrong."""
_STOPPED: Final = frozenset({CellOutcome.TIMEOUT, CellOutcome.FLOODED})
_ERROR_LINE: Final = re.compile(r"error|误差", re.IGNORECASE)


def compare_saved(book: Notebook, cells: list[NotebookCell]) -> list[NotebookCell]:
    """The cells, with a note where what was handed in does not fit what they do now."""
    handed_in = {cell.id: cell for cell in book.cells}
    return [_compared(handed_in[cell.id], cell) for cell in cells]


def order_notes(book: Notebook) -> list[str]:
    """Whether the saved execution numbers say that the cells were run in another order."""
    counts = [cell.count for cell in book.cells if cell.code and cell.count is not None]
    falls = sum(later < earlier for earlier, later in itertools.pairwise(counts))
    if len(counts) < 3 or not falls:
        return []
    return [
        f"It was submitted with cells run out of order ({falls} of {len(counts)} before one above "
        "them). Here they are run from top to bottom."
    ]


def out_of_order(cells: list[NotebookCell]) -> list[NotebookCell]:
    """The cells, with a note where a name that is missing is only defined further down."""
    return [_explained(cell, number, cells) for number, cell in enumerate(cells)]


def _explained(cell: NotebookCell, number: int, cells: list[NotebookCell]) -> NotebookCell:
    match = re.match(r"NameError: name '(\w+)' is not defined", cell.error)
    if not match:
        return cell
    sets = re.compile(
        rf"^(?:{match[1]}\s*=(?!=)|(?:def|class)\s+{match[1]}\b|.*\bas\s+{match[1]}\b)", re.M
    )
    later = [other.id for other in cells[number + 1 :] if sets.search(other.source)]
    if not later:
        return cell
    note = f"`{match[1]}` is only defined further down (cell {later[0]}): this works out of order."
    return replace(cell, notes=[*cell.notes, note])


def _compared(was: Cell, now: NotebookCell) -> NotebookCell:
    if not was.saved or now.outcome in (CellOutcome.TEXT, CellOutcome.NOT_RUN):
        return now
    saved_error = any(output.get("output_type") == "error" for output in was.saved)
    note = ""
    if now.outcome in _STOPPED and not saved_error:
        note = (
            "It worked when it was submitted, as its saved output shows: the limits here stop it."
        )
    elif now.error == NO_SHELL and not saved_error:
        note = "It worked when it was submitted, where programs can be started."
    elif now.outcome is not CellOutcome.OK and not saved_error:
        note = "It worked when it was submitted, as its saved output shows, and does not now."
    elif now.outcome is CellOutcome.OK and saved_error:
        note = "Its saved output is an error; run again, it works."
    elif now.outcome is CellOutcome.OK:
        note = _differing(_saved_text(was.saved), _shown_text(now))
    return replace(now, notes=[*now.notes, note]) if note else now


def _differing(before: str, after: str) -> str:
    """The first printed error that was small and is large, or the other way round."""
    lines = [line for line in before.splitlines() if _ERROR_LINE.search(line)]
    again = [line for line in after.splitlines() if _ERROR_LINE.search(line)]
    for old, new in zip(lines, again, strict=False):
        pairs = zip(_NUMBER.findall(old), _NUMBER.findall(new), strict=False)
        for one, other in pairs:
            low, high = sorted((abs(float(one)), abs(float(other))))
            if low < _SMALL and high > _LARGE:
                line = new.strip()[:80]
                return f"Handed in, it showed {one}; run again, it shows {other} (`{line}`)."
    return ""


def _saved_text(outputs: list[dict[str, Any]]) -> str:
    parts = []
    for output in outputs:
        data = output.get("data")
        text = output.get("text") or (data.get("text/plain") if isinstance(data, dict) else "")
        parts.append("".join(map(str, text)) if isinstance(text, list) else str(text or ""))
    return "\n".join(parts)


def _shown_text(cell: NotebookCell) -> str:
    texts = ("stream/stdout", "stream/stderr", "text/plain")
    return "\n".join(output.data for output in cell.outputs if output.mime in texts)
