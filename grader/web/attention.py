"""What somebody has to look at before an assignment is done."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Final, NamedTuple

from grader.web.class_rows import KEPT, ClassView, StudentRow

_LOWEST: Final = 10
_BELOW: Final = 0.5
"""The lowest are only shown below this share of the points."""


class WaitingQuestion(NamedTuple):
    """A question with answers that wait for a mark."""

    notebook: str
    question: str
    asked: str
    waiting: int
    answered: int


class SameWork(NamedTuple):
    """Students whose submissions are the same, byte for byte."""

    rows: list[StudentRow]


class OpenRequest(NamedTuple):
    """A regrade request that nobody answered."""

    number: int
    row: StudentRow
    about: str


class Attention(NamedTuple):
    """All that waits for somebody; empty lists where nothing does."""

    failed: list[StudentRow]
    """Could not be graded."""
    internal: list[StudentRow]
    ungraded: list[StudentRow]
    """What counts for them was submitted after the last run."""
    lowest: list[StudentRow]
    same: list[SameWork]
    waiting: list[WaitingQuestion]
    requests: list[OpenRequest]

    @property
    def things(self) -> int:
        """How many there are, without those who merely have few points."""
        people = len(self.failed) + len(self.internal) + len(self.ungraded)
        return people + len(self.same) + len(self.waiting) + len(self.requests)


@lru_cache(KEPT)
def attention(view: ClassView) -> Attention:
    """What waits in a class."""
    by_key = {row.person.key: row for row in view.rows}
    graded = sorted((row.score, n) for n, row in enumerate(view.rows) if row.score is not None)
    low = [view.rows[n] for score, n in graded if score < _BELOW * view.max_score]
    return Attention(
        failed=[row for row in view.rows if row.state == "failed"],
        internal=[row for row in view.rows if row.state == "internal"],
        ungraded=[row for row in view.rows if row.state == "ungraded"],
        lowest=low[:_LOWEST],
        same=[
            SameWork(found)
            for keys in view.same
            if len(found := [by_key[key] for key in keys if key in by_key]) > 1
        ],
        waiting=_waiting(view),
        requests=[
            OpenRequest(number, by_key[key], about)
            for number, (key, about) in view.requests.items()
            if key in by_key
        ],
    )


def _waiting(view: ClassView) -> list[WaitingQuestion]:
    answers = [a for row in view.rows if row.summary for a in row.summary.answers]
    asked = {(answer.notebook, answer.question): answer.asked for answer in answers}
    waiting = Counter((a.notebook, a.question) for a in answers if a.waits)
    answered = Counter(
        (a.notebook, a.question) for a in answers if a.state in ("answered", "unreadable")
    )
    return [
        WaitingQuestion(*place, asked[place], waiting[place], answered[place])
        for place in asked
        if waiting[place]
    ]
