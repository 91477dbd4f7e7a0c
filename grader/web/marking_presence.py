"""Who is looking at which answer, so that no two mark the same one without knowing.

In memory alone: what is lost when the desk is started again comes back within seconds, and marks
are safe without it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Final

SECONDS: Final = 45.0
"""How long somebody counts as there after their page was last heard of."""


class MarkingPresence:
    """The answers that are before somebody now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._there: dict[str, dict[str, float]] = {}

    def enter(self, codes: Iterable[str], who: str) -> None:
        """Say that somebody has these answers before them."""
        with self._lock:
            self._enter(codes, who)

    def take_first(self, candidates: Iterable[list[str]], who: str) -> list[str]:
        """Give somebody the first of some lists of answers of which nobody else has any."""
        with self._lock:
            for codes in candidates:
                if not any(self._others(code, who) for code in codes):
                    self._enter(codes, who)
                    return codes
        return []

    def others(self, codes: Iterable[str], who: str) -> list[str]:
        """Who else has one of these answers before them."""
        with self._lock:
            return sorted({name for code in codes for name in self._others(code, who)})

    def _enter(self, codes: Iterable[str], who: str) -> None:
        now = time.monotonic()
        for code in codes:
            self._there.setdefault(code, {})[who] = now
        if len(self._there) > 10_000:
            self._there = {code: kept for code in self._there if (kept := self._left(code, now))}

    def _others(self, code: str, who: str) -> list[str]:
        return [name for name in self._left(code, time.monotonic()) if name != who]

    def _left(self, code: str, now: float) -> dict[str, float]:
        there = self._there.get(code, {})
        return {name: at for name, at in there.items() if now - at < SECONDS}
