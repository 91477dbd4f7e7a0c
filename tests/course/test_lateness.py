"""What lateness takes: every key of a policy, alone and together, at its edges."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

import pytest
from msgspec.structs import replace

from grader.course.lateness import Deadline, extended, slip_days_needed
from grader.course.submission_worth import Worth
from grader.model.points import rounded
from grader.model.result import Result
from grader.model.worth import Extension, LatePolicy, policy_faults

DUE = dt.datetime(2026, 3, 1, 23, 59, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def _result(score: float = 90.0, out_of: float = 100.0) -> Result:
    return Result(
        submission="ann", assignment="hw", score=score, max_score=out_of, parts=[], checks=[]
    )


def _worth(late: dt.timedelta, policy: LatePolicy, **more: Any) -> Worth:
    return Worth(submitted=DUE + late, deadline=Deadline(due=DUE, policy=policy, **more))


def _final(late: dt.timedelta, score: float = 90.0, **policy: Any) -> float:
    return _worth(late, LatePolicy(**policy)).applied(_result(score)).final


@pytest.mark.parametrize(
    ("late", "policy", "final"),
    [
        (-HOUR, {"percent_per_day": 10}, 90.0),
        (dt.timedelta(0), {"percent_per_day": 10}, 90.0),
        (dt.timedelta(seconds=1), {"percent_per_day": 10}, 81.0),
        (DAY, {"percent_per_day": 10}, 81.0),
        (DAY + dt.timedelta(seconds=1), {"percent_per_day": 10}, 72.0),
        (DAY, {"percent_per_day": 10, "of": "maximum"}, 80.0),
        (3 * HOUR - dt.timedelta(minutes=30), {"percent_per_hour": 2}, 84.6),
        (dt.timedelta(minutes=15), {"percent_per_day": 10, "grace_minutes": 15}, 90.0),
        (dt.timedelta(minutes=16), {"percent_per_day": 10, "grace_minutes": 15}, 81.0),
        (9 * DAY, {"percent_per_day": 10, "max_percent": 50}, 45.0),
        (20 * DAY, {"percent_per_day": 10}, 0.0),
        (HOUR, {"cap_percent": 70}, 70.0),
        (HOUR, {"percent_per_day": 10, "cap_percent": 70}, 70.0),
        (9 * DAY, {"percent_per_day": 10, "minimum_percent": 40}, 40.0),
        (3 * DAY, {"percent_per_day": 10, "cut_off_days": 3}, 63.0),
        (3 * DAY + HOUR, {"percent_per_day": 10, "cut_off_days": 3, "minimum_percent": 40}, 0.0),
        (HOUR, {}, 90.0),
    ],
)
def test_what_counts(late: dt.timedelta, policy: dict[str, Any], final: float) -> None:
    assert _final(late, **policy) == final


def test_a_minimum_gives_nobody_more_than_was_earned() -> None:
    assert _final(9 * DAY, 30.0, percent_per_day=10, minimum_percent=40) == 30.0


def test_per_cent_of_the_maximum_take_no_score_below_zero() -> None:
    assert _final(2 * DAY, 15.0, percent_per_day=10, of="maximum") == 0.0


def test_half_a_hundredth_is_rounded_up_and_only_at_the_end() -> None:
    assert [rounded(value) for value in (0.125, 0.135, 1.005, 2.675)] == [0.13, 0.14, 1.01, 2.68]
    # 0.9 of 0.15 is 0.135, of which 0.05 more is taken: from 0.14 it would be another
    assert _final(HOUR, 66.65, percent_per_day=10) == 59.99
    assert _final(HOUR, 66.65, percent_per_day=5) == 63.32


def test_a_time_to_the_minute_is_in_time_within_the_due_minute() -> None:
    to_the_second = DUE.replace(second=59)
    deadline = Deadline(due=to_the_second, policy=LatePolicy(percent_per_day=10))
    in_time = Worth(submitted=DUE, deadline=deadline).applied(_result())
    assert (in_time.final, in_time.steps) == (90.0, [])


def test_each_step_is_told_with_its_reason() -> None:
    policy = LatePolicy(percent_per_day=10, cap_percent=70, minimum_percent=75)
    told = _worth(DAY + 2 * HOUR, policy).applied(_result()).steps
    assert [(step.kind, step.before, step.after) for step in told] == [
        *(("late", 90.0, 72.0), ("cap", 72.0, 70.0), ("minimum", 70.0, 75.0)),
    ]
    assert told[0].reason == "1 day 2 h late: less 20 % of the points earned."
    chinese = _worth(DAY + 2 * HOUR, policy).applied(_result(), "zh").steps
    assert chinese[0].reason == "迟交 1 天 2 小时：扣除所得分数的 20 %。"


def test_penalty_is_what_all_late_steps_take() -> None:
    policy = LatePolicy(percent_per_day=10, cap_percent=70, minimum_percent=75)
    result = _worth(DAY, policy).applied(_result())
    assert (result.penalty, result.final, result.score) == (15.0, 75.0, 90.0)


def test_grace_is_said_where_it_helped() -> None:
    policy = LatePolicy(percent_per_day=10, grace_minutes=15)
    (step,) = _worth(dt.timedelta(minutes=12), policy).applied(_result()).steps
    assert (step.kind, step.before, step.after) == ("grace", 90.0, 90.0)
    assert "12 min" in step.reason


def test_slip_days_move_the_deadline_by_whole_days() -> None:
    policy = LatePolicy(percent_per_day=10)
    result = _worth(2 * DAY + HOUR, policy, slip_days=2).applied(_result())
    assert [step.kind for step in result.steps] == ["slip", "late"]
    assert result.final == 81.0


@pytest.mark.parametrize(
    ("late", "policy", "needed"),
    [
        (-HOUR, {"percent_per_day": 10}, 0),
        (HOUR, {"percent_per_day": 10}, 1),
        (2 * DAY, {"percent_per_day": 10}, 2),
        (2 * DAY + HOUR, {"percent_per_hour": 1}, 3),
        (HOUR, {"percent_per_day": 10, "grace_minutes": 60}, 0),
        (HOUR, {}, 0),
        (5 * DAY, {"percent_per_day": 10, "cut_off_days": 4}, 0),
    ],
)
def test_how_many_slip_days_are_of_use(
    late: dt.timedelta, policy: dict[str, Any], needed: int
) -> None:
    assert slip_days_needed(DUE + late, Deadline(due=DUE, policy=LatePolicy(**policy))) == needed


def _more(**given: Any) -> Extension:
    return Extension(assignment="hw", scope="student", id="ann", **given)


def test_of_several_extensions_the_longest_holds_and_closing_moves_with_it() -> None:
    closes = DUE + 2 * DAY
    deadline = Deadline(due=DUE, closes=closes, policy=LatePolicy(percent_per_day=10))
    longer = extended(
        deadline,
        [_more(minutes=60), _more(due=DUE + DAY), _more(due=DUE + 9 * DAY, revoked=DUE)],
    )
    assert (longer.due, longer.closes, longer.extended) == (DUE + DAY, closes + DAY, True)
    assert extended(deadline, [_more(due=DUE - DAY)]) == deadline


def test_an_extension_is_said() -> None:
    deadline = extended(
        Deadline(due=DUE, policy=LatePolicy(percent_per_day=10)), [_more(minutes=120)]
    )
    result = Worth(submitted=DUE + HOUR, deadline=deadline).applied(_result())
    assert [step.reason for step in result.steps] == ["Due 2026-03-02 01:59 UTC, by an extension."]
    assert result.final == 90.0


def test_after_closing_nothing_is_earned() -> None:
    closed = Worth(submitted=DUE + 2 * HOUR, deadline=Deadline(due=DUE, closes=DUE + HOUR))
    (step,) = closed.applied(_result()).steps
    assert (step.kind, step.after) == ("cut-off", 0.0)


def test_a_day_is_24_hours_where_clocks_change() -> None:
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    due = dt.datetime(2026, 3, 28, 23, 0, tzinfo=zone)  # the next night has 23 hours
    deadline = Deadline(due=due, policy=LatePolicy(percent_per_day=10, cut_off_days=1))
    late = Worth(submitted=dt.datetime(2026, 3, 29, 23, 30, tzinfo=zone), deadline=deadline)
    assert late.applied(_result()).final == 81.0
    later = replace(late, submitted=dt.datetime(2026, 3, 30, 0, 0, 1, tzinfo=zone))
    assert later.applied(_result()).final == 0.0


def test_late_by_the_platform_alone_costs_nothing_and_is_said() -> None:
    (step,) = Worth(told_late=True).applied(_result()).steps
    assert (step.kind, step.before, step.after) == ("unknown", 90.0, 90.0)


def test_what_was_applied_before_is_undone_first() -> None:
    worth = _worth(DAY, LatePolicy(percent_per_day=10))
    once = worth.applied(_result())
    assert worth.applied(once) == once
    assert Worth().applied(once) == _result()


@pytest.mark.parametrize(
    ("policy", "key"),
    [
        ({"percent_per_day": -1.0}, "percent_per_day"),
        ({"max_percent": 101.0}, "max_percent"),
        ({"percent_per_day": float("nan")}, "percent_per_day"),
        ({"percent_per_day": 1.0, "percent_per_hour": 1.0}, "percent_per_hour"),
        ({"cut_off_days": -1.0}, "cut_off_days"),
    ],
)
def test_faulty_policies_are_named(policy: dict[str, float], key: str) -> None:
    assert [name for name, _ in policy_faults(LatePolicy(**policy))] == [key]  # type: ignore[arg-type]
