"""What the rubric makes of outcomes: points, and notes on deviations that cost nothing."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from grader.grading.scoring import ruled, score
from grader.model.result import Cause, CheckResult, Outcome
from grader.model.rubric import CheckOverride, Grading, Part, Rubric, Text

NOTE = Text(en="Epsilon stands elsewhere.", zh="epsilon 在别处。")


def rubric(note: Text | None = NOTE) -> Rubric:
    return Rubric(
        id="toy",
        title=Text(en="Toy"),
        declared={"adam": "optim: next_w, config"},
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


Line = tuple[str, float, Outcome]
"""What a check judges, its weight, and how it ended."""
PASSED, FAILED, SKIPPED = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED


def points(
    lines: Iterable[Line], unjudged: Literal["spread", "lost"] = "spread"
) -> tuple[float, list[CheckResult]]:
    """The score of a part of 100 points; what is skipped follows from the forward of its name."""
    toy = replace(rubric(), grading=Grading(unjudged=unjudged))
    checks = [
        CheckResult(
            id=f"layers::{number}",
            title="",
            part="optimizers",
            targets=[name],
            outcome=outcome,
            points=0.0,
            max_points=weight,
            follows_from=name.replace("backward", "forward") if outcome is SKIPPED else "",
        )
        for number, (name, weight, outcome) in enumerate(lines)
    ]
    scored, total, _ = score(toy, checks)
    assert sum(check.max_points for check in scored) == pytest.approx(100, abs=0.01)
    return total, scored


def test_what_cannot_be_judged_is_shared_by_the_rest_of_its_part() -> None:
    lines = [("forward", 2, FAILED), ("forward", 2, PASSED), ("backward", 4, SKIPPED)]
    total, scored = points(lines)
    assert total == 50.0
    assert [check.max_points for check in scored] == [50.0, 50.0, 0.0]
    assert points(lines, "lost")[0] == 25.0


def test_what_the_function_itself_kept_from_being_judged_stays_lost() -> None:
    lines = [("forward", 2, FAILED), ("forward", 2, PASSED), ("forward", 4, SKIPPED)]
    assert points(lines)[0] == 25.0


def test_breaking_a_function_a_little_does_not_hide_a_wrong_one_that_works_on_it() -> None:
    honest = [("forward", 1, PASSED)] * 10 + [("backward", 1, FAILED)] * 10
    broken = (
        [("forward", 1, PASSED)] * 9 + [("forward", 1, FAILED)] + [("backward", 1, SKIPPED)] * 10
    )
    assert points(honest)[0] == 50.0
    assert points(broken)[0] <= 50.0


def test_mending_a_function_never_costs_points() -> None:
    """Whatever else it shows: what waited for it is all wrong then."""
    draw = random.Random(0)
    for _ in range(500):
        names = ["a_forward", "b_forward"][: draw.randint(1, 2)]
        lines: list[Line] = []
        for name in names:
            forward = [
                (name, draw.choice([0.25, 1, 3]), draw.choice([PASSED, FAILED])) for _ in range(4)
            ]
            lines += forward
            if any(outcome is FAILED for _, _, outcome in forward):
                backward = name.replace("forward", "backward")
                lines += [
                    (backward, draw.choice([0.5, 1, 4]), SKIPPED) for _ in range(draw.randint(0, 5))
                ]
        lines.append(("other", draw.choice([0.5, 2]), draw.choice([PASSED, FAILED])))
        family = draw.choice(names).removesuffix("forward")
        mended = [
            (
                name,
                weight,
                PASSED
                if name == f"{family}forward"
                else FAILED
                if name == f"{family}backward"
                else outcome,
            )
            for name, weight, outcome in lines
        ]
        assert points(mended)[0] >= points(lines)[0] - 0.02, lines
