"""What work at an assignment is worth now: results in force, with marks and decisions since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.course.course_settings import CourseSettings
from grader.course.course_worth import CourseWorth, Rubrics
from grader.course.marks import Marks
from grader.course.submission_worth import Worth
from grader.course.term import absent_result
from grader.model.result import Result
from grader.report.strings import Lang

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView


class ClassStanding:
    """A class at one assignment and one moment, without the results themselves, which are large."""

    def __init__(
        self, settings: CourseSettings, view: CourseView, assignment: str, rubrics: Rubrics
    ) -> None:
        """Read what decides it; `rubrics` is what grades each assignment, by id."""
        run = view.run_in_force(assignment)
        given = view.run_results(run.id) if run else []
        self.contents = {each.submission: each.content for each in given}
        """`RunResult.content` of the run in force, by `Person.key`."""
        self.graded = run is not None
        self._marks = Marks(view.marks(assignment).values(), others=view.has_marks(assignment))
        self._worth = CourseWorth(settings, view, assignment, rubrics)
        self._assignment = assignment
        self._rubric = rubrics(assignment)
        self._submitted = {
            member for stored in view.attempts(assignment) for member in stored.attempt.members
        }

    def worth(self, person: str) -> Worth:
        """What decides the worth of a student's work."""
        return self._worth.of(person)

    def stamps(self, person: str) -> tuple[str, str]:
        """Of a student's decisions and times, and of their marks: as a batch's state has them."""
        return self._worth.of(person).stamp, self._marks.stamp(person)

    def applied(self, result: Result, lang: Lang = "en") -> Result:
        """A result as graded, with what was marked and decided."""
        marked = self._marks.applied(result, lang)
        return self._worth.of(result.submission).applied(marked, lang)

    def result(self, view: CourseView, person: str, lang: Lang = "en") -> Result | None:
        """What a student has now; None where their work is not graded yet.

        Raises:
            InputError: the result is damaged.
        """
        content = self.contents.get(person)
        if content is not None:
            return self.applied(view.result(content), lang)
        if person in self._submitted:
            return None
        return self.applied(absent_result(self._assignment, person, self._rubric), lang)
