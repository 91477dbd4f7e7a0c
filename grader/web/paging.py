"""Long lists a page at a time, and the numbers that addresses ask with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Generic, NamedTuple, TypeVar

T = TypeVar("T")
ON_A_PAGE: Final = 100
_DIGITS: Final = 9


class Paged(NamedTuple, Generic[T]):
    """Some of what was found."""

    rows: Sequence[T]
    """Those of the page."""
    found: int
    """How many there are on all pages."""
    total: int
    """How many there would be if nothing were looked for."""
    page: int
    pages: int

    @property
    def first(self) -> int:
        """The number of the page's first row, from 1."""
        return (self.page - 1) * ON_A_PAGE + 1

    @property
    def last(self) -> int:
        """The number of its last row."""
        return self.first + len(self.rows) - 1


def paged(found: Sequence[T], total: int, page: int) -> Paged[T]:
    """One page of what was found; one after the last is the last."""
    pages = max(1, -(-len(found) // ON_A_PAGE))
    page = min(max(1, page), pages)
    shown = found[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    return Paged(shown, len(found), total, page, pages)


def whole_number(said: str) -> int | None:
    """The whole number that somebody sent, of at most nine digits; None if it is something else."""
    is_one = said.isascii() and said.isdigit() and len(said) <= _DIGITS
    return int(said) if is_one else None
