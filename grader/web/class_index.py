"""The classes of a course in memory, read anew where something changed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from grader.batches.state_reader import StateReader
from grader.course.accounts import Account
from grader.model.errors import GraderError
from grader.report.summary import Summary
from grader.web.class_rows import ClassView, class_view, course_facts
from grader.web.permissions import sees

if TYPE_CHECKING:
    from grader.course.class_standing import ClassStanding
    from grader.course.course_folder import CourseFolder
    from grader.course.database.course_view import CourseView

_AT_ONCE: Final = 500
"""A class of more is read in the background, so that no page waits for it but the first."""
_LOG: Final = logging.getLogger(__name__)


class ClassIndex:
    """One assignment's class; several threads may ask at once."""

    def __init__(
        self,
        course: CourseFolder,
        assignment: str,
        standing: Callable[[CourseView, str], ClassStanding],
    ) -> None:
        """Nothing is read yet; `standing` is that of the desk."""
        self._course = course
        self._id = assignment
        self._standing = standing
        self._state = StateReader(course.out(assignment))
        self._live: dict[tuple[str, str, str], Summary] = {}
        """What results are worth after marks and decisions that no batch has seen yet."""
        self._reading = threading.Lock()
        self._change = -1
        self._view: ClassView | None = None
        self._seen: dict[tuple[str, ...], ClassView] = {}

    def view(self, account: Account) -> ClassView:
        """The class with whom the account may see, as it is now; a large one as it just was."""
        if self._view is not None and len(self._view.rows) > _AT_ONCE:
            if not self._reading.locked() and self._is_old():
                threading.Thread(target=self._read_behind, daemon=True).start()
        else:
            self._read()
        assert self._view is not None
        key = tuple(sorted(account.sections))
        return self._seen.setdefault(key, _seen_by(account, self._view)) if key else self._view

    def _is_old(self) -> bool:
        with self._course.reading() as view:
            return self._state.is_old() or view.last_change(self._id) != self._change

    def _read_behind(self) -> None:
        try:
            self._read()
        except GraderError as error:  # the next page says it, once it has to wait
            _LOG.warning("%s: %s", self._id, error)

    def _read(self) -> None:
        with self._reading, self._course.reading() as view:
            change = view.last_change(self._id)
            if not self._state.refresh() and change == self._change:
                return
            self._change = -1  # until all is read
            standing = self._standing(view, self._id)
            summaries = self._summaries(view, standing)
            facts = course_facts(view, self._id)
            self._view = class_view(facts, standing.worth, summaries, self._state.register)
            self._seen = {}
            self._change = change

    def _summaries(self, view: CourseView, standing: ClassStanding) -> dict[str, Summary]:
        """What each is worth now, also where that was decided after the last batch."""
        found: dict[str, Summary] = {}
        live: dict[tuple[str, str, str], Summary] = {}
        for key, (entry, summary) in self._state.rows.items():
            found[key] = summary
            stamps = standing.stamps(key)
            if stamps == (entry.worth, entry.marks) or not view.has_result(entry.content):
                continue
            place = (entry.content, *stamps)
            if place not in self._live:
                result = standing.applied(view.result(entry.content))
                self._live[place] = self._state.register.summary(result)
            found[key] = live[place] = self._live[place]
        self._live = live
        return found


def _seen_by(account: Account, view: ClassView) -> ClassView:
    rows = [row for row in view.rows if sees(account, row.person)]
    keys = {row.person.key for row in rows}
    return replace(
        view,
        rows=rows,
        same=[seen for each in view.same if len(seen := [k for k in each if k in keys]) > 1],
        requests={number: each for number, each in view.requests.items() if each[0] in keys},
        sections=[section for section in view.sections if section in account.sections],
    )
