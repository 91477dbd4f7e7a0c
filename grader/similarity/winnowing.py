"""Fingerprints of code: hashes of passages, and of these the few that winnowing keeps.

Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting", 2003. A
passage is `LENGTH` tokens in a row. A name in it counts by how far back it stood before, within the
passage (Baker, "Parameterized pattern matching", 1996): a consistent renaming changes nothing, and
another flow of values does.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grader.similarity.code_tokens import CodeToken

LENGTH: Final = 5
"""Tokens of a passage: short enough to survive between two changes. What is shared by chance is
common, and weighs little. Of two passages in a row one is kept, so that LENGTH + 1 shared tokens
are found."""

Hashes = NDArray[np.uint64]

_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
_STIR: Final = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT: Final = np.uint64(29)
_KIND: Final = itemgetter(0)


class NumberedTokens:
    """Units of tokens one after the other, as numbers: what each says, and how far back its name
    stood before in its unit."""

    def __init__(self, units: Sequence[Sequence[CodeToken]]) -> None:
        self.ends: list[int] = list(itertools.accumulate(map(len, units)))
        """Of each unit, where the next one begins."""
        size = self.ends[-1] if self.ends else 0
        kinds = map(_number_of, map(_KIND, itertools.chain.from_iterable(units)))
        self._kinds = np.fromiter(kinds, np.uint64, size)
        self._back = np.array([far for unit in units for far in _distances(unit)], np.int64)
        left = np.repeat(np.array(self.ends, np.int64), list(map(len, units)))
        self._left = left - np.arange(size)

    def __len__(self) -> int:
        return len(self._kinds)

    def spans(self) -> Iterator[slice]:
        """Where each unit stands."""
        yield from itertools.starmap(slice, itertools.pairwise([0, *self.ends]))

    def fit(self, length: int = LENGTH) -> NDArray[np.bool_]:
        """Of each token, whether a passage that begins with it is inside its unit."""
        whole: NDArray[np.bool_] = self._left >= length
        return whole

    def passages(self, length: int = LENGTH) -> Hashes:
        """Of each token the hash of the passage that begins with it; 0 where none fits."""
        size = len(self)
        hashes = np.zeros(size, np.uint64)
        count = max(0, size - length + 1)
        inside = np.ones(count, np.uint64)
        for offset in range(length):
            distance = self._back[offset : offset + count]
            near = np.where(distance <= offset, distance, 0).astype(np.uint64)
            inside = (inside ^ (self._kinds[offset : offset + count] + near * _STIR)) * _PRIME
            inside ^= inside >> _SHIFT
        hashes[:count] = inside
        hashes[~self.fit(length)] = 0
        return hashes

    def winnowed(self, hashes: Hashes) -> NDArray[np.bool_]:
        """Which passages are fingerprints: of each two in a row the smaller, and whoever is alone.

        Args:
            hashes: the passages, by their first token.
        """
        pairs = np.flatnonzero(self._left > LENGTH)
        kept = np.zeros(len(self), np.bool_)
        kept[pairs + (hashes[pairs + 1] < hashes[pairs])] = True
        first = np.array([span.start for span in self.spans() if span.start < span.stop], np.intp)
        kept[first[self._left[first] == LENGTH]] = True
        return kept

    def digests(self) -> Iterator[bytes]:
        """Of each unit what is the same for those that differ in names and layout alone."""
        for span in self.spans():
            said = self._kinds[span].tobytes() + self._back[span].tobytes()
            yield hashlib.blake2b(said, digest_size=16).digest()


def inside(covered: NDArray[np.bool_], length: int = LENGTH) -> NDArray[np.bool_]:
    """Which passages have all their tokens among those that are covered."""
    if len(covered) < length:
        return np.zeros(0, np.bool_)
    views = np.lib.stride_tricks.sliding_window_view(covered, length)
    whole: NDArray[np.bool_] = np.logical_and.reduce(views, axis=1)
    return whole


def _distances(tokens: Sequence[CodeToken]) -> Iterator[int]:
    """How far back each token's name stood before; 0 if nowhere."""
    last: dict[str, int] = {}
    for at, (_, name, _) in enumerate(tokens):
        yield at - last.get(name, at) if name else 0
        last[name] = at


@lru_cache(maxsize=1 << 14)
def _number_of(kind: str) -> int:
    return int.from_bytes(hashlib.blake2b(kind.encode(), digest_size=8).digest(), "little")
