"""The attempts of a course, in and out of its tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    Connection,
    Row,
    Select,
    Table,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from grader.course.database.tables import attempts, files, members
from grader.model.attempt import Attempt, DeliveredFile
from grader.model.course_records import StoredAttempt

_Query = Select[Any]


def read_attempts(
    connection: Connection, assignment: str = "", person: str = ""
) -> dict[str, list[StoredAttempt]]:
    """The attempts at one assignment, or at each, of one person or all; by owner and number."""
    wanted = _Wanted(assignment, person)
    owned, delivered = _members(connection, wanted), _files(connection, wanted)
    query = select(attempts).order_by(
        attempts.c.assignment, attempts.c.owner, attempts.c.number, attempts.c.key
    )
    query = wanted.of(query, attempts.c.assignment, attempts.c.key)
    found: dict[str, list[StoredAttempt]] = defaultdict(list)
    for row in connection.execute(query):
        place = (row.assignment, row.key)
        found[row.assignment].append(_stored(row, owned[place], delivered[place]))
    return dict(found)


def count_attempts(connection: Connection, assignment: str) -> int:
    """How many attempts there are at an assignment."""
    query = select(func.count()).select_from(attempts).where(attempts.c.assignment == assignment)
    return int(connection.execute(query).scalar_one())


class _Wanted(NamedTuple):
    """Which attempts are asked for; what is empty is not."""

    assignment: str
    person: str

    def of(self, query: _Query, assignment: Column[str], key: Column[str]) -> _Query:
        """A query for these alone."""
        if self.assignment:
            query = query.where(assignment == self.assignment)
        if self.person:
            mine = select(members.c.assignment, members.c.attempt)
            query = query.where(
                tuple_(assignment, key).in_(mine.where(members.c.person == self.person))
            )
        return query


def put_attempts(connection: Connection, assignment: str, changed: Iterable[StoredAttempt]) -> None:
    """Write some attempts, in place of those with the same keys."""
    query = select(attempts.c.key).where(attempts.c.assignment == assignment)
    there = set(connection.execute(query).scalars())
    for stored in changed:
        key = stored.attempt.key
        here = (attempts.c.assignment == assignment) & (attempts.c.key == key)
        if key in there:
            _delete_parts(connection, assignment, key)
            connection.execute(update(attempts).where(here).values(_values(stored)))
        else:
            values = {"assignment": assignment, "key": key, **_values(stored)}
            connection.execute(insert(attempts).values(values))
        _insert_parts(connection, assignment, stored)


def _values(stored: StoredAttempt) -> dict[str, object]:
    attempt = stored.attempt
    return {
        "owner": attempt.owner,
        "number": attempt.number,
        "submitted": attempt.submitted,
        "time_source": attempt.time_source,
        "late": attempt.late,
        "entry": attempt.entry,
        "counted": attempt.counted,
        "why": attempt.why,
        "source": stored.source,
        "comment": stored.comment,
        "problem": stored.problem,
        "digest": stored.digest,
        "active": stored.active,
    }


def _stored(
    row: Row[tuple[object, ...]], owned: list[str], parts: list[DeliveredFile]
) -> StoredAttempt:
    attempt = Attempt(
        key=row.key,
        owner=row.owner,
        members=owned,
        number=row.number,
        submitted=row.submitted,
        time_source=row.time_source,
        late=row.late,
        entry=row.entry,
        counted=row.counted,
        why=row.why,
    )
    return StoredAttempt(
        attempt=attempt,
        files=parts,
        source=row.source,
        comment=row.comment,
        problem=row.problem,
        digest=row.digest,
        active=row.active,
    )


def _members(connection: Connection, wanted: _Wanted) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in _parts(connection, members, wanted):
        found[row.assignment, row.attempt].append(row.person)
    return found


def _files(connection: Connection, wanted: _Wanted) -> dict[tuple[str, str], list[DeliveredFile]]:
    found: dict[tuple[str, str], list[DeliveredFile]] = defaultdict(list)
    for row in _parts(connection, files, wanted):
        file = DeliveredFile(name=row.name, path=row.path)
        found[row.assignment, row.attempt].append(file)
    return found


def _parts(
    connection: Connection, table: Table, wanted: _Wanted
) -> Iterable[Row[tuple[object, ...]]]:
    query = select(table).order_by(table.c.position)
    return connection.execute(wanted.of(query, table.c.assignment, table.c.attempt))


def _delete_parts(connection: Connection, assignment: str, key: str) -> None:
    for table in (members, files):
        here = (table.c.assignment == assignment) & (table.c.attempt == key)
        connection.execute(delete(table).where(here))


def _insert_parts(connection: Connection, assignment: str, stored: StoredAttempt) -> None:
    place = {"assignment": assignment, "attempt": stored.attempt.key}
    owned = stored.attempt.members or [stored.attempt.owner]
    rows = [{**place, "person": person, "position": at} for at, person in enumerate(owned)]
    connection.execute(insert(members), rows)
    parts = [
        {**place, "position": at, "name": file.name, "path": file.path}
        for at, file in enumerate(stored.files)
    ]
    if parts:
        connection.execute(insert(files), parts)
