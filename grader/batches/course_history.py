"""The runs of an assignment, kept in the database of its course."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from grader.course.course_folder import CourseFolder
from grader.model.course_records import GradingRun, RunResult, RunState
from grader.model.result import Result


class CourseHistory:
    """A `RunHistory` in a course: each call is a change of its own, kept when it returns."""

    def __init__(
        self, course: CourseFolder, assignment: str, attempts: Mapping[str, str], by: str = ""
    ) -> None:
        """Nothing is written yet.

        Args:
            course: where it is kept.
            assignment: its id in the course.
            attempts: the key of the attempt that counts for each student.
            by: who grades; the system's user by default.
        """
        self._course = course
        self._assignment = assignment
        self._attempts = attempts
        self._by = by

    def begin(self, why: str, harness: str) -> int:
        """A new run."""
        with self._course.changing(self._by) as change:
            return change.begin_run(self._assignment, why=why, harness=harness)

    def put(self, run: int, result: Result) -> str:
        """Keep what a run gave."""
        attempt = self._attempts.get(result.submission, "")
        with self._course.changing(self._by) as change:
            return change.put_result(run, result, attempt).content

    def has(self, content: str) -> bool:
        """Whether there is a result of that name."""
        with self._course.reading() as view:
            return view.has_result(content)

    def note(self, given: Iterable[RunResult]) -> None:
        """Note that runs gave results that are kept already."""
        with self._course.changing(self._by) as change:
            for each in given:
                attempt = self._attempts.get(each.submission, "")
                change.put_run_result(replace(each, attempt=attempt))

    def finish(self, run: int, state: RunState) -> None:
        """What becomes of a run that is finished."""
        with self._course.changing(self._by) as change:
            if state == "accepted":
                change.accept_run(run)
            else:
                change.hold_run(run)

    def runs(self) -> list[GradingRun]:
        """Every run of the assignment."""
        with self._course.reading() as view:
            return view.runs(self._assignment)

    def given(self, run: int) -> list[RunResult]:
        """What a run gave."""
        with self._course.reading() as view:
            return view.run_results(run)

    def result(self, content: str) -> Result:
        """A result."""
        with self._course.reading() as view:
            return view.result(content)

    def go_to(self, run: int) -> None:
        """Put a run in force, and none after it."""
        with self._course.changing(self._by) as change:
            change.put_run_in_force(run)

    def close(self) -> None:
        """Nothing is held open."""
