"""Causes in a graded submission, behind the wall."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from grader.assignment.catalogue import apply, read_package, write_package
from grader.assignment.plugin import CallForm
from grader.batches.grading_client import Engine
from grader.grading import Settings, pipeline
from grader.model.result import CheckResult, Outcome, Result
from grader.student.trace import Traces
from grader.submission import single
from tests.diagnosis.clinic import Clinic, named
from tests.support import submission

MISTAKE = "bn-running-standard-deviation"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A submission with one mistake in it."""
    clinic = Clinic()
    target = submission(tmp_path_factory.mktemp("submissions"), "ann")
    files = apply(read_package(target / "numpynn"), clinic.catalogue.mistakes[MISTAKE])
    write_package(files, target / "numpynn")
    return target


@pytest.fixture(scope="module")
def result(folder: Path) -> Iterator[Result]:
    """It, graded with follow-through."""
    with Engine(Settings(assignment="numpynn")) as engine:
        yield engine.grade(single(folder))


def test_every_deduction_has_its_cause(result: Result, folder: Path) -> None:
    failed = [check for check in result.checks if check.outcome is Outcome.FAILED]
    assert failed
    assert {check.targets[0] for check in failed} == {"batchnorm_forward"}
    assert named(failed) == [[MISTAKE]] * len(failed)
    cause = failed[0].causes[0]
    assert {check.hint for check in failed} == {cause.hint}
    text = (folder / "numpynn" / "layers.py").read_text(encoding="utf-8").splitlines()
    assert cause.source is not None
    assert text[cause.source.first_line - 1].startswith("def batchnorm_forward")
    assert not cause.source.text


def test_what_follow_through_cured_has_the_layers_cause(result: Result) -> None:
    cured = [c for c in result.checks if c.follow_through and c.id.startswith("net_modes::")]
    assert cured
    assert named(cured) == [[MISTAKE]] * len(cured)


def test_what_is_right_has_no_cause(result: Result) -> None:
    right = [
        check
        for check in result.checks
        if check.outcome is Outcome.PASSED and not check.follow_through
    ]
    assert len(right) > 100
    assert not any(check.causes for check in right)


def test_it_can_be_left_out(folder: Path) -> None:
    settings = Settings(
        assignment="numpynn", diagnose=False, lang="zh", parts=("batchnorm_forward",)
    )
    with Engine(settings) as engine:
        checks = engine.grade(single(folder)).checks
    assert any(check.outcome is Outcome.FAILED for check in checks)
    assert not any(check.causes for check in checks)


def explained(catalogue: Any) -> tuple[list[CheckResult], list[str]]:
    made: Any = SimpleNamespace(
        settings=Settings(assignment="numpynn"),
        form=lambda _submission: CallForm(),
        catalogue=catalogue,
    )
    student: Any = SimpleNamespace(release=None, spans={})
    return pipeline._explained(made, student, [], Traces(), Traces())


def test_a_diagnosis_that_fails_leaves_a_note() -> None:
    def broken(*_arguments: object, **_more: object) -> None:
        raise ZeroDivisionError("no luck")

    checks, (note,) = explained(SimpleNamespace(explain=broken))
    assert checks == []
    assert note.startswith("The grader could not look for causes; no points are lost.")
    assert "(test_graded.py, line" in note


def test_without_a_reference_nothing_is_compared() -> None:
    assert explained(None) == ([], [])
