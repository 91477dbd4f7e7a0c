"""A mistake that was found, and several of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from grader.diagnosis.mutated_package import Version, Versions


class FoundMistake(NamedTuple):
    """A mistake that was found."""

    version: Version
    fit: float
    certain: bool = True
    """Whether nothing else explains the answers as well, and this explains them all."""
    choice: int = 0
    """Several of which one is made have a number in common; 0 where it is not one of these."""
    exact: bool = True
    """Whether the answers tell its numbers."""

    @property
    def id(self) -> str:
        """Of the mistake in the catalogue."""
        return self.version.id


def versions_of(found: Iterable[FoundMistake]) -> Versions:
    """The versions of mistakes that were found."""
    return tuple(each.version for each in found)


def weight(found: list[FoundMistake]) -> tuple[int, float]:
    """How much was found: what is certain counts more than what may be."""
    return sum(each.certain for each in found), max((each.fit for each in found), default=0.0)


def settled(named: list[FoundMistake]) -> list[FoundMistake]:
    """Those that are made, and the first of each several of which one is."""
    choices = [each.choice for each in named]
    return [e for n, e in enumerate(named) if not e.choice or e.choice not in choices[:n]]
