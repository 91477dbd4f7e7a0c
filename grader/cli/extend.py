"""`grader extend`: more time for a student, a section or a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import options

if TYPE_CHECKING:
    from grader.course.course_folder import CourseFolder


def command(
    assignment: options.ForAssignment = "",
    student: Annotated[str, typer.Option(help="Who: key, id, e-mail or name.")] = "",
    section: Annotated[str, typer.Option(help="Or everybody in a section.")] = "",
    group: Annotated[str, typer.Option(help="Or a group.")] = "",
    until: Annotated[str, typer.Option(help="The new due time, such as 2026-03-15T23:59.")] = "",
    hours: Annotated[float, typer.Option(help="Or so many more hours.")] = 0.0,
    days: Annotated[float, typer.Option(help="Or so many more days.")] = 0.0,
    why: Annotated[str, typer.Option(help="The reason; only staff see it.")] = "",
    revoke: Annotated[int, typer.Option(help="Number of an extension to take back.")] = 0,
    list_: Annotated[bool, typer.Option("--list", help="List them.")] = False,
    course: options.CourseName = "",
    by: options.By = "",
) -> None:
    """Give more time: for one assignment, or without --for for every one."""
    from grader.course.course_folder import CourseFolder
    from grader.course.decisions import AskedExtension, checked_extension
    from grader.course.history import granted

    opened = CourseFolder.open(course)
    if list_:
        _list(opened, assignment)
        return
    if revoke:
        with opened.changing(by) as change:
            taken = change.revoke_extension(revoke, why)
        typer.echo(f"Revoked extension {revoke} of {taken.scope} {taken.id}.")
        return
    asked = AskedExtension(assignment, student, section, group, until, hours, days, why)
    with opened.changing(by) as change:
        extension = checked_extension(asked, opened.settings, change)
        number = change.extend(extension)
    what = extension.assignment or "every assignment"
    whom = f"{extension.scope} {extension.id}"
    zone = opened.settings.time_zone
    typer.echo(f"Extension {number} of {whom}, for {what}: {granted(extension, zone)}.")


def _list(opened: CourseFolder, assignment: str) -> None:
    from grader.course.history import granted

    if assignment:
        opened.settings.assignment(assignment)
    with opened.reading() as view:
        for number, each in view.extensions(assignment).items():
            gone = "  [revoked]" if each.revoked else ""
            head = f"{number}  {each.assignment or 'every assignment'}  {each.scope} {each.id}"
            why = f": {each.why}" if each.why else ""
            typer.echo(
                f"{head}  {granted(each, opened.settings.time_zone)}  ({each.who}){why}{gone}"
            )
