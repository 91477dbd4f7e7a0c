"""Remarks on what a submission used of older NumPy and Python: it was right when it was written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from grader.worker.bridges import Use, remark

_MAX_PLACES: Final = 3
_MAX_NOTES: Final = 20


def old_use_notes(uses: Iterable[Use]) -> list[str]:
    """One remark for each thing, with the places where it was used."""
    places: dict[tuple[str, str], set[tuple[str, int]]] = {}
    for use in uses:
        places.setdefault((use.what, use.since), set()).add((use.file, use.line))
    notes = [
        remark(f"{what} ({_some(at)})", since)
        for (what, since), at in sorted(places.items(), key=lambda item: min(item[1]))
    ]
    return notes[:_MAX_NOTES]


def _some(places: set[tuple[str, int]]) -> str:
    shown = [f"{file}:{line}" for file, line in sorted(places)[:_MAX_PLACES]]
    more = len(places) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
