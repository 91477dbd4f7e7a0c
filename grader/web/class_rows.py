"""The class of an assignment as the desk shows it: a row for each student."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from grader.course.course_worth import noted_attempts
from grader.course.lateness import late_by
from grader.course.submission_worth import Worth
from grader.model.attempt import Attempt
from grader.model.person import Person
from grader.model.result import PartResult
from grader.report.summary import Register, Summary
from grader.report.text import by_name

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView

RowState = Literal["absent", "ungraded", "failed", "internal", "graded"]
STATES: Final[tuple[RowState, ...]] = ("graded", "ungraded", "failed", "internal", "absent")
"""Absent: nothing was submitted. Ungraded: what counts was not graded yet. Failed: it could not be
read. Internal: the harness failed at it, or at some of its checks."""
Note = Literal[
    "late", "waiting", "request", "override", "excused", "extension", "same", "team", "withdrawn"
]
NOTES: Final[tuple[Note, ...]] = (
    "late", "waiting", "request", "override", "excused", "extension", "same", "team", "withdrawn",
)  # fmt: skip
KEPT: Final = 8
"""Views of which what was worked out is kept."""
_NONE: Final = dt.timedelta(0)


class StudentRow(NamedTuple):
    """Somebody at an assignment."""

    person: Person
    state: RowState
    summary: Summary | None
    """What grading gave; None where it gave nothing."""
    score: float | None
    """The points that count."""
    submitted: dt.datetime | None
    late: dt.timedelta | None
    """By how much, see `lateness.late_by`; None where in time or not known."""
    attempts: int
    notes: tuple[Note, ...]

    def part(self, id: str) -> PartResult | None:
        """What a part gave; None where it was not asked for."""
        parts = self.summary.parts if self.summary and self.summary.graded else []
        return next((part for part in parts if part.id == id and part.total), None)


@dataclass(frozen=True, eq=False)
class ClassView:
    """Everybody at an assignment, in the order of names; told apart by identity, never changed."""

    rows: list[StudentRow]
    register: Register
    parts: list[PartResult]
    """For the headings, with the most that each is worth to anybody."""
    max_score: float
    same: list[list[str]]
    """Keys of those whose submissions are the same, byte for byte, and are not of one team."""
    requests: Mapping[int, tuple[str, str]]
    """The open ones: number to whose it is, and about what."""
    sections: list[str]


class CourseFacts(NamedTuple):
    """What the course's database says of an assignment."""

    people: list[Person]
    counted: Mapping[str, Attempt]
    """The attempt that counts, by student."""
    attempts: Mapping[str, int]
    same: list[list[str]]
    overridden: frozenset[str]
    extended: frozenset[str]
    requests: Mapping[int, tuple[str, str]]


def course_facts(view: CourseView, id: str) -> CourseFacts:
    """Read them all at once."""
    stored = view.attempts(id)
    digests: dict[str, set[str]] = {}
    for each in stored:
        if each.digest and each.files:
            digests.setdefault(each.digest, set()).update(each.attempt.members[:1])
    extensions = [each for each in view.extensions(id).values() if not each.revoked]
    return CourseFacts(
        people=view.people(),
        counted=noted_attempts(stored),
        attempts=Counter(member for each in stored for member in each.attempt.members),
        same=sorted(sorted(owners) for owners in digests.values() if len(owners) > 1),
        overridden=frozenset(e.person for e in view.overrides(id).values() if not e.revoked),
        extended=frozenset(each.id for each in extensions if each.scope == "student"),
        requests={
            number: (each.person, each.about)
            for number, each in view.requests(id).items()
            if each.state == "open"
        },
    )


def class_view(
    facts: CourseFacts,
    worth: Callable[[str], Worth],
    summaries: Mapping[str, Summary],
    register: Register,
) -> ClassView:
    """The class, from what the course says and what grading gave; `worth` is of each student."""
    asking = {person for person, _ in facts.requests.values()}
    alike = {key for keys in facts.same for key in keys}
    rows = [
        _row(facts, person, worth(person.key), summaries.get(person.key), asking, alike)
        for person in facts.people
        if not person.withdrawn or person.key in facts.counted
    ]
    rows.sort(key=lambda row: (by_name(row.person.name), row.person.key))
    graded = [row.summary for row in rows if row.summary and row.summary.graded]
    return ClassView(
        rows=rows,
        register=register,
        parts=_parts(graded),
        max_score=max((summary.max_score for summary in graded), default=0.0),
        same=facts.same,
        requests=facts.requests,
        sections=sorted({row.person.section for row in rows if row.person.section}),
    )


def _row(
    facts: CourseFacts,
    person: Person,
    worth: Worth,
    summary: Summary | None,
    asking: Iterable[str],
    alike: Iterable[str],
) -> StudentRow:
    key = person.key
    attempt = facts.counted.get(key)
    if attempt is None and summary is not None and summary.error_kind == "absent":
        summary = None
    late = late_by(worth.submitted, worth.deadline) if worth.submitted else _NONE
    said: dict[Note, bool] = {
        "late": late > _NONE or worth.told_late,
        "waiting": bool(summary and summary.waiting),
        "request": key in asking,
        "override": key in facts.overridden,
        "excused": bool(summary and summary.excused),
        "extension": key in facts.extended,
        "same": key in alike,
        "team": bool(attempt and len(attempt.members) > 1),
        "withdrawn": person.withdrawn,
    }
    return StudentRow(
        person=person,
        state=_state(attempt, summary),
        summary=summary,
        score=summary.final if summary and summary.graded else None,
        submitted=worth.submitted,
        late=late if late > _NONE else None,
        attempts=facts.attempts.get(key, 0),
        notes=tuple(note for note in NOTES if said[note]),
    )


def _state(attempt: Attempt | None, summary: Summary | None) -> RowState:
    if attempt is None and summary is None:
        return "absent"
    if summary is None or (attempt is not None and summary.error_kind == "absent"):
        return "ungraded"
    if summary.internal or summary.error_kind == "internal":
        return "internal"
    return "graded" if summary.graded else "failed"


def _parts(graded: Iterable[Summary]) -> list[PartResult]:
    found: dict[str, PartResult] = {}
    for summary in graded:
        for part in summary.parts:
            known = found.get(part.id)
            if known is None or part.max_points > known.max_points:
                found[part.id] = part
    return list(found.values())
