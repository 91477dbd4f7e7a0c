"""A small release and notebooks made from it, for tests of what is reported."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grader.model.errors import UsageError
from grader.model.notebook_grade import Graded
from grader.model.result import CheckResult
from grader.model.rubric import NotebookRule, Text, ValueRule
from grader.notebooks.cell_limits import NotebookLimits
from grader.notebooks.notebook_grading import NotebookBench
from grader.report.html import student_page
from grader.submission import load, single
from grader.submission.notebook_cells import read_notebook
from tests.notebooks.books import tiny_assignment
from tests.report import sample

NAME = "Dropout"
GIVEN = {
    "setup": ("given", "import numpy as np\nfrom numpynn.layers import three"),
    "first-check": ("check", "value = three()\nprint('value', value)\nassert value == 3"),
    "second-check": (
        "check",
        "wrong = abs(three() - 4)\nprint('relative error', wrong)\nassert wrong < 1e-9",
    ),
    "last-check": ("check", "total = sum(range(10))\nprint('total', total)"),
}
"""Cells of the release; the second check fails with the package of `hand_in`."""
RULE = NotebookRule(
    part="notebook_dropout",
    title=Text("Dropout"),
    values={"history": ValueRule(Text("A history"), "history", "history", at_least=3.0)},
)
Cells = dict[str, tuple[str, str]]


def content(cells: Cells, **metadata: Any) -> dict[str, Any]:
    """A notebook of code cells: id to role and text."""
    made: list[dict[str, Any]] = [
        {"id": id, "cell_type": "code", "metadata": {"grader": {"role": role}},
         "execution_count": None, "outputs": [], "source": source}
        for id, (role, source) in cells.items()
    ]  # fmt: skip
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": made}


def with_own(own: dict[str, str]) -> Cells:
    """The release with a student's cells before the last check."""
    cells = {id: cell for id, cell in GIVEN.items() if id != "last-check"}
    return cells | {id: ("own", text) for id, text in own.items()} | {
        "last-check": GIVEN["last-check"]
    }  # fmt: skip


@contextmanager
def small_bench() -> Iterator[NotebookBench]:
    """A bench for the small release, with short limits; skips where nothing isolates kernels."""
    try:
        made = NotebookBench(tiny_assignment())
    except UsageError as error:
        pytest.skip(error.message)
    with closing(made) as bench:
        if not bench.pool.info.isolated:
            pytest.skip("Nothing isolates kernels here.")
        release = json.dumps(content(GIVEN)).encode()
        bench.releases = {NAME: read_notebook(release, f"{NAME}.ipynb")}
        bench.rules = msgspec.structs.replace(bench.rules, files={NAME: RULE})
        bench.limits = NotebookLimits(cell_seconds=2, notebook_seconds=60, idle_seconds=5)
        yield bench


def hand_in(folder: Path, notebook: bytes, name: str = f"{NAME}.ipynb") -> Path:
    """A submission of a small package and one notebook."""
    package = folder / "numpynn"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "layers.py").write_text(
        "def three():\n    return 3\n\n\ndef affine_forward(x): ...\n"
    )
    (folder / name).write_bytes(notebook)
    return folder


def graded(bench: NotebookBench, path: Path) -> Graded:
    """The submission at `path`, graded."""
    return bench.grade(load(single(path), contract=tiny_assignment().contract), path)


class Report:
    """A graded notebook and its rows on the student's page."""

    def __init__(self, made: Graded) -> None:
        (self.notebook,) = made.notebooks
        self.cells = {cell.id: cell for cell in self.notebook.cells}
        self.checks: dict[str, CheckResult] = {
            check.id.partition("[")[2][:-1]: check for check in made.checks
        }
        result = sample.result()
        self.page = student_page(msgspec.structs.replace(result, notebooks=made.notebooks))
        self.head = self.page.partition('id="notebook-1"')[2].partition('class="nb-cell')[0]

    def row(self, id: str) -> str:
        """The HTML of a cell's row."""
        place = list(self.cells).index(id) + 1
        rest = self.page.partition(f'id="notebook-1-cell-{place}"')[2]
        return re.split(r'<div class="nb-cell|</details>', rest, maxsplit=1)[0]
