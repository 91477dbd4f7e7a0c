"""The kinds of columns that a course's tables are made of."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

from sqlalchemy import (
    Column,
    Dialect,
    ForeignKey,
    Integer,
    String,
    Text,
    TypeDecorator,
)

_UNSTORABLE: Final = re.compile("[\\\\\x00\ud800-\udfff]")
_SPELT: Final = re.compile(r"\\u([0-9a-f]{4})")


class AnyText(TypeDecorator[str]):
    """Text with whatever a file's name holds: NUL and lone surrogates are spelt out."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """As it is kept."""
        return None if value is None else _UNSTORABLE.sub(_spell, value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        """As it was given."""
        return None if value is None else _SPELT.sub(lambda m: chr(int(m[1], 16)), value)


class Instant(TypeDecorator[dt.datetime]):
    """A moment, kept in UTC as text that sorts by time, since SQLite has no zones."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> str | None:
        """As it is kept."""
        if value is None:
            return None
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> dt.datetime | None:
        """With its offset."""
        return None if value is None else dt.datetime.fromisoformat(value)


def _spell(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def text_column(name: str, **more: Any) -> Column[str]:
    """Text that is always there."""
    return Column(name, AnyText, nullable=False, **more)


def id_column() -> Column[int]:
    """A number that the database gives."""
    return Column("id", Integer, primary_key=True, autoincrement=True)


def person_column(name: str = "person") -> Column[str]:
    """Somebody of the course."""
    return Column(name, AnyText, ForeignKey("people.key"), nullable=False)


def question_columns() -> tuple[Column[str], ...]:
    """A question of a notebook of an assignment."""
    return text_column("assignment"), text_column("notebook"), text_column("question")


def who_and_when() -> tuple[Column[Any], ...]:
    """Who did it, and when."""
    return (text_column("who"), Column("at", Instant, nullable=False))
