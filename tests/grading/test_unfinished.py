"""What is unfinished, unreadable or not there is told apart from what is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.batches.grading_client import Engine
from grader.grading import Settings
from grader.model.result import CheckResult, Outcome
from grader.submission import single
from tests.support import SOLUTION


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(
        Settings(
            assignment="numpynn", parts=("relu", "FullyConnectedNet", "Solver"), diagnose=False
        )
    ) as started:
        yield started


@pytest.fixture
def work(tmp_path: Path) -> Path:
    shutil.copytree(SOLUTION / "numpynn", tmp_path / "ann" / "numpynn")
    return tmp_path / "ann"


def outcomes(engine: Engine, work: Path, target: str) -> dict[Outcome, list[CheckResult]]:
    found: dict[Outcome, list[CheckResult]] = {}
    for check in engine.grade(single(work)).checks:
        if check.targets == [target]:
            found.setdefault(check.outcome, []).append(check)
    return found


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_a_method_left_as_in_an_old_template_is_not_done(engine: Engine, work: Path) -> None:
    net = work / "numpynn" / "classifiers" / "fc_net.py"
    text = net.read_text()
    head, _, tail = text.partition("class FullyConnectedNet")
    start = tail.index("    def loss(")
    body = ("scores = None", "pass", "return scores")
    stub = "\n        ".join(("    def loss(self, X, y=None):", *body)) + "\n"
    net.write_text(f"{head}class FullyConnectedNet{tail[:start]}{stub}")
    found = outcomes(engine, work, "FullyConnectedNet")
    assert set(found) <= {Outcome.MISSING, Outcome.PASSED, Outcome.SKIPPED}
    messages = {check.message for check in found[Outcome.MISSING]}
    assert messages == {"FullyConnectedNet.loss is not implemented yet."}


def test_given_code_is_not_wrong_over_a_network_that_is_not_there(
    engine: Engine, work: Path
) -> None:
    net = work / "numpynn" / "classifiers" / "fc_net.py"
    head, name, tail = net.read_text().partition("class FullyConnectedNet")
    undone = "        self.params = {}\n        pass\n"
    start, end = tail.index("    def __init__("), tail.index("    def loss(")
    signature = tail[start : tail.index("-> None:\n") + len("-> None:\n")]
    net.write_text(f"{head}{name}{tail[:start]}{signature}{undone}\n{tail[end:]}")
    (check,) = outcomes(engine, work, "Solver")[Outcome.MISSING]
    assert check.message == "FullyConnectedNet.__init__ is not implemented yet."


def test_a_function_that_cannot_be_parsed_could_not_run(engine: Engine, work: Path) -> None:
    replace(work / "numpynn" / "layers.py", "def relu_backward(", "def relu_backward(:")
    found = outcomes(engine, work, "relu_backward")
    assert set(found) == {Outcome.ERROR}
    assert "relu_backward cannot be read: layers.py, line " in found[Outcome.ERROR][0].message
    assert set(outcomes(engine, work, "relu_forward")) == {Outcome.PASSED}


def test_a_file_that_is_no_text_could_not_run(engine: Engine, work: Path) -> None:
    (work / "numpynn" / "layers.py").write_bytes(b"def relu_forward(x):\n\x01\x02\x03\0" * 9)
    found = outcomes(engine, work, "relu_forward")
    assert set(found) == {Outcome.ERROR}
    assert "binary data" in found[Outcome.ERROR][0].message


def test_a_function_that_was_deleted_is_not_done(engine: Engine, work: Path) -> None:
    replace(work / "numpynn" / "layers.py", "def relu_backward(", "def my_relu_backward(")
    assert set(outcomes(engine, work, "relu_backward")) == {Outcome.MISSING}
