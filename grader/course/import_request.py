"""Taking what lies at a path into a course: an export, or one student's work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.assignment.composed import ComposedAssignment, open_assignment
from grader.assignment.folder import Assignment
from grader.course.course_class import names_of
from grader.course.course_folder import CourseFolder
from grader.course.course_import import ImportOptions, ImportPlan, import_delivery
from grader.course.delivery import Delivery, one_delivery, read_delivery
from grader.course.kept_files import workspace
from grader.course.matching import person_meant
from grader.course.timelist import read_times
from grader.model.person import Person


class ImportRequest(NamedTuple):
    """What is to be imported, and how."""

    export: Path
    chosen: str = ""
    """The platform, and after `:` the assignment, where these are not to be guessed."""
    submitted: Path | None = None
    """CSV with times, where the export has none."""
    student: str = ""
    """Whose it is, of one submission alone."""
    add: bool = False
    """Whether whoever the course does not know is in it from now on."""
    dry_run: bool = False
    by: str = ""
    """Who does it; the system's user by default."""


class Imported(NamedTuple):
    """What an import brought, or would bring."""

    delivery: Delivery
    """As it was read; its files may be gone."""
    plan: ImportPlan


def import_into(course: CourseFolder, id: str, asked: ImportRequest) -> Imported:
    """Import what lies at a path into an assignment of a course.

    Raises:
        InputError: there is nothing to import, or the course cannot be written.
        UsageError: the course has no such student or assignment.
    """
    loaded = open_assignment(course.grader(id))
    with workspace(course.submissions) as work:
        delivery = _delivery(course, loaded, asked, work / "unpacked")
        options = ImportOptions(asked.by, asked.add, asked.dry_run, _times(course, asked))
        plan = import_delivery(course, id, loaded, delivery, work, options)
    return Imported(delivery, plan)


def _delivery(
    course: CourseFolder, loaded: Assignment | ComposedAssignment, asked: ImportRequest, work: Path
) -> Delivery:
    work.mkdir()
    if asked.student:
        with course.reading() as view:
            person = person_meant(asked.student, view.people())
        return one_delivery(asked.export, person, loaded)
    zone = course.settings.time_zone
    return read_delivery(asked.export, loaded, lambda: work, chosen=asked.chosen, zone=zone)


def _times(
    course: CourseFolder, asked: ImportRequest
) -> Callable[[Sequence[Person]], Mapping[str, dt.datetime]] | None:
    if asked.submitted is None:
        return None
    path = asked.submitted

    def times(people: Sequence[Person]) -> Mapping[str, dt.datetime]:
        return read_times(path, names_of(people), course.settings.time_zone).times

    return times
