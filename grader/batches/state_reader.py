"""Reading what a batch knows of its submissions while it may still be writing."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from urllib.parse import quote

import msgspec

from grader.batches.state import NAME, StateEntry, read_register, read_row
from grader.report.summary import Register, Summary


class StateReader:
    """The rows of a batch's output folder; after the first time only what changed is read.

    Used by one thread at a time. It never writes, and a state that is missing or damaged is empty:
    results do not depend on it.
    """

    def __init__(self, folder: Path) -> None:
        """Nothing is read yet; `folder` is where the batch writes."""
        self._path = folder / NAME
        self._stamp: tuple[int, ...] = ()
        self._known: dict[str, tuple[int, int]] = {}
        self.register = Register()
        """Grows: what was once in it stays."""
        self.rows: dict[str, tuple[StateEntry, Summary]] = {}
        """By submission."""

    def is_old(self) -> bool:
        """Whether the batch may have written since the last time."""
        return self._stamp_now() != self._stamp

    def refresh(self) -> bool:
        """Read what changed since the last time; whether anything did."""
        if not self.is_old():
            return False
        self._stamp = self._stamp_now()
        before = dict(self._known)
        try:
            self._read()
        except (sqlite3.Error, msgspec.DecodeError):
            self._known, self.rows = {}, {}
        return self._known != before

    def _stamp_now(self) -> tuple[int, ...]:
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _read(self) -> None:
        if not self._stamp:
            self._known, self.rows = {}, {}
            return
        address = f"file:{quote(str(self._path))}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=30)) as db:
            # A row that is written again has another number, or is of another run.
            rows = db.execute("SELECT name, rowid, run FROM submission").fetchall()
            now = {name: (number, run) for name, number, run in rows}
            shared = read_register(db)
            self.register.rolls |= shared.rolls
            self.register.causes |= shared.causes
            for name in [name for name in now if self._known.get(name) != now[name]]:
                query = "SELECT entry, summary FROM submission WHERE name = ?"
                if row := db.execute(query, (name,)).fetchone():
                    self.rows[name] = read_row(*row)
        for name in self._known.keys() - now.keys():
            self.rows.pop(name, None)
        self._known = now
