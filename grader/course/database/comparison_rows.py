"""What `grader similar` found, in and out of a course's tables."""

from __future__ import annotations

import datetime as dt
import gzip
import zlib

import msgspec
from sqlalchemy import Connection, insert, select

from grader.course.database.tables import comparisons
from grader.model.course_records import StoredComparison
from grader.model.errors import InputError
from grader.model.similar_pairs import SimilarityReport


def add_comparison(
    connection: Connection, assignment: str, report: SimilarityReport, *, who: str, at: dt.datetime
) -> None:
    """Keep what was found; what was found before is kept too."""
    body = gzip.compress(msgspec.json.encode(report), mtime=0)
    values = {"assignment": assignment, "body": body, "who": who, "at": at}
    connection.execute(insert(comparisons).values(values))


def last_comparison(connection: Connection, assignment: str) -> StoredComparison | None:
    """What was found last.

    Raises:
        InputError: it is damaged.
    """
    query = select(comparisons).where(comparisons.c.assignment == assignment)
    row = connection.execute(query.order_by(comparisons.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    try:
        report = SimilarityReport.from_json(gzip.decompress(row.body))
    except (OSError, EOFError, zlib.error, msgspec.DecodeError) as error:
        raise InputError(f"The course's last comparison is damaged: {error}.") from None
    return StoredComparison(assignment=assignment, report=report, who=row.who, at=row.at)
