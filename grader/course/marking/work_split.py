"""Who marks which answers: the same for everybody who asks, and moved as little as can be."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from grader.course.marking.scheme import Question

SplitBy = Literal["", "question", "group", "chance"]
SPLITS: Final[tuple[SplitBy, ...]] = ("", "question", "group", "chance")


class MarkingRules(msgspec.Struct, frozen=True, kw_only=True):
    """How an assignment's answers are marked."""

    blind: bool = False
    """Whether nobody who marks sees names."""
    split: SplitBy = ""
    """What one marker gets as a whole; empty where everybody marks everything."""
    markers: list[str] = []
    """Names of the accounts among which it is split."""


class AnswerToSplit(NamedTuple):
    """An answer, and what it is split by."""

    code: str
    question: Question
    group: str
    who_may: Sequence[str]
    """The markers that may see whose answer it is."""


def marker_of(answer: AnswerToSplit, rules: MarkingRules, questions: Sequence[Question]) -> str:
    """Who marks an answer; empty where anybody may.

    `questions` are those of the assignment, in order. An answer that none of the markers may see is
    anybody's.
    """
    markers = [name for name in rules.markers if name in answer.who_may]
    if not rules.split or not markers:
        return ""
    if rules.split == "question":
        return markers[questions.index(answer.question) % len(markers)]
    drawn = answer.group if rules.split == "group" else answer.code
    return max(markers, key=lambda name: (_weight(drawn, name), name))


def _weight(drawn: str, name: str) -> bytes:
    """The highest of these wins: a marker that joins or leaves moves nobody else's answers."""
    return hashlib.sha256(f"{drawn}\0{name}".encode(errors="surrogatepass")).digest()
