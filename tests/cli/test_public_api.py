"""What `grader` lists is what it has."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import grader
from grader.model.result import Outcome
from tests.batch import toy


def test_the_list_is_what_is_exported() -> None:
    exported = {name: getattr(grader, name) for name in grader.__all__}
    assert grader.__all__ == sorted(grader.__all__)
    assert dir(grader) == grader.__all__
    assert set(grader._HOME) == set(grader.__all__)
    public = {
        name
        for name, value in vars(grader).items()
        if not name.startswith("_")
        and name not in ("annotations", "TYPE_CHECKING", "Any")
        and not inspect.ismodule(value)
    }
    assert public <= set(exported)


@pytest.mark.parametrize("name", grader.__all__)
def test_everything_listed_is_documented(name: str) -> None:
    assert inspect.getdoc(getattr(grader, name))


def test_what_is_not_listed_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'grader' has no attribute 'grades'"):
        grader.grades  # noqa: B018


def test_a_submission_from_python(tmp_path: Path) -> None:
    rubric = toy.assignment(tmp_path / "assignment")
    toy.hand_in(tmp_path, "ann", toy.WRONG)
    result = grader.grade(tmp_path / "ann", assignment=str(rubric))
    assert (result.submission, result.max_score) == ("ann", 4.0)
    assert 0 < result.score < 4
    assert {check.outcome for check in result.checks} >= {Outcome.PASSED, Outcome.FAILED}
    assert result.sandbox is not None
    assert result.sandbox.isolated


def test_a_class_from_python(tmp_path: Path) -> None:
    rubric = toy.assignment(tmp_path / "assignment")
    for name in ("ann", "bob"):
        toy.hand_in(tmp_path / "class", name)
    results = list(grader.batch(tmp_path / "class", assignment=str(rubric), jobs=2))
    assert sorted((result.submission, result.score) for result in results) == [
        ("ann", 4.0),
        ("bob", 4.0),
    ]


def test_errors_are_exceptions(tmp_path: Path) -> None:
    with pytest.raises(grader.InputError, match="absent"):
        grader.grade(tmp_path / "absent", assignment="numpynn")
    with pytest.raises(grader.UsageError, match="There is no assignment 'other'"):
        grader.grade(toy.hand_in(tmp_path, "ann").parents[1], assignment="other")
