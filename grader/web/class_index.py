"""The classes of a course in memory, read anew where something changed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from grader.batches.state_reader import StateReader
from grader.course.accounts import Account
from grader.web.class_rows import ClassView, CourseFacts, class_view, course_facts
from grader.web.permissions import sees

if TYPE_CHECKING:
    from grader.web.desk import Desk


class ClassIndex:
    """One assignment's class; several threads may ask at once."""

    def __init__(self, desk: Desk, assignment: str) -> None:
        """Nothing is read yet."""
        self._desk = desk
        self._id = assignment
        self._state = StateReader(desk.course.out(assignment))
        self._lock = threading.Lock()
        self._change = -1
        self._facts: CourseFacts | None = None
        self._view: ClassView | None = None
        self._seen: dict[tuple[str, ...], ClassView] = {}

    def view(self, account: Account) -> ClassView:
        """The class as it is now, with whom the account may see."""
        with self._lock:
            if self._refreshed() or self._view is None:
                assert self._facts is not None
                summaries, register = dict(self._state.summaries), self._state.register
                self._view = class_view(self._facts, summaries, register)
                self._seen.clear()
            if not account.sections:
                return self._view
            key = tuple(account.sections)
            if key not in self._seen:
                self._seen[key] = _seen_by(account, self._view)
            return self._seen[key]

    def _refreshed(self) -> bool:
        changed = self._state.refresh()
        with self._desk.reading() as view:
            change = view.last_change()
            if change != self._change:
                loaded = self._desk.loaded(self._id)
                self._facts = course_facts(self._desk.course.settings, view, self._id, loaded)
                self._change = change
                changed = True
        return changed


def _seen_by(account: Account, view: ClassView) -> ClassView:
    rows = [row for row in view.rows if sees(account, row.person)]
    keys = {row.person.key for row in rows}
    return view._replace(
        rows=rows,
        same=[seen for each in view.same if len(seen := [k for k in each if k in keys]) > 1],
        requests={number: each for number, each in view.requests.items() if each[0] in keys},
        sections=[section for section in view.sections if section in account.sections],
    )
