"""Who did what to a course, and when."""

from __future__ import annotations

from sqlalchemy import Connection, insert, or_, select

from grader.course.database.tables import log
from grader.model.course_records import LogEntry


def add_log(connection: Connection, entry: LogEntry) -> None:
    """Note something that was done."""
    values = {name: getattr(entry, name) for name in entry.__struct_fields__}
    connection.execute(insert(log).values(values))


def read_log(connection: Connection, assignment: str = "", person: str = "") -> list[LogEntry]:
    """What was done; the first is the oldest. With a person: what concerns them or everybody."""
    query = select(log).order_by(log.c.id)
    if assignment:
        query = query.where(log.c.assignment == assignment)
    if person:
        query = query.where(or_(log.c.person == person, log.c.person == ""))
    return [
        LogEntry(**{name: row._mapping[name] for name in LogEntry.__struct_fields__})
        for row in connection.execute(query)
    ]
