"""Grading an assignment in a process of its own, for whoever has other things to do."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.batches.grading_job import job_folder, taken
from grader.batches.grading_progress import JobKind, JobOptions, job_state
from grader.import_path import SAFE_PATH
from grader.model.errors import InputError, UsageError, reason_of

if TYPE_CHECKING:
    from grader.course.course_folder import CourseFolder

_LOG: Final = "log.txt"
_START_SECONDS: Final = 60.0
"""For importing the package, on a busy machine; then the process says itself how it goes."""
_LAST_LINES: Final = 3


def start_job(
    course: CourseFolder,
    assignment: str,
    kind: JobKind,
    who: str,
    options: JobOptions,
    *,
    run: int = 0,
    fresh: bool = False,
) -> None:
    """Begin to grade: as `grader batch --for` in a process that outlives this one.

    Args:
        course: the course.
        assignment: its id.
        kind: what is to be done.
        who: by whom.
        options: what decides what grading gives.
        run: the number of the run to go back to.
        fresh: whether everything is graded, whatever is there already.

    Raises:
        InputError: it is being graded already, or the process cannot begin; says why.
    """
    folder = job_folder(course, assignment)
    told = {
        "grade": [],
        "preview": ["--preview"],
        "accept": ["--accept"],
        "undo": [f"--undo={run}"],
    }
    words = [f"--for={assignment}", f"--course={course.path.resolve()}", f"--by={who}"]
    words += [*options.words(), *told[kind], *(["--fresh"] if fresh else [])]
    if job_state(folder).running:
        raise taken(folder)
    process = _started(folder, words)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        progress = job_state(folder).progress
        if progress is not None and progress.pid == process.pid:
            break
        if process.poll() is not None:
            raise InputError(_said(folder / _LOG) or "Grading could not begin.")
        time.sleep(0.02)
    threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves no zombie


def stop_job(course: CourseFolder, assignment: str) -> None:
    """Ask the process that grades to end; what is graded is kept.

    Raises:
        UsageError: nobody grades, or the process is on another machine.
    """
    state = job_state(job_folder(course, assignment))
    progress = state.progress
    if progress is None or not state.running:
        raise UsageError(f"{assignment} is not being graded.", hint="It may have ended meanwhile.")
    if progress.host != socket.gethostname():
        raise UsageError(
            f"The process runs on another machine, {progress.host}.",
            hint=f"End process {progress.pid} there.",
        )
    with contextlib.suppress(ProcessLookupError):
        os.kill(progress.pid, signal.SIGTERM)


def _started(folder: Path, words: list[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, *SAFE_PATH, "-m", "grader", "batch", *words]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / _LOG).open("wb") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C at the desk's terminal is not meant for it
            )
    except OSError as error:
        raise InputError(f"Grading could not begin: {reason_of(error)}.") from None


def _said(log: Path) -> str:
    """The end of what the process said, which is why it ended."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return " ".join(line.removeprefix("grader: ").strip() for line in lines[-_LAST_LINES:])
