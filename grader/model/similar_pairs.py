"""Records of a comparison of submissions: who wrote what alike, and how far from ordinary it is."""

from __future__ import annotations

from typing import Final

import msgspec

SIMILAR_JSON: Final = "similar/similar.json"
"""Where a report lies in the output folder of a batch."""


class ComparedSubmission(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that took part."""

    id: str
    """Its identity within its folder; in a course the `Person.key` of whoever submitted it."""
    name: str
    """What people call them; of a team all its members."""
    section: str = ""
    """Which section of a course they are in."""
    other: str = ""
    """The other class that it is from: a section's or an earlier year's; empty for this one."""
    attempt: int = 0
    """Which attempt it is, counting from 1; 0 where there is one alone."""
    counted: bool = True
    """Whether this attempt counts."""
    passages: int = 0
    """Of its own, without what was given; 0 where there is nothing to compare."""
    problem: str = ""
    """Why it could not be compared, or not wholly."""

    @property
    def shown(self) -> str:
        """What people call it, with the other class or the section that it is from."""
        where = self.other or self.section
        return f"{self.name} ({where})" if where else self.name


class FunctionPair(msgspec.Struct, frozen=True, kw_only=True):
    """Functions that two submissions wrote alike."""

    first: str
    second: str
    tokens: int
    """That they share."""


class SharedMistake(msgspec.Struct, frozen=True, kw_only=True):
    """A named mistake that both made."""

    id: str
    title: str
    made_by: int
    """How many of the class made it."""


class SimilarPair(msgspec.Struct, frozen=True, kw_only=True):
    """Two submissions."""

    first: int
    """Index of a submission of this class."""
    second: int
    score: float
    """Weight of what both hold, of all that the smaller holds: from 0 to 1."""
    stands_out: bool
    """Whether it is above the threshold."""
    same_name: bool = False
    """Whether both, of two classes, go by one name: they may be one person."""
    identical: list[str] = []
    """Files that are the same, byte for byte, and were not given."""
    functions: list[FunctionPair] = []
    """Where they are alike, the most first."""
    lines: int = 0
    """Of the first that stand in a shared passage."""
    mistakes: list[SharedMistake] = []
    """Those that few made."""
    page: str = ""
    """Its page, beside the list."""


class SimilarGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Submissions that hang together by pairs that stand out."""

    members: list[int]
    lowest: float
    """The lowest score of such a pair."""
    highest: float


class ScoreSpread(msgspec.Struct, frozen=True, kw_only=True):
    """The scores of all pairs."""

    pairs: int
    bins: list[int]
    """How many pairs from 0 to 0.05, from 0.05 to 0.1, and so on."""
    median: float
    ninety_nine: float
    """99 of 100 pairs score less."""
    threshold: float
    """From here on a pair stands out."""
    outside: int = 0
    """How many pairs stand out, listed or not."""


class SimilarityReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `grader similar` found."""

    submissions: list[ComparedSubmission]
    pairs: list[SimilarPair]
    """The highest scores first."""
    groups: list[SimilarGroup]
    repeats: list[SimilarPair] = []
    """What somebody submitted, with their own work of an earlier year that it is as similar to as
    a pair that stands out, or that it holds files of. They are not among the pairs."""
    spread: ScoreSpread
    given: list[str] = []
    """Templates and given files that were subtracted."""
    others: list[str] = []
    """Other classes that took part."""

    def to_json(self) -> bytes:
        """The report as it is kept."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1)

    @classmethod
    def from_json(cls, content: bytes) -> SimilarityReport:
        """A kept report.

        Raises:
            msgspec.DecodeError: it is none.
        """
        return msgspec.json.decode(content, type=cls)
