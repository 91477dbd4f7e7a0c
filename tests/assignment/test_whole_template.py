"""The shipped composed assignment as it is given out: all that a member asks for is to be done."""

from __future__ import annotations

import ast
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from grader.api import grade
from grader.assignment.catalogue import read_package, write_package
from grader.assignment.composed import open_assignment
from grader.grading import Settings
from grader.model.result import Outcome
from tests.support import REPOSITORY

WHOLE = "cs231n-2023-a2"
BOOK = "ConvolutionalNetworks.ipynb"
TEMPLATES = REPOSITORY / "student_template"


def _definitions(text: str) -> dict[str, str]:
    """Each function or class with its text."""
    nodes = ast.parse(text).body
    found = [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    return {node.name: ast.get_source_segment(text, node) or "" for node in found}


def _with(text: str, definitions: Mapping[str, str]) -> str:
    """A module with some of its functions replaced, and others put at its end."""
    own = _definitions(text)
    for name, definition in definitions.items():
        if name in own:
            text = text.replace(own[name], definition)
        else:
            text += f"\n\n{definition}\n"
    return text


def _whole_template() -> dict[str, str]:
    """The course gives out one package, in which nothing of the unit is complete.

    Ours of the second unit has the layers of the first complete: they are brought along there.
    """
    first, second = (read_package(TEMPLATES / name / "numpynn") for name in ("numpynn", "convnet"))
    layers = _with(second["layers.py"], _definitions(first["layers.py"]))
    return {**first, **second, "optim.py": first["optim.py"], "layers.py": layers}


def test_it_earns_nothing_and_says_no_more_than_that(tmp_path: Path) -> None:
    files = _whole_template()
    assert _definitions(files["layers.py"]).keys() >= {"dropout_forward", "conv_forward_naive"}
    write_package(files, tmp_path / "ann" / "numpynn")
    shutil.copy(TEMPLATES / "convnet" / BOOK, tmp_path / "ann")  # others: tests/notebooks
    with_notebooks = sys.platform != "win32"  # kernels need Unix sockets
    settings = Settings(assignment=WHOLE, notebooks=with_notebooks)
    result = grade(tmp_path / "ann", settings=settings)
    assert (result.score, result.max_score, result.error) == (0, 200, "")
    assert {check.outcome for check in result.checks} == {Outcome.MISSING}
    run = [book.path for book in result.notebooks if book.cells]
    assert run == [BOOK] * with_notebooks
    judged = {check.part for check in result.checks}
    assert judged >= set(open_assignment(WHOLE).rubric.parts) or not with_notebooks
