"""The attempts of a course, in and out of its tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, Row, Table, delete, insert, select, update

from grader.course.database.tables import attempts, files, members
from grader.model.attempt import Attempt, DeliveredFile
from grader.model.course_records import StoredAttempt


def read_attempts(connection: Connection, assignment: str = "") -> dict[str, list[StoredAttempt]]:
    """The attempts at one assignment, or at each; by owner and number."""
    owned, delivered = _members(connection, assignment), _files(connection, assignment)
    query = select(attempts).order_by(
        attempts.c.assignment, attempts.c.owner, attempts.c.number, attempts.c.key
    )
    if assignment:
        query = query.where(attempts.c.assignment == assignment)
    found: dict[str, list[StoredAttempt]] = defaultdict(list)
    for row in connection.execute(query):
        place = (row.assignment, row.key)
        found[row.assignment].append(_stored(row, owned[place], delivered[place]))
    return dict(found)


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


def _members(connection: Connection, assignment: str) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in _parts(connection, members, assignment):
        found[row.assignment, row.attempt].append(row.person)
    return found


def _files(connection: Connection, assignment: str) -> dict[tuple[str, str], list[DeliveredFile]]:
    found: dict[tuple[str, str], list[DeliveredFile]] = defaultdict(list)
    for row in _parts(connection, files, assignment):
        file = DeliveredFile(name=row.name, path=row.path)
        found[row.assignment, row.attempt].append(file)
    return found


def _parts(
    connection: Connection, table: Table, assignment: str
) -> Iterable[Row[tuple[object, ...]]]:
    query = select(table).order_by(table.c.position)
    if assignment:
        query = query.where(table.c.assignment == assignment)
    return connection.execute(query)


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
