"""Fingerprints of code: hashes of passages, and of these the few that winnowing keeps.

Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting", 2003. A
passage is `LENGTH` tokens in a row. A name in it counts by how far back it stood before, within the
passage (Baker, "Parameterized pattern matching", 1996): a consistent renaming changes nothing, and
another flow of values does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grader.similarity.code_tokens import CodeToken

LENGTH: Final = 5
"""Tokens of a passage: short enough to survive between two changes. What is shared by chance is
common, and weighs little."""
WINDOW: Final = 2
"""Of so many passages in a row one is kept, so that LENGTH + WINDOW - 1 shared tokens are found."""

Hashes = NDArray[np.uint64]

_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
_STIR: Final = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT: Final = np.uint64(29)


def passage_hashes(tokens: Sequence[CodeToken], length: int = LENGTH) -> Hashes:
    """The hash of each passage of a unit, by the index of its first token."""
    count = len(tokens) - length + 1
    if count <= 0:
        return np.zeros(0, np.uint64)
    kinds, back = _as_numbers(tokens)
    hashes = np.ones(count, np.uint64)
    for offset in range(length):
        distance = back[offset : offset + count]
        inside = np.where(distance <= offset, distance, 0).astype(np.uint64)
        hashes = (hashes ^ (kinds[offset : offset + count] + inside * _STIR)) * _PRIME
        hashes ^= hashes >> _SHIFT
    return hashes


def winnow(hashes: Hashes, window: int = WINDOW) -> NDArray[np.intp]:
    """Where the fingerprints stand: of each window of hashes the smallest, each place once."""
    if len(hashes) <= window:
        return np.flatnonzero(hashes == hashes.min())[:1] if len(hashes) else np.zeros(0, np.intp)
    views = np.lib.stride_tricks.sliding_window_view(hashes, window)
    return np.unique(views.argmin(axis=1) + np.arange(len(views)))


def inside(covered: NDArray[np.bool_], length: int = LENGTH) -> NDArray[np.bool_]:
    """Which passages have all their tokens among those that are covered."""
    if len(covered) < length:
        return np.zeros(0, np.bool_)
    views = np.lib.stride_tricks.sliding_window_view(covered, length)
    whole: NDArray[np.bool_] = np.logical_and.reduce(views, axis=1)
    return whole


def _as_numbers(tokens: Sequence[CodeToken]) -> tuple[Hashes, NDArray[np.int64]]:
    """What each token says, as a number, and how far back its name stood before; 0 if nowhere."""
    kinds = np.fromiter((_number_of(token.kind) for token in tokens), np.uint64, len(tokens))
    back = np.zeros(len(tokens), np.int64)
    last: dict[str, int] = {}
    for at, token in enumerate(tokens):
        if token.name:
            back[at] = at - last.get(token.name, at)
            last[token.name] = at
    return kinds, back


@lru_cache(maxsize=1 << 14)
def _number_of(kind: str) -> int:
    return int.from_bytes(hashlib.blake2b(kind.encode(), digest_size=8).digest(), "little")
