"""Scores: what is shared, weighted by how rare it is."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from grader.similarity.linked_groups import linked_groups
from grader.similarity.pair_scores import SMALL, pair_scores, rarity
from grader.similarity.rare_mistakes import count_makers, mistake_prints, rare_shared
from grader.similarity.score_spread import score_spread


def sets(count: int, seed: int) -> list[np.ndarray]:
    """Submissions that share some passages with few, and some with most."""
    draw = np.random.RandomState(seed)
    return [
        np.unique(np.concatenate([
            np.flatnonzero(draw.rand(40) < 0.9), 100 + draw.randint(0, 300, 30),
        ])).astype(np.uint64)
        for _ in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize(("count", "ours"), [(5, 5), (40, 40), (40, 12)])
def test_scores_are_the_shared_weight_of_the_smaller(count: int, ours: int) -> None:
    held = sets(count, 3)
    having = Counter(value for each in held for value in each.tolist())
    weight = {v: math.log((count + 1) / max(1, n - 1)) for v, n in having.items()}
    totals = [sum(weight[v] for v in each.tolist()) for each in held]
    scores = pair_scores(held, rarity(held), ours)
    assert scores.shape == (ours, count)
    for first in range(ours):
        for second in range(count):
            shared = set(held[first].tolist()) & set(held[second].tolist())
            expected = sum(weight[v] for v in shared) / min(totals[first], totals[second])
            if second <= first:
                expected = 0
            assert scores[first, second] == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_rare_passages_weigh_more_than_common_ones() -> None:
    def held(*numbers: int) -> np.ndarray:
        return np.array(numbers, np.uint64)

    filler = [held(*range(10), *range(100 * n, 100 * n + 10)) for n in range(2, 8)]
    scores = pair_scores(
        [held(*range(50, 70)), held(*range(50, 60), *range(80, 90)), *filler],
        rarity([held(*range(50, 70)), held(*range(50, 60), *range(80, 90)), *filler]),
        8,
    )
    assert scores[0, 1] == scores.max()
    assert scores[0, 1] > 2 * scores[2, 3] > 0


def test_little_is_measured_as_if_it_were_more() -> None:
    held = [*sets(6, 1), np.array([1000], np.uint64), np.array([1000], np.uint64)]
    score = float(pair_scores(held, rarity(held), 8)[6, 7])
    assert 0 < score < 1 / SMALL / 10


def test_nothing_shared_and_nothing_held() -> None:
    held = [np.zeros(0, np.uint64), np.array([1], np.uint64), np.array([2], np.uint64)]
    assert pair_scores(held, rarity(held), 3).tolist() == [[0.0] * 3] * 3


def test_the_threshold_lies_above_what_is_ordinary() -> None:
    ordinary = np.linspace(0.1, 0.3, 200).astype(np.float32)
    spread = score_spread(np.append(ordinary, np.float32(0.95)))
    assert 0.3 < spread.threshold < 0.95
    assert (spread.outside, spread.pairs, sum(spread.bins)) == (1, 201, 201)
    assert spread.bins[19] == 1


def test_what_is_nearly_the_same_stands_out_even_where_most_is() -> None:
    half = np.repeat(np.array([0.1, 0.97], np.float32), 100)
    assert score_spread(half).outside == 100


@pytest.mark.parametrize("scores", [[], [0.99], [0.2, 0.7]])
def test_few_pairs_have_a_fixed_threshold(scores: list[float]) -> None:
    spread = score_spread(np.array(scores, np.float32))
    assert (spread.threshold, spread.pairs) == (0.6, len(scores))


def test_links_make_groups() -> None:
    assert linked_groups([(1, 2), (3, 4), (4, 5), (2, 6), (7, 8), (8, 1)]) == [
        {1, 2, 6, 7, 8}, {3, 4, 5},
    ]  # fmt: skip
    assert linked_groups([]) == []


def test_a_rare_mistake_in_the_same_form_counts_and_a_common_one_does_not() -> None:
    common = {"sign 0 []": "Sign"}
    rare = {"factor 1 [3.0]": "Factor"}
    made = [common | rare, common | rare, *[common] * 30, {}]
    makers = count_makers(made)
    assert [each.id for each in rare_shared(made[0], made[1], makers, 33)] == ["factor"]
    assert rare_shared(made[0], made[2], makers, 33) == []
    assert rare_shared(made[0], {"factor 1 [2.0]": "Factor"}, makers, 33) == []
    own = [np.arange(50 * n, 50 * n + 40, dtype=np.uint64) for n in range(33)]
    held = [np.union1d(one, mistake_prints(each)) for one, each in zip(own, made, strict=True)]
    scores = pair_scores(held, rarity(held), 33)
    assert scores[0, 1] == scores.max() > 10 * scores[2, 3]
