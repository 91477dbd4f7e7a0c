"""When each student's work is due: the assignment's times with the extensions of the course."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from grader.course.course_settings import CourseSettings
from grader.course.lateness import Deadline, extended
from grader.model.person import Person
from grader.model.rubric import Rubric
from grader.model.worth import Extension

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView


def deadlines(
    settings: CourseSettings, view: CourseView, assignment: str, rubric: Rubric
) -> Mapping[str, Deadline]:
    """The deadline of everybody in the course, by `Person.key`; slip days are not counted."""
    plain = deadline_of(settings, assignment, rubric)
    extensions = list(view.extensions(assignment).values())
    return {
        person.key: extended(plain, extensions_of(person, extensions)) for person in view.people()
    }


def deadline_of(settings: CourseSettings, assignment: str, rubric: Rubric) -> Deadline:
    """Until when an assignment is due for whoever has no extension.

    The course's word counts before the rubric's.
    """
    asked = settings.assignment(assignment)
    due = asked.due or _in_zone(rubric.due, settings)
    policy = asked.late or settings.late or rubric.late
    return Deadline(due=due, closes=asked.closes, policy=policy)


def extensions_of(person: Person, extensions: Iterable[Extension]) -> list[Extension]:
    """Those that are for somebody: for the student, or the section or group that they are in."""
    mine = {"student": person.key, "section": person.section, "group": person.group}
    return [each for each in extensions if mine[each.scope] == each.id]


def _in_zone(time: dt.datetime | None, settings: CourseSettings) -> dt.datetime | None:
    if time is None or time.tzinfo is not None:
        return time
    return time.replace(tzinfo=settings.time_zone)
