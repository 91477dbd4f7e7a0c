"""Marks of written answers, in and out of a course's tables. None is ever removed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, insert, select

from grader.course.database.tables import marks
from grader.course.marks import Mark, Place
from grader.model.course_records import MarkEntry


def add_marks(
    connection: Connection,
    assignment: str,
    entered: Mapping[Place, Mark | None],
    *,
    who: str,
    at: dt.datetime,
) -> list[MarkEntry]:
    """Enter marks, None takes one back; those that say nothing new are left out of the history."""
    person = _only_one(place[0] for place in entered)
    there = marks_in_force(connection, assignment, person)
    changed = {place: mark for place, mark in entered.items() if there.get(place) != mark}
    entries = [_entry(assignment, place, mark, who, at) for place, mark in changed.items()]
    if entries:
        rows = [{name: getattr(e, name) for name in e.__struct_fields__} for e in entries]
        connection.execute(insert(marks), rows)
    return entries


def marks_in_force(connection: Connection, assignment: str, person: str = "") -> dict[Place, Mark]:
    """The mark of each answer, which is the last that was given; of one person's, if named."""
    found: dict[Place, Mark] = {}
    for entry in read_marks(connection, assignment, person):
        place = (entry.person, entry.notebook, entry.question)
        found.pop(place, None)
        if not entry.taken_back:
            found[place] = _mark(entry)
    return found


def has_marks(connection: Connection, assignment: str) -> bool:
    """Whether any answer has points from a person."""
    query = select(marks.c.points, marks.c.taken_back).where(marks.c.assignment == assignment)
    last = connection.execute(query.order_by(marks.c.id.desc()).limit(1)).first()
    if last is None or (last.points is not None and not last.taken_back):
        return last is not None
    every = marks_in_force(connection, assignment).values()
    return any(mark.points is not None for mark in every)


def read_marks(connection: Connection, assignment: str = "", person: str = "") -> list[MarkEntry]:
    """Every mark that was given or taken back; the first is the oldest."""
    query = select(marks).order_by(marks.c.id)
    if assignment:
        query = query.where(marks.c.assignment == assignment)
    if person:
        query = query.where(marks.c.person == person)
    return [
        MarkEntry(**{name: row._mapping[name] for name in MarkEntry.__struct_fields__})
        for row in connection.execute(query)
    ]


def _only_one(people: Iterable[str]) -> str:
    found = set(people)
    return found.pop() if len(found) == 1 else ""


def _mark(entry: MarkEntry) -> Mark:
    return Mark(
        submission=entry.person,
        notebook=entry.notebook,
        question=entry.question,
        points=entry.points,
        comment=entry.comment,
        version=entry.version,
    )


def _entry(
    assignment: str, place: Place, mark: Mark | None, who: str, at: dt.datetime
) -> MarkEntry:
    person, notebook, question = place
    return MarkEntry(
        assignment=assignment,
        person=person,
        notebook=notebook,
        question=question,
        points=mark.points if mark else None,
        comment=mark.comment if mark else "",
        version=mark.version if mark else "",
        taken_back=mark is None,
        who=who,
        at=at,
    )
