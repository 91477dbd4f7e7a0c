"""Runs and their results, in and out of a course's tables. Results are kept by their content."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from grader.course.database.tables import results, run_results, runs
from grader.model.course_records import GradingRun, RunResult, RunState
from grader.model.errors import InputError
from grader.model.notebook_records import WrittenAnswer
from grader.model.result import Result

_AT_ONCE: Final = 100


class AnsweredNotebook(msgspec.Struct, frozen=True):
    """The answers of one notebook, without its cells."""

    id: str
    title: str = ""
    answers: list[WrittenAnswer] = []


class _Answered(msgspec.Struct):
    notebooks: list[AnsweredNotebook] = []


_ANSWERED: Final = msgspec.json.Decoder(_Answered)


def begin_run(
    connection: Connection, assignment: str, *, who: str, at: dt.datetime, why: str, harness: str
) -> int:
    """A new run, which has no results yet; its number."""
    values = {
        "assignment": assignment,
        "who": who,
        "at": at,
        "why": why,
        "harness": harness,
        "state": "begun",
    }
    return int(connection.execute(insert(runs).values(values).returning(runs.c.id)).scalar_one())


def set_run_state(
    connection: Connection, run: int, state: RunState, finished: dt.datetime | None = None
) -> None:
    """What became of a run."""
    values: dict[str, object] = {"state": state}
    if finished is not None:
        values["finished"] = finished
    connection.execute(update(runs).where(runs.c.id == run).values(values))


def put_run_in_force(connection: Connection, run: GradingRun) -> None:
    """Accept a run, and no later one of its assignment."""
    later = (runs.c.assignment == run.assignment) & (runs.c.id > run.id)
    undone = update(runs).where(later, runs.c.state == "accepted").values(state="undone")
    connection.execute(undone)
    set_run_state(connection, run.id, "accepted")


def read_runs(connection: Connection, assignment: str = "") -> list[GradingRun]:
    """The runs of one assignment, or of all; the first is the oldest."""
    query = select(runs).order_by(runs.c.id)
    if assignment:
        query = query.where(runs.c.assignment == assignment)
    return [GradingRun(**row._mapping) for row in connection.execute(query)]


def put_result(connection: Connection, run: int, result: Result, attempt: str) -> RunResult:
    """Keep what a run gave a submission, in place of what it gave before."""
    body = msgspec.json.encode(result)
    content = hashlib.sha256(body).hexdigest()
    if not has_result(connection, content):
        packed = gzip.compress(body, 1, mtime=0)
        connection.execute(insert(results).values(content=content, body=packed))
    found = RunResult(
        run=run,
        submission=result.submission,
        attempt=attempt,
        content=content,
        inputs=result.digest,
    )
    put_run_result(connection, found)
    return found


def put_run_result(connection: Connection, found: RunResult) -> None:
    """Note that a run gave a submission a result which is kept already."""
    here = (run_results.c.run == found.run) & (run_results.c.submission == found.submission)
    values = {name: getattr(found, name) for name in RunResult.__struct_fields__}
    if not connection.execute(update(run_results).where(here).values(values)).rowcount:
        connection.execute(insert(run_results).values(values))


def read_run_results(connection: Connection, run: int, submission: str = "") -> list[RunResult]:
    """What a run gave, by submission; one alone, if named."""
    query = select(run_results).where(run_results.c.run == run)
    if submission:
        query = query.where(run_results.c.submission == submission)
    rows = connection.execute(query.order_by(run_results.c.submission))
    return [RunResult(**row._mapping) for row in rows]


def results_of(connection: Connection, assignment: str, submission: str) -> list[RunResult]:
    """What each run of an assignment gave a submission; the first is the oldest."""
    query = (
        select(run_results)
        .join(runs, runs.c.id == run_results.c.run)
        .where(runs.c.assignment == assignment, run_results.c.submission == submission)
        .order_by(run_results.c.run)
    )
    return [RunResult(**row._mapping) for row in connection.execute(query)]


def has_result(connection: Connection, content: str) -> bool:
    """Whether there is a result of that content."""
    known = select(results.c.content).where(results.c.content == content)
    return connection.execute(known).first() is not None


def read_result(connection: Connection, content: str) -> Result:
    """A result by the name of its content.

    Raises:
        InputError: there is none, or it is damaged.
    """
    row: Row[tuple[bytes]] | None = connection.execute(
        select(results.c.body).where(results.c.content == content)
    ).first()
    if row is None:
        raise InputError(f"The course has no result {content[:12]}.")
    with _named_damage(content):
        return Result.from_json(gzip.decompress(row.body))


def read_answers(
    connection: Connection, contents: Sequence[str]
) -> Iterator[tuple[str, list[AnsweredNotebook]]]:
    """The written answers of some results, by the names of their content.

    Raises:
        InputError: a result is damaged.
    """
    for at in range(0, len(contents), _AT_ONCE):
        query = select(results).where(results.c.content.in_(contents[at : at + _AT_ONCE]))
        for row in connection.execute(query):
            with _named_damage(row.content):
                body = gzip.decompress(row.body)
                yield row.content, _ANSWERED.decode(body).notebooks


@contextlib.contextmanager
def _named_damage(content: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error, msgspec.DecodeError) as error:
        raise InputError(f"The result {content[:12]} of the course is damaged: {error}.") from None
