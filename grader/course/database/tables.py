"""The tables of a course. A change here needs a migration beside the others in `migrations/`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    column,
    false,
    true,
)

from grader.course.database.columns import (
    AnyText,
    Instant,
    id_column,
    person_column,
    question_columns,
    text_column,
    who_and_when,
)

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

people = Table(
    "people",
    metadata,
    text_column("key", primary_key=True),
    text_column("name"),
    text_column("email", default=""),
    text_column("section", default=""),
    text_column("team", default=""),
    Column("withdrawn", Boolean, nullable=False, default=False),
)
"""`team` is `Person.group`, which SQL keeps for itself."""

ids = Table(
    "ids",
    metadata,
    Column("person", AnyText, ForeignKey("people.key"), primary_key=True),
    text_column("platform", primary_key=True),
    text_column("id"),
    text_column("assignment", primary_key=True, server_default=""),
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
    text_column("assignment", primary_key=True),
    text_column("key", primary_key=True),
    person_column("owner"),
    Column("number", Integer, nullable=False),
    Column("submitted", Instant),
    text_column("time_source", default=""),
    Column("late", Boolean),
    text_column("entry", default=""),
    Column("counted", Boolean, nullable=False, default=False),
    text_column("why", default=""),
    text_column("source", default=""),
    text_column("comment", default=""),
    text_column("problem", default=""),
    text_column("digest", default=""),
    Column("active", Boolean, nullable=False, server_default=true()),
    Index(None, "owner"),
)
"""`source` is the entry's name in the export, `entry` where its files lie in the course, `digest`
that of their names and content."""

members = Table(
    "members",
    metadata,
    text_column("assignment", primary_key=True),
    text_column("attempt", primary_key=True),
    Column("person", AnyText, ForeignKey("people.key"), primary_key=True),
    Column("position", Integer, nullable=False),
    ForeignKeyConstraint(["assignment", "attempt"], ["attempts.assignment", "attempts.key"]),
    Index(None, "person"),
)

files = Table(
    "files",
    metadata,
    text_column("assignment", primary_key=True),
    text_column("attempt", primary_key=True),
    Column("position", Integer, primary_key=True),
    text_column("name"),
    text_column("path"),
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
    id_column(),
    text_column("assignment"),
    text_column("why", default=""),
    text_column("harness", default=""),
    text_column("state"),
    *who_and_when(),
    Column("finished", Instant),
    Index(None, "assignment"),
)

run_results = Table(
    "run_results",
    metadata,
    Column("run", Integer, ForeignKey("runs.id"), primary_key=True),
    text_column("submission", primary_key=True),
    text_column("attempt", default=""),
    Column("content", String(64), ForeignKey("results.content"), nullable=False),
    Column("inputs", String(64), nullable=False, default=""),
    Index(None, "inputs"),
)
"""`submission` is that of the result, in a course a `Person.key`; `inputs` the digest of all that
the result depends on."""

marks = Table(
    "marks",
    metadata,
    id_column(),
    text_column("assignment"),
    person_column(),
    text_column("notebook"),
    text_column("question"),
    Column("points", Float(53)),
    text_column("comment", default=""),
    text_column("version", default=""),
    Column("taken_back", Boolean, nullable=False, default=False),
    *who_and_when(),
    Index(None, "assignment", "person"),
)
"""Every mark ever given; of those for one answer the last holds."""

overrides = Table(
    "overrides",
    metadata,
    id_column(),
    text_column("assignment"),
    person_column(),
    text_column("scope"),
    text_column("target", default=""),
    Column("points", Float(53)),
    text_column("outcome", default=""),
    text_column("why"),
    text_column("note", default=""),
    *who_and_when(),
    text_column("revoked_by", default=""),
    Column("revoked_at", Instant),
    text_column("revoked_why", default=""),
    Index(None, "assignment", "person"),
)

extensions = Table(
    "extensions",
    metadata,
    id_column(),
    text_column("assignment", default=""),
    text_column("scope"),
    text_column("target"),
    Column("due", Instant),
    Column("minutes", Float(53), nullable=False, default=0.0),
    text_column("why"),
    *who_and_when(),
    text_column("revoked_by", default=""),
    Column("revoked_at", Instant),
    text_column("revoked_why", default=""),
    Index(None, "assignment"),
)

requests = Table(
    "requests",
    metadata,
    id_column(),
    text_column("assignment"),
    person_column(),
    text_column("about", default=""),
    text_column("text"),
    Column("asked", Instant),
    text_column("state"),
    text_column("answer", default=""),
    *who_and_when(),
    Index(None, "assignment", "person"),
)
"""Regrade requests; `about` is a check or part, `who` and `at` who imported or answered it last."""

comparisons = Table(
    "comparisons",
    metadata,
    id_column(),
    text_column("assignment"),
    Column("body", LargeBinary, nullable=False),
    *who_and_when(),
    Index(None, "assignment"),
)
"""What `grader similar` found, as compressed JSON; of an assignment the last is shown."""

line_comments = Table(
    "line_comments",
    metadata,
    id_column(),
    text_column("assignment"),
    text_column("attempt"),
    text_column("file"),
    Column("line", Integer, nullable=False),
    text_column("source"),
    text_column("text"),
    Column("taken_back", Boolean, nullable=False, server_default=false()),
    *who_and_when(),
    ForeignKeyConstraint(["assignment", "attempt"], ["attempts.assignment", "attempts.key"]),
    Index(None, "assignment", "attempt"),
)
"""On lines of students' code; `source` is the line as it was."""

accounts = Table(
    "accounts",
    metadata,
    text_column("name", primary_key=True),
    text_column("role"),
    Column("sections", JSON, nullable=False),
    text_column("password", server_default=""),
)
"""Who may sign in to the desk; `password` is a hash, or empty."""

sessions = Table(
    "sessions",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("account", AnyText, ForeignKey("accounts.name"), nullable=False),
    text_column("kind"),
    Column("made", Instant, nullable=False),
    Column("expires", Instant, nullable=False),
    Index(None, "account"),
)
"""Who has signed in (`session`), or may once (`link`); of a token only its SHA-256."""

schemes = Table(
    "schemes",
    metadata,
    text_column("assignment", primary_key=True),
    text_column("notebook", primary_key=True),
    text_column("question", primary_key=True),
    text_column("counts_from"),
)

scheme_items = Table(
    "scheme_items",
    metadata,
    id_column(),
    *question_columns(),
    text_column("text"),
    Column("points", Float(53), nullable=False),
    Column("position", Integer, nullable=False),
    Column("removed", Boolean, nullable=False, default=False),
    *who_and_when(),
    Index(None, "assignment"),
)
"""What questions are marked by; `who` and `at` are of the last change."""

marking_rules = Table(
    "marking_rules",
    metadata,
    text_column("assignment", primary_key=True),
    Column("blind", Boolean, nullable=False),
    text_column("split"),
    Column("markers", JSON, nullable=False),
)

marking_acts = Table(
    "marking_acts",
    metadata,
    id_column(),
    Column("key", String(64), nullable=False, unique=True),
    *question_columns(),
    text_column("kind"),
    *who_and_when(),
    Index(None, "assignment"),
)
"""What was marked at once. `key` is made by the browser: what is sent again is not done again."""

marked_answers = Table(
    "marked_answers",
    metadata,
    id_column(),
    Column("act", Integer, ForeignKey("marking_acts.id"), nullable=False),
    text_column("assignment"),
    person_column(),
    text_column("notebook"),
    text_column("question"),
    Column("items", JSON, nullable=False),
    Column("adjustment", Float(53), nullable=False),
    text_column("comment", default=""),
    Column("mark", Integer, ForeignKey("marks.id"), nullable=False),
    Column("earlier_mark", Integer, ForeignKey("marks.id")),
    Index(None, "assignment", "notebook", "question"),
    Index(None, "act"),
)
"""What marks were made from. A row holds as long as `mark` is in force; of several the last."""

flags = Table(
    "flags",
    metadata,
    id_column(),
    text_column("assignment"),
    person_column(),
    text_column("notebook"),
    text_column("question"),
    *who_and_when(),
    text_column("settled_by", default=""),
    Column("settled_at", Instant),
    Index(None, "assignment"),
)
"""Answers that somebody wants looked at again."""

log = Table(
    "log",
    metadata,
    id_column(),
    *who_and_when(),
    text_column("what"),
    text_column("assignment", default=""),
    text_column("person", default=""),
    Column("details", JSON, nullable=False, default=dict),
    Index(None, "person"),
)
