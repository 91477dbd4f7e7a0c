"""Why something was graded, or was not: for the last lines of a batch."""

from __future__ import annotations

from collections import Counter
from typing import Final

HERE: Final = "here"
"""The output folder has it."""
CACHE: Final = "cache"
"""The cache has it."""

WORDS: Final = {
    "new": "new",
    "submission": "submission changed",
    "rubric": "rubric changed",
    "bank": "test bank changed",
    "reference": "reference or known mistakes changed",
    "key": "answer key changed",
    "assignment": "other files of the assignment changed",
    "settings": "settings changed",
    "harness": "gradewall, Python or NumPy changed",
    "unknown": "graded from something else, of which no record is left",
    "damaged": "stored result damaged",
    "failed": "gradewall itself had failed on it",
    "fresh": "--fresh",
}
"""What is said of a part of `Fingerprint` that changed, and of what else makes us grade."""


class Reasons:
    """Counts where results came from, and why those that were graded were."""

    def __init__(self) -> None:
        self._reused: Counter[str] = Counter()
        self._graded: Counter[tuple[str, ...]] = Counter()

    def add(self, origin: str, why: tuple[str, ...]) -> None:
        """Count one: taken from `origin`, or if that is empty, graded because of `why`."""
        if origin:
            self._reused[origin] += 1
        else:
            self._graded[why] += 1

    @property
    def reused(self) -> int:
        """How many were not graded now."""
        return self._reused.total()

    def lines(self) -> list[str]:
        """What to print; nothing where all were graded for the first time, or had to be."""
        lines = []
        if cached := self._reused[CACHE]:
            lines.append(f"From the cache: {cached}.")
        if set(self._graded) - {("new",), ("fresh",)} or (self.reused and self._graded):
            parts = [f"{n} ({said(why)})" for why, n in self._graded.most_common()]
            lines.append(f"Graded now: {', '.join(parts)}.")
        return lines


def said(why: tuple[str, ...]) -> str:
    """Reasons in words."""
    return "; ".join(WORDS[reason] for reason in why)


def origin(place: str, why: tuple[str, ...]) -> str:
    """Of one submission: where its result was taken from, or why it was graded."""
    return {HERE: "unchanged", CACHE: "from the cache"}.get(place) or said(why)
