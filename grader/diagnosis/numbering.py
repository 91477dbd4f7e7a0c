"""Numbered names: `w1` for the `w0` of a student who counts from zero."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from grader.model.contract import ContractEntry
from grader.student.trace import Trace

_NUMBERED: Final = re.compile(r"(\D+)(\d+)")


class Numbering(NamedTuple):
    """How a student numbers what the contract numbers from 1."""

    stems: frozenset[str] = frozenset()
    by: int = 0
    """What is added to a student's numbers."""

    @classmethod
    def of(cls, trace: Trace, contract: Mapping[str, ContractEntry]) -> Numbering:
        """From 0 if a mapping that the student gave back has such a name, else from 1."""
        stems = frozenset(stem for entry in contract.values() for stem in entry.numbered)
        values = (exchange.reply.get("value") for exchange in trace.exchanges)
        first = {f"{stem}0" for stem in stems}
        from_zero = any(isinstance(value, dict) and _has(value, first) for value in values)
        return cls(stems, int(from_zero))

    def ours(self, name: str) -> str:
        """A name as the contract numbers it."""
        match = _NUMBERED.fullmatch(name) if self.by else None
        if match is None or match[1] not in self.stems:
            return name
        return f"{match[1]}{int(match[2]) + self.by}"


FROM_ONE: Final = Numbering()
"""As the contract does."""


def _has(value: Iterable[Any], names: set[str]) -> bool:
    return any(key in names for key in value)
