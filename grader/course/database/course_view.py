"""A course as it is at one moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from grader.course.accounts import Account, AccountSession, TokenKind, token_digest
from grader.course.database import (
    account_rows,
    attempt_rows,
    comment_rows,
    comparison_rows,
    decision_rows,
    log_rows,
    mark_rows,
    people_rows,
    request_rows,
    result_rows,
)
from grader.course.database.decision_rows import Revocation
from grader.course.database.marking_rows import MarkingReader
from grader.course.database.result_rows import AnsweredNotebook
from grader.course.database.tables import extensions, overrides
from grader.course.marks import Mark, Place
from grader.model.course_records import (
    GradingRun,
    LineComment,
    LogEntry,
    MarkEntry,
    RegradeRequest,
    RunResult,
    StoredAttempt,
    StoredComparison,
)
from grader.model.person import Person
from grader.model.result import Result
from grader.model.worth import Extension, Override


class CourseView:
    """Reads what a course holds; whatever it is asked, it answers of the same moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def marking(self) -> MarkingReader:
        """What the course holds of marking by hand, beside the marks."""
        return MarkingReader(self._connection)

    def people(self, assignment: str = "") -> list[Person]:
        """Everybody, withdrawn students among them, by key.

        With an assignment: with the ids too that platforms gave them for that one alone.
        """
        return people_rows.read_people(self._connection, assignment)

    def person(self, key: str) -> Person | None:
        """Somebody by their key, without the ids that they have for one assignment alone."""
        return people_rows.read_person(self._connection, key)

    def neighbours(self, key: str, sections: Sequence[str] = ()) -> tuple[str | None, str | None]:
        """Who comes before and after somebody by key, in some sections or all."""
        return people_rows.read_neighbours(self._connection, key, sections)

    def attempts(self, assignment: str) -> list[StoredAttempt]:
        """The attempts at an assignment; by owner and number."""
        return attempt_rows.read_attempts(self._connection, assignment).get(assignment, [])

    def all_attempts(self) -> dict[str, list[StoredAttempt]]:
        """The attempts at every assignment that has any."""
        return attempt_rows.read_attempts(self._connection)

    def attempts_of(self, person: str) -> dict[str, list[StoredAttempt]]:
        """The attempts that somebody is a member of, at every assignment that has any."""
        return attempt_rows.read_attempts(self._connection, person=person)

    def runs(self, assignment: str = "") -> list[GradingRun]:
        """The runs of an assignment, or of all; the first is the oldest."""
        return result_rows.read_runs(self._connection, assignment)

    def run_in_force(self, assignment: str) -> GradingRun | None:
        """The last run that was accepted; None where nothing is graded yet."""
        accepted = [run for run in self.runs(assignment) if run.state == "accepted"]
        return accepted[-1] if accepted else None

    def run_results(self, run: int) -> list[RunResult]:
        """What a run gave, by submission."""
        return result_rows.read_run_results(self._connection, run)

    def results_of(self, assignment: str, submission: str) -> list[RunResult]:
        """What each run of an assignment gave a submission; the first is the oldest."""
        return result_rows.results_of(self._connection, assignment, submission)

    def has_result(self, content: str) -> bool:
        """Whether there is a result of that content."""
        return result_rows.has_result(self._connection, content)

    def result(self, content: str) -> Result:
        """A result by `RunResult.content`: as graded, before lateness, marks and overrides.

        Raises:
            InputError: there is none, or it is damaged.
        """
        return result_rows.read_result(self._connection, content)

    def written_answers(
        self, contents: Sequence[str]
    ) -> Iterator[tuple[str, list[AnsweredNotebook]]]:
        """The written answers of some results, by `RunResult.content`.

        Raises:
            InputError: a result is damaged.
        """
        return result_rows.read_answers(self._connection, contents)

    def marks(self, assignment: str) -> dict[Place, Mark]:
        """The marks of written answers that are in force."""
        return mark_rows.marks_in_force(self._connection, assignment)

    def has_marks(self, assignment: str) -> bool:
        """Whether any written answer has points from a person."""
        return mark_rows.has_marks(self._connection, assignment)

    def sections(self) -> list[str]:
        """The sections that anybody is in."""
        return people_rows.read_sections(self._connection)

    def mark_history(self, assignment: str = "", person: str = "") -> list[MarkEntry]:
        """Every mark that was given or taken back; the first is the oldest."""
        return mark_rows.read_marks(self._connection, assignment, person)

    def overrides(self, assignment: str = "", person: str = "") -> dict[int, Override]:
        """Overrides by their numbers, revoked ones among them; the first is the oldest."""
        return decision_rows.read_overrides(self._connection, assignment, person)

    def extensions(self, assignment: str = "") -> dict[int, Extension]:
        """Extensions by their numbers, revoked ones and those for every assignment among them."""
        return decision_rows.read_extensions(self._connection, assignment)

    def revoked_overrides(self) -> dict[int, Revocation]:
        """Who revoked which override, by its number."""
        return decision_rows.read_revocations(self._connection, overrides)

    def revoked_extensions(self) -> dict[int, Revocation]:
        """Who revoked which extension, by its number."""
        return decision_rows.read_revocations(self._connection, extensions)

    def requests(self, assignment: str = "", person: str = "") -> dict[int, RegradeRequest]:
        """Regrade requests by their numbers; the first is the oldest."""
        return request_rows.read_requests(self._connection, assignment, person)

    def line_comments(self, assignment: str, attempt: str = "") -> dict[int, LineComment]:
        """Comments on code by their numbers, at an assignment or on one attempt by its key."""
        return comment_rows.read_comments(self._connection, assignment, attempt)

    def comparison(self, assignment: str) -> StoredComparison | None:
        """What `grader similar` found last in an assignment; None where nothing was compared.

        Raises:
            InputError: it is damaged.
        """
        return comparison_rows.last_comparison(self._connection, assignment)

    def log(self, assignment: str = "", person: str = "") -> list[LogEntry]:
        """What was done, the oldest first. With a person: what concerns them or everybody."""
        return log_rows.read_log(self._connection, assignment, person)

    def attempt_count(self, assignment: str) -> int:
        """How many attempts there are at an assignment."""
        return attempt_rows.count_attempts(self._connection, assignment)

    def last_change(self, assignment: str) -> int:
        """Another number whenever something was done that may concern an assignment."""
        return log_rows.last_change(self._connection, assignment)

    def log_page(
        self, *, who: str = "", assignment: str = "", text: str = "", before: int = 0, limit: int
    ) -> list[tuple[int, LogEntry]]:
        """Some of what was done, the latest first, with numbers; see `log_rows.read_log_page`."""
        return log_rows.read_log_page(
            self._connection, who=who, assignment=assignment, text=text, before=before, limit=limit
        )

    def accounts(self) -> dict[str, Account]:
        """Who may sign in to the desk, by name."""
        return {account.name: account for account in account_rows.read_accounts(self._connection)}

    def password_hash(self, name: str) -> str:
        """What is kept of an account's password; empty where it has none, or is not there."""
        return account_rows.password_of(self._connection, name)

    def session(
        self, token: str, now: dt.datetime, kind: TokenKind = "session"
    ) -> AccountSession | None:
        """Whose token it is; None where it is nobody's, or its time is over."""
        return account_rows.read_session(self._connection, token_digest(token), kind, now)
