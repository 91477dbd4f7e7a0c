"""A release: one template of an assignment, as it was given out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

import msgspec

Choice = Literal["recognised", "rubric", "command"]


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """What one template asks for, what it gives, and how it is told from the others."""

    id: str
    title: str = ""
    """Shown in reports; the id if empty."""
    aliases: tuple[str, ...] = ()
    """Other ids by which it can be named: of years that gave out the same."""
    asks: frozenset[str] | None = None
    """Contract names that it asks for; None for all of the contract."""
    gives: frozenset[str] = frozenset()
    """Contract names that it gives complete: they are there to be used, and earn nothing."""
    untried: frozenset[str] = frozenset()
    """Contract names that it asks for, and that its notebooks, as far as they have the names of the
    assignment's, try in no cell."""
    left_out: frozenset[str] = frozenset()
    """What the assignment's notebooks have and its own have not: cells and values as `Nets[plot]`,
    questions as `Nets[question 1]`."""
    own_data: bool = False
    """Whether its notebooks were written for data that the assignment may serve others in place
    of."""
    packages: tuple[str, ...] = ()
    """Names that the package goes by in it."""
    readings: Mapping[str, str] = {}
    """What the plugin has found out about this submission, in words of its own: how a number is
    meant, for example. Its hooks and the checks of its bank read it."""
    evidence: tuple[str, ...] = ()
    """By what it was recognised, a sentence each."""
    notes: tuple[str, ...] = ()
    """Remarks for the report."""
    chosen: Choice = "recognised"
    """Who said that it is this one."""

    def counts(self, name: str) -> bool:
        """Whether work on a contract name is judged: it is asked for, and not given."""
        return self._asks_for(name) and not _holds(self.gives, name)

    def not_asked(self, targets: Iterable[str], uses: Iterable[str] = ()) -> list[str]:
        """Why a check does not count: the names that this release leaves out; empty if it does.

        Args:
            targets: contract names that the check judges.
            uses: contract names that it needs as well. What is given may be used.
        """
        judged = [name for name in targets if not self.counts(name)]
        return judged or [name for name in uses if not self._asks_for(name)]

    def not_tried(self, names: Iterable[str]) -> list[str]:
        """Of some contract names, those that its own notebooks cannot be expected to try."""
        return [name for name in names if not self._asks_for(name) or _holds(self.untried, name)]

    def lacks(self, notebook: str, what: str) -> bool:
        """Whether its own notebooks do not have a cell, a value or a question."""
        return f"{notebook}[{what}]" in self.left_out

    def questions_left_out(self, notebook: str) -> list[str]:
        """The questions of a notebook that its own do not have."""
        start = f"{notebook}[question "
        found = (name for name in sorted(self.left_out) if name.startswith(start))
        return [name.removeprefix(start).removesuffix("]") for name in found]

    def _asks_for(self, name: str) -> bool:
        return self.asks is None or _holds(self.asks, name) or _holds(self.gives, name)


def _holds(names: Collection[str], name: str) -> bool:
    """Whether a function, or a method or its class, is among some."""
    return name in names or name.partition(".")[0] in names


class ReleaseInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The release that a submission was graded by, as its result tells it."""

    id: str
    title: str = ""
    chosen: Choice = "recognised"
    readings: dict[str, str] = {}
    evidence: list[str] = []

    @classmethod
    def of(cls, release: Release) -> ReleaseInfo:
        """What a result tells of a release."""
        return cls(
            id=release.id,
            title=release.title or release.id,
            chosen=release.chosen,
            readings=dict(sorted(release.readings.items())),
            evidence=list(release.evidence),
        )
