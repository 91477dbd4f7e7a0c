"""Slip days: a student's budget of late days over the term, and where they are spent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from grader.course.term_total import TermShare, droppable_sets, term_total


class SlipChoice(NamedTuple):
    """What slip days would do for one assignment."""

    weight: Fraction
    """What the assignment is worth in the term's total."""
    shares: tuple[Fraction, ...]
    """Of its points, what counts with no day spent, with one, and so on to the most of use."""
    may_drop: bool = True


def spend_in_order(needed: Iterable[int], budget: int) -> list[int]:
    """The days for each assignment, in the order of the due times, while the budget lasts."""
    spent = []
    for days in needed:
        spent.append(min(days, budget))
        budget -= spent[-1]
    return spent


def spend_best(choices: Sequence[SlipChoice], budget: int, drop: int) -> list[int]:
    """The days for each assignment with which the term's total is highest.

    Of equal totals the one with the fewest days, and then with the earliest. No day is spent on an
    assignment that is dropped from the total.
    """
    plain = [0] * len(choices)
    if budget <= 0 or all(len(choice.shares) < 2 for choice in choices):
        return plain
    best = (_total(choices, plain, drop), 0, plain)
    for dropped in droppable_sets([choice.may_drop for choice in choices], drop):
        days = _spent(choices, budget, dropped)
        if days is None:
            continue
        found = (_total(choices, days, drop), -sum(days), days)
        best = max(best, found)
    return best[2]


def _total(choices: Sequence[SlipChoice], days: Sequence[int], drop: int) -> Fraction:
    shares = [
        TermShare(choice.weight, choice.shares[spent], choice.may_drop)
        for choice, spent in zip(choices, days, strict=True)
    ]
    return term_total(shares, drop).share


def _spent(choices: Sequence[SlipChoice], budget: int, dropped: frozenset[int]) -> list[int] | None:
    """The best days if these are dropped; None where they cannot be those of the lowest shares."""
    least = max((choices[place].shares[0] for place in dropped), default=Fraction(0))
    best: dict[int, tuple[Fraction, tuple[int, ...]]] = {0: (Fraction(0), ())}
    for place, choice in enumerate(choices):
        options = _options(choice, place in dropped, least if dropped else None)
        best = _with_choice(best, choice.weight, options, budget)
    if not best:
        return None
    days = max(best, key=lambda total: (best[total][0], -total))
    return list(best[days][1])


def _options(choice: SlipChoice, dropped: bool, least: Fraction | None) -> dict[int, Fraction]:
    """Days to what they are worth, of those that leave the dropped ones the lowest."""
    if dropped:
        return {0: Fraction(0)}
    bound = choice.may_drop and least is not None
    return {
        days: share
        for days, share in enumerate(choice.shares)
        if not bound or least is None or share >= least
    }


def _with_choice(
    best: dict[int, tuple[Fraction, tuple[int, ...]]],
    weight: Fraction,
    options: dict[int, Fraction],
    budget: int,
) -> dict[int, tuple[Fraction, tuple[int, ...]]]:
    """By days spent in all, the most points so far, and how the days are spread for them."""
    after: dict[int, tuple[Fraction, tuple[int, ...]]] = {}
    for spent, (points, spread) in best.items():
        for days, share in options.items():
            if spent + days <= budget:
                found = (points + weight * share, (*spread, days))
                after[spent + days] = max(after.get(spent + days, found), found)
    return after
