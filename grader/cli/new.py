"""`grader new`: a new assignment out of a reference solution."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    name: Annotated[Path, typer.Argument(help="Folder of the new assignment.")],
    reference: Annotated[
        Path | None,
        typer.Option("--from", help="Folder of the solution. Without it: a worked example."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Parallel jobs; 0 = one per CPU.")] = 0,
) -> None:
    """Make an assignment: contract, first bank, template and answer key."""
    from rich.console import Console

    from grader.authoring.completion import complete
    from grader.authoring.new_assignment import new_assignment
    from grader.authoring.summary import summary_of
    from grader.batches.executors import default_jobs
    from grader.cli.verify import progress_bar

    with progress_bar(Console(stderr=True)) as progress:
        made = new_assignment(name, reference, jobs or default_jobs(), progress, complete)
    for line in summary_of(made):
        typer.echo(line)
