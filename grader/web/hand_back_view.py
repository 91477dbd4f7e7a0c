"""What of a class would go back to a platform or onto a web server, as its pages show it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

from grader.batches.hand_back import (
    ClassToReturn,
    FeedbackFiles,
    GradesFile,
    feedback_files,
    grades_file,
)
from grader.course.accounts import Account
from grader.course.grade_files.filling import FillingRules
from grader.course.grade_files.platform_file import PLATFORMS
from grader.course.publishing import STATE, Link, links_of, load_state
from grader.model.errors import UsageError
from grader.web.desk import Desk
from grader.web.kept_uploads import KeptUpload, called_as_uploaded, kept_upload

GRADE_FILES: Final = (*PLATFORMS, "plain")
FEEDBACK: Final = ("canvas", "moodle")
PUBLISHED: Final = "published"
"""In the course's folder: where pages for a web server go."""
_ADDRESS: Final = re.compile(r"(https?://[^\s?#]{1,300})?")


class AskedGrades(NamedTuple):
    """Which file of points is wanted."""

    to: str
    sheet: str = ""
    """Key of the uploaded sheet; empty for none."""
    column: str = ""
    """Heading of the column to fill, where it is not to be found by the assignment's title."""
    scale: bool = False
    missing_zero: bool = False
    partial: bool = False

    @property
    def rules(self) -> FillingRules:
        """What may be done that is refused otherwise."""
        return FillingRules(self.partial, self.scale, self.missing_zero)


class AskedFeedback(NamedTuple):
    """Which zip of pages is wanted."""

    to: str
    partial: bool = False


class ClassSummary(NamedTuple):
    """How far a class is ready to be handed back."""

    with_points: int
    students: int
    pages: int
    without_page: list[tuple[str, str]]
    """Students, and why they have none."""
    unmarked: list[str]
    others: list[str]
    """Results that are nobody's in the class."""


class GradesView(NamedTuple):
    """A file of points, before it is downloaded."""

    summary: ClassSummary
    made: GradesFile
    sheet: KeptUpload | None


class FeedbackView(NamedTuple):
    """A zip of pages, before it is downloaded."""

    summary: ClassSummary
    made: FeedbackFiles


class PublishView(NamedTuple):
    """Pages for a web server, before they are written."""

    summary: ClassSummary
    folder: Path
    pages: int
    links: list[Link]
    """Where each page is or will be; none before anything was published, since the secret from
    which addresses are made is new then."""


def class_summary(found: ClassToReturn) -> ClassSummary:
    """How far a class is ready."""
    grades = found.graded.grades
    return ClassSummary(
        with_points=sum(grade.points is not None for grade in grades),
        students=len(grades),
        pages=len(grades) - len(found.without_page),
        without_page=[(each.label, each.why) for each in found.without_page],
        unmarked=found.unmarked,
        others=found.graded.others,
    )


def grades_view(desk: Desk, account: Account, id: str, asked: AskedGrades) -> GradesView:
    """What the file would hold.

    Raises:
        GraderError: it cannot be made like this; says why.
    """
    if asked.to not in GRADE_FILES:
        raise UsageError(
            "There is no such platform.", hint=f"Choose one of {', '.join(GRADE_FILES)}."
        )
    sheet = kept_upload(desk.course, account, asked.sheet) if asked.sheet else None
    found = desk.returned.of(id)
    place = sheet.path if sheet else None
    with called_as_uploaded(sheet):
        made = grades_file(found, asked.to, asked.rules, sheet=place, column=asked.column)
    return GradesView(class_summary(found), made, sheet)


def feedback_view(desk: Desk, id: str, asked: AskedFeedback) -> FeedbackView:
    """What the zip would hold.

    Raises:
        GraderError: it cannot be made like this; says why.
    """
    if asked.to not in FEEDBACK:
        raise UsageError("There is no such platform.", hint="Choose Canvas or Moodle.")
    found = desk.returned.of(id)
    return FeedbackView(
        class_summary(found), feedback_files(found, asked.to, partial=asked.partial)
    )


def publish_view(desk: Desk, id: str, base_url: str) -> PublishView:
    """Which pages would be published, and where.

    Raises:
        GraderError: they cannot be; says why.
    """
    base_url = checked_address(base_url)
    found = desk.returned.of(id)
    summary, place = class_summary(found), found.home / STATE
    links = links_of(load_state(place), found.pages, found.graded.assignment, base_url)
    known = links if place.exists() else []
    return PublishView(summary, desk.course.path / PUBLISHED, summary.pages, known)


def checked_address(base_url: str) -> str:
    """The address of a folder on a web server, or nothing.

    Raises:
        UsageError: it is not.
    """
    if not _ADDRESS.fullmatch(base_url):
        hint = "Write one such as https://host/pages/, or leave it empty."
        raise UsageError(f"{base_url[:80]!r} is not an address.", hint=hint)
    return base_url
