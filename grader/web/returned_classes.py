"""Classes as they would be handed back, in memory until something changes: reading one reads every
result."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from grader.batches.hand_back import ClassToReturn, class_of_course

if TYPE_CHECKING:
    from grader.course.course_folder import CourseFolder

_Stamp = tuple[int, ...]


class ReturnedClasses:
    """By assignment; several threads may ask at once."""

    def __init__(self, course: CourseFolder) -> None:
        """Nothing is read yet."""
        self._course = course
        self._known: dict[str, tuple[_Stamp, ClassToReturn]] = {}
        self._reading = threading.Lock()

    def of(self, id: str) -> ClassToReturn:
        """The class of an assignment, as it is now.

        Raises:
            UsageError: the course has no such assignment.
            InputError: it cannot be read, or was not graded.
        """
        with self._reading:
            stamp = self._stamp(id)
            known = self._known.get(id)
            if known is None or known[0] != stamp:
                known = self._known[id] = (stamp, class_of_course(self._course, id))
            return known[1]

    def _stamp(self, id: str) -> _Stamp:
        """Of what the course says, and of the class page, which a batch writes last."""
        with self._course.reading() as view:
            change = view.last_change(id)
        try:
            seen = (self._course.out(id) / "index.html").stat()
        except OSError:
            return (change,)
        return change, seen.st_ino, seen.st_mtime_ns
