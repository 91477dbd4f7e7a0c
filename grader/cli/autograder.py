"""`grader autograder`: the zip that Gradescope takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.cli import arguments, options


def command(
    assignment: options.AssignmentName = "",
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the zip goes.")] = Path(
        "autograder.zip"
    ),
    hidden_checks: Annotated[
        str,
        typer.Option(
            help="When students see title and outcome of hidden checks: hidden (never), "
            "after_due_date, after_published or visible."
        ),
    ] = "hidden",
    leaderboard: Annotated[
        bool, typer.Option("--leaderboard", help="Show everybody's points to everybody.")
    ] = False,
    seed: options.Seed = "",
    sandbox: options.SandboxKind = "auto",
    no_sandbox: options.Unsafe = False,
    lang: options.Language = "en",
    no_notebooks: options.NoNotebooks = False,
) -> None:
    """Make the zip of an autograder for Gradescope. It holds the reference: not for students."""
    from grader.deploy.autograder_run import AutograderSettings
    from grader.deploy.autograder_zip import write_autograder
    from grader.deploy.gradescope_results import hidden_checks_of

    settings = arguments.settings(
        assignment=assignment, seed=seed, sandbox=sandbox, unsafe=no_sandbox, lang=lang
    )
    made = AutograderSettings(
        assignment=settings.assignment,
        lang=arguments.language(lang),
        seed=seed,
        sandbox=settings.sandbox,
        notebooks=not no_notebooks,
        hidden_checks=hidden_checks_of(hidden_checks),
        leaderboard=leaderboard,
    )
    size = write_autograder(out, made)
    typer.echo(f"{out} ({size / 1e6:.1f} MB): upload it to Gradescope, under Configure Autograder.")
    typer.echo("It holds the reference and the hidden checks. Do not give it to students.")
