"""Earlier runs of a class: what each gave, kept by content, and which one is in force.

Without a course this lies in the output folder; a course keeps the same in its database.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Protocol

import msgspec

from grader.model.course_records import GradingRun, RunResult, RunState
from grader.model.errors import InputError, UsageError
from grader.model.result import Result

NAME: Final = "history.sqlite"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS run (
    id INTEGER PRIMARY KEY, state TEXT NOT NULL, why TEXT NOT NULL, harness TEXT NOT NULL,
    at TEXT NOT NULL, finished TEXT
);
CREATE TABLE IF NOT EXISTS result (content TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS given (
    run INTEGER NOT NULL, submission TEXT NOT NULL, content TEXT NOT NULL, inputs TEXT NOT NULL,
    PRIMARY KEY (run, submission)
) WITHOUT ROWID;
"""


class RunHistory(Protocol):
    """Runs, and what they gave: results as graded, before marks, lateness and overrides."""

    def begin(self, why: str, harness: str) -> int:
        """A new run, which is not in force yet; its number."""

    def put(self, run: int, result: Result) -> str:
        """Keep what a run gave; the name of its content."""

    def has(self, content: str) -> bool:
        """Whether there is a result of that name."""

    def note(self, given: Iterable[RunResult]) -> None:
        """Note that runs gave results that are kept already."""

    def finish(self, run: int, state: RunState) -> None:
        """What becomes of a run that is finished."""

    def runs(self) -> list[GradingRun]:
        """Every run; the first is the oldest."""

    def given(self, run: int) -> list[RunResult]:
        """What a run gave, by submission."""

    def result(self, content: str) -> Result:
        """A result.

        Raises:
            InputError: it is not there, or damaged.
        """

    def go_to(self, run: int) -> None:
        """Put a run in force, and none after it: at once, or not at all."""

    def close(self) -> None:
        """Let go of what was opened."""


def content_of(result: Result) -> str:
    """The name of a result's content."""
    return hashlib.sha256(msgspec.json.encode(result)).hexdigest()


def run_in_force(history: RunHistory) -> GradingRun | None:
    """The last run that was accepted."""
    return next((run for run in reversed(history.runs()) if run.state == "accepted"), None)


def run_to_accept(history: RunHistory) -> GradingRun:
    """The last preview, if nothing was put in force since.

    Raises:
        UsageError: there is none.
    """
    finished = [run for run in history.runs() if run.state in ("accepted", "preview")]
    if not finished or finished[-1].state != "preview":
        hint = "Run the same command with --preview first."
        raise UsageError("There is no preview that could be accepted.", hint=hint)
    return finished[-1]


def run_to_undo_to(history: RunHistory, wanted: int | None) -> GradingRun:
    """The run of that number, or without one the run that was in force before this one.

    Raises:
        UsageError: there is none.
    """
    runs = [run for run in history.runs() if run.state in ("accepted", "undone")]
    if wanted is not None:
        found = [run for run in runs if run.id == wanted]
    else:
        found = [run for run in runs if run.state == "accepted"][-2:-1]
    if not found:
        what = "There is no earlier run" if wanted is None else f"There is no run {wanted}"
        told = "; ".join(f"{run.id}: {run.at:%Y-%m-%d %H:%M}, {run.state}" for run in runs)
        raise UsageError(f"{what} to go back to.", hint=f"Runs: {told or 'none'}.")
    return found[0]


class FolderHistory:
    """The runs of an output folder, in SQLite beside the results."""

    def __init__(self, folder: Path) -> None:
        """Nothing is opened before it is needed."""
        self._path = folder / NAME
        self._opened: sqlite3.Connection | None = None

    def begin(self, why: str, harness: str) -> int:
        """A new run."""
        at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        with self._changing() as db:
            query = "INSERT INTO run (state, why, harness, at) VALUES ('begun', ?, ?, ?)"
            return int(db.execute(query, (why, harness, at)).lastrowid or 0)

    def put(self, run: int, result: Result) -> str:
        """Keep what a run gave."""
        body = msgspec.json.encode(result)
        content = hashlib.sha256(body).hexdigest()
        with self._changing() as db:
            if not self.has(content):
                packed = gzip.compress(body, 1, mtime=0)
                db.execute("INSERT OR REPLACE INTO result VALUES (?, ?)", (content, packed))
            row = (run, result.submission, content, result.digest)
            db.execute("INSERT OR REPLACE INTO given VALUES (?, ?, ?, ?)", row)
        return content

    def has(self, content: str) -> bool:
        """Whether there is a result of that name."""
        query = "SELECT 1 FROM result WHERE content = ?"
        return self._db.execute(query, (content,)).fetchone() is not None

    def note(self, given: Iterable[RunResult]) -> None:
        """Note that runs gave results that are kept already."""
        rows = [(each.run, each.submission, each.content, each.inputs) for each in given]
        with self._changing() as db:
            db.executemany("INSERT OR REPLACE INTO given VALUES (?, ?, ?, ?)", rows)

    def finish(self, run: int, state: RunState) -> None:
        """What becomes of a run that is finished."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        with self._changing() as db:
            query = "UPDATE run SET state = ?, finished = coalesce(finished, ?) WHERE id = ?"
            db.execute(query, (state, now, run))

    def runs(self) -> list[GradingRun]:
        """Every run; to look for them makes no file."""
        if self._opened is None and not self._path.exists():
            return []
        query = "SELECT id, state, why, harness, at, finished FROM run ORDER BY id"
        names = ("id", "state", "why", "harness", "at", "finished")
        rows = [dict(zip(names, row, strict=True)) for row in self._db.execute(query)]
        return [msgspec.convert(row | {"assignment": "", "who": ""}, GradingRun) for row in rows]

    def given(self, run: int) -> list[RunResult]:
        """What a run gave."""
        query = "SELECT submission, content, inputs FROM given WHERE run = ? ORDER BY submission"
        return [
            RunResult(run=run, submission=submission, content=content, inputs=inputs)
            for submission, content, inputs in self._db.execute(query, (run,))
        ]

    def result(self, content: str) -> Result:
        """A result."""
        query = "SELECT body FROM result WHERE content = ?"
        row = self._db.execute(query, (content,)).fetchone()
        if row is None:
            raise InputError(f"{self._path}: has no result {content[:12]}.")
        try:
            return Result.from_json(gzip.decompress(row[0]))
        except (OSError, EOFError, zlib.error, msgspec.DecodeError) as error:
            raise InputError(f"{self._path}: result {content[:12]} is damaged: {error}.") from None

    def go_to(self, run: int) -> None:
        """Put a run in force, and none after it."""
        with self._changing() as db:
            later = "UPDATE run SET state = 'undone' WHERE id > ? AND state = 'accepted'"
            db.execute(later, (run,))
            db.execute("UPDATE run SET state = 'accepted' WHERE id = ?", (run,))

    def close(self) -> None:
        """Let go of the file."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def _db(self) -> sqlite3.Connection:
        if self._opened is None:
            try:
                self._opened = _connected(self._path)
            except sqlite3.Error as error:
                raise self._unusable(error) from None
        return self._opened

    @contextlib.contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._db as db:
                yield db
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def _unusable(self, error: sqlite3.Error) -> InputError:
        hint = "It holds earlier results: put back a copy, or remove it to do without them."
        return InputError(f"{self._path}: cannot be used: {error}.", hint=hint)


def _connected(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=30, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(_SCHEMA)
    except sqlite3.Error:
        db.close()
        raise
    return db
