"""Notebooks of a composed assignment: each member runs its own, and all are in one report."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.batches.grading_client import Engine
from grader.grading import Settings
from grader.model.errors import UsageError
from grader.model.result import Result
from grader.submission import single
from tests.batch.toy import LAYERS, WRONG, hand_in, recorded_key
from tests.verify.toy import RUBRIC, SCALE, SHIFT, make

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kernels need Unix sockets")

BOOKS = {"one": ("First", "scale", 6), "two": ("Second", "shift", 8)}
"""By member: the notebook, the function that it tries, and what that makes of 2 and 3."""
STUBS = "def scale(x, w):\n    out = None\n    return out\n\n\ndef shift(x, b):\n    return None\n"


def _notebook(function: str, value: int, name: str) -> dict[str, Any]:
    """A cell that only runs where the function is right, and one that runs in any case."""
    cells = {
        "setup": ("given", f"from toy.layers import {function}"),
        f"{function}-check": ("check", f"assert {function}(2, 3) == {value}"),
        "call-check": ("check", f"print({function}(2, 3))"),
    }
    return {
        "nbformat": 4, "nbformat_minor": 5, "metadata": {"grader": {"notebook": name}},
        "cells": [
            {"cell_type": "code", "id": id, "metadata": {"grader": {"role": role}},
             "source": source, "outputs": [], "execution_count": None}
            for id, (role, source) in cells.items()
        ],
    }  # fmt: skip


def _write_books(folder: Path, *members: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for member in members:
        name, function, value = BOOKS[member]
        text = json.dumps(_notebook(function, value, name))
        (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    home = tmp_path_factory.mktemp("included")
    for member, (name, _, _) in BOOKS.items():
        (home / member).mkdir()
        rubric = RUBRIC.replace('id = "toy"', f'id = "{member}"').replace("= 4", "= 6")
        rubric += f'book_{member} = {{ title = {{ en = "{name}" }}, points = 2 }}\n'
        rubric += (
            f'\n[notebooks.files.{name}]\npart = "book_{member}"\ntitle = {{ en = "{name}" }}\n'
        )
        made = make(home / member, SCALE, SHIFT, rubric=rubric)
        made.layout.key.write_bytes(recorded_key())
        _write_books(home / member / "template", member)
    rubric = """\
id = "both"
include = ["one/toy.toml", "two/toy.toml"]
points = 8
title = { en = "Both" }
parts = { "one/scale" = {}, book_one = {}, "two/shift" = {}, book_two = {} }
"""
    (home / "both.toml").write_text(rubric, encoding="utf-8")
    try:
        opened = Engine(Settings(assignment=str(home / "both.toml")))
    except UsageError:
        opened = Engine(Settings(assignment=str(home / "both.toml"), sandbox="none"))
    with opened as entered:
        yield entered


def _graded(engine: Engine, folder: Path, layers: str) -> Result:
    hand_in(folder, "ann", layers)
    _write_books(folder / "ann", *BOOKS)
    return engine.grade(single(folder / "ann"))


def _points(result: Result) -> dict[str, float]:
    return {part.id: part.points for part in result.parts}


def test_each_notebook_is_run_by_the_member_that_asks_for_it(
    engine: Engine, tmp_path: Path
) -> None:
    result = _graded(engine, tmp_path, LAYERS)
    assert (result.score, result.max_score, result.error) == (8, 8, "")
    assert [(book.id, book.path, book.failed) for book in result.notebooks] == [
        ("First", "First.ipynb", []),
        ("Second", "Second.ipynb", []),
    ]
    assert {check.id for check in result.checks if check.part == "book_two"} == {
        "notebooks::Second[shift-check]",
        "notebooks::Second[call-check]",
    }


def test_a_wrong_function_costs_its_part_and_the_cell_that_finds_it(
    engine: Engine, tmp_path: Path
) -> None:
    result = _graded(engine, tmp_path, WRONG)
    assert _points(result) == {"one/scale": 0, "book_one": 1, "two/shift": 2, "book_two": 2}


def test_a_whole_template_earns_nothing_and_is_not_called_wrong(
    engine: Engine, tmp_path: Path
) -> None:
    """A cell runs that only prints what a stub gives."""
    result = _graded(engine, tmp_path, STUBS)
    assert (result.score, result.error) == (0, "")
    assert {check.outcome.value for check in result.checks} == {"missing"}
    said = {check.message for check in result.checks if check.part == "book_two"}
    assert said == {"shift is not implemented yet."}
