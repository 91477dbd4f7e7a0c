"""Remarks on cells that used what older NumPy and Python had."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from grader.model.notebook_records import NotebookCell
from grader.submission.notebook_cells import Notebook
from grader.worker.bridges import Use, is_plausible, remark


def cell_digest(text: str) -> str:
    """What a kernel calls a cell of which it knows the text."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def note_old_uses(
    cells: Sequence[NotebookCell], book: Notebook, uses: Iterable[Use]
) -> list[NotebookCell]:
    """The cells of `book` as they were run, each with a remark on every old thing that it used."""
    lines: dict[str, dict[tuple[str, str], int]] = {}
    texts = {cell_digest(cell.run): cell.run for cell in book.cells if cell.code}
    for use in uses:
        if not is_plausible(use, texts.get(use.file, "")):
            continue
        found = lines.setdefault(use.file, {})
        key = use.what, use.since
        found[key] = min(use.line, found.get(key, use.line))
    digests = {cell.id: cell_digest(cell.run) for cell in book.cells if cell.code}
    return [
        replace(cell, notes=[*cell.notes, *_notes(lines.get(digests.get(cell.id, ""), {}))])
        for cell in cells
    ]


def _notes(found: dict[tuple[str, str], int]) -> list[str]:
    ordered = sorted(found.items(), key=lambda item: (item[1], item[0]))
    return [remark(f"{what} (line {line})", since) for (what, since), line in ordered]
