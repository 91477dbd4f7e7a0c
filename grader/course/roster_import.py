"""Taking a roster into a course, or saying what that would change."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from grader.course.course_folder import CourseFolder
from grader.course.roster import RosterFile, read_roster
from grader.course.roster_update import RosterUpdate, roster_update


class RosterRequest(NamedTuple):
    """Which roster, and how it is taken in."""

    file: Path
    assignment: str = ""
    """Whose participants it numbers, as Moodle's worksheets do; empty for the course's."""
    withdraw: bool = False
    """Whether whoever is not in the file has withdrawn."""
    dry_run: bool = False
    by: str = ""
    """Who does it; the system's user by default."""


class TakenRoster(NamedTuple):
    """What a roster changed, or would change."""

    read: RosterFile
    update: RosterUpdate


def take_roster(course: CourseFolder, asked: RosterRequest) -> TakenRoster:
    """Take in who takes the course; a dry run changes nothing.

    Raises:
        InputError: the file cannot be read, or it is not clear who somebody in it is.
        UsageError: the course has no such assignment.
    """
    id, file = asked.assignment, asked.file
    if id:
        course.settings.assignment(id)
    read = read_roster(file, of_assignment=bool(id))
    if asked.dry_run:
        with course.reading() as view:
            return TakenRoster(read, roster_update(read, view.people(id), str(file)))
    with course.changing(asked.by) as change:
        update = roster_update(read, change.people(id), str(file))
        gone = [replace(p, withdrawn=True) for p in update.missing] if asked.withdraw else []
        what = f"took in the roster {file.name}"
        change.put_people([*update.new, *update.changed, *gone], what, id)
    return TakenRoster(read, update)
