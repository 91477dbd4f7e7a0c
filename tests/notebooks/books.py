"""Notebooks made for a test, and what runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from grader.assignment.folder import Assignment
from grader.model.notebook_records import NotebookCell
from grader.model.rubric import ScaleRule
from grader.notebooks.cell_limits import NotebookLimits
from grader.notebooks.execute import Inspect, Run
from grader.notebooks.kernel_queue import KernelPool
from grader.submission.notebook_cells import Cell, Notebook, make_runnable, read_notebook
from tests.support import TEMPLATE

LIMITS = NotebookLimits(cell_seconds=2, notebook_seconds=60, idle_seconds=3)
TINY = ScaleRule(sizes={"train": 250, "val": 150, "test": 100, "heldout": 100})
"""Few images, on which the published behaviours still show."""
SERVED = """\
from grader.worker.notebook_data import arrays

def get_data():
    return arrays["X"]
"""
"""What stands for an assignment's data functions."""
PACKAGE = {"layers.py": "def three():\n    return 3\n"}


def book(*sources: str, **more: Any) -> Notebook:
    """A notebook of code cells with the ids c0, c1, ..."""
    cells = [Cell(id=f"c{n}", code=True, source=text) for n, text in enumerate(sources)]
    return make_runnable(Notebook(path="x.ipynb", cells=cells, **more))


def settle_request(made: Notebook, files: dict[str, str] | None = None) -> dict[str, Any]:
    """What a kernel is told before the cells."""
    return {
        "files": {path: (text, False) for path, text in (files or PACKAGE).items()},
        "package": "cs231n",
        "import_names": ["numpynn", "cs231n", "daseCV"],
        "modules": {},
        "data": {"X": np.zeros((5, 3))},
        "served": {"data_utils.py": SERVED},
        "extra": {name: np.frombuffer(data, np.uint8) for name, data in made.beside.items()},
        "old": made.old,
        "floor_division": [cell.run for cell in made.cells if cell.floors],
    }


def run(
    pool: KernelPool,
    made: Notebook,
    inspect: Inspect | None = None,
    limits: NotebookLimits = LIMITS,
    files: dict[str, str] | None = None,
) -> list[NotebookCell]:
    """Run a notebook in a kernel of the pool."""
    kernel = pool.start()
    kernel.settle(settle_request(made, files))
    return Run(made, kernel, limits)(inspect)


def outcomes(cells: list[NotebookCell]) -> list[str]:
    """Of each cell."""
    return [cell.outcome.value for cell in cells]


def printed(cell: NotebookCell) -> str:
    """What a cell printed and showed as text."""
    kinds = ("stream/stdout", "text/plain", "error")
    return "".join(output.data for output in cell.outputs if output.mime in kinds)


def as_json(sources: list[str | tuple[str, str]], *, nbformat: int = 4, **metadata: Any) -> bytes:
    """The bytes of a notebook; a pair is a kind of cell and its text."""
    cells: list[dict[str, Any]] = []
    for source in sources:
        kind, text = source if isinstance(source, tuple) else ("code", source)
        cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": text}
        if kind == "code":
            cell |= {"outputs": []}
            cell |= {"execution_count": None} if nbformat == 4 else {"collapsed": False}
        if nbformat == 3 and kind == "code":
            cell |= {"input": cell.pop("source"), "language": "python", "prompt_number": 1}
        cells.append(cell)
    minor = 4 if nbformat == 4 else 0
    content: dict[str, Any] = {"nbformat": nbformat, "nbformat_minor": minor, "metadata": metadata}
    content |= {"cells": cells} if nbformat == 4 else {"worksheets": [{"cells": cells}]}
    return json.dumps(content).encode()


def release(name: str, template: Path = TEMPLATE) -> Notebook:
    """A notebook as students get it."""
    path = template / f"{name}.ipynb"
    return read_notebook(path.read_bytes(), path.name)


def hurried(dropout: Notebook) -> Notebook:
    """The release's notebook on dropout with an experiment of few epochs."""
    cells = [
        msgspec.structs.replace(cell, source=cell.source.replace("num_epochs=25", "num_epochs=2"))
        for cell in dropout.cells
    ]
    return msgspec.structs.replace(dropout, cells=cells)


def tiny_assignment() -> Assignment:
    """The assignment with notebooks, on few images."""
    assignment = Assignment.load("numpynn-notebooks")
    rules = assignment.rubric.notebooks
    assert rules is not None
    rules = msgspec.structs.replace(rules, scale="tiny", scales={"tiny": TINY})
    assignment.rubric = msgspec.structs.replace(assignment.rubric, notebooks=rules)
    return assignment


@contextmanager
def edited(path: Path) -> Iterator[dict[str, Any]]:
    """The content of a notebook's file, written back at the end."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    yield content
    path.write_text(json.dumps(content), encoding="utf-8")


def cell_of(content: dict[str, Any], name: str) -> dict[str, Any]:
    """The cell with an id."""
    return next(cell for cell in content["cells"] if cell["id"] == name)
