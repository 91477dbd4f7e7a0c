"""Marking on the desk: schemes, what marks are made from, who marks what, flags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_QUESTION = ("assignment", "notebook", "question")


def upgrade() -> None:
    """Nothing was marked on the desk yet."""
    op.create_table(
        "schemes",
        *(sa.Column(name, sa.Text(), primary_key=True) for name in _QUESTION),
        sa.Column("counts_from", sa.Text(), nullable=False),
    )
    op.create_table(
        "scheme_items",
        _id(),
        *map(_text, _QUESTION),
        _text("text"),
        sa.Column("points", sa.Float(53), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        *_who_and_when(),
    )
    op.create_index("ix_scheme_items_assignment", "scheme_items", ["assignment"])
    op.create_table(
        "marking_rules",
        sa.Column("assignment", sa.Text(), primary_key=True),
        sa.Column("blind", sa.Boolean(), nullable=False),
        _text("split"),
        sa.Column("markers", sa.JSON(), nullable=False),
    )
    _acts()
    op.create_table(
        "flags",
        _id(),
        _text("assignment"),
        _person(),
        _text("notebook"),
        _text("question"),
        *_who_and_when(),
        _text("settled_by"),
        sa.Column("settled_at", sa.String(32)),
    )
    op.create_index("ix_flags_assignment", "flags", ["assignment"])


def _acts() -> None:
    op.create_table(
        "marking_acts",
        _id(),
        sa.Column("key", sa.String(64), nullable=False),
        *map(_text, _QUESTION),
        _text("kind"),
        *_who_and_when(),
        sa.UniqueConstraint("key", name="uq_marking_acts_key"),
    )
    op.create_index("ix_marking_acts_assignment", "marking_acts", ["assignment"])
    op.create_table(
        "marked_answers",
        _id(),
        sa.Column("act", sa.Integer(), sa.ForeignKey("marking_acts.id"), nullable=False),
        _text("assignment"),
        _person(),
        _text("notebook"),
        _text("question"),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("adjustment", sa.Float(53), nullable=False),
        _text("comment"),
        sa.Column("mark", sa.Integer(), sa.ForeignKey("marks.id"), nullable=False),
        sa.Column("earlier_mark", sa.Integer(), sa.ForeignKey("marks.id")),
    )
    op.create_index("ix_marked_answers_assignment_notebook_question", "marked_answers", _QUESTION)
    op.create_index("ix_marked_answers_act", "marked_answers", ["act"])


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _person() -> sa.Column[str]:
    return sa.Column("person", sa.Text(), sa.ForeignKey("people.key"), nullable=False)


def _who_and_when() -> tuple[sa.Column[str], ...]:
    return _text("who"), sa.Column("at", sa.String(32), nullable=False)
