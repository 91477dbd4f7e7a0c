"""Which submissions of a batch take long, while they are being graded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from grader.report.text import one_line

SLOW_SECONDS: Final = 20.0
"""After which a submission is named."""
_SHOWN: Final = 3


def slow_ones(running: Mapping[str, float]) -> str:
    """The slowest of what is being graded, for one line: `bob 95 s, ann 40 s`."""
    slow = [(name, seconds) for name, seconds in running.items() if seconds >= SLOW_SECONDS]
    slow.sort(key=lambda each: -each[1])
    shown = [f"{one_line(name, 24)} {seconds:.0f} s" for name, seconds in slow[:_SHOWN]]
    more = [f"{len(slow) - _SHOWN} more"] if len(slow) > _SHOWN else []
    return ", ".join(shown + more)


class SlowLines:
    """Says it in lines, where there is no display: of each submission less and less often."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._next: dict[str, float] = {}

    def __call__(self, running: Mapping[str, float]) -> None:
        """Say which submissions have been running for twice as long as when it was last said."""
        for name, seconds in running.items():
            if seconds >= self._next.get(name, SLOW_SECONDS):
                self._next[name] = 2 * seconds
                self._say(f"{one_line(name)}: has been running for {seconds:.0f} s")
