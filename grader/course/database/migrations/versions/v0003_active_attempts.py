"""Whether the platform still counts an attempt; and ids that a team shares, as on Gradescope."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Attempts that are there are active."""
    one_holder = sa.column("platform") != "gradescope"
    with op.batch_alter_table("ids") as table:
        table.drop_constraint("uq_ids_platform_assignment_id", type_="unique")
    op.create_index(
        "ix_ids_one_holder",
        "ids",
        ["platform", "assignment", "id"],
        unique=True,
        sqlite_where=one_holder,
        postgresql_where=one_holder,
    )
    with op.batch_alter_table("attempts") as table:
        table.add_column(
            sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true())
        )
