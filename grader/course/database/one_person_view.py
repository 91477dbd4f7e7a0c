"""A course with one of its people alone, for what is worked out of them without reading a class."""

from __future__ import annotations

from grader.course.database import mark_rows, result_rows
from grader.course.database.course_view import CourseView
from grader.course.marks import Mark, Place
from grader.model.course_records import RegradeRequest, RunResult, StoredAttempt
from grader.model.person import Person
from grader.model.worth import Override


class OnePersonView(CourseView):
    """As `CourseView`, with what is only about others left out."""

    def __init__(self, view: CourseView, person: Person) -> None:
        super().__init__(view._connection)
        self._person = person
        self._own = view.attempts_of(person.key)

    def people(self, assignment: str = "") -> list[Person]:
        """The person."""
        return [self._person]

    def attempts(self, assignment: str) -> list[StoredAttempt]:
        """Those that the person is a member of."""
        return self._own.get(assignment, [])

    def all_attempts(self) -> dict[str, list[StoredAttempt]]:
        """Those that the person is a member of."""
        return self._own

    def run_results(self, run: int) -> list[RunResult]:
        """What the run gave the person."""
        return result_rows.read_run_results(self._connection, run, self._person.key)

    def marks(self, assignment: str) -> dict[Place, Mark]:
        """Those of the person's answers."""
        return mark_rows.marks_in_force(self._connection, assignment, self._person.key)

    def overrides(self, assignment: str = "", person: str = "") -> dict[int, Override]:
        """Those about the person."""
        return super().overrides(assignment, self._person.key)

    def requests(self, assignment: str = "", person: str = "") -> dict[int, RegradeRequest]:
        """The person's."""
        return super().requests(assignment, self._person.key)
