"""`grader new`: a new assignment out of a reference solution."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.authoring.allowance import MINUTES
from grader.model.errors import UsageError


def command(
    name: Annotated[Path, typer.Argument(help="Folder of the new assignment.")],
    reference: Annotated[
        Path | None,
        typer.Option("--from", help="Folder of the solution. Without it: a worked example."),
    ] = None,
    nbgrader: Annotated[
        Path | None,
        typer.Option("--from-nbgrader", help="A source notebook of nbgrader, or its folder."),
    ] = None,
    otter: Annotated[
        Path | None,
        typer.Option("--from-otter", help="A notebook for `otter assign`, or its folder."),
    ] = None,
    gradescope: Annotated[
        Path | None, typer.Option("--from-gradescope", help="Folder of a Python autograder.")
    ] = None,
    minutes: Annotated[
        float,
        typer.Option(
            "--minutes",
            min=0.1,
            help="Processor time for finding checks with --from; the best found by then are kept.",
        ),
    ] = MINUTES,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Parallel jobs; 0 = one per CPU.")] = 0,
) -> None:
    """Make an assignment: contract, first bank, template and answer key."""
    from rich.console import Console

    from grader.authoring.completion import complete
    from grader.authoring.import_assignment import import_assignment
    from grader.authoring.new_assignment import new_assignment
    from grader.authoring.next_steps import carried_over, summary_of
    from grader.batches.executors import default_jobs
    from grader.cli.verify import progress_bar

    others = {"nbgrader": nbgrader, "otter": otter, "gradescope": gradescope}
    named = {kind: path for kind, path in others.items() if path is not None}
    if len(named) + (reference is not None) > 1:
        raise UsageError(
            "Name one source: --from, --from-nbgrader, --from-otter or --from-gradescope."
        )
    for kind, path in named.items():
        for line in carried_over(import_assignment(name, kind, path, complete)):
            typer.echo(line)
        return
    with progress_bar(Console(stderr=True)) as progress:
        made = new_assignment(
            name, reference, jobs or default_jobs(), progress, complete, minutes=minutes
        )
    for line in summary_of(made):
        typer.echo(line)
