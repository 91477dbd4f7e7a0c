"""What the rubric makes of outcomes: points, and notes on deviations that cost nothing."""

from __future__ import annotations

from typing import Any

import pytest

from grader.grading.scoring import ruled
from grader.result import Cause, CheckResult, Outcome
from grader.rubric import CheckOverride, Part, Rubric, Text

NOTE = Text(en="Epsilon stands elsewhere.", zh="epsilon 在别处。")


def rubric(note: Text | None = NOTE) -> Rubric:
    return Rubric(
        id="toy",
        title=Text(en="Toy"),
        api={"adam": "optim: next_w, config"},
        parts={"optimizers": Part(title=Text(en="Update rules"), points=100)},
        checks={"optimizers::place": CheckOverride(points=0, note=note)},
    )


def check(name: str, outcome: Outcome, **settings: Any) -> CheckResult:
    return CheckResult(
        id=f"optimizers::{name}",
        title=f"adam: {name}",
        part="optimizers",
        targets=["adam"],
        outcome=outcome,
        points=0.0,
        max_points=settings.pop("max_points", 1.0),
        **settings,
    )


@pytest.mark.parametrize(("lang", "said"), [("en", NOTE.en), ("zh", NOTE.zh)])
def test_a_deviation_that_costs_nothing_has_the_note_of_the_rubric(lang: str, said: str) -> None:
    step, place = ruled(
        rubric(), [check("step", Outcome.PASSED), check("place", Outcome.FAILED)], lang
    )
    assert (place.outcome, place.notes) == (Outcome.PASSED, [said])
    assert step.notes == []


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED])
def test_what_fails_beside_other_checks_of_its_function_says_nothing(outcome: Outcome) -> None:
    cause = Cause(id="adam-t", kind="mistake", function="adam", title="t is not counted")
    place = check("place", Outcome.FAILED, causes=[cause])
    _, place = ruled(rubric(), [check("step", outcome), place], "en")
    assert (place.outcome, place.notes) == (Outcome.PASSED, [])


def test_no_note_is_made_up_where_none_is_written() -> None:
    place = check("place", Outcome.FAILED, message="The value of next_w is wrong.")
    _, place = ruled(rubric(None), [check("step", Outcome.PASSED), place], "en")
    assert (place.outcome, place.notes, place.message) == (Outcome.PASSED, [], "")
