"""The tables of a course. A change here needs a migration beside the others in `migrations/`."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    column,
    false,
    true,
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


metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, **more: Any) -> Column[str]:
    return Column(name, AnyText, nullable=False, **more)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


def _person(name: str = "person") -> Column[str]:
    return Column(name, AnyText, ForeignKey("people.key"), nullable=False)


def _question() -> tuple[Column[str], ...]:
    return _text("assignment"), _text("notebook"), _text("question")


def _who_and_when() -> tuple[Column[Any], ...]:
    return (_text("who"), Column("at", Instant, nullable=False))


people = Table(
    "people",
    metadata,
    _text("key", primary_key=True),
    _text("name"),
    _text("email", default=""),
    _text("section", default=""),
    _text("team", default=""),
    Column("withdrawn", Boolean, nullable=False, default=False),
)
"""`team` is `Person.group`, which SQL keeps for itself."""

ids = Table(
    "ids",
    metadata,
    Column("person", AnyText, ForeignKey("people.key"), primary_key=True),
    _text("platform", primary_key=True),
    _text("id"),
    _text("assignment", primary_key=True, server_default=""),
    Index(
        "ix_ids_one_holder",
        "platform",
        "assignment",
        "id",
        unique=True,
        sqlite_where=column("platform") != "gradescope",
        postgresql_where=column("platform") != "gradescope",
    ),
)
"""`assignment` is empty but for the platforms of `ASSIGNMENT_IDS`. Gradescope's ids are of
submissions, which a team shares."""

attempts = Table(
    "attempts",
    metadata,
    _text("assignment", primary_key=True),
    _text("key", primary_key=True),
    _person("owner"),
    Column("number", Integer, nullable=False),
    Column("submitted", Instant),
    _text("time_source", default=""),
    Column("late", Boolean),
    _text("entry", default=""),
    Column("counted", Boolean, nullable=False, default=False),
    _text("why", default=""),
    _text("source", default=""),
    _text("comment", default=""),
    _text("problem", default=""),
    _text("digest", default=""),
    Column("active", Boolean, nullable=False, server_default=true()),
    Index(None, "owner"),
)
"""`source` is the entry's name in the export, `entry` where its files lie in the course, `digest`
that of their names and content."""

members = Table(
    "members",
    metadata,
    _text("assignment", primary_key=True),
    _text("attempt", primary_key=True),
    Column("person", AnyText, ForeignKey("people.key"), primary_key=True),
    Column("position", Integer, nullable=False),
    ForeignKeyConstraint(["assignment", "attempt"], ["attempts.assignment", "attempts.key"]),
    Index(None, "person"),
)

files = Table(
    "files",
    metadata,
    _text("assignment", primary_key=True),
    _text("attempt", primary_key=True),
    Column("position", Integer, primary_key=True),
    _text("name"),
    _text("path"),
    ForeignKeyConstraint(["assignment", "attempt"], ["attempts.assignment", "attempts.key"]),
)

results = Table(
    "results",
    metadata,
    Column("content", String(64), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""Results by the SHA-256 of their JSON, which is compressed."""

runs = Table(
    "runs",
    metadata,
    _id(),
    _text("assignment"),
    _text("why", default=""),
    _text("harness", default=""),
    _text("state"),
    *_who_and_when(),
    Column("finished", Instant),
    Index(None, "assignment"),
)

run_results = Table(
    "run_results",
    metadata,
    Column("run", Integer, ForeignKey("runs.id"), primary_key=True),
    _text("submission", primary_key=True),
    _text("attempt", default=""),
    Column("content", String(64), ForeignKey("results.content"), nullable=False),
    Column("inputs", String(64), nullable=False, default=""),
    Index(None, "inputs"),
)
"""`submission` is that of the result, in a course a `Person.key`; `inputs` the digest of all that
the result depends on."""

marks = Table(
    "marks",
    metadata,
    _id(),
    _text("assignment"),
    _person(),
    _text("notebook"),
    _text("question"),
    Column("points", Float(53)),
    _text("comment", default=""),
    _text("version", default=""),
    Column("taken_back", Boolean, nullable=False, default=False),
    *_who_and_when(),
    Index(None, "assignment", "person"),
)
"""Every mark ever given; of those for one answer the last holds."""

overrides = Table(
    "overrides",
    metadata,
    _id(),
    _text("assignment"),
    _person(),
    _text("scope"),
    _text("target", default=""),
    Column("points", Float(53)),
    _text("outcome", default=""),
    _text("why"),
    _text("note", default=""),
    *_who_and_when(),
    _text("revoked_by", default=""),
    Column("revoked_at", Instant),
    _text("revoked_why", default=""),
    Index(None, "assignment", "person"),
)

extensions = Table(
    "extensions",
    metadata,
    _id(),
    _text("assignment", default=""),
    _text("scope"),
    _text("target"),
    Column("due", Instant),
    Column("minutes", Float(53), nullable=False, default=0.0),
    _text("why"),
    *_who_and_when(),
    _text("revoked_by", default=""),
    Column("revoked_at", Instant),
    _text("revoked_why", default=""),
    Index(None, "assignment"),
)

requests = Table(
    "requests",
    metadata,
    _id(),
    _text("assignment"),
    _person(),
    _text("about", default=""),
    _text("text"),
    Column("asked", Instant),
    _text("state"),
    _text("answer", default=""),
    *_who_and_when(),
    Index(None, "assignment", "person"),
)
"""Regrade requests; `about` is a check or part, `who` and `at` who imported or answered it last."""

comparisons = Table(
    "comparisons",
    metadata,
    _id(),
    _text("assignment"),
    Column("body", LargeBinary, nullable=False),
    *_who_and_when(),
    Index(None, "assignment"),
)
"""What `grader similar` found, as compressed JSON; of an assignment the last is shown."""

line_comments = Table(
    "line_comments",
    metadata,
    _id(),
    _text("assignment"),
    _text("attempt"),
    _text("file"),
    Column("line", Integer, nullable=False),
    _text("source"),
    _text("text"),
    Column("taken_back", Boolean, nullable=False, server_default=false()),
    *_who_and_when(),
    ForeignKeyConstraint(["assignment", "attempt"], ["attempts.assignment", "attempts.key"]),
    Index(None, "assignment", "attempt"),
)
"""On lines of students' code; `source` is the line as it was."""

accounts = Table(
    "accounts",
    metadata,
    _text("name", primary_key=True),
    _text("role"),
    Column("sections", JSON, nullable=False),
    _text("password", server_default=""),
)
"""Who may sign in to the desk; `password` is a hash, or empty."""

sessions = Table(
    "sessions",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("account", AnyText, ForeignKey("accounts.name"), nullable=False),
    _text("kind"),
    Column("made", Instant, nullable=False),
    Column("expires", Instant, nullable=False),
    Index(None, "account"),
)
"""Who has signed in (`session`), or may once (`link`); of a token only its SHA-256."""

schemes = Table(
    "schemes",
    metadata,
    _text("assignment", primary_key=True),
    _text("notebook", primary_key=True),
    _text("question", primary_key=True),
    _text("counts_from"),
)

scheme_items = Table(
    "scheme_items",
    metadata,
    _id(),
    *_question(),
    _text("text"),
    Column("points", Float(53), nullable=False),
    Column("position", Integer, nullable=False),
    Column("removed", Boolean, nullable=False, default=False),
    *_who_and_when(),
    Index(None, "assignment"),
)
"""What questions are marked by; `who` and `at` are of the last change."""

marking_rules = Table(
    "marking_rules",
    metadata,
    _text("assignment", primary_key=True),
    Column("blind", Boolean, nullable=False),
    _text("split"),
    Column("markers", JSON, nullable=False),
)

marking_acts = Table(
    "marking_acts",
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),
    *_question(),
    _text("kind"),
    *_who_and_when(),
    Index(None, "assignment"),
)
"""What was marked at once. `key` is made by the browser: what is sent again is not done again."""

marked_answers = Table(
    "marked_answers",
    metadata,
    _id(),
    Column("act", Integer, ForeignKey("marking_acts.id"), nullable=False),
    _text("assignment"),
    _person(),
    _text("notebook"),
    _text("question"),
    Column("items", JSON, nullable=False),
    Column("adjustment", Float(53), nullable=False),
    _text("comment", default=""),
    Column("mark", Integer, ForeignKey("marks.id"), nullable=False),
    Column("earlier_mark", Integer, ForeignKey("marks.id")),
    Index(None, "assignment", "notebook", "question"),
    Index(None, "act"),
)
"""What marks were made from. A row holds as long as `mark` is in force; of several the last."""

flags = Table(
    "flags",
    metadata,
    _id(),
    _text("assignment"),
    _person(),
    _text("notebook"),
    _text("question"),
    *_who_and_when(),
    _text("settled_by", default=""),
    Column("settled_at", Instant),
    Index(None, "assignment"),
)
"""Answers that somebody wants looked at again."""

log = Table(
    "log",
    metadata,
    _id(),
    *_who_and_when(),
    _text("what"),
    _text("assignment", default=""),
    _text("person", default=""),
    Column("details", JSON, nullable=False, default=dict),
    Index(None, "person"),
)
