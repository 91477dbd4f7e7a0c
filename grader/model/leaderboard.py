"""The ranking of a class by its predictions."""

from __future__ import annotations

import msgspec


class LeaderboardEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One submission of predictions."""

    name: str
    rank: int = 0
    """1 is best, equal accuracies have equal ranks; 0 where there is no score."""
    correct: int = 0
    total: int = 0
    problem: str = ""
    """Why it has no score; empty if it has one."""
    note: str = ""
    digest: str = ""
    """Of the predictions; empty where there are none."""

    @property
    def accuracy(self) -> float:
        """Share of labels that are right."""
        return self.correct / self.total if self.total else 0.0
