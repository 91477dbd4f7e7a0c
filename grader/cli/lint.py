"""`grader lint`: whether an assignment is ready."""

from __future__ import annotations

import typer

from grader.cli import arguments, options
from grader.model.errors import ExitCode


def command(
    assignment: options.AssignmentName = "",
    sandbox: options.SandboxKind = "auto",
    unsafe: options.Unsafe = False,
) -> None:
    """Check that rubric, bank, reference and template fit together, and give nothing away."""
    from rich.console import Console

    from grader.authoring.lint import lint

    settings = arguments.settings(assignment=assignment, sandbox=sandbox, unsafe=unsafe)
    complaints = 0
    with Console(stderr=True).status("") as status:
        for complaint in lint(assignment, settings, status.update):
            complaints += 1
            typer.echo(complaint.text)
            if complaint.hint:
                typer.echo(f"  {complaint.hint}")
    if complaints:
        raise typer.Exit(ExitCode.CHECKS_FAILED)
    typer.echo(
        f"{assignment or 'The assignment'}: ready. The reference has full marks, its template none."
    )
