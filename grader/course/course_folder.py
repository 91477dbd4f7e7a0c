"""A course folder: `course.toml`, the database beside it, submissions, and what batches write."""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.course.course_settings import NAME, CourseSettings, load_course_settings
from grader.model.errors import UsageError

if TYPE_CHECKING:
    from grader.course.database.connection import CourseDatabase
    from grader.course.database.course_change import CourseChange
    from grader.course.database.course_view import CourseView

DATABASE: Final = "course.sqlite"


class CourseFolder:
    """A course that is there.

    The database is opened when it is first needed. `reading` and `changing` are the only ways to
    it: what one `changing` block does is kept as a whole or not at all.
    """

    def __init__(self, path: Path, settings: CourseSettings) -> None:
        self.path = path
        self.settings = settings

    @classmethod
    def open(cls, place: str | Path = "") -> CourseFolder:
        """The course in a folder, or of a `course.toml`; by default the nearest one above.

        Raises:
            UsageError: there is none.
            InputError: its `course.toml` is wrong.
        """
        path = _found(Path(place)) if str(place) else _nearest()
        return cls(path.parent, load_course_settings(path))

    @property
    def submissions(self) -> Path:
        """Where files lie as they were imported."""
        return self.path / "submissions"

    def out(self, assignment: str) -> Path:
        """Where a batch of an assignment writes results and pages."""
        return self.path / "out" / self.settings.assignment(assignment).id

    def grader(self, assignment: str) -> str:
        """What grades an assignment: a path, or the id of one that is shipped."""
        asked = self.settings.assignment(assignment)
        named = asked.grader or asked.id
        path = self.path / named
        return str(path) if path.exists() else named

    @contextlib.contextmanager
    def reading(self) -> Iterator[CourseView]:
        """The course as it is at one moment.

        Raises:
            UsageError: the extra `course` is not installed.
            InputError: the database cannot be read, or is of a later version.
        """
        database = self._database  # says what to install, where the extra is not
        from grader.course.database.course_view import CourseView

        with database.reading() as connection:
            yield CourseView(connection)

    @contextlib.contextmanager
    def changing(self, by: str = "", at: dt.datetime | None = None) -> Iterator[CourseChange]:
        """A change by somebody (by default the system's user), which is kept when the block ends.

        Raises:
            UsageError: the extra `course` is not installed.
            InputError: the database cannot be written; nothing has changed then.
        """
        database = self._database
        from grader.course.database.course_change import CourseChange

        with database.writing() as connection:
            yield CourseChange(connection, by or system_user(), at or dt.datetime.now(dt.UTC))

    @cached_property
    def _database(self) -> CourseDatabase:
        try:
            from grader.course.database.connection import CourseDatabase, shown_url
        except ModuleNotFoundError as error:
            hint = "Install it with: pip install 'gradewall[course]'"
            raise UsageError(f"A course needs {error.name}.", hint=hint) from None
        if url := self.settings.database.url:
            return CourseDatabase.open(url, shown_url(url))
        return CourseDatabase.in_file(self.path / DATABASE)


def system_user() -> str:
    """Who is at the keyboard, as far as the system knows."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a name for its user
        return "unknown"


def _found(place: Path) -> Path:
    path = place if place.name == NAME and not place.is_dir() else place / NAME
    if not path.is_file():
        hint = f"Make one with: grader course new {place}" if place.name != NAME else ""
        raise UsageError(f"{place}: there is no {NAME}, so it is not a course.", hint=hint)
    return path


def _nearest() -> Path:
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / NAME).is_file():
            return folder / NAME
    hint = "Name a course with --course, or make one with: grader course new FOLDER"
    raise UsageError(f"There is no {NAME} here or above.", hint=hint)
