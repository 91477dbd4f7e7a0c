"""`grader check --watch`: after a change only the checks run that can end otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from grader.batches.opening import open_context
from grader.cli import check
from grader.grading import GradingContext, Settings, grade_submission
from grader.model.contract import Contract, ContractEntry
from grader.model.result import Outcome, Result
from grader.sandbox.background import OpeningSandbox
from grader.selfcheck.changed_names import SourceWatch
from grader.selfcheck.own_grading import OwnWork
from grader.selfcheck.repeated_grading import RepeatedGrading, standing_on
from grader.submission import Source, single
from tests.verify import toy

LAYERS = """
import numpy as np

HALF = 0.5


def forward(x):
    return helper(x)


def helper(x):
    return x * HALF


def other(x):
    return x
"""
NET = """
from .layers import forward


class Net:
    def loss(self, x):
        return forward(x)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "layers.py").write_text(LAYERS, encoding="utf-8")
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("return x\n", "return -x\n", {"other"}),
        ("x * HALF", "x / HALF", {"helper", "forward", "Net"}),
        ("def other", "# a remark\n\ndef other", set()),
        ("HALF = 0.5", "HALF = 0.25", None),
        ("def other(x):\n    return x", "def other(x) return x", None),
    ],
    ids=["one", "with-its-users", "a-remark", "a-constant", "no-syntax"],
)
def test_what_may_behave_otherwise(
    folder: Path, old: str, new: str, changed: set[str] | None
) -> None:
    sources = SourceWatch(folder)
    edit(folder / "layers.py", old, new)
    assert sources.changed() == changed


def test_a_file_that_comes_or_goes_may_change_anything(folder: Path) -> None:
    sources = SourceWatch(folder)
    assert sources.changed() == set()
    (folder / "numpy.py").touch()
    assert sources.changed() is None
    assert sources.changed() == set()
    (folder / "numpy.py").unlink()
    assert sources.changed() is None


def test_only_what_can_have_changed_is_run_again(tmp_path: Path) -> None:
    assignment = toy.make(tmp_path, toy.SCALE, toy.SHIFT)
    work = tmp_path / "work"
    (work / "toy").mkdir(parents=True)
    for name, text in (("__init__.py", ""), ("layers.py", toy.LAYERS)):
        (work / "toy" / name).write_text(text, encoding="utf-8")
    layers, ran = work / "toy" / "layers.py", list[list[str]]()

    def graded(context: GradingContext, source: Source) -> Result:
        ran.append([check.id for check in context.checks])
        return grade_submission(context, source)

    def outcomes(result: Result) -> dict[str, Outcome]:
        return {check.id: check.outcome for check in result.checks}

    def use(context: GradingContext) -> None:
        grading, source = RepeatedGrading(context, work, graded), single(work)
        right = {"layers::scale": Outcome.PASSED, "layers::shift": Outcome.PASSED}
        assert outcomes(grading.grade(source)) == right
        edit(layers, "x + 2 * b", "x + 3 * b")
        grading.order()
        shift = {"layers::shift": Outcome.FAILED}
        result = grading.grade(source)
        assert outcomes(result) == right | shift
        assert [(part.passed, part.total) for part in result.parts] == [(1, 1), (0, 1)]
        edit(layers, "out = x * w", "out = x * w + 0")
        grading.order()
        assert outcomes(grading.grade(source)) == right | shift
        grading.close()

    with OpeningSandbox("none") as sandbox:
        settings = Settings(assignment=str(assignment.path), public_only=True)
        open_context(settings, use, assignment, sandbox)
    both = ["layers::scale", "layers::shift"]
    assert ran == [both, ["layers::shift"], both]  # what failed is run again whatever has changed


def test_what_stands_on_a_changed_function_by_the_contract_is_run_again() -> None:
    contract = Contract(
        {
            "f": ContractEntry("m", ("out",)),
            "g": ContractEntry("m", ("dx",), backward_of="f"),
            "Net": ContractEntry("n", ("model*",), stands_on=("f",)),
            "h": ContractEntry("m", ("out",)),
        }
    )
    assert standing_on({"f"}, contract) == {"f", "g", "Net"}


def test_what_is_saved_during_the_first_check_is_checked_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("watchfiles")
    read: list[str] = []

    def look(_work: object, _grade: object) -> None:
        read.append((folder / "layers.py").read_text(encoding="utf-8"))
        if "HALF = 1" in read[-1]:
            raise KeyboardInterrupt
        edit(folder / "layers.py", "HALF = 0.5", "HALF = 1")

    class Work:
        def __init__(self) -> None:
            self.folder = folder

        def with_repeated_grader(self, use: Callable[..., None]) -> None:
            use(None, lambda: None)

    monkeypatch.setattr(check, "_check_forgiving", look)
    with pytest.raises(KeyboardInterrupt):
        check.watch(cast(OwnWork, Work()))
    assert len(read) == 2
