"""`grader feedback`: students' pages as a zip that a platform hands out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.cli import arguments, graded, options


def command(
    output: graded.Output = None,
    to: Annotated[str, typer.Option(help="canvas or moodle; by default that of the export.")] = "",
    export: Annotated[
        Path | None,
        typer.Option(help="The platform's download of submissions, where another was graded."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where the zip goes.")] = None,
    for_: options.ForAssignment = "",
    course: options.CourseName = "",
    partial: graded.Partial = False,
    dry_run: graded.DryRun = False,
) -> None:
    """Make the zip of feedback files that Canvas or Moodle gives to each student.

    It has the students' copies, each under the name by which the platform knows whose it is.
    """
    from grader.batches.hand_back import feedback_files
    from grader.course.feedback_zip import zip_pieces
    from grader.report.atomic_write import write_pieces

    found = graded.opened(output, for_, course)
    named = arguments.existing(export) if export else None
    made = feedback_files(found, to, export=named, partial=partial)
    graded.say([f"{len(made.entries)} pages for {made.platform.capitalize()}."])
    if made.left_out:
        told = graded.listing(f"{left.label}: {left.why}" for left in made.left_out)
        graded.say([f"Left out: {len(made.left_out)}", *told])
    if made.misnamed:
        graded.say(
            [
                "Canvas will show these pages under the name of the student's own file, though "
                "they are HTML; `grader publish` has no such trouble:",
                *graded.listing(made.misnamed),
            ]
        )
    if dry_run:
        typer.echo("Nothing was written: this was a dry run.")
        return
    target = out or Path(f"feedback-{made.platform}.zip")
    write_pieces(target, zip_pieces(made.entries))
    typer.echo(f"Written: {target}")
