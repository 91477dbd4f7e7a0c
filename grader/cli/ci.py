"""`grader ci`: a repository for students, with a workflow of GitHub Actions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.cli import options


def command(
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    assignment: options.AssignmentName = "",
    no_mistakes: Annotated[
        bool, typer.Option("--no-mistakes", help="Made sooner; the kit names no known mistakes.")
    ] = False,
) -> None:
    """Make the repository that students start from: what `grader kit` makes, and a workflow that
    checks each push."""
    from grader.assignment.folder import Assignment
    from grader.deploy.student_repository import WORKFLOW, write_repository

    wheel = write_repository(Assignment.load(assignment), out, mistakes=not no_mistakes)
    typer.echo(f"{out}: the template, {wheel.name} and {WORKFLOW}.")
    typer.echo("Only the public checks run there. Push it as the template of a GitHub Classroom.")
