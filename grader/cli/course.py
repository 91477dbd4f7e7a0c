"""`grader course`: a course, its roster, what was submitted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import account, arguments, options

if TYPE_CHECKING:
    from grader.course.course_folder import CourseFolder
    from grader.course.overview import AssignmentOverview
    from grader.course.roster import RosterFile
    from grader.course.roster_update import RosterUpdate
    from grader.model.person import Person

app = typer.Typer(
    help="A course: its assignments, students and what they submitted.", no_args_is_help=True
)
app.add_typer(account.app, name="account")
_SHOWN = 5


@app.command("new")
def new(
    folder: Annotated[Path, typer.Argument(help="Where; it may be there already.")],
    title: Annotated[
        str, typer.Option(help="What pages call it; by default the folder's name.")
    ] = "",
    zone: Annotated[str, typer.Option(help="Time zone, such as Europe/Berlin.")] = "",
    assignment: Annotated[
        list[str] | None,
        typer.Option("--assignment", "-a", help="An assignment's id or folder; repeatable."),
    ] = None,
) -> None:
    """Make a course: a folder with course.toml, which says when assignments are due."""
    from grader.course.new_course import local_zone, make_course

    course = make_course(
        folder,
        title=title or folder.resolve().name,
        zone=zone or local_zone(),
        graders=assignment or [],
    )
    typer.echo(f"Made {course.path / 'course.toml'}, in the time zone {course.settings.zone}.")
    typer.echo("Write the assignments and their times into it, then: grader course roster FILE.csv")


@app.command("roster")
def roster(
    file: Annotated[Path, typer.Argument(help="CSV of a platform, or with plain headings.")],
    assignment: options.ForAssignment = "",
    course: options.CourseName = "",
    by: options.By = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Whoever is not in the file has withdrawn.")
    ] = False,
) -> None:
    """Take in who takes the course; later files add to it, and nobody loses anything.

    Moodle numbers its participants anew for each assignment: with --for, its grading worksheet
    tells who they are in that one.
    """
    from grader.course.course_folder import CourseFolder
    from grader.course.roster_import import RosterRequest, take_roster

    opened = CourseFolder.open(course)
    asked = RosterRequest(arguments.existing(file), assignment, withdraw, dry_run, by)
    taken = take_roster(opened, asked)
    for line in _how_read(taken.read):
        typer.echo(line)
    for line in _what_changed(taken.update, dry_run=dry_run, withdraw=withdraw):
        typer.echo(line)


@app.command("import")
def import_(
    assignment: Annotated[str, typer.Argument(help="Its id in course.toml.")],
    export: Annotated[Path, typer.Argument(help="A platform's export, or a folder.")],
    course: options.CourseName = "",
    by: options.By = "",
    chosen: options.ExportOf = "",
    submitted: Annotated[
        Path | None, typer.Option(help="CSV with times, where the export has none.")
    ] = None,
    student: Annotated[str, typer.Option(help="Whose it is, of one submission alone.")] = "",
    add: Annotated[bool, typer.Option("--add", help="Take in whoever the course misses.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Take in what was submitted. Nothing is graded, and the same export may be taken in again."""
    from grader.cli.course_import import take_in
    from grader.course.course_folder import CourseFolder
    from grader.course.import_request import ImportRequest

    opened = CourseFolder.open(course)
    opened.settings.assignment(assignment)
    said = ImportRequest(export, chosen, submitted, student, add, dry_run, by)
    raise typer.Exit(take_in(opened, assignment, said))


@app.command("show")
def show(
    course: options.CourseName = "",
    people: Annotated[bool, typer.Option("--people", help="List everybody.")] = False,
) -> None:
    """Say how the course stands: who is in it, what was submitted, graded and decided."""
    from grader.course.course_folder import CourseFolder
    from grader.course.overview import assignment_overviews

    opened = CourseFolder.open(course)
    with opened.reading() as view:
        everybody = view.people()
        overviews = assignment_overviews(opened.settings, view)
    gone = sum(person.withdrawn for person in everybody)
    withdrawn = f", and {gone} who have withdrawn" if gone else ""
    typer.echo(f"{opened.settings.title} ({opened.path.resolve()})")
    typer.echo(f"{len(everybody) - gone} students{withdrawn}. Times are in {opened.settings.zone}.")
    for overview in overviews:
        typer.echo(_in_a_line(overview, opened))
    if people:
        for person in everybody:
            typer.echo(_person_line(person))


def _how_read(read: RosterFile) -> list[str]:
    columns = ", ".join(
        f"{heading} = {_COLUMNS.get(key, key)}" for key, heading in read.columns.items()
    )
    lines = [f"Read as {read.form}: {columns}."]
    if read.unused:
        more = f" and {len(read.unused) - _SHOWN} more" if len(read.unused) > _SHOWN else ""
        lines.append(f"Not used: {', '.join(read.unused[:_SHOWN])}{more}.")
    lines += [f"Left out: {why}." for why in read.skipped]
    return lines


_COLUMNS = {
    "first": "first name",
    "last": "last name",
    "canvas": "Canvas id",
    "moodle": "Moodle's number of the participant",
    "sis": "SIS id",
    "sid": "student number",
    "blackboard": "Blackboard user",
    "brightspace": "Brightspace user",
    "github": "GitHub user",
}


def _what_changed(update: RosterUpdate, *, dry_run: bool, withdraw: bool) -> list[str]:
    would = "would be " if dry_run else ""
    lines = [
        f"{len(update.new)} {would}new, {len(update.changed)} {would}changed, "
        f"{update.unchanged} as before."
    ]
    for claim in update.by_name:
        assert claim.person is not None
        lines.append(f"{claim.claimed.name}: taken for {claim.person.key}, by the name alone.")
    if update.missing:
        names = ", ".join(person.name for person in update.missing[:_SHOWN])
        more = f" and {len(update.missing) - _SHOWN} more" if len(update.missing) > _SHOWN else ""
        done = f"{would}marked as withdrawn" if withdraw else "kept; --withdraw marks them as gone"
        lines.append(f"Not in the file: {names}{more} ({done}).")
    return lines


def _in_a_line(overview: AssignmentOverview, course: CourseFolder) -> str:
    due = overview.due.astimezone(course.settings.time_zone) if overview.due else None
    when = f"due {due:%Y-%m-%d %H:%M}" if due else "no due time"
    parts = [f"{overview.submitted} of {overview.students} submitted"]
    parts.append(f"{overview.attempts} attempts")
    parts.append(f"{overview.graded} graded" if overview.graded else "not graded yet")
    parts += [
        f"{count} {what}"
        for count, what in (
            (overview.marks, "marks of written answers"),
            (overview.overrides, "overrides"),
            (overview.extensions, "extensions"),
            (overview.open_requests, "open regrade requests"),
        )
        if count
    ]
    return f"{overview.id}: {when}; {', '.join(parts)}."


def _person_line(person: Person) -> str:
    ids = ", ".join(f"{platform} {id}" for platform, id in person.ids.items())
    rest = (
        person.email,
        ids,
        person.section,
        person.group,
        "withdrawn" if person.withdrawn else "",
    )
    return "  ".join(filter(None, (person.key, person.name, *rest)))
