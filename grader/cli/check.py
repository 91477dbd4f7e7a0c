"""`grader check`: a student's self-check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import options
from grader.model.errors import ExitCode, GraderError, UsageError

if TYPE_CHECKING:
    from grader.grading import Settings


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
    folder = _own(options.existing(path), assignment)
    if not watch:
        raise typer.Exit(run(folder, settings))
    watch_folder(folder, settings)


def _own(path: Path, assignment: str) -> Path:
    """The folder to check; says which, if it is not the one named."""
    from grader.assignment.composed import open_assignment
    from grader.selfcheck.student_folder import working_folder

    folder = working_folder(path, open_assignment(assignment).form)
    if folder != path.resolve():
        typer.echo(f"Checking {folder}")
    return folder


def run(folder: Path, settings: Settings) -> ExitCode:
    """Check once and show what was found."""
    from rich.console import Console

    from grader.cli.grade import exit_code
    from grader.report.terminal import summary
    from grader.selfcheck.self_check import selfcheck

    result = selfcheck(folder, settings)
    language = options.language(settings.lang)
    Console().print(summary(result, lang=language, audience="student", points=False))
    return exit_code(result)


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
