"""The causes of a failed check, by how sure they are."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from grader.model.result import Cause


class CauseGroup(Struct, frozen=True):
    """Causes that are as sure as one another."""

    label: str
    """Key of the text above them; empty where they are certain."""
    causes: list[Cause]


def grouped(causes: Iterable[Cause]) -> list[CauseGroup]:
    """What is certain, then what is probable, then each several of which one is made."""
    groups: dict[tuple[int, str, bool], list[Cause]] = {}
    for cause in causes:
        # Numbers of choices are a function's own.
        function = cause.function if cause.choice else ""
        groups.setdefault((cause.choice, function, cause.certain), []).append(cause)
    order = sorted(groups, key=lambda key: (bool(key[0]), not key[2]))
    return [CauseGroup(_label(groups[key][0]), groups[key]) for key in order]


def _label(cause: Cause) -> str:
    if cause.certain:
        return ""
    return "cause.one_of" if cause.choice else "cause.likely"
