"""What lateness does to points: exact numbers from step to step, rounded by whoever shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from grader.model.points import exact
from grader.model.worth import Extension, LatePolicy, StepKind

_DAY: Final = dt.timedelta(days=1)
_HOUR: Final = dt.timedelta(hours=1)
_NONE: Final = dt.timedelta(0)


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """Until when a student's work is due, and what being later costs."""

    due: dt.datetime | None = None
    """With its offset; None where work is never late."""
    closes: dt.datetime | None = None
    """With its offset: after this, work earns nothing."""
    policy: LatePolicy = LatePolicy()
    extended: bool = False
    """Whether an extension moved `due`."""
    slip_days: int = 0
    """Days of the student's budget that are spent here."""

    @property
    def cut_off(self) -> dt.datetime | None:
        """After this, work earns nothing: the closing time or that of the policy, if earlier."""
        days = self.policy.cut_off_days
        ends = [self.closes] if self.closes else []
        if self.due is not None and days is not None:
            ends.append(_after(self.due, dt.timedelta(days=days)))
        return min(ends, key=_utc, default=None)


class ExactStep(NamedTuple):
    """A step with exact points, and the facts from which its reason is told."""

    kind: StepKind
    before: Fraction
    after: Fraction
    facts: dict[str, Any]


def extended(deadline: Deadline, extensions: Iterable[Extension]) -> Deadline:
    """A deadline with the extension that gives the most time; closing times move as far.

    Those that are revoked do not count, and none makes a deadline earlier.
    """
    if deadline.due is None:
        return deadline
    due = deadline.due
    more = [e.due or _after(due, dt.timedelta(minutes=e.minutes)) for e in _in_force(extensions)]
    latest = max([due, *more], key=_utc)
    if latest == due:
        return deadline
    closes = deadline.closes and _after(deadline.closes, _utc(latest) - _utc(due))
    latest = latest.astimezone(due.tzinfo)
    return replace(deadline, due=latest, closes=closes, extended=True)


def _in_force(extensions: Iterable[Extension]) -> Iterator[Extension]:
    return (extension for extension in extensions if not extension.revoked)


def slip_days_needed(submitted: dt.datetime | None, deadline: Deadline) -> int:
    """Days of the budget after which work costs nothing for lateness; 0 where none would help."""
    if submitted is None or _is_cut_off(submitted, deadline) or not _costs(deadline.policy):
        return 0
    return _begun(late_by(submitted, replace(deadline, slip_days=0)), _DAY)


def late_steps(
    points: Fraction, out_of: Fraction, submitted: dt.datetime | None, deadline: Deadline
) -> Iterator[ExactStep]:
    """What lateness does to points; nothing for work that is in time, or whose time is unknown."""
    if submitted is None:
        return
    if _is_cut_off(submitted, deadline):
        facts = {"time": deadline.cut_off}
        yield ExactStep("cut-off", points, Fraction(0), facts)
        return
    if deadline.due is None:
        return
    yield from _allowances(points, submitted, deadline)
    late = late_by(submitted, deadline)
    if late > _NONE:
        yield from _costs_of(points, out_of, late, deadline.policy)


def _allowances(
    points: Fraction, submitted: dt.datetime, deadline: Deadline
) -> Iterator[ExactStep]:
    """Why nothing, or less, is taken off work that was late by the clock."""
    assert deadline.due is not None
    if deadline.extended:
        yield ExactStep("extension", points, points, {"due": deadline.due})
    if deadline.slip_days:
        yield ExactStep("slip", points, points, {"n": deadline.slip_days})
    by_clock = _utc(submitted) - _utc(deadline.due) - deadline.slip_days * _DAY
    if by_clock > _NONE and late_by(submitted, deadline) <= _NONE:
        facts = {"late": by_clock, "grace": _grace(deadline.policy)}
        yield ExactStep("grace", points, points, facts)


def _costs_of(
    points: Fraction, out_of: Fraction, late: dt.timedelta, policy: LatePolicy
) -> Iterator[ExactStep]:
    percent = _percent(late, policy)
    of = out_of if policy.of == "maximum" else points
    left = max(points - of * percent / 100, Fraction(0))
    yield ExactStep("late", points, left, {"late": late, "percent": percent, "of": policy.of})
    most = out_of * exact(policy.cap_percent) / 100
    if left > most:
        yield ExactStep("cap", left, most, {"percent": exact(policy.cap_percent)})
        left = most
    least = min(points, out_of * exact(policy.minimum_percent) / 100)
    if left < least:
        yield ExactStep("minimum", left, least, {"percent": exact(policy.minimum_percent)})


def _percent(late: dt.timedelta, policy: LatePolicy) -> Fraction:
    by_day = exact(policy.percent_per_day) * _begun(late, _DAY)
    by_hour = exact(policy.percent_per_hour) * _begun(late, _HOUR)
    return min(by_day + by_hour, exact(policy.max_percent))


def _costs(policy: LatePolicy) -> bool:
    return bool(policy.percent_per_day or policy.percent_per_hour or policy.cap_percent < 100)


def _is_cut_off(submitted: dt.datetime, deadline: Deadline) -> bool:
    end = deadline.cut_off
    return end is not None and _utc(submitted) > _utc(end)


def late_by(submitted: dt.datetime, deadline: Deadline) -> dt.timedelta:
    """How much later than due work is, grace and slip days taken off; negative for work in time."""
    if deadline.due is None:
        return _NONE
    by_clock = _utc(submitted) - _utc(deadline.due)
    return by_clock - _grace(deadline.policy) - deadline.slip_days * _DAY


def _grace(policy: LatePolicy) -> dt.timedelta:
    return dt.timedelta(minutes=policy.grace_minutes)


def _begun(late: dt.timedelta, unit: dt.timedelta) -> int:
    return max(0, -(-late // unit))


def _utc(time: dt.datetime) -> dt.datetime:
    """Times of one zone are compared and subtracted by the clock on the wall, unless in UTC."""
    return time.astimezone(dt.UTC)


def _after(time: dt.datetime, more: dt.timedelta) -> dt.datetime:
    return (_utc(time) + more).astimezone(time.tzinfo)
