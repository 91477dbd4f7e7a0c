"""What the bank makes of the reference: which checks reach which functions, with what values.

A check that never enters a function cannot see a change inside it. Knowing which ones do is what
makes the proof fast: a mutant is only put before the checks that reach it.

To see this every function of a copy of the package is made to tell when it is entered and left.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from types import FrameType
from typing import Any, Final

import numpy as np

from grader.model.contract import ContractEntry
from grader.model.module_path import source_file
from grader.verify.source_pieces import Place, functions

_CALLS_KEPT: Final = 200
_HOOK: Final = "_gradewall_see"
_PRELUDE: Final = f"from {__name__} import see as {_HOOK}"


class Observation:
    """What was seen of a package while the bank ran on it."""

    def __init__(self, contract: Mapping[str, ContractEntry]) -> None:
        self._contract = {(source_file(entry.module), name) for name, entry in contract.items()}
        self._reached: dict[str, set[Place]] = defaultdict(set)
        self._owners: dict[Place, set[str]] = defaultdict(set)
        self._calls: dict[Place, list[dict[str, Any]]] = defaultdict(list)
        self._check = ""

    def add(self, other: Observation) -> None:
        """Take over what another one has seen of the same package."""
        for check, places in other._reached.items():
            self._reached[check] |= places
        for place, owners in other._owners.items():
            self._owners[place] |= owners
        for place, calls in other._calls.items():
            self._calls[place] += calls[: _CALLS_KEPT - len(self._calls[place])]

    def reaching(self, places: set[Place]) -> set[str] | None:
        """The checks that enter one of the functions; None for all, if importing does."""
        if self._reached[""] & places:
            return None
        return {check for check, entered in self._reached.items() if entered & places}

    def owners(self, place: Place) -> tuple[str, ...]:
        """The contract's functions that a function belongs to; a helper to those that call it."""
        own = self._contract_name(place)
        return (own,) if own else tuple(sorted(self._owners[place]))

    def alike(self, place: Place, name: str) -> list[str]:
        """Local variables that always held the same kind of value as one of that name."""
        others: dict[str, bool] = {}
        for kinds in self._calls[place]:
            if name not in kinds:
                continue
            for other, kind in kinds.items():
                others[other] = others.get(other, True) and kind == kinds[name]
        return sorted(other for other, same in others.items() if same and other != name)

    def is_flat(self, place: Place, name: str) -> bool:
        """Whether a local variable always held an array of one axis."""
        held = [kinds[name] for kinds in self._calls[place] if name in kinds]
        return bool(held) and all(isinstance(kind, tuple) and len(kind) == 1 for kind in held)

    def watch(self) -> None:
        """Be the one that is told by packages that were made to tell."""
        global _watching
        _watching = self

    def begin(self, check: str) -> None:
        """What is seen from now on is due to this check."""
        self._check = check

    def enter(self, place: Place, frame: FrameType) -> None:
        """A function is entered, in this frame."""
        if place not in self._reached[self._check]:
            self._reached[self._check].add(place)
            owner = next(self._owners_above(frame), None)
            if owner is not None:
                self._owners[place].add(owner)

    def leave(self, place: Place, values: Mapping[str, Any]) -> None:
        """A function is left, its variables having these values."""
        calls = self._calls[place]
        if len(calls) < _CALLS_KEPT:
            calls.append(_kinds(values))

    def _contract_name(self, place: Place) -> str:
        file, name = place[0], place[1].partition(".")[0]
        return name if (file, name) in self._contract else ""

    def _owners_above(self, frame: FrameType | None) -> Iterator[str]:
        """The contract's functions in the stack, innermost first."""
        while frame is not None:
            code = frame.f_code
            for file, name in self._contract:
                if f"/{code.co_filename}".endswith(f"/{file}") and (
                    code.co_qualname.partition(".")[0] == name
                ):
                    yield name
            frame = frame.f_back


_watching: Observation | None = None


def see(file: str, name: str, values: Mapping[str, Any] | None = None) -> None:
    """Called by a function that was made to tell: entered, or left with the values given."""
    if _watching is None:
        return
    if values is None:
        _watching.enter((file, name), sys._getframe(1))
    else:
        _watching.leave((file, name), values)


def telling(files: Mapping[str, str]) -> dict[str, str]:
    """A package whose functions tell `see` when they are entered and left."""
    return {file: _telling(file, text) for file, text in files.items()}


def _telling(file: str, text: str) -> str:
    tree = ast.parse(text)
    for (_, name), node in functions(file, tree):
        place = f"{file!r}, {name!r}"
        told = ast.parse(f"try:\n    {_HOOK}({place})\nfinally:\n    {_HOOK}({place}, locals())")
        block = told.body[0]
        assert isinstance(block, ast.Try)
        block.body += node.body
        node.body = [block]
    imports = [at for at, node in enumerate(tree.body) if _must_be_first(node)]
    tree.body[imports[-1] + 1 if imports else 0 : 0] = ast.parse(_PRELUDE).body
    return ast.unparse(tree)


def _must_be_first(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _kinds(values: Mapping[str, Any]) -> dict[str, Any]:
    """Type of each number, shape of each array; nothing of anything else."""
    kinds: dict[str, Any] = {}
    for name, value in islice(values.items(), 100):
        if isinstance(value, np.ndarray | np.generic):  # a `shape` of others may run their code
            kinds[name] = value.shape
        elif type(value) in (int, float):
            kinds[name] = type(value).__name__
    return kinds
