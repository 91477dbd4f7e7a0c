"""`grader grades`: points for a learning platform."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import graded, options
from grader.model.errors import UsageError

if TYPE_CHECKING:
    from grader.course.grade_files.filling import FilledSheet
    from grader.course.grade_files.platform_file import Platform


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
    from grader.course.grade_files.filling import FillingRules
    from grader.course.grade_files.plain_grades import plain_grades
    from grader.course.grade_files.platform_file import filled_sheet, sheet_pieces
    from grader.report.atomic_write import write_pieces

    platform = _platform(to)
    target = out or Path(f"grades-{to}.csv")
    if sheet is not None and target.resolve() == sheet.resolve():
        raise UsageError("--out: names the sheet itself.", hint="Give the file another name.")
    found = graded.opened(output, for_, course)
    grades = found.graded.grades
    if platform is None:
        if sheet or column:
            raise UsageError("--sheet and --column need --to with a platform.")
        graded.say(_plainly(found))
        pieces = plain_grades(grades)
    else:
        filled = filled_sheet(
            platform,
            grades,
            FillingRules(partial=partial, scale=scale, missing_zero=missing_zero),
            sheet=sheet,
            column=column or _column(found, to),
            title=found.graded.title,
            whole_class=found.whole_class,
        )
        graded.say(_told(filled, found))
        pieces = sheet_pieces(filled)
    if dry_run:
        typer.echo("Nothing was written: this was a dry run.")
        return
    write_pieces(target, pieces)
    typer.echo(f"Written: {target}")


def _platform(name: str) -> Platform | None:
    from grader.course.grade_files.platform_file import PLATFORMS

    if name == "plain":
        return None
    for platform in PLATFORMS:
        if platform == name:
            return platform
    raise UsageError(f"--to {name}: expected one of {', '.join(PLATFORMS)}, plain.")


def _column(found: graded.Opened, platform: str) -> str:
    id = found.platform_ids.get(platform, "")
    return f"{found.graded.title} ({id})" if id and platform == "canvas" else ""


def _plainly(found: graded.Opened) -> Iterator[str]:
    grades = found.graded.grades
    given = sum(grade.points is not None for grade in grades)
    yield f"{given} of {len(grades)} students have points."
    yield from _left_out((grade.label, grade.why) for grade in grades if grade.points is None)
    yield from _remarks(found)


def _told(filled: FilledSheet, found: graded.Opened) -> Iterator[str]:
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


def _remarks(found: graded.Opened) -> Iterator[str]:
    waiting = [grade.label for grade in found.graded.grades if grade.waiting]
    if waiting:
        yield f"Written answers without a mark, which count nothing yet: {len(waiting)} students"
        yield from graded.listing(waiting)
    if found.graded.others:
        yield f"Results that are nobody's in the class: {len(found.graded.others)}"
        yield from graded.listing(found.graded.others)
