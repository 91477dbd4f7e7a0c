"""The term's total: shares by weight, without those that are dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple


class TermShare(NamedTuple):
    """What a student has of one assignment."""

    weight: Fraction
    """What the assignment is worth in the term's total."""
    share: Fraction
    """Of its points, what counts: 0 where nothing was submitted."""
    may_drop: bool = True


class TermTotal(NamedTuple):
    """A student's total."""

    share: Fraction
    """Of what could be had; 0 where there is nothing yet."""
    dropped: tuple[int, ...]
    """Places of the assignments that were left out."""


def term_total(shares: Sequence[TermShare], drop: int) -> TermTotal:
    """The total without the `drop` lowest shares; at least one assignment is kept.

    Of equal shares that of the greater weight is dropped, which is better for the student, and
    then the later.
    """
    dropped = _lowest(shares, drop)
    kept = [share for place, share in enumerate(shares) if place not in dropped]
    weight = sum((share.weight for share in kept), Fraction(0))
    earned = sum((share.weight * share.share for share in kept), Fraction(0))
    return TermTotal(earned / weight if weight else Fraction(0), dropped)


def droppable_sets(may_drop: Sequence[bool], drop: int) -> Iterator[frozenset[int]]:
    """Every choice of what could be dropped."""
    places = [place for place, may in enumerate(may_drop) if may]
    for dropped in combinations(places, _number(len(places), len(may_drop), drop)):
        yield frozenset(dropped)


def _lowest(shares: Sequence[TermShare], drop: int) -> tuple[int, ...]:
    places = [place for place, share in enumerate(shares) if share.may_drop]
    places.sort(key=lambda at: (shares[at].share, -shares[at].weight, -at))
    return tuple(sorted(places[: _number(len(places), len(shares), drop)]))


def _number(droppable: int, every: int, drop: int) -> int:
    return max(0, min(drop, droppable, every - 1))
