"""The processor time that making a first bank may take, in all."""

from __future__ import annotations

from typing import Final

MINUTES: Final = 5.0
"""Of processor time, unless the author allows another number."""
_LEAST: Final = 2
"""Seconds that a task gets in any case."""


class Allowance:
    """What may be spent from now on, by this process and by those of its children that have ended.

    Processor time is what counts, so that the same bank is written on a busy machine.
    """

    def __init__(self, seconds: float) -> None:
        """Begin to count."""
        self._end = _spent() + seconds

    @property
    def left(self) -> float:
        """Seconds that are left; none below zero."""
        return max(0.0, self._end - _spent())

    def part(self, share: float) -> Allowance:
        """A part of what is left, as an allowance of its own."""
        return Allowance(share * self.left)

    def task(self, most: float) -> int:
        """Whole seconds for a task that should take no more than `most`."""
        return max(_LEAST, int(min(most, self.left)))


def _spent() -> float:
    import resource  # which Windows does not have

    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
