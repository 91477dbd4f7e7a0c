"""The index of a bank: what is known of it without importing it."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignment.folder import Assignment
from grader.batches.opening import obtain_key, open_context
from grader.grading import GradingContext, Settings
from grader.model.errors import RubricError
from grader.runner.answer_key import Key
from grader.runner.recording import record_key
from grader.sandbox.background import OpeningSandbox
from tests.verify import toy

OTHER = """
from pathlib import Path

import pytest

from grader.checks import check

Path(__file__).with_name("imported").touch()


@pytest.mark.parametrize("case", ["one", "two"])
@check("shift is called", part="shift", targets="shift", points=2)
def test_called(student, case):
    student.shift(1.0, 2.0)
"""


@pytest.fixture
def assignment(tmp_path: Path) -> Assignment:
    """One with a key, and a bank of two modules of which one says when it is imported."""
    made = toy.make(tmp_path, toy.SCALE, toy.SHIFT)
    (made.bank / "other.py").write_text(OTHER, encoding="utf-8")
    made = Assignment.load(str(made.path))
    record_key(made).save(made.layout.key)
    (made.bank / "imported").unlink()
    return made


def opened(assignment: Assignment, settings: Settings) -> GradingContext:
    """What is opened to grade with these settings."""
    found: list[GradingContext] = []
    with OpeningSandbox("none") as sandbox:
        open_context(settings, found.append, assignment, sandbox)
    return found[0]


def test_only_the_modules_of_the_chosen_checks_are_imported(assignment: Assignment) -> None:
    context = opened(assignment, Settings(keyword="scale"))
    assert [check.id for check in context.checks] == ["layers::scale"]
    assert not (assignment.bank / "imported").exists()
    context = opened(assignment, Settings(parts=("shift",)))
    assert [check.id for check in context.checks] == [
        "layers::shift", "other::called[one]", "other::called[two]",
    ]  # fmt: skip
    assert (assignment.bank / "imported").exists()


def test_nothing_is_imported_where_no_check_matches(assignment: Assignment) -> None:
    assert not opened(assignment, Settings(keyword="none of them")).checks
    assert not (assignment.bank / "imported").exists()


def test_the_index_says_what_the_checks_declare(assignment: Assignment) -> None:
    listed = Key.load(assignment.layout.key).checks
    found = opened(assignment, Settings()).checks
    assert [check.listed for check in found] == listed
    last = listed[-1]
    assert (last.id, last.file, last.points) == ("other::called[two]", "other.py", 2)


def test_rubric_and_bank_must_agree_though_little_of_it_is_imported(
    assignment: Assignment,
) -> None:
    text = assignment.path.read_text(encoding="utf-8")
    assignment.path.write_text(f"{text}\n[hints]\nshift_adds = 'no'\n", encoding="utf-8")
    with pytest.raises(RubricError, match="shift_adds"):
        opened(Assignment.load(str(assignment.path)), Settings(keyword="scale"))


def test_a_key_for_one_submission_has_no_analysis_but_the_same_answers(
    assignment: Assignment,
) -> None:
    settings = Settings(seed="another")
    alone, many = (obtain_key(assignment, settings, many=many) for many in (False, True))
    assert not alone.requests
    assert many.requests
    assert [*alone.answers] == [*many.answers]
    assert [[hash for hash, _ in alone.answers[check]] for check in alone.answers] == [
        [hash for hash, _ in many.answers[check]] for check in many.answers
    ]
    assert alone.checks == many.checks == Key.load(assignment.layout.key).checks
