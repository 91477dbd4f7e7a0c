"""What of a graded class goes back: points for a platform, pages as a zip or for a web server.

Everything is made and nothing written, so that it can be looked at first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from grader.batches.graded_class import GradedClass, HandedBack, graded_class
from grader.course.course_folder import CourseFolder
from grader.course.export import find_export, read_export
from grader.course.feedback_zip import PageOf, ZipEntry, feedback_for
from grader.course.grade_files.filling import FilledSheet, FillingRules, Ungiven
from grader.course.grade_files.plain_grades import plain_grades
from grader.course.grade_files.platform_file import PLATFORMS, Platform, filled_sheet, sheet_pieces
from grader.course.publishing import PublishedPage
from grader.model.errors import UsageError
from grader.model.submission_form import UNKNOWN
from grader.submission.workspace import Workspace


class ClassToReturn(NamedTuple):
    """A class that was graded, and what is known around it."""

    graded: GradedClass
    whole_class: bool
    """Whether everybody of a roster is in it."""
    platform_ids: Mapping[str, str]
    """The assignment's ids on platforms."""
    home: Path
    """Where what is kept over assignments lies."""

    @property
    def without_page(self) -> list[Ungiven]:
        """Students who have no page, and why."""
        grades = (student.grade for student in self.graded.students if not student.page)
        return [Ungiven(grade.label, grade.why or "has no page") for grade in grades]

    @property
    def pages(self) -> list[PublishedPage]:
        """Everybody's page."""
        return [
            PublishedPage(student.grade.person, student.page)
            for student in self.graded.students
            if student.page
        ]

    @property
    def unmarked(self) -> list[str]:
        """Students with written answers that have no mark."""
        return [grade.label for grade in self.graded.grades if grade.waiting]


def class_in_folder(output: Path) -> ClassToReturn:
    """The class in the output of a batch without a course.

    Raises:
        GraderError: it cannot be read.
    """
    return ClassToReturn(graded_class(output), False, {}, output)


def class_of_course(course: CourseFolder, id: str) -> ClassToReturn:
    """The class of an assignment of a course.

    Raises:
        UsageError: the course has no such assignment.
        GraderError: it cannot be read, or was not graded.
    """
    asked = course.settings.assignment(id)
    entries: dict[str, list[str]] = {}
    with course.reading() as view:
        people = view.people(id)
        for stored in view.attempts(id):
            for member in stored.attempt.members if stored.attempt.counted else ():
                entries.setdefault(member, []).append(stored.source)
    graded = graded_class(course.out(id), people, entries)
    graded = graded._replace(assignment=id, title=asked.title or graded.title)
    return ClassToReturn(graded, True, asked.platform_ids, course.path)


class GradesFile(NamedTuple):
    """A file of points."""

    filled: FilledSheet | None
    """What became of the platform's sheet; None for a plain file."""
    left_out: list[Ungiven]
    pieces: Iterator[bytes]
    """The file's content, to be read once."""


def grades_file(
    found: ClassToReturn,
    to: str,
    rules: FillingRules,
    *,
    sheet: Path | None = None,
    column: str = "",
) -> GradesFile:
    """The file of points for a platform, or a plain one.

    Args:
        found: the class.
        to: a platform's name, or `plain`.
        rules: what may be done that is refused otherwise.
        sheet: the platform's own file, as downloaded.
        column: heading of the column to fill.

    Raises:
        UsageError: there is no such platform, or a plain file has no sheet.
        InputError: the sheet cannot be filled; see `filling.fill`.
    """
    platform, grades = _platform(to), found.graded.grades
    if platform is None:
        if sheet or column:
            raise UsageError("--sheet and --column need --to with a platform.")
        without = [Ungiven(g.label, g.why) for g in grades if g.points is None]
        return GradesFile(None, without, plain_grades(grades))
    filled = filled_sheet(
        platform,
        grades,
        rules,
        sheet=sheet,
        column=column or _column(found, to),
        title=found.graded.title,
        whole_class=found.whole_class,
    )
    return GradesFile(filled, filled.left_out, sheet_pieces(filled))


def _platform(name: str) -> Platform | None:
    if name == "plain":
        return None
    for platform in PLATFORMS:
        if platform == name:
            return platform
    raise UsageError(f"--to {name}: expected one of {', '.join(PLATFORMS)}, plain.")


def _column(found: ClassToReturn, platform: str) -> str:
    id = found.platform_ids.get(platform, "")
    return f"{found.graded.title} ({id})" if id and platform == "canvas" else ""


class FeedbackFiles(NamedTuple):
    """The files of a zip for a platform."""

    platform: Literal["canvas", "moodle"]
    entries: list[ZipEntry]
    left_out: list[Ungiven]

    @property
    def misnamed(self) -> list[str]:
        """Pages that will be shown under the name of a file that is none."""
        return [entry.name for entry in self.entries if entry.misnamed]


def feedback_files(
    found: ClassToReturn, to: str = "", *, export: Path | None = None, partial: bool = False
) -> FeedbackFiles:
    """Everybody's page under the name by which a platform knows whose it is.

    Args:
        found: the class.
        to: canvas or moodle; empty for the platform of the export that was graded.
        export: the platform's download of submissions, where another was graded.
        partial: whether to leave out those for whom there is no name, in place of refusing.

    Raises:
        UsageError: there is no such zip for that platform.
        InputError: there is no name for somebody, or the export cannot be read.
    """
    named = to or found.graded.platform
    if named not in ("canvas", "moodle"):
        what = f"--to {named}: expected" if named else "Name the platform with --to:"
        raise UsageError(f"{what} canvas or moodle.")
    platform: Literal["canvas", "moodle"] = "moodle" if named == "moodle" else "canvas"
    entries = _entries(export, platform) if export else {}
    pages = [_page(student, entries) for student in found.graded.students if student.page]
    made = feedback_for(platform, pages, partial=partial)
    unnamed = [Ungiven(person.name, "has no name on the platform") for person in made.left_out]
    return FeedbackFiles(platform, made.entries, [*found.without_page, *unnamed])


def _page(student: HandedBack, entries: Mapping[str, Sequence[str]]) -> PageOf:
    assert student.page is not None
    person = student.grade.person
    named = entries.get(person.ids.get("canvas", ""), []) or student.entries
    return PageOf(person, student.page, named)


def _entries(export: Path, platform: str) -> dict[str, list[str]]:
    """The names of files in an export, by the platform's id of their student."""
    named: dict[str, list[str]] = {}
    with Workspace() as workspace:
        place = find_export(export, UNKNOWN, workspace.folder, platform)
        for delivered in read_export(place, UNKNOWN, "", None).delivered:
            for owner in delivered.owners:
                names = [file.path for file in delivered.files]
                named.setdefault(owner.ids.get(platform, ""), []).extend(names)
    return named
