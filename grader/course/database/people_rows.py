"""The people of a course, in and out of its tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select, update

from grader.course.database.tables import ids, people
from grader.model.person import Person


def read_people(connection: Connection) -> list[Person]:
    """Everybody, by key."""
    known: dict[str, dict[str, str]] = defaultdict(dict)
    for row in connection.execute(select(ids).order_by(ids.c.platform)):
        known[row.person][row.platform] = row.id
    return [
        Person(
            key=row.key,
            name=row.name,
            email=row.email,
            ids=known.get(row.key, {}),
            section=row.section,
            group=row.team,
            withdrawn=row.withdrawn,
        )
        for row in connection.execute(select(people).order_by(people.c.key))
    ]


def put_people(connection: Connection, changed: Iterable[Person]) -> None:
    """Write some people, in place of what was known of those with the same keys."""
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
            connection.execute(delete(ids).where(ids.c.person == person.key))
        else:
            connection.execute(insert(people).values(key=person.key, **values))
    rows = [
        {"person": person.key, "platform": platform, "id": id}
        for person in everybody
        for platform, id in person.ids.items()
    ]
    if rows:
        connection.execute(insert(ids), rows)
