"""What a course keeps beside people and attempts: runs, marks with their history, the log."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import msgspec

from grader.model.attempt import Attempt, DeliveredFile
from grader.model.code_comment import CodeComment
from grader.model.similar_pairs import SimilarityReport

RunState = Literal["begun", "accepted", "preview", "undone"]
"""`begun`: not finished; `accepted`: its results are those in force, unless a later one is."""
RequestState = Literal["open", "granted", "declined"]


class StoredAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt as a course keeps it, with what lies in `submissions/`."""

    attempt: Attempt
    """With everybody who submitted it as `members`, whether it counts for them or not."""
    files: list[DeliveredFile] = []
    """Each `path` from the root of the course."""
    source: str = ""
    """The name of its entry in the export."""
    comment: str = ""
    problem: str = ""
    """Why it cannot be graded; empty where it can."""
    active: bool = True
    """False where the platform says that it does not count."""
    digest: str = ""
    """Of the names and content of its files: the same work imported again is the same attempt."""


class GradingRun(msgspec.Struct, frozen=True, kw_only=True):
    """One time that an assignment was graded."""

    id: int
    assignment: str
    state: RunState
    why: str = ""
    harness: str = ""
    """The version that graded."""
    who: str
    at: dt.datetime
    finished: dt.datetime | None = None


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a run gave one student, before lateness, marks and overrides."""

    run: int
    submission: str
    """`Result.submission`: in a course the `Person.key` of the attempt's owner."""
    attempt: str = ""
    """`Attempt.key`; empty where nothing was submitted."""
    content: str
    """Names the result; see `CourseView.result`."""
    inputs: str = ""
    """`Result.digest`: of all that the result depends on."""


class StoredComparison(msgspec.Struct, frozen=True, kw_only=True):
    """What `grader similar` found in an assignment."""

    assignment: str
    report: SimilarityReport
    who: str
    at: dt.datetime


class MarkEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A mark of a written answer, as it was given or taken back at some time."""

    assignment: str
    person: str
    notebook: str
    question: str
    points: float | None = None
    comment: str = ""
    version: str = ""
    taken_back: bool = False
    who: str
    at: dt.datetime


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody did to the course."""

    who: str
    at: dt.datetime
    what: str
    """A short sentence: `overrode the points of part layers`."""
    assignment: str = ""
    person: str = ""
    details: dict[str, Any] = {}


class LineComment(msgspec.Struct, frozen=True, kw_only=True):
    """A remark on a line of an attempt; everybody who submitted it sees it."""

    assignment: str
    attempt: str
    """`Attempt.key`."""
    comment: CodeComment
    who: str
    """Only for staff."""
    at: dt.datetime


class RegradeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a student asks to be looked at again."""

    assignment: str
    person: str
    about: str = ""
    """Id of a check or part; empty for the whole."""
    text: str
    """What the student wrote."""
    asked: dt.datetime | None = None
    """When, as far as the request says it."""
    state: RequestState = "open"
    answer: str = ""
    who: str
    """Who imported it, or answered it last."""
    at: dt.datetime
