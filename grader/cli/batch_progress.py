"""A batch as it goes, and what it came to, for whoever watches the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from grader.model.errors import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from grader.batches.answer_sheets import Waiting
    from grader.batches.grading_job import GradingJob
    from grader.batches.output import BatchOutput
    from grader.batches.run import Batch, Progress

_OTHER_RELEASE = (
    "Submissions with notebooks that were not made from this assignment's: {}. A cell counts where "
    "it calls what a cell of that notebook calls; see docs/notebooks.md, other_releases."
)


def show(
    batch: Batch,
    total: int,
    output: BatchOutput,
    *,
    verbose: bool = False,
    preview: Callable[[Progress], None] | None = None,
    job: GradingJob | None = None,
) -> int:
    """Run a batch under a live display; the exit code.

    Of a preview only that is shown each submission, and no reports are named: there are none. A
    `job` is told how far it is.
    """
    from rich.console import Console

    console = Console()
    count = Count()
    for step in _with_bar(batch, total, console, job):
        count.add(step)
        if job is not None:
            job.add(step)
        if preview is not None:
            preview(step)
        _tell(step, console, verbose=verbose)
    console.print(_came_to(count, batch.reasons.reused), highlight=False)
    plainly = partial(console.print, highlight=False, soft_wrap=True, markup=False)
    for text in batch.reasons.lines():
        plainly(text)
    if count.other_release:
        plainly(_OTHER_RELEASE.format(count.other_release))
    if preview is None:
        for text in _where(output):
            plainly(text)
    return count.exit_code


def _with_bar(
    batch: Batch, total: int, console: Console, job: GradingJob | None
) -> Iterator[Progress]:
    """What a batch gives, under a bar; where there is no terminal, lines tell what takes long."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    from grader.cli.progress import SlowLines, slow_ones

    columns = (
        TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[slow]}", markup=False),
    )  # fmt: skip
    lines = SlowLines(partial(console.print, style="dim", markup=False, soft_wrap=True))
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("grading", total=total, slow="")

        def waiting(running: Mapping[str, float]) -> None:
            if job is not None:
                job.waiting(running)
            if console.is_terminal:
                bar.update(task, slow=slow_ones(running))
            else:
                lines(running)

        for step in batch.run(waiting):
            yield step
            bar.advance(task)


def _tell(step: Progress, console: Console, *, verbose: bool) -> None:
    from grader.batches.rerun_reasons import origin
    from grader.report.terminal import result_line

    line = result_line(step.summary)
    if verbose:
        line.append(f"  [{origin(step.origin, step.why)}]", "dim")
    console.print(line, soft_wrap=True)
    if step.unsaved:
        console.print(step.unsaved, style="red", markup=False, soft_wrap=True)


def _came_to(count: Count, reused: int) -> str:
    again = f", {reused} of them unchanged since an earlier run" if reused else ""
    nothing = f" {count.absent} submitted nothing." if count.absent else ""
    return f"{count.graded} of {count.total} graded{again}.{nothing}"


def _where(output: BatchOutput) -> Iterator[str]:
    """What is left to do, and where everything is."""
    yield from stray_lines(output.strays)
    yield from waiting_lines(output.waiting)
    yield f"Report: {output.index}"
    yield f"Pages to hand out: {output.handed_out}"


def stray_lines(strays: Sequence[str]) -> Iterator[str]:
    """That there are marks for nobody who is here: somebody handed in under another name."""
    if strays:
        more = f" and {len(strays) - 5} more" if len(strays) > 5 else ""
        yield f"Marks are kept for submissions that are not here: {', '.join(strays[:5])}{more}."
        yield "If somebody submitted again under another name, enter their marks for that one."


def waiting_lines(waiting: Waiting) -> Iterator[str]:
    """What to do about written answers that have no mark."""
    if not waiting.unmarked:
        return
    yield f"Written answers to be marked: {waiting.unmarked}, listed in {waiting.sheet}"
    if waiting.forgotten:
        yield f"There are marks for some in {waiting.forgotten}; run this again with:"
        yield f"  --marks {shlex.quote(waiting.forgotten)}"
    else:
        yield "Fill in `mark`, and `comment` if you like, then run this again with:"
        yield f"  --marks {'COPY.csv' if '://' in waiting.sheet else shlex.quote(waiting.sheet)}"


class Count:
    """What a batch came to."""

    def __init__(self) -> None:
        self.total = self.graded = self.absent = self.other_release = 0
        self._internal = self._input = False

    def add(self, step: Progress) -> None:
        """Count one."""
        summary = step.summary
        self.total += 1
        self.graded += summary.graded
        self.absent += summary.error_kind == "absent"
        self.other_release += bool(summary.cells and summary.cells.other_release)
        self._internal |= bool(summary.internal) or summary.error_kind == "internal"
        self._input |= bool(step.unsaved) or summary.error_kind == "input"

    @property
    def exit_code(self) -> ExitCode:
        """What it means to the shell."""
        if self._internal:
            return ExitCode.INTERNAL
        return ExitCode.INPUT if self._input else ExitCode.OK
