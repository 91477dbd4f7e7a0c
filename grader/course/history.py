"""What happened to a student over the term: attempts, grades, marks, decisions, in order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from grader.model.course_records import GradingRun, MarkEntry, StoredAttempt
from grader.model.person import Person
from grader.model.worth import Extension, Override
from grader.report.text import counted, number

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView
    from grader.course.database.decision_rows import Revocation


class HistoryLine(NamedTuple):
    """Something that happened."""

    at: dt.datetime | None
    assignment: str
    what: str
    who: str = ""


def history_of(person: Person, view: CourseView, zone: dt.tzinfo) -> list[HistoryLine]:
    """Everything that concerns a student; the first is the oldest, what has no time comes first."""
    lines = [
        *_attempts(person, view),
        *_grades(person, view),
        *(_mark(entry) for entry in view.mark_history(person=person.key)),
        *_overrides(person, view),
        *_extensions(person, view, zone),
        *_requests(person, view),
    ]
    first = dt.datetime.min.replace(tzinfo=dt.UTC)
    return sorted(lines, key=lambda line: line.at or first)


def _attempts(person: Person, view: CourseView) -> Iterator[HistoryLine]:
    for assignment, attempts in view.attempts_of(person.key).items():
        for stored in attempts:
            yield HistoryLine(stored.attempt.submitted, assignment, _attempt(person, stored))


def _attempt(person: Person, stored: StoredAttempt) -> str:
    attempt = stored.attempt
    others = [member for member in attempt.members if member != person.key]
    team = f" with {', '.join(others)}" if others else ""
    counts = attempt.why if attempt.counted else "It does not count."
    return f"submitted attempt {attempt.number}{team}. {counts}"


def _grades(person: Person, view: CourseView) -> Iterator[HistoryLine]:
    runs = {run.id: run for run in view.runs()}
    keys = {
        (assignment, stored.attempt.owner)
        for assignment, attempts in view.attempts_of(person.key).items()
        for stored in attempts
    } | {(run.assignment, person.key) for run in runs.values()}
    for assignment, owner in sorted(keys):
        content = ""
        for found in view.results_of(assignment, owner):
            if found.content == content:
                continue  # graded again, with the same result
            content = found.content
            run, result = runs[found.run], view.result(found.content)
            score = f"{number(result.score)} of {number(result.max_score)} points"
            said = score if result.graded else f"not graded: {result.error}"
            yield HistoryLine(run.at, assignment, f"graded: {said}{_state(run)}", run.who)


def _state(run: GradingRun) -> str:
    state = "" if run.state == "accepted" else f", {run.state}"
    why = f": {run.why}" if run.why else ""
    return f" (run {run.id}{state}{why})"


def _mark(entry: MarkEntry) -> HistoryLine:
    place = f"{entry.notebook}, question {entry.question}"
    if entry.taken_back:
        said = f"mark taken back ({place})"
    elif entry.points is None:
        said = f"comment ({place}): {entry.comment}"
    else:
        said = f"marked {number(entry.points)} ({place}){_after(entry.comment)}"
    return HistoryLine(entry.at, entry.assignment, said, entry.who)


def _overrides(person: Person, view: CourseView) -> Iterator[HistoryLine]:
    revoked = view.revoked_overrides()
    for id, override in view.overrides(person=person.key).items():
        said = f"override {id}: {decided(override)}{_after(override.why)}"
        yield HistoryLine(override.when, override.assignment, said, override.who)
        if id in revoked:
            yield _revoked(override.assignment, f"override {id}", revoked[id])


def _revoked(assignment: str, what: str, by: Revocation) -> HistoryLine:
    said = f"{what} {'replaced' if by.why == 'replaced' else f'revoked{_after(by.why)}'}"
    return HistoryLine(by.at, assignment, said, by.who)


def decided(override: Override) -> str:
    """What an override says: `part layers, 3 points`."""
    place = "the whole" if override.scope == "total" else f"{override.scope} {override.id}"
    if override.points is None:
        return f"{place} {override.outcome}"
    points = number(override.points)
    return f"{place}, {counted(points, 'point')}"


def _extensions(person: Person, view: CourseView, zone: dt.tzinfo) -> Iterator[HistoryLine]:
    mine = {"student": person.key, "section": person.section, "group": person.group}
    revoked = view.revoked_extensions()
    for id, extension in view.extensions().items():
        if mine[extension.scope] == extension.id:
            said = f"extension {id}: {granted(extension, zone)}{_after(extension.why)}"
            yield HistoryLine(extension.when, extension.assignment, said, extension.who)
            if id in revoked:
                yield _revoked(extension.assignment, f"extension {id}", revoked[id])


def granted(extension: Extension, zone: dt.tzinfo) -> str:
    """How much time an extension gives, in a zone."""
    if extension.due is not None:
        return f"until {extension.due.astimezone(zone):%Y-%m-%d %H:%M %z}"
    size, unit = (1440, "day") if extension.minutes >= 1440 else (60, "hour")
    amount = number(extension.minutes / size)
    return counted(amount, f"more {unit}")


def _requests(person: Person, view: CourseView) -> Iterator[HistoryLine]:
    for id, request in view.requests(person=person.key).items():
        about = f" about {request.about}" if request.about else ""
        said = f"regrade request {id}{about}: {request.state}{_after(request.answer)}"
        yield HistoryLine(request.at, request.assignment, said, request.who)


def _after(text: str) -> str:
    return f": {text}" if text else ""
