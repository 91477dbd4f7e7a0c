"""The passages that two programs share: the longest first, none twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.similarity.program_units import ProgramUnit, stretches
from grader.similarity.winnowing import LENGTH

SHORTEST: Final = 12
"""Tokens of a passage that is shown."""
_GAP: Final = 6
"""So many tokens may differ between two parts of a passage."""
_MOST_PLACES: Final = 12
"""Passages that stand in more places say nothing about where they are from."""


class SharedPassage(NamedTuple):
    """Tokens that stand in both programs, but for a few between them."""

    first: int
    """Unit of the first program."""
    second: int
    start: int
    """Token in the unit of the first program."""
    end: int
    other_start: int
    other_end: int

    @property
    def tokens(self) -> int:
        """How long it is in the first program."""
        return self.end - self.start


class _Run(NamedTuple):
    """Tokens that stand in both programs without a difference."""

    length: int
    first: int
    start: int
    second: int
    other: int


def shared_passages(
    first: Sequence[ProgramUnit], second: Sequence[ProgramUnit]
) -> list[SharedPassage]:
    """What two programs share, without what was given, in the order of the first program."""
    runs = sorted(_runs(first, second), key=lambda run: (-run.length, run[1:]))
    taken = [np.zeros(len(unit.rows), np.bool_) for unit in first]
    other_taken = [np.zeros(len(unit.rows), np.bool_) for unit in second]
    kept: list[_Run] = []
    for run in runs:
        free = ~(
            taken[run.first][run.start : run.start + run.length]
            | other_taken[run.second][run.other : run.other + run.length]
        )
        at, length = _longest(free)
        if length >= LENGTH:
            taken[run.first][run.start + at : run.start + at + length] = True
            other_taken[run.second][run.other + at : run.other + at + length] = True
            kept.append(_Run(length, run.first, run.start + at, run.second, run.other + at))
    return [passage for passage in _joined(kept) if passage.tokens >= SHORTEST]


def _runs(first: Sequence[ProgramUnit], second: Sequence[ProgramUnit]) -> Iterator[_Run]:
    """Every run of passages that follow each other in both programs."""
    places: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, unit in enumerate(second):
        if not unit.given:
            for where in np.flatnonzero(~unit.was_given).tolist():
                places[int(unit.hashes[where])].append((number, where))
    for number, unit in enumerate(first):
        if unit.given:
            continue
        going: dict[tuple[int, int], _Run] = {}
        for at, value in enumerate(unit.hashes.tolist()):
            found = [] if unit.was_given[at] else places.get(value, [])
            found = found if len(found) <= _MOST_PLACES else []
            now: dict[tuple[int, int], _Run] = {}
            for other, place in found:
                begun = _Run(LENGTH - 1, number, at, other, place)
                run = going.pop((other, place - 1), begun)
                now[other, place] = run._replace(length=run.length + 1)
            yield from going.values()
            going = now
        yield from going.values()


def _longest(free: NDArray[np.bool_]) -> tuple[int, int]:
    """Where the longest stretch of free tokens begins, and its length."""
    found = ((end - start, start) for start, end in stretches(free))
    length, start = max(found, default=(0, 0))
    return start, length


def _joined(runs: Sequence[_Run]) -> list[SharedPassage]:
    """Runs as passages; those that follow each other closely in both programs as one."""
    passages: list[SharedPassage] = []
    for run in sorted(runs, key=lambda run: (run.first, run.second, run.start)):
        last = passages[-1] if passages else None
        end, other_end = run.start + run.length, run.other + run.length
        if last and (last.first, last.second) == (run.first, run.second):
            gap, other_gap = run.start - last.end, run.other - last.other_end
            if 0 <= gap <= _GAP and 0 <= other_gap <= _GAP:
                passages[-1] = last._replace(end=end, other_end=other_end)
                continue
        passages.append(SharedPassage(run.first, run.second, run.start, end, run.other, other_end))
    return sorted(passages, key=lambda passage: (passage.first, passage.start))
