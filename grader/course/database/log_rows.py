"""Who did what to a course, and when."""

from __future__ import annotations

from sqlalchemy import Connection, Row, insert, or_, select

from grader.course.database.tables import log
from grader.model.course_records import LogEntry


def add_log(connection: Connection, entry: LogEntry) -> None:
    """Note something that was done."""
    values = {name: getattr(entry, name) for name in entry.__struct_fields__}
    connection.execute(insert(log).values(values))


def read_log_page(
    connection: Connection, *, who: str, assignment: str, text: str, before: int, limit: int
) -> list[tuple[int, LogEntry]]:
    """Some of what was done, the latest first, with numbers; those before a number, if not 0.

    What is empty is not asked for; `text` is looked for in what was done and whom it concerns.
    """
    query = select(log).order_by(log.c.id.desc()).limit(limit)
    if before:
        query = query.where(log.c.id < before)
    if who:
        query = query.where(log.c.who == who)
    if assignment:
        query = query.where(log.c.assignment == assignment)
    if text:
        found = [c.icontains(text, autoescape=True) for c in (log.c.what, log.c.person)]
        query = query.where(or_(*found))
    return [(row.id, _entry(row)) for row in connection.execute(query)]


def last_change(connection: Connection, assignment: str) -> int:
    """The number of what was last done that may concern an assignment; 0 where nothing was.

    Signing in and out concerns none.
    """
    here = log.c.assignment == assignment
    everywhere = (log.c.assignment == "") & log.c.what.not_like("signed %")
    query = select(log.c.id).where(here | everywhere).order_by(log.c.id.desc()).limit(1)
    return connection.execute(query).scalar() or 0


def read_log(connection: Connection, assignment: str = "", person: str = "") -> list[LogEntry]:
    """What was done; the first is the oldest. With a person: what concerns them or everybody."""
    query = select(log).order_by(log.c.id)
    if assignment:
        query = query.where(log.c.assignment == assignment)
    if person:
        query = query.where(or_(log.c.person == person, log.c.person == ""))
    return [_entry(row) for row in connection.execute(query)]


def _entry(row: Row[tuple[object, ...]]) -> LogEntry:
    return LogEntry(**{name: row._mapping[name] for name in LogEntry.__struct_fields__})
