"""What a notebook's file says of its last run: read only, nothing is executed."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from grader.report.strings import Texts
from grader.report.text import one_line
from grader.selfcheck.remark import SubmitRemark

_SHOWN: Final = 50


def code_cells(content: bytes) -> list[tuple[int, dict[str, Any]]]:
    """The cells of code that hold something, with their places from 1 among all cells.

    Raises:
        ValueError: it is not a notebook.
    """
    book = json.loads(content)
    cells = book.get("cells") if isinstance(book, dict) else None
    if cells is None and isinstance(book, dict):
        cells = [c for sheet in book.get("worksheets", []) for c in sheet.get("cells", [])]
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError("there are no cells in it")
    numbered = enumerate(cells, start=1)
    return [(at, c) for at, c in numbered if c.get("cell_type") == "code" and source_of(c).strip()]


def source_of(cell: dict[str, Any]) -> str:
    """What a cell holds."""
    source = cell.get("source", cell.get("input", ""))
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def cell_name(at: int, source: str) -> str:
    """A cell as people find it: its place among all cells, and how it begins."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    return f"{at} ({one_line(lines[0], _SHOWN)})" if lines else str(at)


def state_of(path: str, content: bytes, texts: Texts) -> Iterator[SubmitRemark]:
    """What is amiss with the saved state of a notebook."""
    name = PurePosixPath(path).name
    try:
        cells = code_cells(content)
    except (ValueError, RecursionError) as error:
        reason = one_line(str(error), _SHOWN)
        yield SubmitRemark(texts("submit.notebook_damaged", name=path, reason=reason))
        return
    counts = [
        (cell_name(at, source_of(cell)), cell.get("execution_count", cell.get("prompt_number")))
        for at, cell in cells
    ]
    yield from _never_run(name, counts, texts)
    yield from _out_of_order(name, counts, texts)
    for at, cell in cells:
        named = cell_name(at, source_of(cell))
        for said in _errors(cell):
            yield SubmitRemark(texts("submit.saved_error", name=name, cell=named, error=said))
            return


def _never_run(
    name: str, counts: Sequence[tuple[str, Any]], texts: Texts
) -> Iterator[SubmitRemark]:
    missing = [at for at, count in counts if count is None]
    if counts and len(missing) == len(counts):
        yield SubmitRemark(texts("submit.never_run", name=name))
    elif missing:
        yield SubmitRemark(texts("submit.not_all_run", name=name, n=len(missing), cell=missing[0]))


def _out_of_order(
    name: str, counts: Sequence[tuple[str, Any]], texts: Texts
) -> Iterator[SubmitRemark]:
    run = [(at, count) for at, count in counts if isinstance(count, int)]
    for (_, before), (at, count) in itertools.pairwise(run):
        if count <= before:
            yield SubmitRemark(texts("submit.out_of_order", name=name, cell=at), problem=False)
            return


def _errors(cell: dict[str, Any]) -> Iterator[str]:
    outputs = cell.get("outputs", [])
    for output in outputs if isinstance(outputs, list) else []:
        if isinstance(output, dict) and output.get("output_type") in ("error", "pyerr"):
            yield one_line(
                f"{output.get('ename', 'Error')}: {output.get('evalue', '')}", 2 * _SHOWN
            )
