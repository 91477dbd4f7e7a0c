"""How similar each two submissions are: what they share, weighted by how rare it is.

A passage that nobody else has weighs most, one that everybody has weighs nothing. The score of two
submissions is the weight of what they share, of all that the smaller of the two holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.similarity.winnowing import Hashes

SMALL: Final = 0.4
"""What holds less than this share of the usual is measured as if it held so much: in little, all
may be shared by chance."""
_ENUMERATED: Final = 24
"""Passages that more submissions share are added up as matrices."""
_COLUMNS: Final = 2048
_CHUNK: Final = 1 << 20

Scores = NDArray[np.float32]


class RarePassages(NamedTuple):
    """The fingerprints of a class, and what each weighs."""

    hashes: Hashes
    """Sorted."""
    counts: NDArray[np.int64]
    """How many submissions have each."""
    owners: NDArray[np.int64]
    """Of how many people these are."""
    weights: NDArray[np.float32]

    def others(self, hashes: Hashes) -> NDArray[np.int64]:
        """How many people hold each of some passages; 0 for one that was not kept."""
        if not len(self.hashes):
            return np.zeros(len(hashes), np.int64)
        places = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return np.where(self.hashes[places] == hashes, self.owners[places], 0)


def rarity(submissions: Sequence[Hashes], owners: Sequence[str] = ()) -> RarePassages:
    """What the fingerprints of all submissions weigh; those of each are without doubles.

    What one owner's submissions hold alike is held once; without `owners`, each has its own.
    """
    hashes, counts = np.unique(_every(submissions), return_counts=True)
    by_owner: dict[str, list[Hashes]] = {}
    for owner, own in zip(owners or map(str, range(len(submissions))), submissions, strict=True):
        by_owner.setdefault(owner, []).append(own)
    held = counts
    if len(by_owner) < len(submissions):
        once = [np.unique(np.concatenate(own)) for own in by_owner.values()]
        held = np.unique(_every(once), return_counts=True)[1]
    weights = np.log((len(by_owner) + 1) / np.maximum(held - 1, 1))
    return RarePassages(hashes, counts, held, weights.astype(np.float32))


def _every(submissions: Sequence[Hashes]) -> Hashes:
    return np.concatenate([*submissions, np.zeros(0, np.uint64)])


def pair_scores(submissions: Sequence[Hashes], rare: RarePassages, ours: int) -> Scores:
    """The score of each pair, from 0 to 1: of the first `ours` submissions with all of them.

    Of a pair (i, j) with i < j; all else is 0.
    """
    count = len(submissions)
    owners = np.repeat(np.arange(count, dtype=np.int32), [len(s) for s in submissions])
    every = _every(submissions)
    places = np.searchsorted(rare.hashes, every)
    totals = np.bincount(owners, rare.weights[places], minlength=count)
    shared = rare.counts[places] > 1
    order = np.lexsort((owners[shared], places[shared]))
    owners, places = owners[shared][order], places[shared][order]
    weight = np.zeros((ours, count), np.float32)
    _add_rare(weight, owners, places, rare)
    _add_common(weight, owners, places, rare)
    smaller = np.maximum(_smaller(totals.astype(np.float32), ours), np.float32(1e-9))
    return np.divide(weight, smaller, dtype=np.float32)


def _smaller(totals: Scores, ours: int) -> Scores:
    usual = float(np.median(totals[totals > 0])) if (totals > 0).any() else 1.0
    held = np.maximum(totals, np.float32(SMALL * usual))
    return np.minimum(held[:ours, None], held[None, :])


def _add_rare(
    weight: Scores, owners: NDArray[np.int32], places: NDArray[np.int64], rare: RarePassages
) -> None:
    """Add what few share, pair by pair."""
    counts = rare.counts[places]
    ours, count = weight.shape
    flat = weight.reshape(-1)
    for size in range(2, _ENUMERATED + 1):
        chosen = counts == size
        sharing = owners[chosen].reshape(-1, size)
        worth = rare.weights[places[chosen]].reshape(-1, size)[:, 0]
        first, second = np.triu_indices(size, 1)
        step = max(1, _CHUNK // len(first))
        for at in range(0, len(sharing), step):
            one = sharing[at : at + step, first].ravel()
            other = sharing[at : at + step, second].ravel()
            worths = np.repeat(worth[at : at + step], len(first))
            mine = one < ours
            places_ = one[mine].astype(np.int64) * count + other[mine]
            np.add.at(flat, places_, worths[mine])


def _add_common(
    weight: Scores, owners: NDArray[np.int32], places: NDArray[np.int64], rare: RarePassages
) -> None:
    """Add what many share, as products of matrices."""
    chosen = rare.counts[places] > _ENUMERATED
    owners, places = owners[chosen], places[chosen]
    ours, count = weight.shape
    if not len(places):
        return
    kinds, columns = np.unique(places, return_inverse=True)
    for start in range(0, len(kinds), _COLUMNS):
        inside = (columns >= start) & (columns < start + _COLUMNS)
        held = np.zeros((count, min(_COLUMNS, len(kinds) - start)), np.float32)
        held[owners[inside], columns[inside] - start] = 1.0
        worth = rare.weights[kinds[start : start + _COLUMNS]]
        weight += (held[:ours] * worth) @ held.T
    weight[np.tri(ours, count, dtype=bool)] = 0
