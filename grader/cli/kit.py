"""`grader kit`: what to hand out to students."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.cli import options


def command(
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    assignment: options.AssignmentName = "",
    no_mistakes: Annotated[
        bool, typer.Option("--no-mistakes", help="Made sooner; it names no known mistakes.")
    ] = False,
) -> None:
    """Make what students get: the template, and the self-check without the reference."""
    from grader.assignment.folder import Assignment
    from grader.selfcheck.student_kit import build_kit

    wheel = build_kit(Assignment.load(assignment), out, mistakes=not no_mistakes)
    typer.echo(f"{out}: the template, and {wheel.name} ({wheel.stat().st_size / 1e6:.1f} MB)")
