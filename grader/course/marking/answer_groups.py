"""Answers that say the same, or nearly the same: to be looked at side by side.

Equal are those that differ in white space, the width of characters, upper and lower case outside
code and formulas, and a full stop at the end. Near are those that share most of their n-grams;
a word between them may still turn the meaning round, so a person sees each wording.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

NEAR: Final = 0.7
"""Share of n-grams, of all that two answers have, that near ones have in common."""
_LENGTH: Final = 5
_ROWS: Final = 4
_DRAWN: Final = np.random.default_rng(0).integers(1 << 63, size=(2, 32 * _ROWS), dtype=np.uint64)
_SHIFTS: Final = _DRAWN[0]
_FACTORS: Final = _DRAWN[1] | np.uint64(1)
_PRIME: Final = np.uint64(1_000_003)
_MAX_READ: Final = 4_000
"""Characters of an answer that are compared; longer ones are grouped only where they are equal."""
_EXACT: Final = re.compile(r"(\$\$.*?\$\$|\$[^$\n]*\$|`[^`\n]*`)", re.DOTALL)
_WIDE: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_END: Final = " .。!;"


class AnswerText(NamedTuple):
    """An answer to be grouped."""

    code: str
    """Names it."""
    text: str
    pictures: str = ""
    """Differs where its pictures do."""


class Wording(NamedTuple):
    """Answers that are equal."""

    text: str
    """As the first of them has it."""
    codes: list[str]


class AnswerGroup(NamedTuple):
    """Wordings that are near each other, the most frequent first."""

    id: str
    wordings: list[Wording]

    @property
    def codes(self) -> list[str]:
        """Every answer of the group."""
        return [code for wording in self.wordings for code in wording.codes]

    def among(self, codes: Collection[str]) -> AnswerGroup:
        """What is left of it among some answers."""
        left = [
            Wording(each.text, [code for code in each.codes if code in codes])
            for each in self.wordings
        ]
        return AnswerGroup(self.id, [wording for wording in left if wording.codes])


def normalised(text: str) -> str:
    """What equal answers have in common."""
    text = unicodedata.normalize("NFC", text).translate(_WIDE)
    pieces = _EXACT.split(text)
    lowered = "".join(p if at % 2 else p.lower() for at, p in enumerate(pieces))
    return " ".join(lowered.split()).rstrip(_END)


def answer_groups(answers: Iterable[AnswerText]) -> list[AnswerGroup]:
    """Groups, the largest first. Answers of one question; their order decides nothing but ties."""
    wordings: dict[tuple[str, str], Wording] = {}
    for answer in answers:
        key = normalised(answer.text), answer.pictures
        wordings.setdefault(key, Wording(answer.text, [])).codes.append(answer.code)
    ordered = sorted(wordings, key=lambda key: (-len(wordings[key].codes), key))
    leaders = _leaders([text for text, _ in ordered], [pictures for _, pictures in ordered])
    groups: dict[int, list[Wording]] = defaultdict(list)
    for place, key in enumerate(ordered):
        groups[leaders[place]].append(wordings[key])
    found = [AnswerGroup(_id(ordered[leader]), each) for leader, each in groups.items()]
    return sorted(found, key=lambda group: -len(group.codes))  # stable: leaders stay in order


def _id(key: tuple[str, str]) -> str:
    return hashlib.sha256("\0".join(key).encode(errors="surrogatepass")).hexdigest()[:12]


def _leaders(texts: Sequence[str], pictures: Sequence[str]) -> list[int]:
    """For each text the first that it is near, itself if it is near none.

    Only those are compared that have the same lowest hashes in some band of their signatures
    (MinHash): of two near ones all but one pair in ten thousand do, of two others few.
    """
    by_band: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    leaders: list[int] = []
    grams = [_grams(text) for text in texts]
    for place, own in enumerate(grams):
        bands = list(enumerate(_bands(own))) if len(own) else []
        seen = {other for band in bands for other in by_band.get(band, ())}
        near = (
            other
            for other in sorted(seen)
            if pictures[other] == pictures[place] and _are_near(own, grams[other])
        )
        leader = next(near, place)
        leaders.append(leader)
        if leader == place:
            for band in bands:
                by_band[band].append(place)
    return leaders


def _grams(text: str) -> NDArray[np.uint64]:
    """The hashes of a text's n-grams, ascending; none of a text that is too long."""
    if len(text) > _MAX_READ:
        return np.empty(0, np.uint64)
    codes = np.frombuffer(text.ljust(_LENGTH).encode("utf-32-le", "surrogatepass"), np.uint32)
    hashed = np.zeros(len(codes) - _LENGTH + 1, np.uint64)
    for at in range(_LENGTH):
        hashed = hashed * _PRIME + codes[at : at + len(hashed)]
    return np.unique(hashed)


def _bands(grams: NDArray[np.uint64]) -> list[bytes]:
    lowest = ((grams[:, None] + _SHIFTS) * _FACTORS >> np.uint64(32)).min(axis=0)
    return [lowest[at : at + _ROWS].tobytes() for at in range(0, len(lowest), _ROWS)]


def _are_near(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> bool:
    if min(len(one), len(other)) < NEAR * max(len(one), len(other)):
        return False
    shared = len(one) + len(other) - len(np.union1d(one, other))
    return shared >= NEAR * (len(one) + len(other) - shared)
