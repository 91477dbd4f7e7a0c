"""How far grading an assignment of a course is, in two small files that any process may read."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Final, Literal

import msgspec

from grader.model.errors import InputError

JobKind = Literal["grade", "preview", "accept", "undo"]
JobEnd = Literal["", "finished", "stopped", "failed"]

LOCK: Final = "lock"
PROGRESS: Final = "progress.json"
ROWS: Final = "rows.jsonl"
_TAIL_BYTES: Final = 1 << 16


class JobOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What decides what grading gives: whoever grades again keeps to it unless they say else."""

    lang: str = "en"
    release: str = "auto"
    seed: str = ""
    sandbox: str = "auto"
    notebooks: bool = True
    executor: str = "local"
    jobs: int = 0
    requests_to: str = ""

    def words(self) -> list[str]:
        """As `grader batch` takes them."""
        given = {
            "--lang": self.lang,
            "--release": self.release,
            "--seed": self.seed,
            "--executor": self.executor,
            "--jobs": str(self.jobs),
            "--requests-to": self.requests_to,
        }
        words = [f"{option}={value}" for option, value in given.items() if value]
        words += ["--no-sandbox"] if self.sandbox == "none" else [f"--sandbox={self.sandbox}"]
        return words if self.notebooks else [*words, "--no-notebooks"]


class GradingProgress(msgspec.Struct, kw_only=True):
    """One time that an assignment is graded, previewed, or put in force."""

    kind: JobKind
    who: str
    host: str
    pid: int
    begun: dt.datetime
    options: JobOptions = JobOptions()
    finished: dt.datetime | None = None
    end: JobEnd = ""
    every_attempt: bool = False
    """Whether all attempts are being graded, to find the best of each student."""
    total: int = 0
    done: int = 0
    graded: int = 0
    reused: int = 0
    absent: int = 0
    unsaved: int = 0
    """Results or pages that could not be written."""
    running: dict[str, float] = {}
    """Submissions that are being graded, and the seconds that each has taken."""
    unmarked: int = 0
    """Written answers without a mark, once all is done."""
    problem: str = ""
    """Why it failed."""
    hint: str = ""


class GradedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that is done."""

    submission: str
    name: str
    points: float | None
    """What counts; None where it could not be graded."""
    max_points: float
    error: str = ""
    error_kind: str = ""
    waiting: int = 0
    """Written answers without a mark."""
    reused: bool = False
    """Whether it is as an earlier run left it."""
    unsaved: str = ""


class JobState(msgspec.Struct, frozen=True):
    """What is known of the last time."""

    progress: GradingProgress | None
    """None where it was never graded since this is kept."""
    running: bool
    stamp: str
    """Differs where anything else is to be shown."""

    @property
    def is_gone(self) -> bool:
        """Whether the process ended without saying so: it was killed, or the machine went off."""
        return not self.running and self.progress is not None and not self.progress.end


def job_state(folder: Path) -> JobState:
    """How far it is.

    Raises:
        InputError: what is there cannot be read.
    """
    running, stamp = is_locked(folder / LOCK), job_stamp(folder)
    try:
        progress = msgspec.json.decode((folder / PROGRESS).read_bytes(), type=GradingProgress)
    except FileNotFoundError:
        return JobState(None, running, stamp)
    except (OSError, msgspec.MsgspecError) as error:
        hint = "Remove it; grading writes it anew."
        raise InputError(f"{folder / PROGRESS}: cannot be read: {error}.", hint=hint) from None
    return JobState(progress, running, stamp)


def job_stamp(folder: Path) -> str:
    """Differs where anything else is to be shown; reads no file."""
    try:
        seen = (folder / PROGRESS).stat()
    except OSError:
        return ""
    return f"{seen.st_mtime_ns:x}-{seen.st_ino:x}{'+' if is_locked(folder / LOCK) else ''}"


def latest_rows(folder: Path, count: int) -> list[GradedRow]:
    """The submissions that were done last, the last one first."""
    try:
        with (folder / ROWS).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            lines = file.read().split(b"\n")[(1 if size > _TAIL_BYTES else 0) : -1]
    except OSError:
        return []
    rows = []
    for line in lines[-count:]:
        try:
            rows.append(_ROW.decode(line))
        except msgspec.MsgspecError:  # half a line of a process that was killed
            continue
    return rows[::-1]


def is_locked(path: Path) -> bool:
    """Whether a process has a lock on a file; where there are no locks, nobody has."""
    try:
        import fcntl

        descriptor = os.open(path, os.O_RDWR)
    except (ImportError, OSError):
        return False
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


_ROW: Final = msgspec.json.Decoder(GradedRow)
