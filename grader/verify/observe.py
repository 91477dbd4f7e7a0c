"""What the bank makes of the reference: which checks reach which functions, with what values.

A check that never enters a function cannot see a change inside it. Knowing which ones do is what
makes the proof fast: a mutant is only put before the checks that reach it.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any, Final

from grader.verify.source import Place
from grader.wall.signature import Signature

_CALLS_KEPT: Final = 200
Contract = dict[str, Signature]


class Observation:
    """What was seen of a package in a folder, while the bank ran on it."""

    def __init__(self, folder: Path, api: Contract) -> None:
        self._folder = f"{folder}/"
        self._contract = {
            (f"{signature.module.replace('.', '/')}.py", name) for name, signature in api.items()
        }
        self._reached: dict[str, set[Place]] = defaultdict(set)
        self._owners: dict[Place, set[str]] = defaultdict(set)
        self._calls: dict[Place, list[dict[str, Any]]] = defaultdict(list)
        self._check = ""

    def reaching(self, places: set[Place]) -> set[str] | None:
        """The checks that enter one of the functions; None for all, if importing does."""
        if self._reached[""] & places:
            return None
        return {check for check, entered in self._reached.items() if entered & places}

    def owners(self, place: Place) -> tuple[str, ...]:
        """The contract's functions that a function belongs to; a helper to those that call it."""
        file, name = place[0], place[1].partition(".")[0]
        return (name,) if (file, name) in self._contract else tuple(sorted(self._owners[place]))

    def alike(self, place: Place, name: str) -> list[str]:
        """Local variables that always held the same kind of value as one of that name."""
        others: dict[str, bool] = {}
        for kinds in self._calls[place]:
            if name not in kinds:
                continue
            for other, kind in kinds.items():
                others[other] = others.get(other, True) and kind == kinds[name]
        return sorted(other for other, same in others.items() if same and other != name)

    def begin(self, check: str) -> None:
        """What is seen from now on is due to this check."""
        self._check = check

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look at every call inside the package."""
        sys.setprofile(self._see)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _see(self, frame: FrameType, event: str, _argument: Any) -> None:
        code = frame.f_code
        if event not in ("call", "return") or not code.co_filename.startswith(self._folder):
            return
        place = (code.co_filename.removeprefix(self._folder), code.co_qualname)
        if event == "return":
            calls = self._calls[place]
            if len(calls) < _CALLS_KEPT:
                calls.append(_kinds(frame.f_locals))
        elif place not in self._reached[self._check]:
            self._reached[self._check].add(place)
            owner = next(self._owners_above(frame), None)
            if owner is not None:
                self._owners[place].add(owner)

    def _owners_above(self, frame: FrameType | None) -> Iterator[str]:
        """The contract's functions in the stack, innermost first."""
        while frame is not None:
            code = frame.f_code
            if code.co_filename.startswith(self._folder):
                file = code.co_filename.removeprefix(self._folder)
                name = code.co_qualname.partition(".")[0]
                if (file, name) in self._contract:
                    yield name
            frame = frame.f_back


def _kinds(values: dict[str, Any]) -> dict[str, Any]:
    """Type of each number, shape of each array; nothing of anything else."""
    kinds: dict[str, Any] = {}
    for name, value in islice(values.items(), 100):
        shape = getattr(value, "shape", None)
        if isinstance(shape, tuple):
            kinds[name] = shape
        elif type(value) in (int, float):
            kinds[name] = type(value).__name__
    return kinds
