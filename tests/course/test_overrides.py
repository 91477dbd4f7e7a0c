"""What people decide about checks, parts and the whole, over whatever grading gives."""

from __future__ import annotations

import csv
import datetime as dt
from typing import Any

from msgspec.structs import replace

from grader.course.lateness import Deadline
from grader.course.submission_worth import Worth
from grader.model.result import CheckResult, Outcome, PartResult, Result
from grader.model.worth import LatePolicy, Override
from grader.report.gradebook import gradebook_pieces
from grader.report.html import student_page
from grader.report.redact import for_audience

NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


def _check(id: str, outcome: Outcome, points: float) -> CheckResult:
    return CheckResult(
        id=id, title=f"Check {id}", part="layers", targets=["affine"], outcome=outcome,
        points=points, max_points=5.0,
    )  # fmt: skip


def _part(id: str, points: float, passed: int, total: int) -> PartResult:
    return PartResult(
        id=id, title=id.title(), points=points, max_points=10.0, passed=passed, total=total
    )


GRADED = Result(
    submission="ann",
    assignment="hw",
    score=9.0,
    max_score=20.0,
    parts=[_part("layers", 5.0, 1, 2), _part("nets", 4.0, 1, 3)],
    checks=[_check("a", Outcome.PASSED, 5.0), _check("b", Outcome.FAILED, 0.0)],
)


def _override(scope: Any, id: str = "", **said: Any) -> Override:
    said = {"who": "ta@example.org", "when": NOON, "why": "The text was unclear.", **said}
    return Override(person="ann", assignment="hw", scope=scope, id=id, **said)


def _worth(*overrides: Override, **more: Any) -> Worth:
    return Worth(overrides=list(overrides), **more)


def _late(*overrides: Override) -> Worth:
    deadline = Deadline(due=NOON, policy=LatePolicy(percent_per_day=10))
    return _worth(*overrides, submitted=NOON + dt.timedelta(hours=1), deadline=deadline)


def test_a_check_takes_its_part_and_the_whole_along() -> None:
    result = _worth(_override("check", "b", outcome="passed")).applied(GRADED)
    assert [(check.outcome, check.points) for check in result.checks] == [
        *((Outcome.PASSED, 5.0), (Outcome.PASSED, 5.0)),
    ]
    assert (result.parts[0].points, result.parts[0].passed) == (10.0, 2)
    assert (result.score, result.final) == (14.0, 14.0)
    (step,) = result.steps
    assert step.reason == "Check “Check b”: 0 → 5 of 5 points. The text was unclear."
    assert (step.before, step.after) == (9.0, 14.0)


def test_some_points_leave_the_outcome_as_it_is() -> None:
    result = _worth(_override("check", "b", points=2.5)).applied(GRADED)
    assert (result.checks[1].outcome, result.checks[1].points) == (Outcome.FAILED, 2.5)
    taken = _worth(_override("check", "a", points=0.0)).applied(GRADED)
    assert (taken.checks[0].outcome, taken.parts[0].passed) == (Outcome.FAILED, 0)


def test_a_part_holds_whatever_its_checks_were_given() -> None:
    overrides = [_override("part", "layers", points=7.0), _override("check", "b", points=1.0)]
    result = _worth(*overrides).applied(GRADED)
    assert (result.parts[0].points, result.score) == (7.0, 11.0)


def test_lateness_is_taken_of_what_checks_and_parts_were_given() -> None:
    result = _late(_override("check", "b", outcome="passed")).applied(GRADED)
    assert (result.score, result.penalty, result.final) == (14.0, 1.4, 12.6)


def test_nothing_is_taken_off_an_override_of_the_whole() -> None:
    result = _late(_override("total", points=18.0)).applied(GRADED)
    assert (result.score, result.penalty, result.final) == (9.0, 0.9, 18.0)
    assert [(step.kind, step.before, step.after) for step in result.steps] == [
        *(("late", 9.0, 8.1), ("override", 8.1, 18.0)),
    ]


def test_the_last_of_several_holds_until_it_is_revoked() -> None:
    first = _override("total", points=10.0)
    second = _override("total", points=12.0, when=NOON + dt.timedelta(days=1))
    assert _worth(second, first).applied(GRADED).final == 12.0
    assert _worth(replace(second, revoked=NOON), first).applied(GRADED).final == 10.0


def test_an_excused_assignment_keeps_its_points_and_says_so() -> None:
    result = _worth(_override("total", outcome="excused")).applied(GRADED)
    assert (result.excused, result.final) == (True, 9.0)


def test_work_that_cannot_be_read_may_be_given_points() -> None:
    unread = replace(GRADED, error="Not an archive.", error_kind="input", score=0.0, checks=[])
    result = _late(_override("total", points=6.0)).applied(unread)
    assert (result.final, result.penalty) == (6.0, 0.0)


def test_a_check_that_is_gone_changes_nothing_and_is_said() -> None:
    result = _worth(_override("check", "old", points=1.0)).applied(GRADED)
    assert result.final == 9.0
    assert "“old” is not applied" in result.steps[0].reason


def test_taking_overrides_back_gives_what_grading_gave() -> None:
    overrides = [
        _override("check", "b", outcome="passed"),
        _override("part", "nets", points=9.0),
        _override("total", outcome="excused"),
    ]
    changed = _late(*overrides).applied(GRADED)
    assert changed.graded_as is not None
    assert Worth().applied(changed) == GRADED
    assert _late(*overrides).applied(changed) == changed


def test_students_see_reason_and_change_but_not_who_noted_what() -> None:
    override = _override("check", "b", outcome="passed", note="see mail of 3 March")
    result = _worth(override).applied(GRADED)
    student, instructor = (
        student_page(result, audience=audience) for audience in ("student", "instructor")
    )
    for page in (student, instructor):
        assert "The text was unclear." in page
        assert "9 → <b>14</b>" in page
    assert "ta@example.org, 2026-03-01 12:00+00:00, see mail of 3 March" in instructor
    for secret in ("ta@example.org", "see mail"):
        assert secret not in student
        assert secret.encode() not in for_audience(result, "student").to_json()


def test_the_gradebook_tells_the_steps() -> None:
    result = _late(_override("total", points=18.0)).applied(GRADED)
    text = b"".join(gradebook_pieces([result])).decode("utf-8-sig")
    (row,) = csv.DictReader(text.splitlines())
    assert (row["final"], row["percent"], row["status"]) == ("18", "90", "graded")
    assert row["steps"].startswith("late: 1 h late: less 10 % of the points earned. 9 → 8.1 · over")


def test_the_gradebook_gives_no_points_to_who_is_excused_and_submitted_nothing() -> None:
    absent = Result(
        submission="ann", assignment="hw", score=0.0, max_score=20.0, parts=[], checks=[],
        error="Nothing was submitted.", error_kind="absent",
    )  # fmt: skip
    for decided, points in ((_override("total", outcome="excused"), ""), (ZERO, "0")):
        result = _worth(decided).applied(absent)
        (row,) = csv.DictReader(
            b"".join(gradebook_pieces([result])).decode("utf-8-sig").splitlines()
        )
        assert (row["final"], row["percent"]) == (points, points)


ZERO = _override("total", points=0.0)
