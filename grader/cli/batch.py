"""`grader batch`: a folder of submissions in, reports and a gradebook out."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import options
from grader.cli.regrading import regrading
from grader.model.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from grader.batches.answer_sheets import Waiting
    from grader.batches.output import BatchOutput
    from grader.batches.run import Batch, Progress
    from grader.course.marks import Mark, Place
    from grader.model.rubric import Rubric
    from grader.submission.identity import Names

_OTHER_RELEASE = (
    "Submissions with notebooks that were not made from this assignment's: {}. A cell counts where "
    "it calls what a cell of that notebook calls; see docs/notebooks.md, other_releases."
)


def command(
    submissions: Annotated[
        str,
        typer.Argument(
            help="A platform's export, or a folder of folders or archives, one per submission; "
            "or a URL."
        ),
    ],
    out: Annotated[
        str, typer.Option("--out", "-o", help="Folder for results and reports; or a URL.")
    ],
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, help="Parallel jobs; 0 = one per CPU.")
    ] = 0,
    executor: Annotated[
        str, typer.Option(help="Who grades: local, or dask://HOST:PORT of a scheduler.")
    ] = "local",
    assignment: options.AssignmentName = "",
    release: options.Release = "auto",
    seed: options.Seed = "",
    sandbox: options.SandboxKind = "auto",
    no_sandbox: options.Unsafe = False,
    lang: options.Language = "en",
    submitted: Annotated[
        Path | None,
        typer.Option(
            help="CSV with `submission` and `submitted`, or a platform's sheet: the times, for "
            "lateness, where the export has none."
        ),
    ] = None,
    export: options.ExportOf = "",
    zone: Annotated[str, typer.Option(help="Zone of times that name none: America/New_York.")] = "",
    add: Annotated[
        bool, typer.Option("--add", help="Keep another class that DIR holds beside this one.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Drop another class that DIR holds.")
    ] = False,
    marks: Annotated[
        list[Path] | None,
        typer.Option(help="Sheet of written answers with marks filled in; repeatable."),
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what grading would change, and change nothing.")
    ] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Put the last preview in force, without grading.")
    ] = False,
    undo: Annotated[
        str, typer.Option(metavar="RUN", help="Go back to an earlier run: its number, or `last`.")
    ] = "",
    requests_to: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="Let students ask for a regrade on their pages, by e-mail here."
        ),
    ] = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Grade everything again, whatever is there already.")
    ] = False,
    cache: Annotated[
        Path | None, typer.Option(help="Folder of results that batches share.")
    ] = None,
    cache_mb: Annotated[
        int, typer.Option(min=1, help="Megabytes after which the cache drops its oldest results.")
    ] = 2048,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say of each why it was graded, or was not.")
    ] = False,
    no_notebooks: options.NoNotebooks = False,
    no_fork: options.NoFork = False,
) -> None:
    """Grade a class: DIR/index.html and DIR/gradebook.csv, and for each student a result and pages.

    Only DIR/reports is for students. DIR/instructor has the same pages with all that hidden checks
    say, DIR/results the same as data.

    Results appear as they are ready. Run the same command again to go on after an interrupt; only
    what changed is graded again. Exit code 0: all were graded, whatever their scores.
    """
    from grader.assignment.composed import open_assignment
    from grader.batches.download import brought
    from grader.batches.executor_choice import open_executor
    from grader.batches.output import BatchOutput
    from grader.batches.result_cache import Cache
    from grader.batches.run import Batch
    from grader.course.late_policy import Lateness
    from grader.course.open_class import open_class
    from grader.course.timelist import lines_about, read_times

    settings = options.settings(
        assignment=assignment,
        release=release,
        seed=seed,
        sandbox=sandbox,
        unsafe=no_sandbox,
        lang=lang,
        no_fork=no_fork,
        no_notebooks=no_notebooks,
    )
    loaded, language = open_assignment(assignment), options.language(lang)
    rubric, where, into = loaded.rubric, options.zone(zone), options.into(add=add, replace=replace)
    again = regrading(out, loaded, preview=preview, accept=accept, undo=undo, lang=language)
    with (
        brought(submissions) as here,
        open_class(options.existing(here), loaded, chosen=export, zone=where, lang=lang) as those,
        again as runs,
    ):
        said = list(those.lines())
        times = those.times
        if submitted:
            listed = read_times(submitted, those.names(), where)
            said += lines_about(listed, times)
            times = listed.times | times
        for line in said:
            typer.echo(line)
        title, sources = here.resolve().name, those.sources
        worth = runs.with_requests(Lateness(rubric, times).of)
        asks = requests_to or None
        output = BatchOutput(
            runs.place,
            title=title,
            lang=language,
            into=into,
            recorder=runs.recorder,
            requests_to=asks,
        )
        output.take(sources.ids(), those.class_list)
        if accept or undo:
            output.close()
            return runs.put_in_force(undo, sources, worth, settings, title, asks)
        if marks:
            enter(marks, rubric, those.names(), output)
        shared = Cache(cache, limit_mb=cache_mb) if cache else None
        opened = open_executor(executor, settings, jobs)
        with contextlib.closing(opened):
            batch = Batch(
                sources,
                opened,
                output=output,
                cache=shared,
                resume=not fresh,
                worth=worth,
            )
            code = show(batch, len(sources), output, verbose=verbose, preview=runs.look_at)
        runs.finish()
        if shared is not None and shared.trouble:
            typer.echo(f"The cache was not used: {shared.trouble}", err=True)
        raise typer.Exit(code)


def enter(sheets: list[Path], rubric: Rubric, names: Names, output: BatchOutput) -> None:
    """Keep the marks of some sheets, once all of them were found to be right.

    Raises:
        InputError: one is not; names the file and the row.
        UsageError: the rubric asks no questions.
    """
    from grader.course.marking_sheet import read_sheet

    rules = rubric.notebooks.files if rubric.notebooks else {}
    questions = {(n, q): p for n, rule in rules.items() for q, p in rule.answers.items()}
    if not questions:
        raise UsageError(
            f"--marks: {rubric.id} has no questions to be marked.",
            hint="Name the rubric with --assignment, as when the sheet was written.",
        )
    entered: dict[Place, Mark | None] = {}
    for sheet in sheets:
        entered |= read_sheet(sheet, questions, names)
    output.enter(entered)
    typer.echo(f"Marks taken from {', '.join(map(str, sheets))}: {len(entered)}.")


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
