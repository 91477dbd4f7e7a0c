"""Grading a class, whatever it comes from: what `grader batch` does with and without a course."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import typer

from grader.cli.batch_progress import show
from grader.cli.regrading import Regrading, regrading
from grader.model.errors import UsageError

if TYPE_CHECKING:
    from grader.assignment.composed import ComposedAssignment
    from grader.assignment.folder import Assignment
    from grader.batches.grading_job import GradingJob
    from grader.batches.output import BatchOutput
    from grader.batches.run_history import RunHistory
    from grader.course.marks import Mark, Place
    from grader.course.submission_worth import Worth
    from grader.grading import Settings
    from grader.model.class_list import ClassList
    from grader.report.strings import Lang
    from grader.submission import Source, Sources
    from grader.submission.identity import Names

Entered = Mapping["Place", "Mark | None"]


class GradingOptions(NamedTuple):
    """What a command line says of how a class is graded."""

    settings: Settings
    loaded: Assignment | ComposedAssignment
    lang: Lang
    executor: str = "local"
    jobs: int = 0
    into: Literal["", "add", "replace"] = ""
    marks: tuple[Path, ...] = ()
    preview: bool = False
    accept: bool = False
    undo: str = ""
    requests_to: str | None = None
    """Address for regrade requests from students' pages; no requests if None."""
    fresh: bool = False
    cache: Path | None = None
    cache_mb: int = 2048
    verbose: bool = False


class ClassToGrade(NamedTuple):
    """A class, and where what is made of it is kept."""

    title: str
    out: str
    """The folder or URL of its output."""
    sources: Sources
    worth: Callable[[Source], Worth]
    names: Callable[[], Names]
    """Everybody, by all that they go by."""
    class_list: Callable[[], ClassList]
    history: RunHistory | None = None
    """Where its runs are kept; in the output if None."""
    enter: Callable[[Entered, BatchOutput], None] | None = None
    """Keeps marks of written answers; in the output if None."""
    begin: Callable[[BatchOutput], None] | None = None
    """Told of the output before anything is written to it."""
    job: GradingJob | None = None
    """Told how far it is."""


def grade_class(those: ClassToGrade, asked: GradingOptions) -> int:
    """Grade a class under a live display, or put an earlier run in force; the exit code.

    Raises:
        GraderError: nothing can be graded, or the output not be written.
    """
    from grader.batches.output import BatchOutput

    again = regrading(
        those.out,
        asked.loaded,
        preview=asked.preview,
        accept=asked.accept,
        undo=asked.undo,
        lang=asked.lang,
        history=those.history,
    )
    with again as runs:
        those = those._replace(worth=runs.with_requests(those.worth))
        output = BatchOutput(
            runs.place,
            title=those.title,
            assignment=asked.loaded.rubric.title.in_language(asked.lang),
            lang=asked.lang,
            into=asked.into,
            recorder=runs.recorder,
            requests_to=asked.requests_to,
        )
        with contextlib.closing(output):  # whatever refuses: others may want its database
            if those.begin is not None:
                those.begin(output)
            output.take(those.sources.ids(), those.class_list)
            if not (asked.accept or asked.undo):
                if asked.marks:
                    enter(those, asked, output)
                code = run_batch(those, asked, output, runs.look_at)
                runs.finish()
                return code
        _put_in_force(runs, those, asked)
    return 0


def _put_in_force(runs: Regrading, those: ClassToGrade, asked: GradingOptions) -> None:
    runs.put_in_force(
        asked.undo,
        those.sources,
        those.worth,
        asked.settings,
        those.title,
        asked.requests_to,
        those.begin,
    )


def run_batch(
    those: ClassToGrade,
    asked: GradingOptions,
    output: BatchOutput,
    look_at: Callable[..., None] | None = None,
) -> int:
    """Grade a class into an output; the exit code."""
    from grader.batches.executor_choice import open_executor
    from grader.batches.result_cache import Cache
    from grader.batches.run import Batch

    shared = Cache(asked.cache, limit_mb=asked.cache_mb) if asked.cache else None
    opened = open_executor(asked.executor, asked.settings, asked.jobs)
    with contextlib.closing(opened):
        batch = Batch(
            those.sources,
            opened,
            output=output,
            cache=shared,
            resume=not asked.fresh,
            worth=those.worth,
        )
        verbose, total = asked.verbose, len(those.sources)
        code = show(batch, total, output, verbose=verbose, preview=look_at, job=those.job)
    if those.job is not None:
        those.job.came_to(output.waiting.unmarked)
    if shared is not None and shared.trouble:
        typer.echo(f"The cache was not used: {shared.trouble}", err=True)
    return code


def enter(those: ClassToGrade, asked: GradingOptions, output: BatchOutput) -> None:
    """Keep the marks of some sheets, once all of them were found to be right.

    Raises:
        InputError: one is not; names the file and the row.
        UsageError: the rubric asks no questions.
    """
    from grader.course.marking_sheet import read_sheet

    rubric = asked.loaded.rubric
    rules = rubric.notebooks.files if rubric.notebooks else {}
    questions = {(n, q): p for n, rule in rules.items() for q, p in rule.answers.items()}
    if not questions:
        raise UsageError(
            f"--marks: {rubric.id} has no questions to be marked.",
            hint="Name the rubric with --assignment, as when the sheet was written.",
        )
    entered: dict[Place, Mark | None] = {}
    names = those.names()
    for sheet in asked.marks:
        entered |= read_sheet(sheet, questions, names)
    if those.enter is None:
        output.enter(entered)
    else:
        those.enter(entered, output)
    typer.echo(f"Marks taken from {', '.join(map(str, asked.marks))}: {len(entered)}.")
