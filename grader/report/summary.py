"""What class page and gradebook need of a result: a hundred thousand of these fit in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from grader.model.result import Cause, CheckResult, Outcome, PartResult, Result
from grader.model.worth import WorthStep, final_of
from grader.report.check_view import asked_for
from grader.report.notebook_statistics import CellCount, count_cells
from grader.report.text import by_name, clip

LETTERS: Final = {
    Outcome.PASSED: "p",
    Outcome.FAILED: "f",
    Outcome.ERROR: "e",
    Outcome.MISSING: "m",
    Outcome.SKIPPED: "s",
    Outcome.INTERNAL: "i",
}
"""How `Summary.marks` spells outcomes; a check that is not asked for is a dash."""
_NOT_ASKED: Final = "-"
_MAX_ANSWER: Final = 900
_MAX_ASKED: Final = 400


class AnswerSummary(Struct, frozen=True, kw_only=True):
    """A written answer."""

    notebook: str
    question: str
    asked: str = ""
    """What the question says; its beginning."""
    points: float
    """What it is worth."""
    state: str
    words: int
    text: str
    """Its beginning."""
    version: str
    anchor: str
    """Where it is in the report."""
    mark: float | None
    comment: str
    outdated: bool

    @property
    def unmarked(self) -> bool:
        """Whether there is no mark, or one for what has changed since."""
        return self.mark is None or self.outdated

    @property
    def waits(self) -> bool:
        """Whether a person has to look at it: what is not answered may go without a mark."""
        return self.outdated or (self.mark is None and self.state in ("answered", "unreadable"))


class Summary(Struct, frozen=True, kw_only=True):
    """One submission."""

    submission: str
    name: str
    """What people call it."""
    score: float
    penalty: float
    max_score: float
    parts: list[PartResult]
    roll: str
    """Which list of checks `marks` is about; see `Register`."""
    marks: str
    """The outcome of each check, a letter each."""
    mistakes: list[str]
    """Ids of the mistakes behind failed checks."""
    internal: int
    """Checks that the harness failed on."""
    release: str | None
    """Id of the release that it was graded by."""
    python2: bool
    sandbox: str | None
    isolated: bool
    error: str
    error_kind: str
    cells: CellCount | None
    """Of its notebooks; None where none were asked for."""
    answers: list[AnswerSummary] = []
    """To the questions of its notebooks."""

    steps: list[WorthStep] = []
    """From the points that grading gave to those that count."""
    excused: bool = False
    """Whether a person decided that it does not count."""

    @property
    def final(self) -> float:
        """The points that count."""
        return final_of(self.score, self.penalty, self.steps)

    @property
    def percent(self) -> float:
        """The final score of 100."""
        return 100.0 * self.final / self.max_score if self.max_score else 0.0

    @property
    def graded(self) -> bool:
        """Whether the submission could be read and run."""
        return not self.error

    @property
    def waiting(self) -> int:
        """Written answers that somebody has to mark."""
        return sum(answer.waits for answer in self.answers)

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many of the checks that count ended how; every outcome is there."""
        return {outcome: self.marks.count(letter) for outcome, letter in LETTERS.items()}


class Register:
    """What the summaries of a class have in common: lists of checks, and known mistakes."""

    def __init__(self) -> None:
        self.rolls: dict[str, list[CheckResult]] = {}
        """Lists of checks, less what differs between submissions."""
        self.causes: dict[str, Cause] = {}

    def summary(self, result: Result) -> Summary:
        """The summary of a result; what it refers to is in the register from then on."""
        mistakes = {cause.id: cause for check in result.checks for cause in _made(check)}
        self.causes |= {id: replace(cause, source=None) for id, cause in mistakes.items()}
        return Summary(
            submission=result.submission,
            name=result.name,
            score=result.score,
            penalty=result.penalty,
            max_score=result.max_score,
            parts=result.parts,
            roll=self._roll(result.checks),
            marks="".join(_letter(check) for check in result.checks),
            mistakes=list(mistakes),
            internal=result.count(Outcome.INTERNAL),
            release=result.release.id if result.release else None,
            python2=result.python2,
            sandbox=result.sandbox.kind if result.sandbox else None,
            isolated=bool(result.sandbox and result.sandbox.isolated),
            error=result.error,
            error_kind=result.error_kind,
            cells=count_cells(result.notebooks),
            answers=answers_of(result),
            steps=result.steps,
            excused=result.excused,
        )

    def _roll(self, checks: list[CheckResult]) -> str:
        texts = "\0".join(f"{check.id}\0{check.title}\0{check.part}" for check in checks)
        roll = hashlib.sha256(texts.encode(errors="surrogatepass")).hexdigest()[:16]
        if roll not in self.rolls:
            self.rolls[roll] = [_bare(check) for check in checks]
        return roll


class Roster:
    """The summaries of a class, in the order of names; may be gone through many times."""

    def __init__(self, register: Register, summaries: Iterable[Summary] = ()) -> None:
        self.register = register
        self._summaries = sorted(summaries, key=lambda summary: by_name(summary.submission))

    @classmethod
    def of(cls, results: Iterable[Result] | Roster) -> Roster:
        """The roster of some results; a roster is one already."""
        if isinstance(results, Roster):
            return results
        register = Register()
        return cls(register, [register.summary(result) for result in results])

    def __iter__(self) -> Iterator[Summary]:
        """The summaries."""
        return iter(self._summaries)


def answers_of(result: Result) -> list[AnswerSummary]:
    """The written answers of a result, in the order of the report."""
    return [
        AnswerSummary(
            notebook=book.id, question=answer.question, asked=clip(answer.asked, _MAX_ASKED),
            points=answer.points, state=answer.state, words=answer.words,
            text=clip(answer.text, _MAX_ANSWER), mark=answer.mark,
            version=answer.version, anchor=answer_anchor(number, place),
            comment=answer.comment, outdated=answer.outdated,
        )
        for number, book in enumerate(result.notebooks, start=1)
        for place, answer in enumerate(book.answers, start=1)
    ]  # fmt: skip


def answer_anchor(notebook: int, answer: int) -> str:
    """Where in a report the answer is, both counted from 1."""
    return f"notebook-{notebook}-answer-{answer}"


def _bare(check: CheckResult) -> CheckResult:
    return CheckResult(
        id=check.id,
        title=check.title,
        part=check.part,
        targets=check.targets,
        outcome=Outcome.SKIPPED,
        points=0.0,
        max_points=check.max_points,
    )


def _letter(check: CheckResult) -> str:
    return LETTERS[check.outcome] if asked_for(check) else _NOT_ASKED


def _made(check: CheckResult) -> list[Cause]:
    """Of several mistakes that it may be, the likeliest counts."""
    mistakes = [cause for cause in check.causes if cause.kind == "mistake"]
    certain = [cause for cause in mistakes if cause.certain]
    return certain or mistakes[:1]
