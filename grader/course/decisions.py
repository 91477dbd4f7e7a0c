"""What somebody decides: an override or an extension, checked against the course."""

from __future__ import annotations

import datetime as dt
import difflib
import math
import typing
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from grader.course.course_settings import CourseSettings
from grader.course.matching import person_meant
from grader.model.errors import UsageError
from grader.model.person import Person
from grader.model.result import Result
from grader.model.rubric_fault import did_you_mean
from grader.model.worth import Extension, Override

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView

_OUTCOMES = tuple(filter(None, typing.get_args(typing.get_type_hints(Override)["outcome"])))
_ENTIRE_ONLY = "excused"


class AskedOverride(NamedTuple):
    """An override as a command line gives it."""

    student: str
    assignment: str
    check: str = ""
    part: str = ""
    points: float | None = None
    outcome: str = ""
    why: str = ""
    note: str = ""


def checked_override(
    asked: AskedOverride, settings: CourseSettings, view: CourseView
) -> tuple[Override, str]:
    """The override that is asked for, and what is odd about it, if anything.

    Raises:
        UsageError: it names what is not there, or does not say what is decided.
    """
    assignment = settings.assignment(asked.assignment).id
    person = person_meant(asked.student, view.people())
    scope, id = _scope(asked)
    worth = _worth_of(view, assignment, person, scope, id)
    if worth is not None:
        id = worth[0]
    _must_decide(asked, scope)
    if not asked.why.strip():
        raise UsageError("An override needs a reason, which the student sees.")
    values: dict[str, Any] = {"scope": scope, "outcome": asked.outcome}
    override = Override(
        person=person.key,
        assignment=assignment,
        id=id,
        points=asked.points,
        why=asked.why.strip(),
        note=asked.note.strip(),
        **values,
    )
    more = worth is not None and asked.points is not None and asked.points > worth[1] + 1e-9
    return override, f"That is more than the {worth[1]:g} points it has." if more and worth else ""


def _scope(asked: AskedOverride) -> tuple[str, str]:
    if asked.check and asked.part:
        raise UsageError("A check and a part cannot both be given.")
    if asked.check:
        return "check", asked.check
    return ("part", asked.part) if asked.part else ("total", "")


def _must_decide(asked: AskedOverride, scope: str) -> None:
    if (asked.points is None) == (not asked.outcome):
        raise UsageError("Say either points or an outcome.")
    if asked.points is not None and not (math.isfinite(asked.points) and asked.points >= 0):
        raise UsageError(f"{asked.points:g} points: expected 0 or more.")
    if asked.outcome and asked.outcome not in _OUTCOMES:
        hint = did_you_mean(asked.outcome, _OUTCOMES)
        raise UsageError(f"The outcome {asked.outcome!r} is not known.", hint=hint)
    if asked.outcome == _ENTIRE_ONLY and scope != "total":
        raise UsageError("Only a whole assignment can be excused.")


def _worth_of(
    view: CourseView, assignment: str, person: Person, scope: str, id: str
) -> tuple[str, float] | None:
    """The id of a check or part as results have it, and its points; None where nobody knows."""
    result = _a_result(view, assignment, person)
    if result is None:
        if scope == "check":
            hint = f"Grade it first: grader batch --for {assignment}"
            raise UsageError(f"No result of {assignment} says which checks it has.", hint=hint)
        return None
    if scope == "total":
        return "", result.max_score
    records: Sequence[Any] = result.checks if scope == "check" else result.parts
    found = _named(id, {record.id: record.max_points for record in records})
    if len(found) == 1:
        return next(iter(found.items()))
    if found:
        raise UsageError(f"The {scope} {id!r} may be any of {', '.join(found)}.")
    near = difflib.get_close_matches(id, [record.id for record in records], n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else ""
    raise UsageError(f"{assignment} has no such {scope} as {id!r}.", hint=hint)


def _named(id: str, points: Mapping[str, float]) -> dict[str, float]:
    """What goes by an id: that alone, or whatever is called so in any module."""
    if id in points:
        return {id: points[id]}
    return {name: worth for name, worth in points.items() if name.rpartition("::")[2] == id}


def _a_result(view: CourseView, assignment: str, person: Person) -> Result | None:
    """A result that tells checks and parts: the person's own, or anybody's that was graded."""
    own = view.results_of(assignment, person.key)
    run = view.run_in_force(assignment)
    others = view.run_results(run.id) if run else []
    for found in (*reversed(own), *others):
        result = view.result(found.content)
        if result.graded:
            return result
    return None


class AskedExtension(NamedTuple):
    """An extension as a command line gives it."""

    assignment: str = ""
    student: str = ""
    section: str = ""
    group: str = ""
    until: str = ""
    hours: float = 0.0
    days: float = 0.0
    why: str = ""


def checked_extension(
    asked: AskedExtension, settings: CourseSettings, view: CourseView
) -> Extension:
    """The extension that is asked for.

    Raises:
        UsageError: it names what is not there, or does not say how much time is given.
    """
    assignment = settings.assignment(asked.assignment).id if asked.assignment else ""
    scope, id = _whom(asked, view.people())
    minutes = asked.hours * 60 + asked.days * 1440
    if bool(asked.until) == bool(minutes):
        raise UsageError("Say how much time: either until when, or how many hours or days.")
    if not (math.isfinite(minutes) and minutes >= 0):
        raise UsageError("Hours and days: expected more than 0.")
    if asked.until and not assignment:
        raise UsageError("Until when can only be said for one assignment.")
    due = _time(asked.until, settings) if asked.until else None
    values: dict[str, Any] = {"scope": scope}
    return Extension(
        assignment=assignment, id=id, due=due, minutes=minutes, why=asked.why.strip(), **values
    )


def _whom(asked: AskedExtension, people: Sequence[Person]) -> tuple[str, str]:
    named = {"student": asked.student, "section": asked.section, "group": asked.group}
    given = [(scope, name) for scope, name in named.items() if name]
    if len(given) != 1:
        raise UsageError("Say who gets more time: a student, a section or a group.")
    scope, name = given[0]
    if scope == "student":
        return scope, person_meant(name, people).key
    known = sorted({getattr(person, scope) for person in people} - {""})
    if name not in known:
        raise UsageError(f"Nobody is in the {scope} {name!r}.", hint=did_you_mean(name, known))
    return scope, name


def _time(text: str, settings: CourseSettings) -> dt.datetime:
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        hint = "Expected a time such as 2026-03-15T23:59."
        raise UsageError(f"{text!r} is not a valid time.", hint=hint) from None
    if "T" not in text and ":" not in text:
        raise UsageError(f"The time {text} lacks the hour.", hint=f"For all day: {text}T23:59")
    return time if time.tzinfo else time.replace(tzinfo=settings.time_zone)
