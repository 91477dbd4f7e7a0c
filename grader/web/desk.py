"""What the pages of a desk share: the course, and what is kept in memory of it."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from typing import TYPE_CHECKING

from grader.assignment.composed import open_assignment
from grader.course.accounts import Account
from grader.course.class_standing import ClassStanding
from grader.model.errors import GraderError
from grader.web.class_index import ClassIndex
from grader.web.desk_settings import DeskSettings
from grader.web.marking_board import MarkingBoards
from grader.web.marking_presence import MarkingPresence
from grader.web.page_errors import PageNotFound
from grader.web.rate_limit import SignInLimits
from grader.web.returned_classes import ReturnedClasses

if TYPE_CHECKING:
    from grader.assignment.composed import ComposedAssignment
    from grader.assignment.folder import Assignment
    from grader.course.course_folder import CourseFolder
    from grader.course.course_settings import CourseAssignment
    from grader.course.database.course_change import CourseChange
    from grader.course.database.course_view import CourseView
    from grader.model.person import Person
    from grader.web.class_rows import ClassView


class Desk:
    """A course that is served. Handlers run in threads, several at once."""

    def __init__(self, course: CourseFolder, settings: DeskSettings) -> None:
        self.course = course
        self.settings = settings
        self.limits = SignInLimits()
        self.notices: dict[str, str] = {}
        """What the next page of a session says on top, by the digest of its token."""
        self.boards = MarkingBoards()
        self.presence = MarkingPresence()
        self._opened: dict[str, Assignment | ComposedAssignment] = {}
        self._opening = threading.Lock()
        self._classes: dict[str, ClassIndex] = {}
        self._people: tuple[int, list[Person]] = (-1, [])
        self.returned = ReturnedClasses(course)
        self._standings: dict[str, tuple[int, ClassStanding]] = {}

    def reading(self) -> contextlib.AbstractContextManager[CourseView]:
        """The course as it is at one moment; see `CourseFolder.reading`."""
        return self.course.reading()

    def changing(self, account: Account) -> contextlib.AbstractContextManager[CourseChange]:
        """A change that the log knows by the account's name; see `CourseFolder.changing`."""
        return self.course.changing(account.name)

    def assignment(self, id: str) -> CourseAssignment:
        """What `course.toml` says of an assignment.

        Raises:
            PageNotFound: the course has none of that id.
        """
        for found in self.course.settings.assignments:
            if found.id == id:
                return found
        raise PageNotFound(f"The course has no assignment {id[:80]!r}.")

    def loaded(self, id: str) -> Assignment | ComposedAssignment:
        """What grades an assignment of the course, opened once.

        Raises:
            PageNotFound: the course has none of that id.
            GraderError: it cannot be opened.
        """
        self.assignment(id)
        with self._opening:
            if id not in self._opened:
                self._opened[id] = open_assignment(self.course.grader(id))
            return self._opened[id]

    def standing(self, view: CourseView, id: str) -> ClassStanding:
        """What work at an assignment is worth now; made anew when the log says more.

        Raises:
            PageNotFound: the course has none of that id.
            GraderError: what grades it cannot be opened.
        """
        stamp = view.last_change(id)
        known = self._standings.get(id)
        if known is not None and known[0] == stamp:
            return known[1]
        made = ClassStanding(self.course.settings, view, id, lambda each: self.loaded(each).rubric)
        self._standings[id] = (stamp, made)
        return made

    def standing_of(self, view: CourseView, id: str, person: Person) -> ClassStanding:
        """As `standing`, of one student alone: quick, whatever was just decided."""
        from grader.course.database.one_person_view import OnePersonView

        alone = OnePersonView(view, person)
        return ClassStanding(self.course.settings, alone, id, lambda each: self.loaded(each).rubric)

    def people(self) -> list[Person]:
        """Everybody, read anew when the course has changed."""
        with self.reading() as view:
            ids = ["", *(each.id for each in self.course.settings.assignments)]
            stamp = max(map(view.last_change, ids))
            if self._people[0] != stamp:
                self._people = (stamp, view.people())
        return self._people[1]

    def class_view(self, id: str, account: Account) -> ClassView:
        """The class of an assignment, with whom the account may see; see `ClassIndex`.

        Raises:
            PageNotFound: the course has none of that id.
            GraderError: what grades it cannot be opened.
        """
        self.assignment(id)
        with self._opening:
            if id not in self._classes:
                self._classes[id] = ClassIndex(self.course, id, self.standing)
        return self._classes[id].view(account)

    def title(self, id: str, lang: str = "en") -> str:
        """What an assignment is called; its id, where what grades it cannot be opened."""
        if named := self.assignment(id).title:
            return named
        try:
            return self.loaded(id).rubric.title.in_language(lang)
        except GraderError:
            return id

    def shown(self, moment: dt.datetime | None) -> str:
        """A moment in the course's time zone, to the minute."""
        if moment is None:
            return ""
        return f"{moment.astimezone(self.course.settings.time_zone):%Y-%m-%d %H:%M}"

    def origin(self) -> str:
        """Where browsers find the desk."""
        return min(self.settings.origins)

    @staticmethod
    def person(view: CourseView, key: str) -> Person:
        """Somebody by their key.

        Raises:
            PageNotFound: nobody has that key.
        """
        person = view.person(key)
        if person is not None:
            return person
        raise PageNotFound("Nobody in the course goes by this key.")
