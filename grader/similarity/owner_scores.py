"""Scores of people, who may have submitted several attempts: of two people, that of their most
similar attempts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grader.similarity.compared_class import ComparedSource
from grader.similarity.pair_scores import Scores


class OwnerScores:
    """The scores of each owner of this class with everybody who comes after.

    An owner is somebody in one class: who repeats a course is there twice, and no pair of the two
    is one.
    """

    def __init__(
        self, compared: Sequence[ComparedSource], scores: Scores, is_read: NDArray[np.bool_]
    ) -> None:
        """Take the best of each two.

        Args:
            compared: the submissions; those of one owner in one class stand together.
            scores: of each submission of this class with each that comes after it.
            is_read: which submissions have anything to be compared.
        """
        self._compared, self._attempts = compared, scores
        keys = [(each.other, each.owner) for each in compared]
        found = [at for at, key in enumerate(keys) if not at or key != keys[at - 1]]
        self._starts = [*found, len(compared)]
        self._owners = np.array([compared[at].owner for at in found])
        self._ours = sum(not compared[at].other for at in found)
        own = self._owners[: self._ours, None] == self._owners
        self.best: Scores = np.where(own, np.float32(0), self._highest(found))
        """By owner of this class and by owner; 0 where the two are one."""
        is_read = np.logical_or.reduceat(is_read, found)
        after = ~np.tri(self._ours, len(found), dtype=np.bool_)
        self.is_pair: NDArray[np.bool_] = after & is_read[: self._ours, None] & is_read & ~own
        """Which of the scores are of a pair."""
        self._repeats = np.argwhere(after & own).tolist()

    def _highest(self, starts: Sequence[int]) -> Scores:
        if len(starts) == len(self._compared):
            return self._attempts
        rows = np.maximum.reduceat(self._attempts, starts[: self._ours], axis=0)
        best: Scores = np.maximum.reduceat(rows, starts, axis=1)
        return best

    def attempts(self, one: int, other: int) -> tuple[int, int]:
        """The most similar submissions of two owners; of equal ones the first."""
        first, end = self._starts[one], self._starts[one + 1]
        second, other_end = self._starts[other], self._starts[other + 1]
        inside = self._attempts[first:end, second:other_end]
        row, column = divmod(int(inside.argmax()), other_end - second)
        return first + row, second + column

    def score(self, first: int, second: int) -> float:
        """Of a submission of this class and one after it."""
        return float(self._attempts[first, second])

    def counted(self, owner: int) -> int:
        """The submission that stands for an owner: the last one that counts."""
        own = range(self._starts[owner], self._starts[owner + 1])
        return max(own, key=lambda at: (self._compared[at].counted, at))

    def repeats(self) -> list[tuple[int, int, float]]:
        """The most similar submissions of those who were there in another class too, and how
        similar they are."""
        found = (self.attempts(one, other) for one, other in self._repeats)
        pairs = [(a, b, self.score(a, b)) for a, b in found]
        return sorted(pairs, key=lambda each: (-each[2], each[0]))


def together(compared: Sequence[ComparedSource]) -> list[ComparedSource]:
    """The submissions with those of one owner beside each other, this class first."""
    ordered: dict[tuple[str, str], list[ComparedSource]] = {}
    for each in sorted(compared, key=lambda each: bool(each.other)):
        ordered.setdefault((each.other, each.owner), []).append(each)
    return list(itertools.chain.from_iterable(ordered.values()))
