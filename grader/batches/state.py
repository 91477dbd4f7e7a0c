"""What a batch knows of each submission, in one file beside its results.

Kept in SQLite: a hundred thousand rows are found, sorted and gone through without being in memory,
and a process that is killed leaves the rows that it had finished. Nothing here is needed: without
it, or where it is damaged, results are read from their own files.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from grader.batches.fingerprint import Fingerprint
from grader.model.course_records import RunResult
from grader.model.errors import InputError
from grader.model.result import Cause, CheckResult
from grader.report.summary import Register, Roster, Summary
from grader.report.text import by_name

NAME: Final = "batch.sqlite"
_VERSION: Final = 5
_TOGETHER: Final = 1_000
"""Rows that are noted at once: between two such notes others may write."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS submission (
    name TEXT PRIMARY KEY, place TEXT NOT NULL, run INTEGER NOT NULL,
    entry BLOB NOT NULL, summary BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS shared (
    kind TEXT NOT NULL, id TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
"""


class StateEntry(msgspec.Struct, frozen=True):
    """A submission that was graded."""

    inputs: Fingerprint
    """What its result came from."""
    page: str
    """Hash of what its report was made with."""
    stamps: tuple[str, ...]
    """Of its files, as they were written."""
    worth: str
    """Of what decided what it is worth; see `Worth.stamp`."""
    content: str = ""
    """Of the result as it was graded; see `run_history.content_of`."""
    marks: str = ""
    """Of the marks for its written answers; see `Marks.stamp`."""


class BatchState:
    """The rows of a batch; used by one thread."""

    def __init__(self, path: Path | None) -> None:
        """Open the state at `path`, or begin one there; None: one that ends with the process.

        A file that is not ours, or damaged, is replaced.
        """
        self._db = _opened(path)
        self._run: int = self._db.execute(
            "SELECT coalesce(max(run), 0) + 1 FROM submission"
        ).fetchone()[0]
        self._kept: list[tuple[int, str]] = []
        self.register = read_register(self._db)
        self._stored = (len(self.register.rolls), dict(self.register.causes))

    def find(self, name: str) -> tuple[StateEntry, Summary] | None:
        """What is known of a submission."""
        query = "SELECT entry, summary FROM submission WHERE name = ?"
        try:
            row = self._db.execute(query, (name,)).fetchone()
            if row is None:
                return None
            entry, summary = read_row(*row)
        except (sqlite3.Error, msgspec.DecodeError):
            return None
        return (entry, summary) if summary.roll in self.register.rolls else None

    def put(self, entry: StateEntry, summary: Summary) -> None:
        """Note that a submission is done, for good.

        Raises:
            InputError: it cannot be written.
        """
        packed = msgspec.msgpack.encode(entry), msgspec.msgpack.encode(summary)
        name = summary.submission
        try:
            self._share()
            self._db.execute(
                "INSERT OR REPLACE INTO submission VALUES (?, ?, ?, ?, ?)",
                (name, by_name(name), self._run, *packed),
            )
            self._db.commit()
        except sqlite3.Error as error:
            raise InputError(f"Cannot write {NAME}: {error}.") from None

    def keep(self, name: str) -> None:
        """Note that a submission is still in the class, as it was."""
        self._kept.append((self._run, name))
        if len(self._kept) >= _TOGETHER:
            self._note_kept()

    def others(self, names: Iterable[str]) -> list[str]:
        """Submissions that are known and not among `names`, in order."""
        self._db.execute("CREATE TEMP TABLE IF NOT EXISTS here (name TEXT PRIMARY KEY)")
        self._db.execute("DELETE FROM here")
        self._db.executemany("INSERT OR IGNORE INTO here VALUES (?)", ((name,) for name in names))
        query = "SELECT name FROM submission WHERE name NOT IN here ORDER BY place, name"
        return [name for (name,) in self._db.execute(query)]

    def forget(self, names: Iterable[str]) -> None:
        """Let go of submissions for good.

        Raises:
            InputError: it cannot be written.
        """
        try:
            rows = ((name,) for name in names)
            self._db.executemany("DELETE FROM submission WHERE name = ?", rows)
            self._db.commit()
        except sqlite3.Error as error:
            raise InputError(f"Cannot write {NAME}: {error}.") from None

    def _note_kept(self) -> None:
        try:
            query = "UPDATE submission SET run = ? WHERE name = ?"
            self._db.executemany(query, self._kept)
            self._db.commit()
        except sqlite3.Error as error:
            raise InputError(f"Cannot write {NAME}: {error}.") from None
        self._kept.clear()

    def roster(self) -> Roster:
        """The submissions of this run."""
        self._note_kept()
        return _StoredRoster(self._db, self._run, self.register)

    def given(self) -> Iterator[RunResult]:
        """What was given to the submissions of this run."""
        self._note_kept()
        query = "SELECT name, entry FROM submission WHERE run = ? ORDER BY name"
        for name, packed in self._db.execute(query, (self._run,)).fetchall():
            entry = _ENTRY.decode(packed)
            inputs = entry.inputs.digest
            yield RunResult(run=0, submission=name, content=entry.content, inputs=inputs)

    def close(self) -> None:
        """Write what is not written, and let go of the file."""
        with contextlib.suppress(InputError):
            self._note_kept()
        self._db.close()

    def _share(self) -> None:
        now = (len(self.register.rolls), dict(self.register.causes))
        if now == self._stored:
            return
        encode = msgspec.msgpack.encode
        rows = [("roll", id, encode(roll)) for id, roll in self.register.rolls.items()]
        rows += [("cause", id, encode(cause)) for id, cause in self.register.causes.items()]
        self._db.executemany("INSERT OR REPLACE INTO shared VALUES (?, ?, ?)", rows)
        self._stored = now


def read_register(db: sqlite3.Connection) -> Register:
    """What the summaries of a state have in common."""
    register = Register()
    for kind, id, content in db.execute("SELECT kind, id, content FROM shared"):
        with contextlib.suppress(msgspec.DecodeError):
            if kind == "roll":
                register.rolls[id] = _ROLL.decode(content)
            else:
                register.causes[id] = _CAUSE.decode(content)
    return register


def read_row(entry: bytes, summary: bytes) -> tuple[StateEntry, Summary]:
    """What a state keeps of a submission.

    Raises:
        msgspec.DecodeError: it is damaged.
    """
    return _ENTRY.decode(entry), _SUMMARY.decode(summary)


class _StoredRoster(Roster):
    """Goes through the rows of a state."""

    def __init__(self, db: sqlite3.Connection, run: int, register: Register) -> None:
        self.register = register
        self._db = db
        self._run = run

    def __iter__(self) -> Iterator[Summary]:
        query = "SELECT summary FROM submission WHERE run = ? ORDER BY place, name"
        for (summary,) in self._db.execute(query, (self._run,)):
            yield _SUMMARY.decode(summary)


_ENTRY: Final = msgspec.msgpack.Decoder(StateEntry)
_SUMMARY: Final = msgspec.msgpack.Decoder(Summary)
_ROLL: Final = msgspec.msgpack.Decoder(list[CheckResult])
_CAUSE: Final = msgspec.msgpack.Decoder(Cause)


def _opened(path: Path | None) -> sqlite3.Connection:
    if path is None:
        return _connected("")
    for attempt in ("as it is", "afresh"):
        try:
            if attempt == "afresh":
                path.unlink(missing_ok=True)
            return _connected(str(path))
        except (sqlite3.Error, OSError):
            continue
    return _connected("")  # a file system without locks


def _connected(name: str) -> sqlite3.Connection:
    db = sqlite3.connect(name, timeout=30, check_same_thread=False)
    try:
        # a killed process loses nothing all the same; after a power cut results are read instead
        db.execute("PRAGMA synchronous = OFF")
        if db.execute("PRAGMA user_version").fetchone()[0] not in (0, _VERSION):
            raise sqlite3.DatabaseError("another version")
        db.executescript(_SCHEMA)
        db.execute(f"PRAGMA user_version = {_VERSION}")
        if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged")
        db.commit()
    except sqlite3.Error:
        db.close()
        raise
    return db
