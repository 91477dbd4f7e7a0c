"""Slip days and dropped assignments: what the total is, against trying everything."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import pytest

from grader.course.slip_days import SlipChoice, spend_best, spend_in_order
from grader.course.term_total import TermShare, term_total


def _share(percent: int, weight: int = 1, *, may_drop: bool = True) -> TermShare:
    return TermShare(Fraction(weight), Fraction(percent, 100), may_drop)


@pytest.mark.parametrize(
    ("shares", "drop", "percent", "dropped"),
    [
        ([_share(50), _share(90)], 0, 70, ()),
        ([_share(50), _share(90)], 1, 90, (0,)),
        ([_share(50, 3), _share(90)], 0, 60, ()),
        ([_share(50, may_drop=False), _share(60), _share(90)], 1, 70, (1,)),
        ([_share(0, 20), _share(0, 30), _share(100, 50)], 1, Fraction(500, 7), (1,)),
        ([_share(50), _share(50)], 1, 50, (1,)),
        ([_share(50)], 3, 50, ()),
        ([], 1, 0, ()),
        ([_share(50, 0)], 0, 0, ()),
    ],
)
def test_totals(
    shares: list[TermShare], drop: int, percent: Fraction | int, dropped: tuple[int, ...]
) -> None:
    total = term_total(shares, drop)
    assert (100 * total.share, total.dropped) == (percent, dropped)


def test_in_order_the_first_take_what_there_is() -> None:
    assert spend_in_order([1, 3, 2], 3) == [1, 2, 0]
    assert spend_in_order([2, 2], 0) == [0, 0]


def _choice(generator: random.Random) -> SlipChoice:
    shares = sorted(generator.choices(range(0, 101, 5), k=generator.randint(1, 4)))
    return SlipChoice(
        Fraction(generator.choice((1, 1, 2))),
        tuple(Fraction(share, 100) for share in shares),
        generator.random() < 0.8,
    )


def _tried(choices: list[SlipChoice], budget: int, drop: int) -> tuple[Fraction, int]:
    """The best total of all ways to spend the days, and the fewest days for it."""
    ways = itertools.product(*[range(len(choice.shares)) for choice in choices])
    found = [
        (
            term_total(
                [
                    TermShare(choice.weight, choice.shares[days], choice.may_drop)
                    for choice, days in zip(choices, way, strict=True)
                ],
                drop,
            ).share,
            -sum(way),
        )
        for way in ways
        if sum(way) <= budget
    ]
    return max(found)


@pytest.mark.parametrize("seed", range(60))
def test_best_first_is_the_best_of_all_ways(seed: int) -> None:
    generator = random.Random(seed)
    choices = [_choice(generator) for _ in range(generator.randint(1, 5))]
    budget, drop = generator.randint(0, 5), generator.randint(0, 2)
    days = spend_best(choices, budget, drop)
    shares = [
        TermShare(choice.weight, choice.shares[spent], choice.may_drop)
        for choice, spent in zip(choices, days, strict=True)
    ]
    assert sum(days) <= budget
    assert (term_total(shares, drop).share, -sum(days)) == _tried(choices, budget, drop)


def test_no_day_is_spent_where_it_does_not_raise_the_total() -> None:
    half, most = Fraction(1, 2), Fraction(4, 5)
    choices = [SlipChoice(Fraction(1), (half, most)), SlipChoice(Fraction(1), (most,))]
    assert spend_best(choices, 1, 1) == [0, 0]
    assert spend_best(choices, 1, 0) == [1, 0]
