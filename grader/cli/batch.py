"""`grader batch`: a folder of submissions in, reports and a gradebook out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import options
from grader.errors import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from grader.engine.batch import Batch
    from grader.engine.outbox import Outbox


def command(
    submissions: Annotated[
        Path, typer.Argument(help="Folder of folders or archives, one for each submission.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for results and reports.")],
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, help="How many at once; 0: one a processor.")
    ] = 0,
    assignment: options.AssignmentName = "numpynn",
    dialect: options.Era = "auto",
    seed: options.Seed = "",
    sandbox: options.SandboxKind = "auto",
    no_sandbox: options.Unsafe = False,
    lang: options.Language = "en",
    submitted: Annotated[
        Path | None,
        typer.Option(help="CSV with `submission` and `submitted`: the times, for lateness."),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Grade everything again, whatever is there already.")
    ] = False,
    no_fork: options.NoFork = False,
) -> None:
    """Grade a class: DIR/index.html, DIR/gradebook.csv, a result and a report for each student.

    Results appear as they are ready. Run the same command again to go on after an interrupt; only
    what changed is graded again. Exit code 0: all were graded, whatever their scores.
    """
    from grader.assignment import Assignment
    from grader.engine.batch import Batch, default_jobs
    from grader.engine.client import Engine
    from grader.engine.lateness import Lateness, read_times
    from grader.engine.outbox import Outbox
    from grader.submission import discover

    sources = discover(options.existing(submissions))
    settings = options.settings(
        assignment=assignment,
        dialect=dialect,
        seed=seed,
        sandbox=sandbox,
        unsafe=no_sandbox,
        lang=lang,
        no_fork=no_fork,
    )
    jobs = jobs or default_jobs()
    with Engine(settings, workers=jobs) as engine:
        outbox = Outbox(out, title=submissions.resolve().name, lang=options.language(lang))
        lateness = Lateness(
            Assignment.load(assignment).rubric, read_times(submitted) if submitted else {}
        )
        batch = Batch(
            sources, engine, jobs=jobs, outbox=outbox, resume=not fresh, lateness=lateness
        )
        raise typer.Exit(show(batch, len(sources), outbox))


def show(batch: Batch, total: int, outbox: Outbox) -> int:
    """Run a batch under a live display; the exit code."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from grader.report.terminal import result_line

    console = Console()
    reused = unsaved = 0
    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("grading", total=total)
        for step in batch.run():
            reused += step.reused
            unsaved += bool(step.unsaved)
            console.print(result_line(step.result), soft_wrap=True)
            if step.unsaved:
                console.print(step.unsaved, style="red", markup=False, soft_wrap=True)
            bar.advance(task)
    return conclude(console, batch, reused, unsaved, outbox.index)


def conclude(console: Console, batch: Batch, reused: int, unsaved: int, index: Path) -> int:
    """Print the last lines; the exit code."""
    results = batch.results
    kinds = [result.error_kind for result in results]
    graded = kinds.count("")
    again = f", {reused} of them unchanged since an earlier run" if reused else ""
    console.print(f"{graded} of {len(results)} graded{again}.", highlight=False)
    console.print(f"Report: {index}", highlight=False, soft_wrap=True, markup=False)
    if "internal" in kinds or any(
        check.outcome.value == "internal" for result in results for check in result.checks
    ):
        return ExitCode.INTERNAL
    return ExitCode.INPUT if unsaved or "input" in kinds else ExitCode.OK
