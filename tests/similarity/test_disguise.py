"""The labelled set is what it says: copies look different and compute the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.similarity import honest
from tests.similarity.disguise import disguise
from tests.similarity.labelled_class import labelled_class

KEEP = frozenset(honest.SIGNATURES)


def computed(text: str) -> list[Any]:
    """What the functions of a module give on fixed inputs; it is ours, and may be run."""
    module: dict[str, Any] = {}
    exec(compile(text, "<invented>", "exec"), module)
    draw = np.random.RandomState(1)
    x, w, b, dout = (draw.randn(*shape) for shape in ((4, 3, 2), (6, 5), (5,), (4, 5)))
    rows, labels = draw.randn(6, 5), np.array([0, 1, 2, 3, 4, 0])
    normed, cache = module["norm_forward"](rows, np.ones(5) * 2, np.zeros(5))
    return [
        module["affine_forward"](x, w, b)[0],
        *module["affine_backward"](dout, (x, w, b)),
        module["relu_forward"](rows)[0],
        module["relu_backward"](rows, rows),
        *module["softmax_loss"](rows.copy(), labels),
        *module["svm_loss"](rows.copy(), labels),
        normed,
        *module["norm_backward"](draw.randn(6, 5), cache),
        *module["dropout_forward"](rows, 0.5, 3),
        *module["momentum_step"](rows, rows * 2, rows * 3),
        *module["adam_step"](rows, rows * 2, rows * 0.1, rows * rows, 3),
        module["pool_forward"](draw.randn(6, 6), 2),
        module["distances"](rows, rows[:3] * 2),
        module["moving_average"](np.arange(9.0), 3),
    ]


@pytest.mark.parametrize("seed", range(0, 40, 4))
def test_the_honest_compute_the_same_in_their_own_ways(seed: int) -> None:
    assert honest.solution(seed) != honest.solution(seed + 1)
    for value, expected in zip(
        computed(honest.solution(seed)), computed(honest.solution(7)), strict=True
    ):
        np.testing.assert_allclose(value, expected, atol=1e-6)


@pytest.mark.parametrize("seed", range(0, 40, 4))
def test_a_copy_computes_the_same_and_shares_few_lines(seed: int) -> None:
    text = honest.solution(seed)
    copy = disguise(text, seed, keep=KEEP)
    for value, expected in zip(computed(copy), computed(text), strict=True):
        np.testing.assert_allclose(value, expected, atol=1e-9)
    own = {line.strip() for line in text.splitlines()} & {
        line.strip() for line in copy.splitlines()
    }
    assert len(own) < 0.15 * len(set(text.splitlines()))


def test_names_do_not_tell_who_copied() -> None:
    labelled = labelled_class(5, 4, 2)
    assert len(labelled.texts) == 6
    assert len(set(labelled.family.values())) == 4
    assert labelled_class(5, 4, 2) == labelled
    assert labelled_class(6, 4, 2).texts != labelled.texts
