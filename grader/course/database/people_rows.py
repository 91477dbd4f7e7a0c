"""The people of a course, in and out of its tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from grader.course.database.tables import ids, people
from grader.model.person import ASSIGNMENT_IDS, Person


def read_people(connection: Connection, assignment: str = "") -> list[Person]:
    """Everybody, by key, with the ids that platforms gave them for an assignment."""
    known: dict[str, dict[str, str]] = defaultdict(dict)
    query = select(ids).where(ids.c.assignment.in_(["", assignment])).order_by(ids.c.platform)
    for row in connection.execute(query):
        known[row.person][row.platform] = row.id
    rows = connection.execute(select(people).order_by(people.c.key))
    return [_person(row, known.get(row.key, {})) for row in rows]


def _person(row: Row[Any], known: dict[str, str]) -> Person:
    return Person(
        key=row.key,
        name=row.name,
        email=row.email,
        ids=known,
        section=row.section,
        group=row.team,
        withdrawn=row.withdrawn,
    )


def read_person(connection: Connection, key: str) -> Person | None:
    """Somebody by their key."""
    row = connection.execute(select(people).where(people.c.key == key)).first()
    if row is None:
        return None
    query = select(ids.c.platform, ids.c.id).where(ids.c.person == key, ids.c.assignment == "")
    known = {found.platform: found.id for found in connection.execute(query)}
    return _person(row, known)


def read_sections(connection: Connection) -> list[str]:
    """The sections that anybody is in, in order."""
    query = select(people.c.section).where(people.c.section != "").distinct()
    return sorted(connection.execute(query).scalars())


def read_neighbours(
    connection: Connection, key: str, sections: Sequence[str]
) -> tuple[str | None, str | None]:
    """Who comes before and after somebody by key, in some sections or all."""
    query = select(people.c.key).where(people.c.withdrawn.is_(False)).limit(1)
    if sections:
        query = query.where(people.c.section.in_(sections))
    before = query.where(people.c.key < key).order_by(people.c.key.desc())
    after = query.where(people.c.key > key).order_by(people.c.key)
    return connection.execute(before).scalar(), connection.execute(after).scalar()


def put_people(connection: Connection, changed: Iterable[Person], assignment: str = "") -> None:
    """Write some people, in place of what was known of those with the same keys.

    Ids that platforms give anew for each assignment are kept for this one, or not at all.
    """
    there = set(connection.execute(select(people.c.key)).scalars())
    everybody = list(changed)
    for person in everybody:
        values = {
            "name": person.name,
            "email": person.email,
            "section": person.section,
            "team": person.group,
            "withdrawn": person.withdrawn,
        }
        if person.key in there:
            connection.execute(update(people).where(people.c.key == person.key).values(values))
            _forget_ids(connection, person.key, assignment)
        else:
            connection.execute(insert(people).values(key=person.key, **values))
    rows = [
        {"person": person.key, "platform": platform, "id": id, "assignment": at}
        for person in everybody
        for platform, id in person.ids.items()
        if (at := assignment if platform in ASSIGNMENT_IDS else "")
        or platform not in ASSIGNMENT_IDS
    ]
    if rows:
        connection.execute(insert(ids), rows)


def _forget_ids(connection: Connection, person: str, assignment: str) -> None:
    here = (ids.c.person == person) & ids.c.assignment.in_(["", assignment])
    connection.execute(delete(ids).where(here))
