"""What a student answered in one check, and how well mistakes explain it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np

from grader.checks.random_values import LARGE, Drawn
from grader.diagnosis.mutated_package import Catalogue, Versions
from grader.diagnosis.observed_values import (
    ABSENT,
    ALIKE,
    SHAPE,
    Ending,
    Readings,
    ValueKey,
    apart,
    likeness,
    same,
    without_extras,
)
from grader.diagnosis.replay import ReplayedCheck
from grader.diagnosis.work_budget import WorkBudget
from grader.model.contract import ContractEntry
from grader.student.trace import Trace

_IN_BATCH: Final = 0.1
"""Weight of each further value in a batch."""
_SETTING: Final = 0.25
"""Work of setting parameters, in calls."""
_SOME: Final = 3
"""So many numbers in one value are no coincidence."""
_DEGENERATE: Final = 0.5
"""Weight as evidence of what many mistakes have in common: zeros, overflows, single numbers."""

_VAGUE: Final = 0.2
"""Weight of a few random numbers that may come from the same distribution."""


class FitScore(NamedTuple):
    """How well mistakes explain what a student returned, in numbers of values."""

    wrong: float = 0.0
    """What the student has wrong."""
    hits: float = 0.0
    """Of that, what the mistakes give just so."""
    false: float = 0.0
    """What the student has right, but not the mistakes."""
    contradicted: float = 0.0
    """What both have wrong, each in another way."""
    missed: float = 0.0
    """What the student has wrong and the mistakes do not explain."""
    weight: float = 0.0
    """Of the hits as evidence: less where many mistakes give the same."""

    @property
    def fit(self) -> float:
        """Share of what is wrong, here or there, that is wrong alike."""
        every = self.wrong + self.false
        return self.hits / every if every else 0.0

    @property
    def precision(self) -> float:
        """Share of what the mistakes change that the student has just so."""
        changed = self.hits + self.false + self.contradicted
        return self.hits / changed if changed else 0.0

    @property
    def whole(self) -> bool:
        """Whether everything is explained, and nothing speaks against it."""
        return self.hits > 0 and self.missed == 0 and self.false == 0

    def plus(self, other: FitScore) -> FitScore:
        """Both together."""
        return FitScore(*(a + b for a, b in zip(self, other, strict=True)))


class Evidence:
    """A case about one function, and what the reference answers in it."""

    def __init__(
        self,
        catalogue: Catalogue,
        case: ReplayedCheck,
        function: str,
        base: Versions = (),
        budget: WorkBudget | None = None,
        *,
        unknown_masks: bool = False,
    ) -> None:
        self._catalogue = catalogue
        self._budget = budget
        self._unknown_masks = unknown_masks
        self.case = case
        self.function = function
        self.base = base
        self._known: dict[Versions, Readings | None] = {}
        self._scores: dict[Versions, FitScore] = {}
        self._random: dict[Versions, frozenset[ValueKey]] = {}
        self.right = self.readings(()) or {}
        self.student = without_extras(case.student, {**self.right, **self._drawn(())})

    def readings(self, versions: Versions) -> Readings | None:
        """What the reference answers with these mistakes besides those of the base.

        Where nobody knows which masks the student draws, without what depends on them.
        """
        if versions not in self._known:
            package = tuple(sorted({*versions, *self.base}))
            resolve = self._catalogue.resolver(package)
            readings = self.case.rerun(resolve) if resolve else None
            if resolve and readings is not None and self._unknown_masks:
                other = self.case.rerun(resolve, draw=1)
                varied = {key for key, value in readings.items()
                          if not same(value, other.get(key, ABSENT))}  # fmt: skip
                self._random[versions] = frozenset(varied)
                readings = {k: value for k, value in readings.items() if k not in varied}
            self._known[versions] = readings
            if self._budget is not None:
                self._budget.spend(self.cost if resolve else 0, package)
        return self._known[versions]

    @property
    def entry(self) -> ContractEntry:
        """What the contract says of the function."""
        return self._catalogue.contract[self.function]

    def _drawn(self, versions: Versions) -> dict[ValueKey, None]:
        return dict.fromkeys(self._random.get(versions, frozenset()))

    @cached_property
    def cost(self) -> float:
        """Requests of the case; what only sets something takes less."""
        inside = [part for request in self.case.requests for part in request.get("requests", ())]
        calls = sum(part["op"] == "call" for part in inside)
        return float(len(self.case.requests) + calls + _SETTING * (len(inside) - calls))

    @cached_property
    def wrong(self) -> list[ValueKey]:
        """The values that the student has wrong."""
        return [key for key in self._keys(self.right) if self._is_wrong(key)]

    @cached_property
    def _wrong(self) -> frozenset[ValueKey]:
        return frozenset(self.wrong)

    def _is_wrong(self, key: ValueKey) -> bool:
        return key not in self._drawn(()) and not same(
            self.student.get(key, ABSENT), self.right.get(key, ABSENT)
        )

    def score(self, versions: Versions) -> FitScore:
        """How well mistakes explain the student's values."""
        if versions not in self._scores:
            guess = self.readings(versions)
            total = FitScore()
            for key in self._keys(guess or {}):
                total = total.plus(self._one(key, guess, versions))
            self._scores[versions] = total
        return self._scores[versions]

    def distance(self, versions: Versions) -> float:
        """The largest relative difference between the student's numbers and those of mistakes.

        It tells apart what is alike within the room for another order of the operations.
        """
        guess = self.readings(versions) or {}
        keys = [key for key in self._keys(guess) if key in guess and key in self.student]
        return max((apart(self.student[key], guess[key]) for key in keys), default=0.0)

    def explained(self, versions: Versions) -> dict[ValueKey, float]:
        """How far each value that the student has wrong is explained."""
        guess = self.readings(versions) or {}
        drawn = self._random.get(versions, frozenset())
        return {key: ALIKE if key in drawn else self._likeness(key, guess) for key in self.wrong}

    def raised_otherwise(self, versions: Versions) -> bool:
        """Whether the student's code raised what these mistakes do not raise."""
        guess = self.readings(versions) or {}
        return any(
            isinstance(value, Ending) and value.status == "raised"
            and not likeness(value, guess.get(key, ABSENT))
            for key, value in self.student.items()
            if key in self._wrong
        )  # fmt: skip

    def affected(self, versions: Versions) -> bool:
        """Whether mistakes change a value to what the student has."""
        guess = self.readings(versions) or {}
        drawn = self._random.get(versions, frozenset())
        changed = self.changed(versions)
        return any(key in drawn for key in changed & self._wrong) or any(
            self._likeness(key, guess) > 0
            for key in changed - drawn
            if key in self._wrong or key in self._drawn(())
        )

    def moved(self, versions: Versions) -> bool:
        """Whether mistakes change a value at all."""
        return bool(self.changed(versions))

    def changed(self, versions: Versions) -> set[ValueKey]:
        """The values that mistakes change; one that is drawn differs from one that is not."""
        guess = self.readings(versions)
        if guess is None:
            return set()
        drawn = self._random.get(versions, frozenset())
        return {
            key
            for key in {*self._keys(guess), *drawn}
            if (key in drawn) != (key in self._drawn(()))
            or (key not in drawn and not same(guess.get(key, ABSENT), self.right.get(key, ABSENT)))
        }

    def _one(self, key: ValueKey, guess: Readings | None, versions: Versions) -> FitScore:
        weight = 1.0 if key.inner == 0 else _IN_BATCH
        if key in self._random.get(versions, ()):
            # Drawn where nothing should be: what the student has may have been drawn so.
            drawn = FitScore(weight, weight * ALIKE, weight=_VAGUE * weight)
            return drawn if key in self._wrong else FitScore()
        if guess is None:
            return FitScore(wrong=weight, missed=weight) if key in self._wrong else FitScore()
        hit = self._likeness(key, guess)
        if key in self._drawn(()):  # the right one is drawn, this one is not
            return (
                FitScore(weight, weight * hit, weight=weight * hit)
                if hit
                else FitScore(false=weight)
            )
        if key not in self._wrong:
            return FitScore(false=0.0 if hit else weight)
        if hit:
            return FitScore(wrong=weight, hits=weight * hit, weight=self._told(key, hit))
        if not self.case.trace.failed:
            return FitScore()  # what a check lets pass need not be explained
        moved = not same(guess.get(key, ABSENT), self.right.get(key, ABSENT))
        return FitScore(wrong=weight, contradicted=weight if moved else 0.0, missed=weight)

    def _told(self, key: ValueKey, hit: float) -> float:
        """How much one explained value tells."""
        value: Any = self.student.get(key, ABSENT)
        if isinstance(value, Ending):
            speaks = hit == 1.0 and value.status == "raised" and not SHAPE.search(value.message)
            return 1.0 if speaks else _DEGENERATE
        if isinstance(value, Drawn) and value.constant is None and np.prod(value.shape) < LARGE:
            return _VAGUE
        if not isinstance(value, np.ndarray | float) or hit < 1.0:
            return _DEGENERATE
        array = np.asarray(value)
        plain = array.dtype.kind == "f" and np.isfinite(array).all() and array.any()
        return min(array.size / _SOME, 1.0) if plain else _DEGENERATE

    def _likeness(self, key: ValueKey, readings: Readings) -> float:
        return likeness(self.student.get(key, ABSENT), readings.get(key, ABSENT))

    @cached_property
    def _ended(self) -> frozenset[tuple[int, int]]:
        """The calls that returned nothing: only how they ended tells something."""
        return frozenset(
            (key.exchange, key.inner)
            for key, value in self.student.items()
            if isinstance(value, Ending)
        )

    def _keys(self, guess: Readings) -> list[ValueKey]:
        known = self._catalogue.functions
        return [
            key
            for key in {**self.student, **self.right, **guess}
            if (key.about == self.function or key.about not in known)
            and ((key.exchange, key.inner) not in self._ended or key in self._endings)
        ]

    @cached_property
    def _endings(self) -> frozenset[ValueKey]:
        return frozenset(k for k, value in self.student.items() if isinstance(value, Ending))


def chosen(traces: Iterable[Trace], limit: int) -> list[Trace]:
    """At most so many traces, of as many different checks as can be."""
    groups: dict[str, list[Trace]] = {}
    for trace in traces:
        groups.setdefault(trace.check.partition("[")[0], []).append(trace)
    turns = itertools.zip_longest(*groups.values())
    return [trace for turn in turns for trace in turn if trace is not None][:limit]
