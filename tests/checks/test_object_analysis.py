"""What may be sent ahead of checks that use objects, and functions that call back."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from grader.assignment.folder import Assignment
from grader.runner.answer_key import Key
from grader.runner.recording import record_key

RUBRIC: Final = """\
id = "tiny"
points = 10
bank = "bank"
reference = "reference/toy"

[title]
en = "Tiny"

[contract]
bend = "layers: out"
parts_of = "layers: parts*"
walk = "layers: out"
Box = { module = "layers", returns = "box*", methods = { twice = "Box*" } }

[parts]
all = { title = { en = "All" }, points = 10 }
"""
REFERENCE: Final = """\
import numpy as np

def bend(x):
    return np.tanh(x) + 0.3 * x

def parts_of(x):
    yield from (bend(x), x, bend(2 * x))

def walk(x, callback):
    for step in range(2):
        callback(step, bend(x))
    return x

class Box:
    def __init__(self, x):
        self.x = np.asarray(x)

    def __add__(self, other):
        return Box(bend(self.x + other.x))

    def twice(self):
        return self + self

    def __len__(self):
        return len(self.x)

    def __float__(self):
        return float(bend(self.x).sum())
"""
BANK: Final = """\
import numpy as np
from grader.checks import Wrong, assert_close, check

def _of(target="Box"):
    return check(f"{target}", part="all", targets=target)

@_of()
def test_operators(student, reference, inputs):
    x, y = inputs.normal(4), inputs.normal(4)
    own, right = ((code.Box(x) + code.Box(y)).twice() for code in (student, reference))
    assert_close("x", own.x.read(), right.x.read())

@_of("parts_of")
def test_items(student, inputs):
    x = inputs.normal(4)
    for part in student.parts_of(x):
        part.read()
    student.bend(x)

@_of()
def test_length(student, inputs):
    box = student.Box(inputs.normal(4))
    student.bend(np.ones(len(box)))

@_of()
def test_number(student, inputs):
    student.bend(np.full(3, float(student.Box(inputs.normal(4)))))

@_of("walk")
def test_told(student, reference, inputs):
    x, told = inputs.normal(4), []
    student.bend(x)
    student.walk(x, lambda step, out: told.append(out))
    right = reference.bend(x)
    for out in told:
        assert_close("out", out, right)

@_of("walk")
def test_reference_tells(student, reference, inputs):
    x, told = inputs.normal(4), []
    reference.walk(x, lambda step, out: told.append(out))
    student.bend(np.round(told[0], 3))

@_of("walk")
def test_gives_away(student, reference, inputs):
    x = inputs.normal(4)
    right = reference.bend(x)
    student.walk(x, lambda step, out: right)
    assert_close("out", student.bend(x), right)
"""
AHEAD: Final = {
    "operators": (5, True),
    "items": (3, True),
    "length": (2, True),
    "number": (2, True),
    "told": (1, False),
}
"""Requests that depend on no answer, and whether the check is known to pass by its answers."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Key, list[str]]:
    folder, warned = tmp_path_factory.mktemp("objects"), list[str]()
    for path, text in {
        "bank/objects.py": BANK,
        "reference/toy/__init__.py": "",
        "reference/toy/layers.py": REFERENCE,
        "tiny.toml": RUBRIC,
    }.items():
        file: Path = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return record_key(Assignment.load(str(folder / "tiny.toml")), warn=warned.append), warned


@pytest.mark.parametrize("check", AHEAD)
def test_what_depends_on_no_answer(recorded: tuple[Key, list[str]], check: str) -> None:
    analysis = recorded[0].requests[f"objects::{check}"]
    is_known = analysis.exact_zeros is not None
    assert (analysis.independent, is_known) == AHEAD[check]


def test_what_the_reference_tells_a_function_is_an_answer(
    recorded: tuple[Key, list[str]],
) -> None:
    assert "objects::reference_tells" not in recorded[0].requests


def test_a_function_that_gives_an_answer_away_is_told(recorded: tuple[Key, list[str]]) -> None:
    (warning,) = [text for text in recorded[1] if "objects::gives_away" in text]
    assert "question 1 of objects::gives_away holds an answer of bend" in warning
