"""The notebooks of a class in numbers: how many cells failed, and which of them most often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from grader.model.notebook_records import CellOutcome, NotebookCell, NotebookResult
from grader.model.result import Outcome
from grader.report.student_view import Segment, stretches
from grader.report.text import one_line

SHOWN: Final = 10
_RELEASED: Final = frozenset({"given", "experiment", "check", "answer"})
"""Roles of cells that all students have: the ids of others mean nothing to a class."""
_FAILED: Final = frozenset(
    {CellOutcome.ERROR, CellOutcome.TIMEOUT, CellOutcome.DIED, CellOutcome.FLOODED}
)


class CellCount(Struct, frozen=True):
    """What became of the cells of a submission's notebooks."""

    found: int
    """Notebooks that were handed in."""
    run: int
    """Cells that ran or failed: without those that wait for what the student has not done."""
    failed: int
    other_release: int
    """Notebooks that were made from another release than the assignment's."""
    failing: dict[str, str]
    """Of cells that all students have, those that failed (`Regression/training`), and how."""


class FailingCell(Struct, frozen=True):
    """A cell that failed for some."""

    notebook: str
    cell: str
    count: int
    """Students for whom it failed."""
    how: str
    """The most frequent kind of failure: an exception's name, or what became of the cell."""
    bar: list[Segment]


def count_cells(notebooks: Sequence[NotebookResult]) -> CellCount | None:
    """Count the cells of a submission; None where no notebooks were asked for."""
    if not notebooks:
        return None
    cells = [(book.id, cell) for book in notebooks for cell in book.cells]
    failed = [(book, cell) for book, cell in cells if _has_failed(cell)]
    return CellCount(
        found=sum(bool(book.path) for book in notebooks),
        run=len(failed) + sum(cell.outcome is CellOutcome.OK for _, cell in cells),
        failed=len(failed),
        other_release=sum(book.other_release for book in notebooks),
        failing={f"{book}/{cell.id}": _how(cell) for book, cell in failed
                 if cell.role in _RELEASED},
    )  # fmt: skip


class CellTally:
    """The counts of a class."""

    def __init__(self) -> None:
        self.students = 0
        """Those who handed in a notebook."""
        self.asked = False
        """Whether notebooks were asked of anybody."""
        self._ways: dict[str, Counter[str]] = {}

    def add(self, count: CellCount | None) -> None:
        """Add a submission."""
        self.asked |= count is not None
        if count is None or not count.found:
            return
        self.students += 1
        for cell, how in count.failing.items():
            self._ways.setdefault(cell, Counter())[how] += 1

    def failing(self) -> list[FailingCell]:
        """The cells that failed for most students, most first."""
        ranked = sorted(self._ways, key=lambda cell: (-self._ways[cell].total(), cell))
        return [self._cell(name) for name in ranked[:SHOWN]]

    def _cell(self, name: str) -> FailingCell:
        ways = self._ways[name]
        notebook, _, cell = name.partition("/")
        how = min(ways, key=lambda way: (-ways[way], way))
        share = ways.total() / self.students
        return FailingCell(notebook, cell, ways.total(), how, stretches({Outcome.ERROR: share}))


def _has_failed(cell: NotebookCell) -> bool:
    return cell.outcome in _FAILED and not cell.undone


def _how(cell: NotebookCell) -> str:
    if cell.outcome is not CellOutcome.ERROR:
        return str(cell.outcome)
    name = cell.error.partition(":")[0]
    return one_line(name, 60) if name.isidentifier() else CellOutcome.ERROR.value
