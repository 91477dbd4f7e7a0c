"""`grader history`: what happened to a student over the term."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.cli import options


def command(
    student: Annotated[str, typer.Argument(help="Who: key, id, e-mail or name.")],
    course: options.CourseName = "",
) -> None:
    """List attempts, grades, marks, overrides, extensions and requests of a student, in order."""
    from grader.course.course_folder import CourseFolder
    from grader.course.history import history_of
    from grader.course.matching import person_meant

    opened = CourseFolder.open(course)
    with opened.reading() as view:
        person = person_meant(student, view.people())
        lines = history_of(person, view, opened.settings.time_zone)
    typer.echo(f"{person.name} ({person.key}){', withdrawn' if person.withdrawn else ''}")
    for line in lines:
        when = f"{line.at.astimezone(opened.settings.time_zone):%Y-%m-%d %H:%M}" if line.at else ""
        by = f" [{line.who}]" if line.who else ""
        typer.echo(f"{when:16}  {line.assignment or 'all'}: {line.what}{by}")
