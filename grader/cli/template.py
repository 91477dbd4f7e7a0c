"""`grader template`: the student template, stripped from the reference."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.cli import options
from grader.model.errors import ExitCode


def command(
    out: Annotated[Path, typer.Argument(help="Folder of the template.")],
    assignment: options.AssignmentName = "",
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 if it is out of step.")
    ] = False,
) -> None:
    """Strip the reference of its solutions."""
    from grader.assignment.folder import Assignment
    from grader.assignment.stripping import build_template, template_differences

    reference = Assignment.load(assignment).layout.solution
    if not check:
        build_template(reference, out)
        typer.echo(f"{out}: the template, stripped from {reference}")
        return
    differences = template_differences(reference, out)
    for line in differences:
        typer.echo(line)
    raise typer.Exit(ExitCode.CHECKS_FAILED if differences else ExitCode.OK)
