"""Grading an assignment of a course, one process at a time, which says how far it is.

A terminal grades like this, and so does the process that a desk starts: either can be looked at and
stopped from the other. The lock ends with its process, however that ends.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec

from grader.batches.grading_progress import (
    LOCK,
    PROGRESS,
    ROWS,
    GradedRow,
    GradingProgress,
    JobEnd,
    JobKind,
    JobOptions,
    job_state,
)
from grader.model.errors import GraderError, InputError, reason_of
from grader.report.atomic_write import write_atomically

if TYPE_CHECKING:
    from grader.batches.run import Progress
    from grader.course.course_folder import CourseFolder

_EVERY_SECONDS: Final = 0.5
_PATIENCE: Final = 2.0
"""Seconds: somebody may only be looking whether the lock is free."""


def job_folder(course: CourseFolder, assignment: str) -> Path:
    """Where it is said how far grading an assignment is."""
    return course.path / "grading" / course.settings.assignment(assignment).id


class GradingJob:
    """Writes down how far it is, a few times a second at most."""

    def __init__(self, folder: Path, progress: GradingProgress) -> None:
        self.progress = progress
        self._folder = folder
        self._rows: IO[bytes] | None = None
        self._written = 0.0

    def begin(self, total: int, *, every_attempt: bool = False) -> None:
        """Begin to grade so many submissions."""
        progress = self.progress
        progress.total, progress.every_attempt, progress.running = total, every_attempt, {}
        progress.done = progress.graded = progress.reused = progress.absent = progress.unsaved = 0
        self._close_rows()
        with contextlib.suppress(OSError):  # a full disk is told by the results
            self._rows = (self._folder / ROWS).open("wb")
        self.write()

    def waiting(self, running: Mapping[str, float]) -> None:
        """These are being graded."""
        self.progress.running = dict(running)
        self._write_soon()

    def add(self, step: Progress) -> None:
        """A submission is done."""
        summary, progress = step.summary, self.progress
        progress.done += 1
        progress.graded += summary.graded
        progress.reused += step.reused
        progress.absent += summary.error_kind == "absent"
        progress.unsaved += bool(step.unsaved)
        progress.running.pop(summary.submission, None)
        if self._rows is not None:
            self._rows.write(msgspec.json.encode(_row(step)) + b"\n")
        self._write_soon()

    def came_to(self, unmarked: int) -> None:
        """All are done; so many written answers have no mark."""
        self.progress.running, self.progress.unmarked = {}, unmarked
        self.write()

    def finish(self, end: JobEnd, error: GraderError | None = None) -> None:
        """It is over."""
        progress = self.progress
        progress.end, progress.finished, progress.running = end, _now(), {}
        if error is not None:
            progress.problem, progress.hint = error.message, error.hint
        self.write()
        self._close_rows()

    def write(self) -> None:
        """Write down how far it is."""
        self._written = time.monotonic()
        with contextlib.suppress(OSError, InputError):
            if self._rows is not None:
                self._rows.flush()
            content = msgspec.json.encode(self.progress)
            write_atomically(self._folder / PROGRESS, content, private=True)  # it has the seed

    def _write_soon(self) -> None:
        if time.monotonic() - self._written >= _EVERY_SECONDS:
            self.write()

    def _close_rows(self) -> None:
        if self._rows is not None:
            self._rows.close()
            self._rows = None


@contextlib.contextmanager
def grading_job(folder: Path, kind: JobKind, who: str, options: JobOptions) -> Iterator[GradingJob]:
    """Grade in here, and nobody else meanwhile; SIGTERM ends it as Ctrl-C does.

    Raises:
        InputError: it is being graded already, or the course cannot be written.
    """
    with _locked(folder), _ended_by_sigterm():
        job = GradingJob(folder, _begun(kind, who, options))
        job.write()
        try:
            yield job
        except KeyboardInterrupt:
            job.finish("stopped")
            raise
        except GraderError as error:
            job.finish("failed", error)
            raise
        except Exception as error:
            job.finish("failed", InputError(f"{type(error).__name__}: {reason_of(error)}"))
            raise
        job.finish("finished")


def _begun(kind: JobKind, who: str, options: JobOptions) -> GradingProgress:
    return GradingProgress(
        kind=kind, who=who, host=socket.gethostname(), pid=os.getpid(), begun=_now(),
        options=options,
    )  # fmt: skip


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock. It is the process's alone: what it forks does not hold it too."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise InputError(f"Cannot write {folder / LOCK}: {reason_of(error)}.") from None
    try:
        if not _acquired(descriptor):
            raise taken(folder)
        yield
    finally:
        os.close(descriptor)


def _acquired(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        except OSError:  # a file system without locks
            return True
        else:
            return True


def taken(folder: Path) -> InputError:
    """That another process grades."""
    progress = job_state(folder).progress
    by = f" by {progress.who}, process {progress.pid} on {progress.host}" if progress else ""
    hint = "Wait until it is done, or stop it on the desk's page or with Ctrl-C."
    return InputError(f"{folder.name} is being graded already{by}.", hint=hint)


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: Any = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _row(step: Progress) -> GradedRow:
    summary = step.summary
    return GradedRow(
        submission=summary.submission, name=summary.name,
        points=None if summary.error else summary.final, max_points=summary.max_score,
        error=summary.error, error_kind=summary.error_kind, waiting=summary.waiting,
        reused=step.reused, unsaved=step.unsaved,
    )  # fmt: skip


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
