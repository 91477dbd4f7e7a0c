"""`grader grade`: one submission, with a summary in the terminal and a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from grader.cli import arguments, options


def command(
    path: Annotated[Path, typer.Argument(help="The submission: a folder or an archive.")],
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", "-r", show_default="NAME.html", help="Where the student's copy goes."
        ),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option("--json", help="Also write the whole result here; it is the instructor's."),
    ] = None,
    assignment: options.AssignmentName = "",
    release: options.Release = "auto",
    seed: options.Seed = "",
    sandbox: options.SandboxKind = "auto",
    no_sandbox: options.Unsafe = False,
    lang: options.Language = "en",
    no_notebooks: options.NoNotebooks = False,
    no_fork: options.NoFork = False,
) -> None:
    """Grade one submission. Exit code 0: every check passed; 1: some did not.

    The report is the student's copy. The instructor's goes to a folder `instructor` beside it.
    """
    from rich.console import Console

    from grader.api import grade
    from grader.cli.exit_codes import exit_code
    from grader.report.atomic_write import write_atomically
    from grader.report.html import student_page
    from grader.report.terminal import summary
    from grader.submission.identity import file_stem

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
    result = grade(arguments.existing(path), settings=settings)
    language = arguments.language(lang)
    console = Console()
    console.print(summary(result, audience="instructor", lang=language))
    target = report or Path(f"{file_stem(result.submission)}.html")
    private = target.parent / "instructor" / target.name
    write_atomically(target, student_page(result, lang=language).encode())
    page = student_page(
        result, audience="instructor", lang=language, beside=f"../{quote(target.name)}"
    )
    write_atomically(private, page.encode())
    if json is not None:
        write_atomically(json, result.to_json())
    for line in (f"Report: {target} (for the student)", f"Instructor's copy: {private}"):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(exit_code(result))
