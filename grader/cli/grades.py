"""`grader grades`: points for a learning platform."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import graded, options
from grader.model.errors import UsageError

if TYPE_CHECKING:
    from grader.batches.hand_back import ClassToReturn
    from grader.course.grade_files.filling import FilledSheet


def command(
    output: graded.Output = None,
    to: Annotated[
        str,
        typer.Option(help="canvas, moodle, gradescope, blackboard, brightspace or plain."),
    ] = "plain",
    sheet: Annotated[
        Path | None, typer.Option(help="The platform's own file, as downloaded; it is not changed.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where the file goes.")] = None,
    column: Annotated[str, typer.Option(help="Heading of the column to fill.")] = "",
    for_: options.ForAssignment = "",
    course: options.CourseName = "",
    scale: Annotated[
        bool, typer.Option("--scale", help="Convert to the points of the platform's assignment.")
    ] = False,
    missing_zero: Annotated[
        bool, typer.Option("--missing-zero", help="Give 0 to whoever submitted nothing.")
    ] = False,
    partial: graded.Partial = False,
    dry_run: graded.DryRun = False,
) -> None:
    """Fill a platform's grade sheet: each row is found by the platform's own ids.

    Nothing is written where a row may be two people's, or a student with points has none.
    """
    from grader.batches.hand_back import grades_file
    from grader.course.grade_files.filling import FillingRules
    from grader.report.atomic_write import write_pieces

    target = out or Path(f"grades-{to}.csv")
    if sheet is not None and target.resolve() == sheet.resolve():
        raise UsageError("--out: names the sheet itself.", hint="Give the file another name.")
    found = graded.opened(output, for_, course)
    rules = FillingRules(partial=partial, scale=scale, missing_zero=missing_zero)
    made = grades_file(found, to, rules, sheet=sheet, column=column)
    graded.say(_told(made.filled, found) if made.filled else _plainly(made.left_out, found))
    if dry_run:
        typer.echo("Nothing was written: this was a dry run.")
        return
    write_pieces(target, made.pieces)
    typer.echo(f"Written: {target}")


def _plainly(left_out: Sequence[tuple[str, str]], found: ClassToReturn) -> Iterator[str]:
    every = len(found.graded.students)
    yield f"{every - len(left_out)} of {every} students have points."
    yield from _left_out(left_out)
    yield from _remarks(found)


def _told(filled: FilledSheet, found: ClassToReturn) -> Iterator[str]:
    students = filled.given + len(filled.left_out)
    yield f"{filled.given} of {students} students get points; {len(filled.changes)} change."
    yield from graded.listing(
        f"{change.label}: {change.before or 'none'} -> {change.after}" for change in filled.changes
    )
    yield from _left_out(filled.left_out)
    if filled.scaled:
        yield f"Converted: {filled.scaled}."
    if filled.by_name:
        yield "Found by their name alone, since no id is known of them; look at these:"
        yield from graded.listing(filled.by_name)
    if filled.calculating:
        yield (
            f"Cells that a spreadsheet would calculate, as the platform has them: "
            f"{filled.calculating}. Upload the file as it is; do not save it from a spreadsheet."
        )
    yield from _remarks(found)


def _left_out(those: Iterable[tuple[str, str]]) -> Iterator[str]:
    every = [f"{label}: {why}" for label, why in those]
    if every:
        yield f"Left out: {len(every)}"
        yield from graded.listing(every)


def _remarks(found: ClassToReturn) -> Iterator[str]:
    if waiting := found.unmarked:
        yield f"Written answers without a mark, which count nothing yet: {len(waiting)} students"
        yield from graded.listing(waiting)
    if found.graded.others:
        yield f"Results that are nobody's in the class: {len(found.graded.others)}"
        yield from graded.listing(found.graded.others)
