"""Reading what a batch knows of its submissions while it may still be writing."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from urllib.parse import quote

import msgspec

from grader.batches.state import NAME, read_register, read_summary
from grader.report.summary import Register, Summary


class StateReader:
    """The summaries of a batch's output folder; after the first time only what changed is read.

    Used by one thread at a time. It never writes, and a state that is missing or damaged is empty:
    results do not depend on it.
    """

    def __init__(self, folder: Path) -> None:
        """Nothing is read yet; `folder` is where the batch writes."""
        self._path = folder / NAME
        self._stamp: tuple[int, ...] = ()
        self._known: dict[str, tuple[int, int]] = {}
        self.register = Register()
        self.summaries: dict[str, Summary] = {}
        """By submission."""

    def refresh(self) -> bool:
        """Read what changed since the last time; whether anything did."""
        stamp = self._stamp_now()
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        before = dict(self._known)
        try:
            self._read()
        except (sqlite3.Error, msgspec.DecodeError):
            self._known, self.summaries = {}, {}
        return self._known != before

    def _stamp_now(self) -> tuple[int, ...]:
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _read(self) -> None:
        if not self._stamp:
            self._known, self.summaries = {}, {}
            return
        address = f"file:{quote(str(self._path))}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=30)) as db:
            # A row that is written again has another number, or is of another run.
            rows = db.execute("SELECT name, rowid, run FROM submission").fetchall()
            now = {name: (number, run) for name, number, run in rows}
            self.register = read_register(db)
            for name in [name for name in now if self._known.get(name) != now[name]]:
                query = "SELECT summary FROM submission WHERE name = ?"
                if row := db.execute(query, (name,)).fetchone():
                    self.summaries[name] = read_summary(row[0])
        for name in self._known.keys() - now.keys():
            self.summaries.pop(name, None)
        self._known = now
