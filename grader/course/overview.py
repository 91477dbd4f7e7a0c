"""How a course stands: of each assignment, what was submitted, graded and decided."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from grader.course.course_settings import CourseAssignment, CourseSettings

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView


class AssignmentOverview(NamedTuple):
    """An assignment in numbers."""

    id: str
    due: dt.datetime | None
    students: int
    """Who takes the course now."""
    submitted: int
    attempts: int
    graded: int
    """By the run in force."""
    marks: int
    overrides: int
    extensions: int
    open_requests: int


def assignment_overviews(settings: CourseSettings, view: CourseView) -> list[AssignmentOverview]:
    """Every assignment, in the order of `course.toml`."""
    students = {person.key for person in view.people() if not person.withdrawn}
    return [_overview(assignment, view, students) for assignment in settings.assignments]


def _overview(
    assignment: CourseAssignment, view: CourseView, students: set[str]
) -> AssignmentOverview:
    attempts = view.attempts(assignment.id)
    submitted = {person for stored in attempts for person in stored.attempt.members}
    run = view.run_in_force(assignment.id)
    extensions = view.extensions(assignment.id).values()
    return AssignmentOverview(
        id=assignment.id,
        due=assignment.due,
        students=len(students),
        submitted=len(submitted & students),
        attempts=len(attempts),
        graded=sum(bool(each.attempt) for each in view.run_results(run.id)) if run else 0,
        marks=len(view.marks(assignment.id)),
        overrides=sum(not each.revoked for each in view.overrides(assignment.id).values()),
        extensions=sum(not each.revoked for each in extensions),
        open_requests=sum(each.state == "open" for each in view.requests(assignment.id).values()),
    )
