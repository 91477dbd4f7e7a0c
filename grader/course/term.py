"""Statistics over a term: from what counts for everybody to totals and what they have in common."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from msgspec.structs import replace

from grader.course.term_total import TermShare, term_total
from grader.model.person import Person
from grader.model.points import exact, rounded
from grader.model.result import Outcome, Result
from grader.model.rubric import Rubric
from grader.model.term_records import (
    COUNTED,
    ReturningMistake,
    Term,
    TermAssignment,
    TermCheck,
    TermRow,
    TermSpread,
    TermWork,
    WorkState,
)
from grader.report.summary import Register
from grader.report.text import by_name

_HARDEST: Final = 20
_JUDGED: Final = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.MISSING)


class GradedAssignment(NamedTuple):
    """An assignment with what counts for everybody."""

    id: str
    title: str
    weight: float
    max_points: float
    due: dt.datetime | None
    may_drop: bool
    results: Mapping[str, Result]
    """By `Person.key`: with marks, overrides and lateness."""
    over: frozenset[str] = frozenset()
    """For whom it is due by now: what they did not submit counts 0."""
    slip_days: Mapping[str, int] = {}
    """How many each student spends here."""


def term_of(
    title: str, people: Iterable[Person], assignments: Iterable[GradedAssignment], drop: int
) -> Term:
    """The term of a course; assignments without a due time come last."""
    ordered = sorted(assignments, key=lambda each: (each.due is None, _utc(each.due), each.id))
    here = sorted((p for p in people if not p.withdrawn), key=lambda p: (by_name(p.name), p.key))
    rows = [_row(person, ordered, drop) for person in here]
    mine = frozenset(person.key for person in here)
    return Term(
        title=title,
        assignments=[_assignment(each, here) for each in ordered],
        rows=rows,
        hardest=_hardest(ordered, mine),
        returning=_returning(ordered, mine),
        drop=drop,
    )


def work_of(assigned: GradedAssignment, person: str) -> TermWork:
    """What a student has of an assignment."""
    result = assigned.results.get(person)
    state = state_of(result, over=person in assigned.over)
    work = TermWork(assignment=assigned.id, state=state, max_points=assigned.max_points)
    if result is None or state in ("nothing", "pending", "failed"):
        return work
    return replace(
        work,
        points=result.final if state != "unreadable" else 0.0,
        max_points=result.max_score or assigned.max_points,
        score=result.score,
        penalty=result.penalty,
        slip_days=assigned.slip_days.get(person, 0),
    )


def state_of(result: Result | None, *, over: bool) -> WorkState:
    """What a result amounts to in a term; `over` is whether it was due by now."""
    if result is not None and result.excused:
        return "excused"
    if result is not None and (result.graded or result.steps):
        return "graded"  # also what could not be read, and was given points
    if result is None or result.error_kind == "absent":
        return "nothing" if over else "pending"
    return "failed" if result.error_kind == "internal" else "unreadable"


def absent_result(assignment: str, person: str, rubric: Rubric) -> Result:
    """Of somebody who submitted nothing: what overrides apply to."""
    return Result(
        submission=person,
        assignment=assignment,
        score=0.0,
        max_score=rubric.points,
        parts=[],
        checks=[],
        error="Nothing was submitted.",
        error_kind="absent",
    )


def _row(person: Person, assignments: Sequence[GradedAssignment], drop: int) -> TermRow:
    works = [work_of(each, person.key) for each in assignments]
    counted = [at for at, work in enumerate(works) if work.state in COUNTED]
    shares = [_share(assignments[at], works[at]) for at in counted]
    total = term_total(shares, drop)
    dropped = {counted[place] for place in total.dropped}
    return TermRow(
        person=person,
        works=[replace(work, dropped=at in dropped) for at, work in enumerate(works)],
        total=rounded(100 * total.share) if counted else None,
    )


def _share(assigned: GradedAssignment, work: TermWork) -> TermShare:
    out_of = exact(work.max_points)
    share = exact(work.points) / out_of if out_of else Fraction(0)
    return TermShare(exact(assigned.weight), share, assigned.may_drop)


def _assignment(assigned: GradedAssignment, people: Sequence[Person]) -> TermAssignment:
    sections: dict[str, list[TermWork]] = defaultdict(list)
    for person in people:
        sections[person.section].append(work_of(assigned, person.key))
    every = [work for works in sections.values() for work in works]
    named = {name: _spread(works) for name, works in sorted(sections.items()) if name}
    return TermAssignment(
        id=assigned.id,
        title=assigned.title,
        weight=assigned.weight,
        due=assigned.due.isoformat() if assigned.due else "",
        whole=_spread(every),
        sections=named,
    )


def _spread(works: Sequence[TermWork]) -> TermSpread:
    submitted = [work for work in works if work.state in ("graded", "unreadable")]
    percents = [work.percent for work in submitted if work.state == "graded"]
    late = sum(work.penalty > 0 for work in submitted)
    if not percents:
        return TermSpread(submitted=len(submitted), late=late)
    return TermSpread(
        submitted=len(submitted),
        late=late,
        mean=rounded(statistics.fmean(percents)),
        median=rounded(statistics.median(percents)),
        lowest=rounded(min(percents)),
        highest=rounded(max(percents)),
    )


def _hardest(assignments: Sequence[GradedAssignment], people: frozenset[str]) -> list[TermCheck]:
    every = [check for each in assignments for check in _checks(each, people) if check.failing]
    every.sort(key=lambda check: (-check.share, -len(check.failing), check.assignment, check.id))
    return every[:_HARDEST]


def _checks(assigned: GradedAssignment, people: frozenset[str]) -> Iterator[TermCheck]:
    titles: dict[str, str] = {}
    judged: dict[str, int] = defaultdict(int)
    failing: dict[str, list[str]] = defaultdict(list)
    for person in sorted(people & set(assigned.results)):
        for check in assigned.results[person].checks:
            if check.outcome in _JUDGED and check.max_points:
                titles[check.id] = check.title
                judged[check.id] += 1
                if check.outcome is not Outcome.PASSED:
                    failing[check.id].append(person)
    for id, title in titles.items():
        yield TermCheck(
            assignment=assigned.id, id=id, title=title, judged=judged[id], failing=failing[id]
        )


def _returning(
    assignments: Sequence[GradedAssignment], people: frozenset[str]
) -> list[ReturningMistake]:
    register = Register()
    made: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for assigned in assignments:
        for person in sorted(people & set(assigned.results)):
            for mistake in register.summary(assigned.results[person]).mistakes:
                made[mistake][person].append(assigned.id)
    found = [
        ReturningMistake(
            id=id,
            title=register.causes[id].title,
            people={person: where for person, where in by.items() if len(where) > 1},
        )
        for id, by in made.items()
    ]
    found = [mistake for mistake in found if mistake.people]
    return sorted(found, key=lambda mistake: (-len(mistake.people), mistake.id))


def _utc(time: dt.datetime | None) -> dt.datetime:
    return time.astimezone(dt.UTC) if time else dt.datetime.max.replace(tzinfo=dt.UTC)
