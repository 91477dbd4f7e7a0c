"""`grader override`: a person's word on what a check, a part or the whole is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import options
from grader.model.errors import UsageError

if TYPE_CHECKING:
    from grader.course.course_folder import CourseFolder


def command(
    student: Annotated[str, typer.Argument(help="Who: key, id, e-mail or name.")] = "",
    assignment: options.ForAssignment = "",
    check: Annotated[str, typer.Option(help="Id of a check; else the part, or the whole.")] = "",
    part: Annotated[str, typer.Option(help="Id of a part; else the whole.")] = "",
    points: Annotated[float | None, typer.Option(help="What it is worth.")] = None,
    outcome: Annotated[
        str, typer.Option(help="passed, failed or missing; excused for the whole.")
    ] = "",
    why: Annotated[str, typer.Option(help="The reason; the student sees it.")] = "",
    note: Annotated[str, typer.Option(help="A remark for staff alone.")] = "",
    revoke: Annotated[int, typer.Option(help="Number of an override to take back.")] = 0,
    list_: Annotated[
        bool, typer.Option("--list", help="List them, of one student or all.")
    ] = False,
    course: options.CourseName = "",
    by: options.By = "",
) -> None:
    """Override the points or outcome of a check, a part or a whole assignment.

    Overrides are kept when the assignment is graded again. A later one for the same takes the place
    of an earlier one; none is ever removed.
    """
    from grader.course.course_folder import CourseFolder
    from grader.course.decisions import AskedOverride, checked_override
    from grader.course.history import decided

    opened = CourseFolder.open(course)
    if list_:
        _list(opened, student, assignment)
        return
    if revoke:
        with opened.changing(by) as change:
            taken = change.revoke_override(revoke, why)
        typer.echo(f"Revoked override {revoke} of {taken.person}: {decided(taken)}.")
        _remind(taken.assignment)
        return
    if not (student and assignment):
        raise UsageError("Name the student, and the assignment with --for.")
    asked = AskedOverride(student, assignment, check, part, points, outcome, why, note)
    with opened.changing(by) as change:
        override, odd = checked_override(asked, opened.settings, change)
        number = change.override(override)
    typer.echo(f"Override {number} of {override.person}: {decided(override)}. {odd}".rstrip())
    _remind(override.assignment)


def _remind(assignment: str) -> None:
    typer.echo(f"To bring pages and gradebook up to date: grader batch --for {assignment}")


def _list(opened: CourseFolder, student: str, assignment: str) -> None:
    from grader.course.history import decided
    from grader.course.matching import person_meant

    if assignment:
        opened.settings.assignment(assignment)
    with opened.reading() as view:
        person = person_meant(student, view.people()).key if student else ""
        for number, each in view.overrides(assignment, person).items():
            when = each.when.astimezone(opened.settings.time_zone) if each.when else None
            made = f"{each.who}, {when:%Y-%m-%d %H:%M}" if when else each.who
            gone = "  [revoked]" if each.revoked else ""
            head = f"{number}  {each.assignment}  {each.person}  {decided(each)}"
            typer.echo(f"{head}  ({made}): {each.why}{gone}")
