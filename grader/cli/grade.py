"""`grader grade`: one submission, with a summary in the terminal and a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import options
from grader.errors import ExitCode, InputError, InternalError

if TYPE_CHECKING:
    from grader.result import Result


def command(
    path: Annotated[Path, typer.Argument(help="The submission: a folder or an archive.")],
    report: Annotated[
        Path | None,
        typer.Option("--report", "-r", show_default="NAME.html", help="Where the report goes."),
    ] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Also write the result here.")] = None,
    assignment: options.AssignmentName = "numpynn",
    dialect: options.Era = "auto",
    seed: options.Seed = "",
    sandbox: options.SandboxKind = "auto",
    no_sandbox: options.Unsafe = False,
    lang: options.Language = "en",
    no_notebooks: options.NoNotebooks = False,
    no_fork: options.NoFork = False,
) -> None:
    """Grade one submission. Exit code 0: every check passed; 1: some did not."""
    from rich.console import Console

    from grader.api import grade
    from grader.engine.outbox import file_stem
    from grader.report.files import write_atomically
    from grader.report.html import student_page
    from grader.report.terminal import summary

    settings = options.settings(
        assignment=assignment,
        dialect=dialect,
        seed=seed,
        sandbox=sandbox,
        unsafe=no_sandbox,
        lang=lang,
        no_fork=no_fork,
        no_notebooks=no_notebooks,
    )
    result = grade(options.existing(path), settings=settings)
    language = options.language(lang)
    console = Console()
    console.print(summary(result, lang=language))
    target = report or Path(f"{file_stem(result.submission)}.html")
    write_atomically(target, student_page(result, lang=language).encode())
    if json is not None:
        write_atomically(json, result.to_json())
    console.print(f"Report: {target}", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(exit_code(result))


def exit_code(result: Result) -> ExitCode:
    """What a single result means to the shell.

    Raises:
        InputError, InternalError: it was not graded.
    """
    if result.error_kind == "input":
        raise InputError(result.error)
    if result.error_kind:
        raise InternalError(result.error)
    outcomes = {check.outcome.value for check in result.checks if check.max_points}
    if any(check.outcome.value == "internal" for check in result.checks):
        return ExitCode.INTERNAL
    return ExitCode.CHECKS_FAILED if outcomes - {"passed"} else ExitCode.OK
