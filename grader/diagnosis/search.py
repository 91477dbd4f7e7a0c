"""Finding the mistakes that answer as a student does."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from grader.diagnosis.packages import Catalogue
from grader.diagnosis.readings import ABSENT, Key, Readings, same, without_extras
from grader.diagnosis.rerun import Case
from grader.diagnosis.tape import Tape

CLEAR: Final = 0.9
"""Fit from which a mistake is named."""
_SURE: Final = 0.95
"""Precision from which a mistake that explains a part of what is wrong is named."""
_LEAST: Final = 0.2
_TIE: Final = 0.01
_MAKING: Final = 30
"""Requests that take as long as patching and importing a package."""
_IN_BATCH: Final = 0.1
"""Weight of each further value in a batch."""
_TOGETHER: Final = 3
"""Mistakes in one function that are looked for."""
MOST_OFFERED: Final = 3

Ids = tuple[str, ...]


class Purse:
    """Work that may be done, counted in requests, so that every machine finds the same.

    Processor time is the limit behind it.
    """

    def __init__(self, work: float, seconds: float) -> None:
        self.left = work
        self.end = time.process_time() + seconds
        self._made: set[Ids] = set()

    def spend(self, requests: int, package: Ids) -> None:
        """Count requests to a package, and the making of it the first time."""
        self.left -= requests + (0 if package in self._made else _MAKING)
        self._made.add(package)


class Budget:
    """A part of what is left in a purse."""

    def __init__(self, purse: Purse, parts: int = 1) -> None:
        self._purse = purse
        self._floor = purse.left - purse.left / parts

    def check(self) -> None:
        """Raise `OutOfTime` when it is spent."""
        if self._purse.left <= self._floor or time.process_time() > self._purse.end:
            raise OutOfTime


class OutOfTime(Exception):
    """The budget of a diagnosis is spent; what was found stands."""


class Score(NamedTuple):
    """How well mistakes explain what a student returned, in numbers of values."""

    wrong: float = 0.0
    """What the student has wrong."""
    hits: float = 0.0
    """Of that, what the mistakes give just so."""
    false: float = 0.0
    """What the student has right, but not the mistakes."""
    contradicted: float = 0.0
    """What both have wrong, each in another way."""

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

    def plus(self, other: Score) -> Score:
        """Both together."""
        return Score(*(a + b for a, b in zip(self, other, strict=True)))


class Named(NamedTuple):
    """A mistake that was found."""

    id: str
    fit: float
    certain: bool = True
    """Whether it is made, or one of several that it may be."""


class Witness:
    """A case about one function, and what the reference answers in it."""

    def __init__(
        self,
        catalogue: Catalogue,
        case: Case,
        function: str,
        base: Ids = (),
        purse: Purse | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._purse = purse
        self.case = case
        self.function = function
        self.base = base
        self._known: dict[Ids, Readings | None] = {}
        self._scores: dict[Ids, Score] = {}
        self.right = self.readings(()) or {}
        self.student = without_extras(case.student, self.right)

    def readings(self, ids: Ids) -> Readings | None:
        """What the reference answers with these mistakes besides those of the base."""
        if ids not in self._known:
            package = tuple(sorted({*ids, *self.base}))
            resolve = self._catalogue.resolver(package)
            self._known[ids] = self.case.rerun(resolve) if resolve else None
            if self._purse is not None:
                self._purse.spend(self.cost if resolve else 0, package)
        return self._known[ids]

    @cached_property
    def cost(self) -> int:
        """Requests of the case."""
        return sum(len(request.get("requests", ())) + 1 for request in self.case.requests)

    @cached_property
    def wrong(self) -> list[Key]:
        """The values that the student has wrong."""
        return [key for key in self._keys(self.right) if not self._agrees(key, self.right)]

    def score(self, ids: Ids) -> Score:
        """How well mistakes explain the student's values."""
        if ids not in self._scores:
            self._scores[ids] = self._scored(self.readings(ids) or {})
        return self._scores[ids]

    def _scored(self, guess: Readings) -> Score:
        total = Score()
        for key in self._keys(guess):
            total = total.plus(self._one(key, guess))
        return total

    def affected(self, ids: Ids) -> bool:
        """Whether mistakes change a value to what the student has."""
        guess = self.readings(ids) or {}
        return any(
            not self._agrees(key, self.right) and self._agrees(key, guess)
            for key in self._keys(guess)
        )

    def moved(self, ids: Ids) -> bool:
        """Whether mistakes change a value at all."""
        guess = self.readings(ids) or {}
        return any(
            not same(guess.get(key, ABSENT), self.right.get(key, ABSENT))
            for key in self._keys(guess)
        )

    def _one(self, key: Key, guess: Readings) -> Score:
        weight = 1.0 if key.inner == 0 else _IN_BATCH
        right, as_guessed = self._agrees(key, self.right), self._agrees(key, guess)
        if right:
            return Score(false=0.0 if as_guessed else weight)
        if as_guessed:
            return Score(wrong=weight, hits=weight)
        if not self.case.tape.failed:
            return Score()  # what a check lets pass need not be explained
        moved = not same(guess.get(key, ABSENT), self.right.get(key, ABSENT))
        return Score(wrong=weight, contradicted=weight if moved else 0.0)

    def _agrees(self, key: Key, readings: Readings) -> bool:
        return same(self.student.get(key, ABSENT), readings.get(key, ABSENT))

    def _keys(self, guess: Readings) -> list[Key]:
        known = self._catalogue.functions
        return [
            key
            for key in {**self.student, **self.right, **guess}
            if key.about == self.function or key.about not in known
        ]


class Search:
    """Looks for the mistakes of one function."""

    def __init__(
        self,
        witnesses: Sequence[Witness],
        more: Callable[[], Sequence[Witness]],
        budget: Budget,
    ) -> None:
        """Look at `witnesses`, and at `more` of them where these cannot decide."""
        self._witnesses = sorted(witnesses, key=lambda witness: witness.cost)
        self._more = more
        self._budget = budget
        self._candidates: Sequence[str] = ()
        self._screen = 0
        self._partly: list[Named] = []

    def find(
        self,
        candidates: Sequence[str],
        *,
        known: Ids = (),
        pairs: bool = False,
        screen: int = 2,
    ) -> list[Named]:
        """The mistakes made, or those that it may be, the likeliest first.

        Args:
            candidates: ids of the mistakes that come into question.
            known: mistakes that are made anyway; they are not among those returned.
            pairs: whether to try two at once, where neither explains anything alone.
            screen: cases in one of which a mistake must explain something before it is tried in
                all.
        """
        self._candidates, self._partly, self._screen = candidates, [], screen
        try:
            named = self._found(known, pairs)
        except OutOfTime:
            named = self._partly
        return [name for name in named if name.id not in known]

    def _found(self, found: Ids, pairs: bool) -> list[Named]:
        for _ in range(_TOGETHER):
            scores = self._singles(found)
            ranked = sorted(scores, key=lambda name: -scores[name].fit)
            if ranked and scores[ranked[0]].fit >= CLEAR:
                return self._clear(found, ranked, scores)
            partly = [name for name in ranked if self._adds(found, scores[name])]
            if partly:
                found = (*found, partly[0])
                self._partly = self._all(found)
                continue
            pair = self._pair(found) if pairs else ()
            return self._all((*found, *pair))
        return self._all(found)

    def _singles(self, found: Ids) -> dict[str, Score]:
        """The scores of what explains more than was found, if only in the shortest cases."""
        screen = self._unexplained(found)
        scores: dict[str, Score] = {}
        for name in self._candidates:
            ids = (*found, name)
            if name not in found and any(
                witness.score(ids).hits > witness.score(found).hits for witness in screen
            ):
                scores[name] = self._score(ids)
            self._budget.check()
        return scores

    def _unexplained(self, found: Ids) -> list[Witness]:
        """The shortest cases in which something is wrong that was not explained."""
        wrong = [witness for witness in self._witnesses if witness.wrong]
        left = [w for w in wrong if (score := w.score(found)).hits < score.wrong]
        return left[: self._screen]

    def _clear(self, found: Ids, ranked: list[str], scores: dict[str, Score]) -> list[Named]:
        best = scores[ranked[0]].fit
        tied = [name for name in ranked if scores[name].fit >= best - _TIE]
        if len(tied) > 1:
            tied = self._undecided(found, tied)
        if len(tied) == 1:
            return self._all((*found, tied[0]))
        offered = [Named(name, round(scores[name].fit, 3), False) for name in tied[:MOST_OFFERED]]
        return [*self._all(found), *offered]

    def _undecided(self, found: Ids, tied: list[str]) -> list[str]:
        """Those that still fit equally well in all cases there are."""
        false = dict.fromkeys(tied, 0.0)
        for witness in self._more():
            for name in tied:
                self._budget.check()
                score = witness.score((*found, name))
                false[name] += score.false + score.contradicted
        return [name for name in tied if false[name] == min(false.values())]

    def _adds(self, found: Ids, score: Score) -> bool:
        """Whether a mistake surely is a part of what is wrong."""
        more = score.hits - self._score(found).hits
        return score.precision >= _SURE and more > 0 and score.fit >= _LEAST

    def _all(self, ids: Ids) -> list[Named]:
        if not ids:
            return []
        whole = self._score(ids).fit
        return [Named(name, round(whole, 3)) for name in ids]

    def _pair(self, found: Ids) -> Ids:
        """Two more mistakes that together explain all, where neither does alone."""
        screen = self._unexplained(found)[:1]
        rest = [name for name in self._candidates if name not in found]
        for pair in itertools.combinations(rest, 2):
            self._budget.check()
            ids = (*found, *pair)
            if all(w.score(ids).fit >= CLEAR for w in screen) and self._score(ids).fit >= CLEAR:
                return pair
        return ()

    def _score(self, ids: Ids) -> Score:
        total = Score()
        for witness in self._witnesses:
            self._budget.check()
            total = total.plus(witness.score(ids))
        return total


def chosen(tapes: Iterable[Tape], limit: int) -> list[Tape]:
    """At most so many tapes, of as many different checks as can be."""
    groups: dict[str, list[Tape]] = {}
    for tape in tapes:
        groups.setdefault(tape.check.partition("[")[0], []).append(tape)
    turns = itertools.zip_longest(*groups.values())
    return [tape for turn in turns for tape in turn if tape is not None][:limit]
