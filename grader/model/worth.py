"""What work is worth: policies, extensions and overrides, and the steps that they amount to."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from grader.model.points import exact, rounded

StepKind = Literal[
    "extension", "slip", "grace", "late", "cap", "minimum", "cut-off", "override", "unknown"
]
"""`late` takes a share, `cap` and `cut-off` limit what late work earns, `minimum` gives some of it
back; these four make up a result's penalty. `extension`, `slip` and `grace` say why nothing, or
less, is taken. `override` is a person's word. `unknown`: late, but not known by how much."""
PENALTIES = frozenset(("late", "cap", "minimum", "cut-off"))
"""The kinds of steps that add up to a result's penalty for lateness."""


class WorthStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step from the points for the work to the points that count, in the order applied."""

    kind: StepKind
    reason: str
    """In the language of the report; students see it."""
    before: float
    """Points before it, to the hundredth."""
    after: float
    staff: str = ""
    """Who decided it, when, and what they noted; only for staff."""


def penalty_of(steps: Sequence[WorthStep]) -> float:
    """Points that lateness costs."""
    return rounded(sum(exact(s.before) - exact(s.after) for s in steps if s.kind in PENALTIES))


def final_of(score: float, penalty: float, steps: Sequence[WorthStep]) -> float:
    """The points that count: what the last step left."""
    return steps[-1].after if steps else rounded(exact(score) - exact(penalty))


class GradedAs(msgspec.Struct, frozen=True, kw_only=True):
    """What grading gave, of all that overrides changed."""

    score: float
    checks: dict[str, tuple[str, float]] = {}
    """Id of a check to its outcome and points."""
    parts: dict[str, tuple[float, int]] = {}
    """Id of a part to its points, and how many of its checks passed."""


class LatePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What late work costs. A day is 24 hours, also where clocks change."""

    percent_per_day: float = 0.0
    """For every day begun."""
    percent_per_hour: float = 0.0
    """For every hour begun; not beside `percent_per_day`."""
    of: Literal["earned", "maximum"] = "earned"
    """Whether the per cent are of the points earned, or of those possible."""
    grace_minutes: float = 0.0
    """Lateness counts from the end of these."""
    max_percent: float = 100.0
    """The most that lateness takes."""
    cap_percent: float = 100.0
    """Of the points possible, the most that late work earns."""
    minimum_percent: float = 0.0
    """Of the points possible, what lateness does not take a score below."""
    cut_off_days: float | None = None
    """Days after which late work earns nothing; counted from the due time, extended or not."""


def policy_faults(policy: LatePolicy) -> Iterator[tuple[str, str]]:
    """What is wrong with a policy though every value has the right type: key, and a predicate."""
    shares = ("max_percent", "cap_percent", "minimum_percent")
    amounts = ("percent_per_day", "percent_per_hour", "grace_minutes", *shares)
    for name in amounts:
        value = getattr(policy, name)
        most = 100 if name in shares else math.inf
        if not 0 <= value <= most or value == math.inf:
            asked = "a number from 0 to 100" if name in shares else "0 or more"
            yield name, f"is {value:g}; expected {asked}"
    if policy.percent_per_day and policy.percent_per_hour:
        yield "percent_per_hour", "is given beside `percent_per_day`; only one can apply"
    if policy.cut_off_days is not None and not 0 <= policy.cut_off_days < 10_000:
        yield "cut_off_days", f"is {policy.cut_off_days:g}; expected a number of days"


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """More time for a student, a section or a group."""

    assignment: str
    """Empty for all."""
    scope: Literal["student", "section", "group"]
    id: str
    """`Person.key`, or the name of the section or group."""
    due: dt.datetime | None = None
    """Until when, with its offset; or else `minutes`."""
    minutes: float = 0.0
    """How much more time."""
    who: str = ""
    """Who gave it."""
    when: dt.datetime | None = None
    why: str = ""
    """Only for staff: a reason may be private."""
    revoked: dt.datetime | None = None


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """A person's word on what a check, a part or the whole is worth.

    Those of checks and parts change the points for the work, of which lateness then takes its
    share. That of the whole is what counts: nothing is taken off it.
    """

    person: str
    """`Person.key`; without a course the submission's identity."""
    assignment: str
    scope: Literal["check", "part", "total"]
    id: str = ""
    """Of the check or part; empty for the whole."""
    points: float | None = None
    """Or else `outcome`."""
    outcome: Literal["", "passed", "failed", "missing", "excused"] = ""
    """`passed` earns all points, `failed` and `missing` none. `excused` is for the whole: the
    assignment does not count in the term's total."""
    who: str = ""
    """Only for staff."""
    when: dt.datetime | None = None
    why: str = ""
    """The student sees it."""
    note: str = ""
    """Only for staff."""
    revoked: dt.datetime | None = None
