"""`grader feedback`: students' pages as a zip that a platform hands out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import arguments, graded, options
from grader.model.errors import UsageError

if TYPE_CHECKING:
    from grader.batches.graded_class import HandedBack
    from grader.course.feedback_zip import PageOf


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
    from grader.course.feedback_zip import feedback_for, zip_content
    from grader.report.atomic_write import write_atomically

    found = graded.opened(output, for_, course)
    platform = to or found.graded.platform
    if platform not in ("canvas", "moodle"):
        what = f"--to {platform}: expected" if platform else "Name the platform with --to:"
        raise UsageError(f"{what} canvas or moodle.")
    named = "moodle" if platform == "moodle" else "canvas"
    entries = _entries(export, named) if export else {}
    students = [student for student in found.graded.students if student.page]
    made = feedback_for(
        "moodle" if named == "moodle" else "canvas",
        [_page(student, entries) for student in students],
        partial=partial,
    )
    without = [s.grade for s in found.graded.students if not s.page]
    graded.say([f"{len(made.entries)} pages for {platform.capitalize()}."])
    if without or made.left_out:
        left = [(grade.label, grade.why or "has no page") for grade in without]
        left += [(person.name, "has no name on the platform") for person in made.left_out]
        graded.say([f"Left out: {len(left)}", *graded.listing(f"{a}: {b}" for a, b in left)])
    misnamed = [entry.name for entry in made.entries if entry.misnamed]
    if misnamed:
        graded.say(
            [
                "Canvas will show these pages under the name of the student's own file, though "
                "they are HTML; `grader publish` has no such trouble:",
                *graded.listing(misnamed),
            ]
        )
    if dry_run:
        typer.echo("Nothing was written: this was a dry run.")
        return
    target = out or Path(f"feedback-{platform}.zip")
    write_atomically(target, zip_content(made.entries))
    typer.echo(f"Written: {target}")


def _page(student: HandedBack, entries: dict[str, list[str]]) -> PageOf:
    from grader.course.feedback_zip import PageOf

    assert student.page is not None
    person = student.grade.person
    named = entries.get(person.ids.get("canvas", ""), []) or student.entries
    return PageOf(person, student.page.read_bytes(), named)


def _entries(export: Path, platform: str) -> dict[str, list[str]]:
    """The names of files in an export, by the platform's id of their student."""
    from grader.course.export import find_export, read_export
    from grader.model.submission_form import UNKNOWN
    from grader.submission.workspace import Workspace

    named: dict[str, list[str]] = {}
    with Workspace() as workspace:
        place = find_export(arguments.existing(export), UNKNOWN, workspace.folder, platform)
        for delivered in read_export(place, UNKNOWN, "", None).delivered:
            for owner in delivered.owners:
                names = [file.path for file in delivered.files]
                named.setdefault(owner.ids.get(platform, ""), []).extend(names)
    return named
