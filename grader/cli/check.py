"""`grader check`: a student's self-check."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import options
from grader.model.errors import ExitCode, GraderError, UsageError

if TYPE_CHECKING:
    from grader.grading import Settings
    from grader.model.result import Result
    from grader.report.strings import Lang


def command(
    path: Annotated[Path, typer.Argument(help="Your folder.")] = Path("."),
    keyword: Annotated[
        str, typer.Option("-k", help="Only checks whose name holds this text.")
    ] = "",
    part: Annotated[
        list[str] | None,
        typer.Option("--part", "-p", help="Only this part or function; may be repeated."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Run again whenever a file changes.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")
    ] = False,
    github: Annotated[
        bool, typer.Option("--github", help="Also annotate files and write GitHub's job summary.")
    ] = False,
    assignment: options.AssignmentName = "",
    sandbox: options.SandboxKind = "auto",
    lang: options.Language = "en",
    no_fork: options.NoFork = False,
) -> None:
    """Check your own work: see what is wrong and where. Exit code 1 if something is."""
    settings = options.settings(
        assignment=assignment,
        sandbox=sandbox,
        unsafe=no_fork or sandbox == "none",
        lang=lang,
        public_only=True,
        parts=tuple(part or ()),
        keyword=keyword,
        no_fork=no_fork,
    )
    if watch and (json or github):
        raise UsageError("--watch goes with neither --json nor --github.")
    folder = _own(options.existing(path), assignment)
    if watch:
        watch_folder(folder, settings)
    elif json:
        raise typer.Exit(print_json(folder, settings))
    else:
        raise typer.Exit(run(folder, settings, github=github))


def _own(path: Path, assignment: str) -> Path:
    """The folder to check; says which, if it is not the one named."""
    from grader.assignment.composed import open_assignment
    from grader.selfcheck.student_folder import working_folder

    folder = working_folder(path, open_assignment(assignment).form)
    if folder != path.resolve():
        typer.echo(f"Checking {folder}", err=True)
    return folder


def print_json(folder: Path, settings: Settings) -> ExitCode:
    """Check once and print the student's copy of the result, as `docs/result.md` describes it."""
    from grader.cli.grade import exit_code
    from grader.report.redact import for_audience
    from grader.selfcheck.self_check import selfcheck

    result = selfcheck(folder, settings)
    typer.echo(for_audience(result, "student").to_json().decode())
    return exit_code(result)


def run(folder: Path, settings: Settings, *, github: bool = False) -> ExitCode:
    """Check once and show what was found."""
    from rich.console import Console

    from grader.cli.grade import exit_code
    from grader.report.terminal import summary
    from grader.selfcheck.self_check import selfcheck

    result = selfcheck(folder, settings)
    language = options.language(settings.lang)
    Console().print(summary(result, lang=language, audience="student", points=False))
    if github:
        tell_github(result, folder, language)
    return exit_code(result)


def tell_github(result: Result, folder: Path, lang: Lang) -> None:
    """Annotations on standard output, the summary where GitHub wants it."""
    from grader.deploy.github_report import annotation_lines, summary_markdown
    from grader.model.errors import InputError

    top = Path(os.environ.get("GITHUB_WORKSPACE", folder)).resolve()
    place = folder.resolve()
    below = place.relative_to(top).as_posix() if place.is_relative_to(top) else ""
    for line in annotation_lines(result, below="" if below == "." else below, lang=lang):
        typer.echo(line)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with open(summary, "a", encoding="utf-8") as file:
                file.write(summary_markdown(result, lang))
        except OSError as error:
            raise InputError(f"Cannot write {summary}: {error.strerror or error}.") from None


def watch_folder(folder: Path, settings: Settings) -> None:
    """Check, and check again after every change, until interrupted."""
    try:
        import watchfiles
    except ImportError:
        raise UsageError(
            "--watch needs the package watchfiles.", hint="Run: pip install watchfiles"
        ) from None
    changes = watchfiles.watch(
        folder, watch_filter=watchfiles.PythonFilter(), raise_interrupt=False
    )
    _run_forgiving(folder, settings)
    for _ in changes:
        _run_forgiving(folder, settings)


def _run_forgiving(folder: Path, settings: Settings) -> None:
    """An error of this moment's files must not end the watch."""
    try:
        run(folder, settings)
    except GraderError as error:
        typer.echo(f"grader: {error}", err=True)
    typer.echo("Waiting for changes. Press Ctrl-C to stop.")
