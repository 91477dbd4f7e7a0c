"""What somebody has to look at before an assignment is done."""

from __future__ import annotations

from typing import Final, NamedTuple

from grader.web.class_rows import ClassView, StudentRow

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
    found: dict[tuple[str, str], WaitingQuestion] = {}
    for row in view.rows:
        for answer in row.summary.answers if row.summary else ():
            place = (answer.notebook, answer.question)
            known = found.get(place) or WaitingQuestion(*place, answer.asked, 0, 0)
            found[place] = known._replace(
                waiting=known.waiting + answer.waits,
                answered=known.answered + (answer.state in ("answered", "unreadable")),
            )
    return [each for each in found.values() if each.waiting]
