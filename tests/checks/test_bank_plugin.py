"""What pytest collected, as checks: with fixtures and marks of their own, or with none."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from grader.assignment.folder import Assignment
from grader.model.errors import InputError
from grader.model.result import CheckResult, Outcome
from grader.runner.check import Check
from grader.runner.check_run import Recorder
from grader.runner.reference import LocalBank, LocalCode
from grader.runner.session import forget_modules, run_session
from tests.verify import toy

OWN = """
import pytest

made = []


@pytest.fixture
def doubled(inputs):
    made.append("set up")
    yield 2 * inputs.normal(3)
    made.append("torn down")


@pytest.mark.parametrize("shift", [0, 1])
@check("scale works on doubled numbers", part="scale", targets="scale")
def test_fixture(student, reference, doubled, shift, tmp_path):
    assert not list(tmp_path.iterdir()), "its own"
    assert "pytest-of" not in str(tmp_path), "where pytest cleans up after other runs"
    (tmp_path / "made").touch()
    made.append("called")
    assert_close("out", student.scale(doubled, shift), reference.scale(doubled, 1 - shift + shift))


@check("scale is not looked at", part="scale", targets="scale")
@pytest.mark.skipif(True, reason="not today")
def test_skipped(student):
    raise AssertionError


@check("what was made", part="scale", targets="scale", needs=[test_fixture])
def test_order(student):
    student.scale(1.0, 2.0)
    assert made == 2 * ["set up", "called", "torn down"], made
"""


def collected(assignment: Assignment) -> list[Check]:
    found: list[Check] = []
    run_session(assignment, found.extend)
    return found


def judged(assignment: Assignment) -> Sequence[CheckResult]:
    code, found = LocalCode(assignment.reference, assignment), list[CheckResult]()

    def loop(checks: list[Check]) -> None:
        bank = LocalBank(assignment, checks)
        found.extend(bank.run(lambda _check: code.channel(), Recorder(code.channel), "1"))

    run_session(assignment, loop)
    return found


def test_tests_beside_a_bank_keep_pytests_own_folders(tmp_path: Path) -> None:
    assert tmp_path.name.startswith("test_tests_beside"), "our plugin is loaded here, too"


def test_a_check_knows_what_it_declares_and_where_it_stands(tmp_path: Path) -> None:
    first, second = collected(toy.make(tmp_path, toy.SCALE, toy.SHIFT))
    assert (first.id, first.part, first.targets) == ("layers::scale", "scale", ("scale",))
    assert first.takes == ("student", "reference", "inputs")
    lines = first.path.read_text(encoding="utf-8").split("\n")
    assert lines[second.line - 1].startswith('@check("shift adds"')


def test_fixtures_and_marks_of_a_bank_are_pytests(tmp_path: Path) -> None:
    assignment = toy.make(tmp_path, OWN, toy.SHIFT)
    ids = [check.id for check in collected(assignment)]
    assert "layers::fixture[1]" in ids
    results = {result.id: result for result in judged(assignment)}
    wrong = results["layers::fixture[0]"]
    assert (wrong.outcome, wrong.message[:12]) == (Outcome.FAILED, "The value of"), wrong
    assert results["layers::fixture[1]"].outcome is Outcome.PASSED
    assert results["layers::skipped"].outcome is Outcome.INTERNAL
    assert "not today" in results["layers::skipped"].message
    assert results["layers::order"].outcome is Outcome.PASSED, results["layers::order"].message


def test_a_function_that_is_not_declared_is_named(tmp_path: Path) -> None:
    assignment = toy.make(tmp_path, toy.SCALE, "\n\ndef test_plain():\n    pass\n")
    with pytest.raises(InputError, match="test_plain: a function of the bank that is not declared"):
        collected(assignment)


class Obliging(ModuleType):
    """Some packages have one: whatever it is asked for, it has it."""

    def __getattr__(self, name: str) -> object:
        return object()


def test_modules_that_answer_for_any_name_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "obliging", module := Obliging("obliging"))
    forget_modules(tmp_path)
    assert sys.modules["obliging"] is module


def test_modules_of_the_folder_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gone", "kept.one"):
        module = ModuleType(name)
        module.__file__ = str(tmp_path / "inputs.py")
        monkeypatch.setitem(sys.modules, name, module)
    forget_modules(tmp_path, keep="kept.")
    assert "gone" not in sys.modules
    assert "kept.one" in sys.modules


def test_no_folder_above_the_bank_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have thousands of entries, each of which pytest would look at."""
    listed: list[Path] = []
    list_folder = os.scandir

    def noted(folder: str | Path) -> Iterator[os.DirEntry[str]]:
        listed.append(Path(folder))
        return list_folder(folder)

    assignment = toy.make(tmp_path, toy.SCALE)
    monkeypatch.setattr(os, "scandir", noted)
    assert len(collected(assignment)) == 1
    assert assignment.bank in listed
    assert [folder for folder in listed if folder in assignment.bank.parents[1:]] == []
