"""Finding arguments that a function accepts and on which its output depends, by trying."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from grader.authoring.argument_kinds import Kind

_TRIALS: Final = 1500
_AFTER_FIRST: Final = 80
"""Further trials, once arguments are accepted on some of which nothing depends."""
Choice = dict[str, Kind]
Attempt = Callable[[Choice, str], Any]
"""Called with arguments and the name of one that is drawn anew; None if they are not accepted."""


class Found(NamedTuple):
    """Arguments that were accepted."""

    choice: Choice
    outcome: Any
    idle: tuple[str, ...]
    """Parameters on which nothing depends."""


def find_arguments(
    kinds: Mapping[str, Sequence[Kind]], attempt: Attempt, seconds: float
) -> Found | None:
    """The likeliest arguments that are accepted and all of which matter; the best if none are.

    Args:
        kinds: of each required parameter, the likeliest first.
        attempt: makes the call.
        seconds: after which the search ends.
    """
    best: Found | None = None
    end = time.process_time() + seconds
    left = _TRIALS
    for choice in _by_cost(kinds):
        if left <= 0 or time.process_time() > end:
            break
        left -= 1
        outcome = attempt(choice, "")
        if outcome is None:
            continue
        drawn = [name for name, kind in choice.items() if kind.is_drawn]
        idle = tuple(name for name in drawn if attempt(choice, name) in (None, outcome))
        if best is None or len(idle) < len(best.idle):
            best = Found(choice, outcome, idle)
            left = min(left, _AFTER_FIRST)
        if not idle:
            break
    return best


def substitutes(
    found: Found, kinds: Mapping[str, Sequence[Kind]], attempt: Attempt, limit: int
) -> Iterator[tuple[str, Choice]]:
    """Accepted arguments that differ in one parameter, where the output differs too.

    Yields:
        The parameter, and the arguments.
    """
    outcomes = {found.outcome}
    for name, options in kinds.items():
        taken = 0
        for kind in options:
            if taken >= limit:
                break
            if name in found.choice and kind.template == found.choice[name].template:
                continue
            choice = {**found.choice, name: kind}
            outcome = attempt(choice, "")
            if outcome is not None and outcome not in outcomes:
                outcomes.add(outcome)
                taken += 1
                yield name, choice


def _by_cost(kinds: Mapping[str, Sequence[Kind]]) -> Iterator[Choice]:
    """All combinations, the likeliest first."""
    names = list(kinds)
    if any(not kinds[name] for name in names):
        return
    order = itertools.count()
    first = (0,) * len(names)
    heap = [(_cost(kinds, names, first), next(order), first)]
    seen = {first}
    while heap:
        _, _, at = heapq.heappop(heap)
        yield {name: kinds[name][i] for name, i in zip(names, at, strict=True)}
        for place, name in enumerate(names):
            if at[place] + 1 < len(kinds[name]):
                following = (*at[:place], at[place] + 1, *at[place + 1 :])
                if following not in seen:
                    seen.add(following)
                    heapq.heappush(heap, (_cost(kinds, names, following), next(order), following))


def _cost(kinds: Mapping[str, Sequence[Kind]], names: Sequence[str], at: Sequence[int]) -> float:
    return sum(kinds[name][i].cost for name, i in zip(names, at, strict=True))
