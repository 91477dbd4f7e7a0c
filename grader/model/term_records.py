"""A term: what everybody has of every assignment, and what that amounts to."""

from __future__ import annotations

from typing import Literal

import msgspec

from grader.model.person import Person

WorkState = Literal["graded", "nothing", "unreadable", "failed", "excused", "pending"]
"""`nothing` was submitted by the due time. `unreadable` work counts 0 until it is given points.
`failed` is our fault and does not count, like `excused` and `pending` work."""
COUNTED = frozenset(("graded", "nothing", "unreadable"))
"""What is part of the term's total."""


class TermWork(msgspec.Struct, frozen=True, kw_only=True):
    """What one student has of one assignment."""

    assignment: str
    state: WorkState
    points: float = 0.0
    """What counts."""
    max_points: float = 0.0
    score: float = 0.0
    """For the work, before lateness."""
    penalty: float = 0.0
    slip_days: int = 0
    dropped: bool = False
    """Whether it is left out of the total as one of the lowest."""

    @property
    def percent(self) -> float:
        """What counts, of 100."""
        return 100.0 * self.points / self.max_points if self.max_points else 0.0


class TermRow(msgspec.Struct, frozen=True, kw_only=True):
    """One student's term."""

    person: Person
    works: list[TermWork]
    """In the order of the assignments."""
    total: float | None = None
    """Of 100, rounded; None where nothing counts yet."""


class TermSpread(msgspec.Struct, frozen=True, kw_only=True):
    """The scores of some students at one assignment, in per cent of its points."""

    submitted: int = 0
    late: int = 0
    """Of these, how many lost points by being late."""
    mean: float | None = None
    median: float | None = None
    lowest: float | None = None
    highest: float | None = None


class TermAssignment(msgspec.Struct, frozen=True, kw_only=True):
    """One assignment."""

    id: str
    title: str
    weight: float
    """What it is worth in the term's total."""
    due: str = ""
    """ISO 8601; empty where it is not known."""
    whole: TermSpread
    sections: dict[str, TermSpread]
    """By name of the section; empty where there are none."""


class TermCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A check that many failed."""

    assignment: str
    id: str
    title: str
    judged: int
    """Students for whom it passed or did not."""
    failing: list[str]
    """`Person.key` of those for whom it did not."""

    @property
    def share(self) -> float:
        """Failing of judged, of 100."""
        return 100.0 * len(self.failing) / self.judged if self.judged else 0.0


class ReturningMistake(msgspec.Struct, frozen=True, kw_only=True):
    """A known mistake that some made in more than one assignment."""

    id: str
    title: str
    people: dict[str, list[str]]
    """`Person.key` to the assignments in which they made it."""


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A course's term."""

    title: str
    assignments: list[TermAssignment]
    """In the order of their due times."""
    rows: list[TermRow]
    """By name; without withdrawn students."""
    hardest: list[TermCheck]
    """Those that the largest share failed first."""
    returning: list[ReturningMistake]
    """Those that come back for most students first."""
    drop: int = 0
    """How many assignments are left out of each total."""
