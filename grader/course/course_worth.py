"""What decides the worth of everybody's work in a course: deadlines, slip days, overrides."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from grader.course.course_settings import CourseSettings
from grader.course.deadlines import deadlines
from grader.course.lateness import Deadline, slip_days_needed
from grader.course.marks import Marks
from grader.course.slip_days import SlipChoice, spend_best, spend_in_order
from grader.course.submission_worth import Worth
from grader.course.term import absent_result, state_of
from grader.model.attempt import Attempt
from grader.model.code_comment import CodeComment
from grader.model.course_records import RegradeRequest, StoredAttempt
from grader.model.points import exact
from grader.model.result import Result
from grader.model.rubric import Rubric
from grader.model.term_records import COUNTED
from grader.model.worth import Override

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView

Rubrics = Callable[[str], Rubric]
"""The rubric that grades an assignment of the course, by its id."""


class _Assigned(NamedTuple):
    """An assignment with all that decides what work at it is worth."""

    id: str
    deadlines: Mapping[str, Deadline]
    counted: Mapping[str, Attempt]
    overrides: Mapping[str, list[Override]]
    rubric: Rubric


class CourseWorth:
    """The worth of each student's work at one assignment."""

    def __init__(
        self,
        settings: CourseSettings,
        view: CourseView,
        assignment: str,
        rubrics: Rubrics,
        counted: Mapping[str, Attempt] | None = None,
        now: dt.datetime | None = None,
    ) -> None:
        """Read what decides it.

        Args:
            settings: of the course.
            view: the course.
            assignment: its id.
            rubrics: what grades each assignment.
            counted: the attempt that counts for each student; what the course says by default.
            now: what was due before this and was not submitted is part of the term's total.
        """
        self._settings = settings
        self._view = view
        self._assignment = assignment
        self._now = now or dt.datetime.now(dt.UTC)
        self._here = _assigned(settings, view, assignment, rubrics, counted)
        self._slip_days = dict(self._spent(rubrics)) if settings.slip_days.budget else {}
        self._requests: dict[str, list[RegradeRequest]] = defaultdict(list)
        for request in view.requests(assignment).values():
            self._requests[request.person].append(request)
        self._comments: dict[str, list[CodeComment]] = defaultdict(list)
        for each in view.line_comments(assignment).values():
            self._comments[each.attempt].append(each.comment)

    def of(self, person: str) -> Worth:
        """What decides the worth of a student's work."""
        worth = _worth(self._here, person, self._slip_days.get(person, 0))
        attempt = self._here.counted.get(person)
        return replace(
            worth,
            requests=self._requests.get(person, []),
            comments=self._comments.get(attempt.key, []) if attempt else [],
        )

    def _spent(self, rubrics: Rubrics) -> Iterator[tuple[str, int]]:
        """How many slip days each student spends here."""
        if not self._settings.assignment(self._assignment).slip_days:
            return
        every = [self._term_assignment(each.id, rubrics) for each in self._settings.assignments]
        every.sort(key=lambda each: _due(each, self._settings))
        place = next(at for at, each in enumerate(every) if each.id == self._assignment)
        results = _Results(self._view)
        for person in self._here.counted:
            needed = [self._needed(each, person) for each in every]
            if needed[place]:
                yield person, self._shared_out(every, needed, person, results)[place]

    def _term_assignment(self, id: str, rubrics: Rubrics) -> _Assigned:
        if id == self._assignment:
            return self._here
        return _assigned(self._settings, self._view, id, rubrics, None)

    def _needed(self, assigned: _Assigned, person: str) -> int:
        decided = any(each.scope == "total" for each in assigned.overrides.get(person, []))
        if decided or not self._settings.assignment(assigned.id).slip_days:
            return 0
        worth = _worth(assigned, person, 0)
        days = slip_days_needed(worth.submitted, worth.deadline)
        most = self._settings.slip_days.at_most
        return days if most is None else min(days, most)

    def _shared_out(
        self,
        every: Sequence[_Assigned],
        needed: Sequence[int],
        person: str,
        results: _Results,
    ) -> list[int]:
        slip = self._settings.slip_days
        if slip.spend == "in order":
            return spend_in_order(needed, slip.budget)
        choices = [
            self._choice(assigned, days, person, results)
            for assigned, days in zip(every, needed, strict=True)
        ]
        days = spend_best(
            [each for each in choices if each], slip.budget, self._settings.drop_lowest
        )
        left = iter(days)
        return [next(left) if choice else 0 for choice in choices]

    def _choice(
        self, assigned: _Assigned, days: int, person: str, results: _Results
    ) -> SlipChoice | None:
        """None where it is no part of the term's total, as `grader.course.term` says it."""
        asked = self._settings.assignment(assigned.id)
        weight = asked.points if asked.points is not None else assigned.rubric.points
        raw = results.of(assigned.id, person) or absent_result(assigned.id, person, assigned.rubric)
        worths = [_worth(assigned, person, n) for n in range(days + 1)]
        due = worths[0].deadline.due
        over = results.graded(assigned.id) if due is None else due < self._now
        found = [worth.applied(raw) for worth in worths]
        if state_of(found[0], over=over) not in COUNTED:
            return None
        shares = tuple(_share(result) for result in found)
        return SlipChoice(exact(weight), shares, asked.may_drop)


class _Results:
    """Results as they are in force, with marks: for what slip days would save."""

    def __init__(self, view: CourseView) -> None:
        self._view = view
        self._contents: dict[str, dict[str, str]] = {}
        self._marks: dict[str, Marks] = {}

    def graded(self, assignment: str) -> bool:
        """Whether an assignment was graded."""
        self._read(assignment)
        return bool(self._contents[assignment])

    def of(self, assignment: str, person: str) -> Result | None:
        """None where nothing is graded yet."""
        self._read(assignment)
        content = self._contents[assignment].get(person)
        if content is None:
            return None
        return self._marks[assignment].applied(self._view.result(content))

    def _read(self, assignment: str) -> None:
        if assignment not in self._contents:
            run = self._view.run_in_force(assignment)
            given = self._view.run_results(run.id) if run else []
            self._contents[assignment] = {each.submission: each.content for each in given}
            self._marks[assignment] = Marks(self._view.marks(assignment).values())


def _share(result: Result) -> Fraction:
    if not result.max_score or not (result.graded or result.steps):
        return Fraction(0)
    return exact(result.final) / exact(result.max_score)


def _assigned(
    settings: CourseSettings,
    view: CourseView,
    id: str,
    rubrics: Rubrics,
    counted: Mapping[str, Attempt] | None,
) -> _Assigned:
    rubric = rubrics(id)
    overrides: dict[str, list[Override]] = defaultdict(list)
    for each in view.overrides(id).values():
        if each.revoked is None:
            overrides[each.person].append(each)
    if counted is None:
        counted = noted_attempts(view.attempts(id))
    return _Assigned(id, deadlines(settings, view, id, rubric), counted, overrides, rubric)


def noted_attempts(stored: Iterable[StoredAttempt]) -> dict[str, Attempt]:
    """Which attempt counts for each student, by the last import or grading."""
    return {
        member: each.attempt
        for each in stored
        if each.attempt.counted
        for member in each.attempt.members
    }


def _worth(assigned: _Assigned, person: str, slip_days: int) -> Worth:
    attempt = assigned.counted.get(person)
    deadline = assigned.deadlines.get(person, Deadline())
    return Worth(
        submitted=attempt.submitted if attempt else None,
        told_late=bool(attempt and attempt.late),
        deadline=replace(deadline, slip_days=slip_days),
        overrides=assigned.overrides.get(person, []),
    )


def _due(assigned: _Assigned, settings: CourseSettings) -> tuple[bool, dt.datetime]:
    due = settings.assignment(assigned.id).due
    return due is None, due or dt.datetime.min.replace(tzinfo=dt.UTC)
