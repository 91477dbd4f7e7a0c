"""What a course keeps of marking beside the marks themselves."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from grader.course.marking.scheme import CountsFrom, MarkChoice, SchemeItem

ActKind = Literal["mark", "undo"]


class StoredScheme(msgspec.Struct, frozen=True, kw_only=True):
    """The scheme of a question, less what the question is worth."""

    counts_from: CountsFrom = "zero"
    items: list[SchemeItem] = []


class StoredMark(msgspec.Struct, frozen=True, kw_only=True):
    """The last thing that was said of an answer's points."""

    id: int
    """0 where nothing was said."""
    points: float | None = None
    comment: str = ""
    version: str = ""
    taken_back: bool = True
    who: str = ""

    @property
    def is_marked(self) -> bool:
        """Whether there are points."""
        return self.points is not None and not self.taken_back


class MarkingAct(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was marked at once."""

    id: int
    assignment: str
    notebook: str
    question: str
    kind: ActKind
    who: str
    at: dt.datetime


class MarkedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a mark was made from."""

    id: int = 0
    act: int
    person: str
    choice: MarkChoice
    mark: int
    """Number of the mark that came of it: of the last one, where it was made anew."""
    earlier_mark: int = 0
    """Number of what was said before; 0 for nothing."""


class MarkingFlag(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that somebody wants looked at again."""

    person: str
    notebook: str
    question: str
    who: str
    at: dt.datetime
