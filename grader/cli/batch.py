"""`grader batch`: a folder of submissions in, reports and a gradebook out."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import arguments, course_batch, options
from grader.model.errors import UsageError

if TYPE_CHECKING:
    from grader.cli.grading_run import GradingOptions


def command(
    submissions: Annotated[
        str,
        typer.Argument(
            help="A platform's export, or a folder of folders or archives, one per submission; "
            "or a URL. In a course, a further export, if there is one."
        ),
    ] = "",
    out: Annotated[
        str,
        typer.Option(
            "--out", "-o", help="Folder for results and reports; or a URL. A course has its own."
        ),
    ] = "",
    for_: options.ForAssignment = "",
    course: options.CourseName = "",
    by: options.By = "",
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
    from grader.cli.grading_run import GradingOptions

    if for_:
        assignment = course_batch.grader_of(course, for_, assignment)
    elif not (submissions and out):
        raise UsageError("Name the submissions and --out, or an assignment of a course with --for.")
    settings = arguments.settings(
        assignment=assignment,
        release=release,
        seed=seed,
        sandbox=sandbox,
        unsafe=no_sandbox,
        lang=lang,
        no_fork=no_fork,
        no_notebooks=no_notebooks,
    )
    asked = GradingOptions(
        settings=settings,
        loaded=open_assignment(assignment),
        lang=arguments.language(lang),
        executor=executor,
        jobs=jobs,
        into=options.into(add=add, replace=replace),
        marks=tuple(marks or ()),
        preview=preview,
        accept=accept,
        undo=undo,
        requests_to=requests_to or None,
        fresh=fresh,
        cache=cache,
        cache_mb=cache_mb,
        verbose=verbose,
    )
    if for_:
        said = course_batch.CourseAsked(for_, course, out, submissions, export, submitted, by)
        raise typer.Exit(course_batch.grade(said, asked))
    raise typer.Exit(_grade(submissions, out, export, options.zone(zone), submitted, asked))


def _grade(
    submissions: str,
    out: str,
    export: str,
    zone: dt.tzinfo | None,
    submitted: Path | None,
    asked: GradingOptions,
) -> int:
    """Grade a class that no course knows of."""
    from grader.batches.download import brought
    from grader.cli.grading_run import ClassToGrade, grade_class
    from grader.course.late_policy import Lateness
    from grader.course.open_class import open_class
    from grader.course.timelist import lines_about, read_times

    loaded, settings = asked.loaded, asked.settings
    with (
        brought(submissions) as here,
        open_class(
            arguments.existing(here), loaded, chosen=export, zone=zone, lang=settings.lang
        ) as those,
    ):
        said, times = list(those.lines()), those.times
        if submitted:
            listed = read_times(submitted, those.names(), zone)
            said += lines_about(listed, times)
            times = listed.times | times
        for line in said:
            typer.echo(line)
        found = ClassToGrade(
            title=here.resolve().name,
            out=out,
            sources=those.sources,
            worth=Lateness(loaded.rubric, times).of,
            names=those.names,
            class_list=those.class_list,
        )
        return grade_class(found, asked)
