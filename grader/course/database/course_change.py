"""One change of a course: all of it is kept, or nothing, and the log says who made it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from grader.course.accounts import Account, TokenKind, new_token, token_digest
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
from grader.course.database.course_view import CourseView
from grader.course.database.decision_rows import Revocation
from grader.course.database.marking_rows import MarkingWriter
from grader.course.marks import Mark, Place
from grader.model.code_comment import CodeComment
from grader.model.course_records import (
    GradingRun,
    LineComment,
    LogEntry,
    MarkEntry,
    RegradeRequest,
    RequestState,
    RunResult,
    StoredAttempt,
)
from grader.model.errors import UsageError
from grader.model.person import Person
from grader.model.result import Result
from grader.model.similar_pairs import SimilarityReport
from grader.model.worth import Extension, Override


class CourseChange(CourseView):
    """Writes, and reads what it has written."""

    def __init__(self, connection: Connection, who: str, at: dt.datetime) -> None:
        super().__init__(connection)
        self.who = who
        self.at = at

    @property
    def marking(self) -> MarkingWriter:
        """What the course holds of marking by hand, to be written; in no log."""
        return MarkingWriter(self._connection, self.who, self.at)

    def put_people(self, changed: Sequence[Person], what: str, assignment: str = "") -> None:
        """Write some people, in place of those with the same keys; `what` is said in the log.

        Ids that platforms give anew for each assignment are kept for this one, or not at all.
        """
        people_rows.put_people(self._connection, changed, assignment)
        self.note(what, assignment, details={"people": [person.key for person in changed]})

    def put_attempts(self, assignment: str, changed: Sequence[StoredAttempt], what: str) -> None:
        """Write some attempts, in place of those with the same keys; `what` is said in the log."""
        attempt_rows.put_attempts(self._connection, assignment, changed)
        keys = [stored.attempt.key for stored in changed]
        self.note(what, assignment, details={"attempts": keys})

    def begin_run(self, assignment: str, *, why: str = "", harness: str = "") -> int:
        """Begin to grade an assignment; the number of the run."""
        return result_rows.begin_run(
            self._connection, assignment, who=self.who, at=self.at, why=why, harness=harness
        )

    def put_result(self, run: int, result: Result, attempt: str = "") -> RunResult:
        """Keep what a run gave, as graded: before lateness, marks and overrides."""
        return result_rows.put_result(self._connection, run, result, attempt)

    def put_run_result(self, found: RunResult) -> None:
        """Note that a run gave a submission a result that is kept already."""
        result_rows.put_run_result(self._connection, found)

    def accept_run(self, run: int) -> None:
        """What this run gave is in force from now on, until a later one is accepted."""
        self._settle(run, "accepted", f"graded: run {run}")

    def hold_run(self, run: int) -> None:
        """Keep what this run gave as a preview, which is not in force."""
        self._settle(run, "preview", f"graded for a preview: run {run}")

    def put_run_in_force(self, run: int) -> None:
        """What this run gave is in force again, and nothing that a later one gave.

        Raises:
            UsageError: there is no run of that number.
        """
        found = self._run(run)
        result_rows.put_run_in_force(self._connection, found)
        self.note(f"put run {run} in force", found.assignment)

    def enter_marks(self, assignment: str, entered: Mapping[Place, Mark | None]) -> list[MarkEntry]:
        """Enter marks of written answers, None takes one back; those that say something new."""
        entries = mark_rows.add_marks(
            self._connection, assignment, entered, who=self.who, at=self.at
        )
        for person, own in _by_person(entries).items():
            places = [f"{entry.notebook}/{entry.question}" for entry in own]
            self.note("marked written answers", assignment, person, {"answers": places})
        return entries

    def override(self, override: Override) -> int:
        """Keep an override, in place of one for the same; its number."""
        stamped = self._stamped(override)
        number = decision_rows.add_override(self._connection, stamped)
        what = f"overrode {_place(override)} (override {number})"
        self.note(what, override.assignment, override.person, {"why": override.why})
        return number

    def revoke_override(self, number: int, why: str = "") -> Override:
        """Take an override back; what it was.

        Raises:
            UsageError: there is none of that number, or it is revoked already.
        """
        known = self.overrides().get(number)
        revocation = Revocation(self.who, self.at, why)
        if known is None or not decision_rows.revoke_override(self._connection, number, revocation):
            raise _not_in_force("override", number, known is not None)
        self.note(f"revoked override {number}", known.assignment, known.person, {"why": why})
        return known

    def extend(self, extension: Extension) -> int:
        """Keep an extension; its number."""
        number = decision_rows.add_extension(self._connection, self._stamped(extension))
        what = f"gave {extension.scope} {extension.id} more time (extension {number})"
        person = extension.id if extension.scope == "student" else ""
        self.note(what, extension.assignment, person, {"why": extension.why})
        return number

    def revoke_extension(self, number: int, why: str = "") -> Extension:
        """Take an extension back; what it was.

        Raises:
            UsageError: there is none of that number, or it is revoked already.
        """
        known = self.extensions().get(number)
        revocation = Revocation(self.who, self.at, why)
        if known is None or not decision_rows.revoke_extension(
            self._connection, number, revocation
        ):
            raise _not_in_force("extension", number, known is not None)
        person = known.id if known.scope == "student" else ""
        self.note(f"revoked extension {number}", known.assignment, person, {"why": why})
        return known

    def add_request(self, request: RegradeRequest) -> int | None:
        """Keep a regrade request; its number, or None where the same is there already."""
        number = request_rows.add_request(self._connection, request)
        if number is not None:
            what = f"took in regrade request {number}"
            self.note(what, request.assignment, request.person)
        return number

    def answer_request(self, number: int, state: RequestState, answer: str = "") -> RegradeRequest:
        """Say what became of a regrade request; what it was before.

        Raises:
            UsageError: there is none of that number.
        """
        known = self.requests().get(number)
        if known is None:
            raise UsageError(f"The course has no regrade request {number}.")
        request_rows.answer_request(
            self._connection, number, state=state, answer=answer, who=self.who, at=self.at
        )
        self.note(f"{state} regrade request {number}", known.assignment, known.person)
        return known

    def comment_on_code(self, assignment: str, attempt: StoredAttempt, said: CodeComment) -> int:
        """Keep a comment on a line of an attempt; its number."""
        made = LineComment(
            assignment=assignment,
            attempt=attempt.attempt.key,
            comment=said,
            who=self.who,
            at=self.at,
        )
        number = comment_rows.add_comment(self._connection, made)
        what = f"commented on {said.file}, line {said.line} (comment {number})"
        self.note(what, assignment, attempt.attempt.owner)
        return number

    def take_comment_back(self, assignment: str, attempt: StoredAttempt, number: int) -> None:
        """Show a comment on code no more.

        Raises:
            UsageError: the attempt has none of that number.
        """
        if number not in self.line_comments(assignment, attempt.attempt.key):
            raise UsageError(f"The attempt has no comment {number}.")
        comment_rows.take_comment_back(self._connection, number)
        self.note(f"took comment {number} back", assignment, attempt.attempt.owner)

    def put_comparison(self, assignment: str, report: SimilarityReport) -> None:
        """Keep what `grader similar` found."""
        comparison_rows.add_comparison(
            self._connection, assignment, report, who=self.who, at=self.at
        )
        self.note("looked for similar submissions", assignment)

    def put_account(self, account: Account) -> None:
        """Let somebody sign in to the desk, or change as what; the password stays.

        Raises:
            UsageError: nobody would be left who may manage accounts.
        """
        before = self.accounts().get(account.name)
        if before is not None and account.role != "owner":
            self._keep_an_owner(account.name)
        account_rows.put_account(self._connection, account)
        what = f"{'changed' if before else 'added'} the account {account.name}: {account.role}"
        self.note(what, details={"sections": account.sections})

    def remove_account(self, name: str) -> None:
        """Remove an account, and sign out whoever uses it.

        Raises:
            UsageError: there is none, or nobody would be left who may manage accounts.
        """
        self._account(name)
        self._keep_an_owner(name)
        account_rows.delete_account(self._connection, name)
        self.note(f"removed the account {name}")

    def set_password(self, name: str, kept: str) -> None:
        """Keep the hash of a password, and sign out whoever uses the account; links end too.

        Raises:
            UsageError: there is no such account.
        """
        self._account(name)
        account_rows.set_password(self._connection, name, kept)
        account_rows.end_sessions(self._connection, name)
        self.note(f"{'set' if kept else 'removed'} the password of {name}")

    def new_session(self, name: str, expires: dt.datetime) -> str:
        """Let somebody in; their token."""
        return self._new_token(name, "session", expires)

    def new_link(self, name: str, lasts: dt.timedelta) -> str:
        """The token of a link that lets somebody in once, within a time.

        Raises:
            UsageError: there is no such account.
        """
        self._account(name)
        self.note(f"made a link to sign in as {name}")
        return self._new_token(name, "link", self.at + lasts)

    def use_link(self, token: str) -> Account | None:
        """Whose link it was, which is used up now; None where it lets nobody in."""
        found = self.session(token, self.at, "link")
        self.end_session(token)
        return found.account if found else None

    def prolong_session(self, token: str, expires: dt.datetime) -> None:
        """Let a session last until then."""
        account_rows.prolong_session(self._connection, token_digest(token), expires)

    def end_session(self, token: str) -> None:
        """Sign somebody out."""
        account_rows.end_session(self._connection, token_digest(token))

    def note(
        self,
        what: str,
        assignment: str = "",
        person: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Say in the log what was done."""
        entry = LogEntry(
            who=self.who,
            at=self.at,
            what=what,
            assignment=assignment,
            person=person,
            details=dict(details or {}),
        )
        log_rows.add_log(self._connection, entry)

    def _account(self, name: str) -> Account:
        found = self.accounts().get(name)
        if found is None:
            raise UsageError(f"The course has no account {name[:80]!r}.")
        return found

    def _keep_an_owner(self, but: str) -> None:
        owners = {each.name for each in self.accounts().values() if each.role == "owner"}
        if owners == {but}:
            hint = "Make somebody else an owner first."
            raise UsageError(f"{but} is the only owner of the course.", hint=hint)

    def _new_token(self, name: str, kind: TokenKind, expires: dt.datetime) -> str:
        token = new_token()
        account_rows.add_session(
            self._connection, name, token_digest(token), kind=kind, made=self.at, expires=expires
        )
        return token

    def _stamped(self, decision: Any) -> Any:
        """With who and when, where it does not say so itself."""
        return replace(decision, who=decision.who or self.who, when=decision.when or self.at)

    def _run(self, number: int) -> GradingRun:
        for run in self.runs():
            if run.id == number:
                return run
        raise UsageError(f"The course has no run {number}.")

    def _settle(self, run: int, state: Any, what: str) -> None:
        found = self._run(run)
        finished = None if found.finished else self.at
        result_rows.set_run_state(self._connection, run, state, finished)
        self.note(what, found.assignment)


def _by_person(entries: Iterable[MarkEntry]) -> dict[str, list[MarkEntry]]:
    found: dict[str, list[MarkEntry]] = {}
    for entry in entries:
        found.setdefault(entry.person, []).append(entry)
    return found


def _place(override: Override) -> str:
    return "the whole" if override.scope == "total" else f"{override.scope} {override.id}"


def _not_in_force(what: str, number: int, there: bool) -> UsageError:
    if there:
        return UsageError(f"{what.capitalize()} {number} is revoked already.")
    return UsageError(f"The course has no {what} {number}.")
