"""`grader key`: record the answer key."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from grader.cli import options
from grader.model.errors import ExitCode


def command(
    assignment: options.AssignmentName = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", show_default="beside the rubric", help="Where it goes."),
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Only what the self-check needs: safe to hand out.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 if the key is stale.")
    ] = False,
) -> None:
    """Run the test bank on the reference and record its answers."""
    from grader.assignment.folder import Assignment
    from grader.runner.answer_key import Key
    from grader.runner.recording import record_key

    loaded = Assignment.load(assignment)
    target = out or loaded.layout.key
    if check:
        current = loaded.bank_digest + loaded.reference_digest
        stale = not target.is_file() or Key.load(target).digest != current
        typer.echo(f"{target}: {'stale; run `grader key`' if stale else 'current'}")
        raise typer.Exit(ExitCode.CHECKS_FAILED if stale else ExitCode.OK)
    key = record_key(loaded, public_only=public, warn=partial(typer.echo, err=True))
    key.save(target)
    typer.echo(f"{target}: {len(key.answers)} checks, {target.stat().st_size / 1e6:.1f} MB")
