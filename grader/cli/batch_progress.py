"""A batch as it goes, and what it came to, for whoever watches the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from grader.model.errors import ExitCode

if TYPE_CHECKING:
    from grader.batches.answer_sheets import Waiting
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
) -> int:
    """Run a batch under a live display; the exit code.

    Of a preview only that is shown each submission, and no reports are named: there are none.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    from grader.batches.rerun_reasons import origin
    from grader.cli.progress import SlowLines, slow_ones
    from grader.report.terminal import result_line

    console = Console()
    count = Count()
    columns = (
        TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[slow]}", markup=False),
    )  # fmt: skip
    lines = SlowLines(partial(console.print, style="dim", markup=False, soft_wrap=True))
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("grading", total=total, slow="")

        def waiting(running: Mapping[str, float]) -> None:
            if console.is_terminal:
                bar.update(task, slow=slow_ones(running))
            else:
                lines(running)

        for step in batch.run(waiting):
            count.add(step)
            if preview is not None:
                preview(step)
            line = result_line(step.summary)
            if verbose:
                line.append(f"  [{origin(step.origin, step.why)}]", "dim")
            console.print(line, soft_wrap=True)
            if step.unsaved:
                console.print(step.unsaved, style="red", markup=False, soft_wrap=True)
            bar.advance(task)
    reused = batch.reasons.reused
    again = f", {reused} of them unchanged since an earlier run" if reused else ""
    nothing = f" {count.absent} submitted nothing." if count.absent else ""
    console.print(f"{count.graded} of {count.total} graded{again}.{nothing}", highlight=False)
    for text in batch.reasons.lines():
        console.print(text, highlight=False, soft_wrap=True, markup=False)
    if count.other_release:
        console.print(_OTHER_RELEASE.format(count.other_release), soft_wrap=True, markup=False)
    if preview is not None:
        return count.exit_code
    for text in (*stray_lines(output.strays), *waiting_lines(output.waiting)):
        console.print(text, highlight=False, soft_wrap=True, markup=False)
    for text in (f"Report: {output.index}", f"Pages to hand out: {output.handed_out}"):
        console.print(text, highlight=False, soft_wrap=True, markup=False)
    return count.exit_code


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
