"""The scheme of a question: what earns or costs how much, and the marks that are made from it."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, Literal, NamedTuple

import msgspec

from grader.model.errors import UsageError
from grader.model.points import exact, rounded
from grader.report.text import number

CountsFrom = Literal["zero", "full"]
"""Whether a mark begins at 0 and items add to it, or at all points and items cost some."""
MAX_TEXT: Final = 500
MAX_COMMENT: Final = 5_000
MAX_ITEMS: Final = 60

Question = tuple[str, str]
"""Notebook and question."""


class SchemeItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a scheme; students read it on what it was applied to."""

    id: int = 0
    """Given by the course; the same whatever else about it changes."""
    notebook: str
    question: str
    text: str
    points: float = 0.0
    """Below 0 it costs points; with 0 it is a comment that is used again and again."""
    position: int = 0
    removed: bool = False
    """Whether it can no longer be applied; marks made from it keep it."""


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """What a question is marked by."""

    points: float
    """What the question is worth, and at most earns."""
    counts_from: CountsFrom = "zero"
    items: list[SchemeItem] = []
    """Removed ones among them."""

    @property
    def offered(self) -> list[SchemeItem]:
        """The items that can be applied, in order."""
        return sorted((i for i in self.items if not i.removed), key=lambda i: (i.position, i.id))

    def points_of(self, choice: MarkChoice) -> float:
        """What a choice earns: within 0 and the question's points."""
        return rounded(min(max(self._sum(choice), Fraction(0)), exact(self.points)))

    def with_points(self, choice: MarkChoice, points: float) -> MarkChoice:
        """The choice, adjusted so that it earns these points.

        Raises:
            UsageError: the question does not have as many.
        """
        if not 0 <= points <= self.points:
            raise UsageError(f"Points are 0 to {number(self.points)}.")
        bare = msgspec.structs.replace(choice, adjustment=0.0)
        if self.points_of(bare) == points:
            return bare
        return msgspec.structs.replace(bare, adjustment=rounded(exact(points) - self._sum(bare)))

    def _sum(self, choice: MarkChoice) -> Fraction:
        total = exact(self.points) if self.counts_from == "full" else Fraction(0)
        total += sum((exact(item.points) for item in self.chosen(choice)), Fraction(0))
        return total + exact(choice.adjustment)

    def comment_of(self, choice: MarkChoice) -> str:
        """What the student reads: a line for each item, then what was written beside."""
        lines = [_line(item) for item in self.chosen(choice)]
        return "\n".join([*lines, choice.comment] if choice.comment else lines)

    def chosen(self, choice: MarkChoice) -> list[SchemeItem]:
        """The items of a choice, in the scheme's order."""
        return sorted(
            (item for item in self.items if item.id in choice.items),
            key=lambda item: (item.position, item.id),
        )


class MarkChoice(msgspec.Struct, frozen=True, kw_only=True):
    """What a marker chose for an answer, from which points and comment follow."""

    items: list[int] = []
    """Ids of items, ascending."""
    adjustment: float = 0.0
    """Points by hand beside those of the items."""
    comment: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was chosen or written."""
        return self == MarkChoice()


class StoredChoice(NamedTuple):
    """A choice as it is in force for an answer."""

    choice: MarkChoice
    points: float
    """What it came to when it was entered."""
    act: int
    """The number of the act that entered it."""
    who: str


def checked_item(item: SchemeItem, most: float) -> SchemeItem:
    """An item as somebody asks for it.

    Raises:
        UsageError: it has no text, too much of it, or more points than the question.
    """
    text = " ".join(item.text.split())
    if not text:
        raise UsageError("An item needs a text: it is what students read.")
    if len(text) > MAX_TEXT:
        raise UsageError(f"The text of an item has at most {MAX_TEXT} characters.")
    if abs(item.points) > most:
        raise UsageError(
            f"{number(item.points)} points are more than the question's {number(most)}."
        )
    return msgspec.structs.replace(item, text=text, points=round(item.points, 2))


def checked_choice(choice: MarkChoice, scheme: Scheme) -> MarkChoice:
    """A choice as somebody makes it; what was typed is trimmed.

    Raises:
        UsageError: an item is not of this scheme, or the comment or adjustment is too large.
    """
    unknown = set(choice.items) - {item.id for item in scheme.items}
    if unknown:
        raise UsageError(
            "An item is not in this question's scheme.", hint="Load the page again: it changed."
        )
    if len(choice.comment) > MAX_COMMENT:
        raise UsageError(f"A comment has at most {MAX_COMMENT} characters.")
    if abs(choice.adjustment) > scheme.points + sum(abs(item.points) for item in scheme.items):
        raise UsageError(f"{number(choice.adjustment)} points are more than the question has.")
    return MarkChoice(
        items=sorted(set(choice.items)),
        adjustment=round(choice.adjustment, 2),
        comment=choice.comment.strip(),
    )


def signed(points: float) -> str:
    """Points of an item with their sign: `+1`, `−0.5`; `0` has none."""
    if not points:
        return "0"
    return ("+" if points > 0 else "\u2212") + number(abs(points))


def _line(item: SchemeItem) -> str:
    return f"{signed(item.points)} {item.text}" if item.points else item.text
