"""Checks, hints and what is unfinished may be about a method of a class."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.assignment.folder import Assignment
from grader.batches.grading_client import Engine
from grader.grading import Settings
from grader.model.result import CheckResult, Outcome
from grader.runner.recording import record_key
from grader.submission import single

RUBRIC = """id = "tensors"
points = 4
title = { en = "Tensors" }

[contract]
Tensor = { module = "tensor", returns = "t*", methods = ["relu", "backward"] }

[parts]
relu = { title = { en = "ReLU" }, points = 2 }
backward = { title = { en = "Backward" }, points = 2 }

[hints]
"Tensor.relu" = { en = "What becomes of a negative number?" }
Tensor = { en = "Which tensors was it made of?" }
"""
BANK = """from grader.checks import Inputs, Student, assert_close, check

from ._tensors import SIZE


@check("relu", part="relu", targets="Tensor.relu")
def test_relu(student: Student, inputs: Inputs) -> None:
    x = inputs.clear_of_zero(SIZE)
    out = student.Tensor(x).relu(returns=("t*",))
    assert_close("data", out.data.read(), x * (x > 0))


@check("backward", part="backward", targets="Tensor.backward")
def test_backward(student: Student, inputs: Inputs) -> None:
    x = inputs.clear_of_zero(SIZE)
    t = student.Tensor(x)
    t.relu(returns=("t*",)).backward()
    assert_close("grad", t.grad.read(), 1.0 * (x > 0), kind="gradient")
"""
TENSOR = '''"""A tensor."""

import numpy as np


class Tensor:
    def __init__(self, data):
        self.data, self.grad, self.made_of = data, np.zeros_like(data), None

    def relu(self):
        out = Tensor(np.maximum(self.data, 0))
        out.made_of = self
        return out

    def backward(self):
        self.grad = np.ones_like(self.data)
        if self.made_of is not None:
            self.made_of.grad = 1.0 * (self.data > 0)
'''


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    home = _write(
        tmp_path_factory.mktemp("mine"),
        {
            "assignment.toml": RUBRIC,
            "bank/tensors.py": BANK,
            "bank/_tensors.py": "SIZE = 5\n",
            "reference/tensors/__init__.py": "",
            "reference/tensors/tensor.py": TENSOR,
        },
    )
    assignment = Assignment.load(str(home))
    record_key(assignment).save(assignment.layout.key)
    with Engine(Settings(assignment=str(home))) as opened:
        yield opened


def _checks(engine: Engine, folder: Path, text: str) -> dict[str, CheckResult]:
    result = engine.grade(single(_write(folder / "ann", {"tensors/tensor.py": text})))
    assert result.error == ""
    return {check.targets[0]: check for check in result.checks}


def test_the_reference_is_right(engine: Engine, tmp_path: Path) -> None:
    checks = _checks(engine, tmp_path, TENSOR)
    assert {check.outcome for check in checks.values()} == {Outcome.PASSED}


def test_a_method_that_was_left_is_to_do_and_no_other(engine: Engine, tmp_path: Path) -> None:
    head, name, _ = TENSOR.partition("    def backward(self):\n")
    checks = _checks(engine, tmp_path, f"{head}{name}        raise NotImplementedError\n")
    assert checks["Tensor.relu"].outcome is Outcome.PASSED
    assert checks["Tensor.backward"].outcome is Outcome.MISSING
    assert checks["Tensor.backward"].message.startswith("Tensor.backward is ")


def test_a_wrong_method_is_shown_with_its_own_lines_and_hint(
    engine: Engine, tmp_path: Path
) -> None:
    wrong = TENSOR.replace("np.maximum(self.data, 0)", "self.data").replace("1.0 *", "2.0 *")
    checks = _checks(engine, tmp_path, wrong)
    relu, backward = checks["Tensor.relu"], checks["Tensor.backward"]
    assert (relu.outcome, relu.hint) == (Outcome.FAILED, "What becomes of a negative number?")
    assert relu.source is not None
    assert relu.source.text.startswith("    def relu(self):")
    assert "def backward" not in relu.source.text
    assert (backward.outcome, backward.hint) == (Outcome.FAILED, "Which tensors was it made of?")
