"""Differences between what was handed in and what happens now are pointed out, if they matter."""

from __future__ import annotations

from typing import Any

import pytest

from grader.model.notebook_records import NO_SHELL, CellOutcome, CellOutput, NotebookCell
from grader.notebooks.saved_outputs import compare_saved, order_notes, out_of_order
from grader.submission.notebook_cells import Cell, Notebook


def _notes(saved: list[dict[str, Any]], text: str, outcome: str = "ok") -> list[str]:
    book = Notebook(path="x", cells=[Cell(id="a", code=True, source="x", saved=saved)])
    outputs = [CellOutput(mime="stream/stdout", data=text)]
    now = NotebookCell(
        id="a", role="own", source="x", outcome=CellOutcome(outcome), outputs=outputs
    )
    return compare_saved(book, [now])[0].notes


def _printed(text: str) -> list[dict[str, Any]]:
    return [{"output_type": "stream", "name": "stdout", "text": text}]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("dx error: 1.2e-08\n", "dx error: 0.2\n", True),
        ("dx error: 0.2\n", "dx error: 1.2e-08\n", True),
        ("dx error: 1.2e-08\n", "dx error: 3.4e-10\n", False),
        ("dx error: 0.2\n", "dx error: 0.3\n", False),
        ("loss 0.0001\n", "loss 7\n", False),
    ],
)
def test_printed_errors(before: str, after: str, said: bool) -> None:
    assert bool(_notes(_printed(before), after)) is said


def test_errors_that_come_or_go() -> None:
    failed = [{"output_type": "error", "ename": "E", "evalue": "", "traceback": []}]
    assert "does not now" in _notes(_printed("fine"), "", "error")[0]
    assert "run again, it works" in _notes(failed, "fine")[0]
    assert _notes(failed, "", "error") == []
    assert _notes([], "", "error") == []


@pytest.mark.parametrize("outcome", ["timeout", "flooded"])
def test_our_limits_are_not_the_students_fault(outcome: str) -> None:
    [note] = _notes(_printed("fine"), "", outcome)
    assert note.endswith("the limits here stop it.")


def test_neither_is_that_no_program_can_be_started() -> None:
    book = Notebook(path="x", cells=[Cell(id="a", code=True, source="!ls", saved=_printed("a b"))])
    now = NotebookCell(id="a", role="own", source="!ls", outcome=CellOutcome.ERROR, error=NO_SHELL)
    [note] = compare_saved(book, [now])[0].notes
    assert note == "It worked when it was submitted, where programs can be started."


def test_an_order_that_only_worked_once() -> None:
    counts = [1, 5, 2, 3]
    cells = [Cell(id=str(n), code=True, source="x", count=n) for n in counts]
    assert "out of order" in order_notes(Notebook(path="x", cells=cells))[0]
    assert order_notes(Notebook(path="x", cells=sorted(cells, key=lambda cell: cell.id))) == []


def test_a_name_that_comes_further_down() -> None:
    made = [
        NotebookCell(
            id="a", role="own", source="print(x)", outcome=CellOutcome.ERROR,
            error="NameError: name 'x' is not defined",
        ),
        NotebookCell(id="b", role="own", source="x = 1", outcome=CellOutcome.OK),
    ]  # fmt: skip
    assert "cell b" in out_of_order(made)[0].notes[0]
    assert out_of_order(made[:1])[0].notes == []
