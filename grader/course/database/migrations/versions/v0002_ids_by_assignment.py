"""Ids that a platform gives a student anew for each assignment, as Moodle and Gradescope do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Let an id say what assignment it is for; those that are there are for all."""
    with op.batch_alter_table("ids") as table:
        table.add_column(sa.Column("assignment", sa.Text(), nullable=False, server_default=""))
        table.drop_constraint("pk_ids", type_="primary")
        table.create_primary_key("pk_ids", ["person", "platform", "assignment"])
        table.drop_constraint("uq_ids_platform_id", type_="unique")
        table.create_unique_constraint(
            "uq_ids_platform_assignment_id", ["platform", "assignment", "id"]
        )
