"""How grading an assignment goes, and what may be done about it, as its page shows it."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from grader.batches.course_history import CourseHistory
from grader.batches.grading_job import job_folder
from grader.batches.grading_progress import (
    GradedRow,
    GradingProgress,
    JobOptions,
    job_state,
    latest_rows,
)
from grader.batches.regrading import read_preview
from grader.batches.run_history import run_in_force, run_to_accept
from grader.model.course_records import GradingRun
from grader.model.errors import UsageError
from grader.model.score_change import Regrade
from grader.web.desk import Desk

Phase = Literal["never", "running", "finished", "stopped", "failed", "gone"]
_ROWS: Final = 40
_RUNS: Final = 20
_SLOW_SECONDS: Final = 5.0


class LiveGrading(NamedTuple):
    """How far it is."""

    phase: Phase
    stamp: str
    """Differs where anything else is to be shown."""
    progress: GradingProgress | None
    rows: list[GradedRow]
    """The last one first; not all of very many."""

    @property
    def slow(self) -> list[tuple[str, float]]:
        """Submissions that are being graded for long, and the seconds."""
        running = self.progress.running.items() if self.progress else ()
        return sorted(
            ((name, seconds) for name, seconds in running if seconds >= _SLOW_SECONDS),
            key=lambda each: -each[1],
        )

    @property
    def options(self) -> JobOptions:
        """What the last time was graded with, which the next time keeps to."""
        return self.progress.options if self.progress else JobOptions()


class GradingView(NamedTuple):
    """How far it is, and the runs so far."""

    live: LiveGrading
    attempts: int
    """That the course has of the assignment."""
    runs: list[GradingRun]
    """Those that can be gone back to and the one in force, the last one first."""
    in_force: int
    """The number of the run in force; 0 for none."""
    preview: Regrade | None
    """What the last preview found, where it may be put in force."""
    preview_run: GradingRun | None


def live_grading(desk: Desk, id: str) -> LiveGrading:
    """How far grading an assignment is; reads two small files, and not the course.

    Raises:
        InputError: they cannot be read.
    """
    folder = job_folder(desk.course, id)
    state = job_state(folder)
    progress = state.progress
    if state.running:
        phase: Phase = "running"
    elif progress is None:
        phase = "never"
    else:
        phase = progress.end or "gone"
    return LiveGrading(phase, state.stamp, progress, latest_rows(folder, _ROWS))


def grading_view(desk: Desk, id: str) -> GradingView:
    """How grading an assignment goes.

    Raises:
        GraderError: it cannot be read.
    """
    live = live_grading(desk, id)
    history = CourseHistory(desk.course, id, {})
    runs = [run for run in history.runs() if run.state in ("accepted", "undone")]
    in_force = run_in_force(history)
    with desk.reading() as view:
        attempts = view.attempt_count(id)
    waiting = _preview_run(history)
    return GradingView(
        live=live,
        attempts=attempts,
        runs=runs[: -_RUNS - 1 : -1],
        in_force=in_force.id if in_force else 0,
        preview=read_preview(desk.course.out(id)) if waiting else None,
        preview_run=waiting,
    )


def _preview_run(history: CourseHistory) -> GradingRun | None:
    try:
        return run_to_accept(history)
    except UsageError:
        return None
