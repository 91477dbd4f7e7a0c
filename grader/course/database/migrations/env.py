"""What Alembic runs: the migrations, on the connection of whoever asked, in its transaction."""

from __future__ import annotations

from alembic import context

from grader.course.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,  # SQLite cannot alter a table
)
context.run_migrations()
