"""What another grading changes: records from which its preview is rendered."""

from __future__ import annotations

from collections import Counter

import msgspec

from grader.model.points import exact, rounded


class CheckChange(msgspec.Struct, frozen=True, kw_only=True):
    """A check that came out differently."""

    id: str
    title: str
    before: str
    """Its outcome; empty where it was not there."""
    after: str
    points_before: float
    points_after: float
    changed: bool = False
    """Whether the check itself is written differently."""


class ScoreChange(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that is worth something else, or is judged differently."""

    submission: str
    name: str
    before: float | None
    """What counted; None where it was not graded before."""
    after: float | None
    """What will count; None where it cannot be graded now."""
    max_points: float
    checks: list[CheckChange]
    causes: list[str]
    """Why, as keys of the reports' texts: `submission`, `bank`, `release`, `override`, ..."""
    error: str = ""
    """Why it cannot be graded now."""

    @property
    def by(self) -> float:
        """How many points it gains."""
        return rounded(exact(self.after or 0.0) - exact(self.before or 0.0))


class Regrade(msgspec.Struct, frozen=True, kw_only=True):
    """What another grading of a class changes."""

    total: int
    """Submissions that were looked at."""
    changes: list[ScoreChange]
    """The largest first."""

    @property
    def gained(self) -> int:
        """How many are worth more."""
        return sum(change.by > 0 for change in self.changes)

    @property
    def lost(self) -> int:
        """How many are worth less."""
        return sum(change.by < 0 for change in self.changes)

    @property
    def checks(self) -> list[tuple[str, int]]:
        """Checks that came out differently, and for how many; those of most first."""
        return Counter(c.title for change in self.changes for c in change.checks).most_common()
