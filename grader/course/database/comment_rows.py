"""Comments on lines of students' code, in and out of a course's tables."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from grader.course.database.tables import line_comments
from grader.model.code_comment import CodeComment
from grader.model.course_records import LineComment


def add_comment(connection: Connection, made: LineComment) -> int:
    """Keep a comment; its number."""
    values = {
        "assignment": made.assignment,
        "attempt": made.attempt,
        "file": made.comment.file,
        "line": made.comment.line,
        "source": made.comment.source,
        "text": made.comment.text,
        "who": made.who,
        "at": made.at,
    }
    added = insert(line_comments).values(values).returning(line_comments.c.id)
    return int(connection.execute(added).scalar_one())


def read_comments(
    connection: Connection, assignment: str, attempt: str = ""
) -> dict[int, LineComment]:
    """Comments that were not taken back, by number; in the order of files and lines."""
    c = line_comments.c
    query = select(line_comments).where(c.assignment == assignment, c.taken_back.is_(False))
    if attempt:
        query = query.where(c.attempt == attempt)
    return {
        row.id: LineComment(
            assignment=row.assignment,
            attempt=row.attempt,
            comment=CodeComment(file=row.file, line=row.line, source=row.source, text=row.text),
            who=row.who,
            at=row.at,
        )
        for row in connection.execute(query.order_by(c.file, c.line, c.id))
    }


def take_comment_back(connection: Connection, number: int) -> bool:
    """Show a comment no more; whether there was one."""
    here = (line_comments.c.id == number) & line_comments.c.taken_back.is_(False)
    return bool(
        connection.execute(update(line_comments).where(here).values(taken_back=True)).rowcount
    )
