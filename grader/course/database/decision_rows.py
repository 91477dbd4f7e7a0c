"""Overrides and extensions, in and out of a course's tables. None is ever removed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Table, insert, select, update

from grader.course.database.tables import extensions, overrides
from grader.model.worth import Extension, Override

REPLACED: Final = "replaced"
"""Why an override is revoked by a later one for the same."""
_OF_OVERRIDE: Final = (
    "person", "assignment", "scope", "points", "outcome", "who", "why", "note",
)  # fmt: skip
_OF_EXTENSION: Final = ("assignment", "scope", "due", "minutes", "who", "why")
"""Fields whose columns have the same name."""


class Revocation(NamedTuple):
    """Who takes a decision back, when and why."""

    who: str
    at: dt.datetime
    why: str


def add_override(connection: Connection, override: Override) -> int:
    """Keep an override; its number. An earlier one for the same is revoked by it."""
    for number, other in read_overrides(connection, override.assignment, override.person).items():
        if (other.scope, other.id) == (override.scope, override.id) and not other.revoked:
            replaced = Revocation(override.who, _when(override), REPLACED)
            revoke_override(connection, number, replaced)
    values = {
        **_fields(override, _OF_OVERRIDE),
        "target": override.id,
        "at": _when(override),
    }
    return _inserted(connection, overrides, values)


def read_overrides(
    connection: Connection, assignment: str = "", person: str = ""
) -> dict[int, Override]:
    """Overrides by their numbers, revoked ones among them; the first is the oldest."""
    query = select(overrides).order_by(overrides.c.id)
    if assignment:
        query = query.where(overrides.c.assignment == assignment)
    if person:
        query = query.where(overrides.c.person == person)
    return {
        row.id: Override(**_fields(row, _OF_OVERRIDE), **_renamed(row))
        for row in connection.execute(query)
    }


def revoke_override(connection: Connection, number: int, revocation: Revocation) -> bool:
    """Take an override back; whether there was one in force."""
    return _revoked(connection, overrides, number, revocation)


def add_extension(connection: Connection, extension: Extension) -> int:
    """Keep an extension; its number."""
    at = extension.when or dt.datetime.now(dt.UTC)
    values = {
        **_fields(extension, _OF_EXTENSION),
        "target": extension.id,
        "at": at,
    }
    return _inserted(connection, extensions, values)


def read_extensions(connection: Connection, assignment: str = "") -> dict[int, Extension]:
    """Extensions by their numbers, revoked ones among them; those for every assignment too."""
    query = select(extensions).order_by(extensions.c.id)
    if assignment:
        query = query.where(extensions.c.assignment.in_([assignment, ""]))
    return {
        row.id: Extension(**_fields(row, _OF_EXTENSION), **_renamed(row))
        for row in connection.execute(query)
    }


def revoke_extension(connection: Connection, number: int, revocation: Revocation) -> bool:
    """Take an extension back; whether there was one in force."""
    return _revoked(connection, extensions, number, revocation)


def read_revocations(connection: Connection, table: Table) -> dict[int, Revocation]:
    """Who took decisions back, by their numbers."""
    query = select(table).where(table.c.revoked_at.is_not(None)).order_by(table.c.id)
    return {
        row.id: Revocation(row.revoked_by, row.revoked_at, row.revoked_why)
        for row in connection.execute(query)
    }


def _fields(record: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def _renamed(row: Any) -> dict[str, Any]:
    return {"id": row.target, "when": row.at, "revoked": row.revoked_at}


def _when(override: Override) -> dt.datetime:
    return override.when or dt.datetime.now(dt.UTC)


def _inserted(connection: Connection, table: Table, values: dict[str, Any]) -> int:
    new = {**values, "revoked_by": "", "revoked_why": ""}
    return int(connection.execute(insert(table).values(new).returning(table.c.id)).scalar_one())


def _revoked(connection: Connection, table: Table, number: int, revocation: Revocation) -> bool:
    here = (table.c.id == number) & table.c.revoked_at.is_(None)
    values = {
        "revoked_by": revocation.who,
        "revoked_at": revocation.at,
        "revoked_why": revocation.why,
    }
    return bool(connection.execute(update(table).where(here).values(values)).rowcount)
