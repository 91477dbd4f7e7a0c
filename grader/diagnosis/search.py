"""Finding the mistakes that answer as a student does."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from grader.diagnosis.evidence import Evidence, Score
from grader.diagnosis.fitting import fitted
from grader.diagnosis.mutated_package import Catalogue, Version, Versions
from grader.diagnosis.observed_values import Key
from grader.diagnosis.work_budget import BudgetShare, OutOfTime
from grader.student.trace import Tape

CLEAR: Final = 0.9
"""Fit from which a mistake is named."""
WHOLE: Final = 0.99
"""Fit from which nothing else is looked for."""
_SURE: Final = 0.9
"""Precision from which a mistake that explains a part of what is wrong is named."""
_LEAST: Final = 0.2
_TIE: Final = 0.01
_TOGETHER: Final = 3
"""Mistakes in one function that are looked for."""
_LAST_FOUND: Final = -1
"""Number of the choice for what completes the explanation."""
_ENOUGH: Final = 1.0
"""Weight of evidence from which a mistake is certain; for each fitted number as much again."""
MOST_OFFERED: Final = 3


class FoundMistake(NamedTuple):
    """A mistake that was found."""

    version: Version
    fit: float
    certain: bool = True
    """Whether nothing else explains the answers as well, and this explains them all."""
    choice: int = 0
    """Several of which one is made have a number in common; 0 where it is not one of these."""
    exact: bool = True
    """Whether no other of its likely numbers gives the same answers."""

    @property
    def id(self) -> str:
        """Of the mistake in the catalogue."""
        return self.version.id


class Search:
    """Looks for the mistakes of one function."""

    def __init__(
        self,
        catalogue: Catalogue,
        evidence: Sequence[Evidence],
        more: Callable[[bool], Sequence[Evidence]],
        budget: BudgetShare,
    ) -> None:
        """Look at `evidence`, and where this cannot decide at `more` of it: of all failed checks,
        and if that is asked for of the passed ones.
        """
        self._catalogue = catalogue
        self._evidence = sorted(evidence, key=lambda each: each.cost)
        self._more = more
        self._budget = budget
        self._candidates: Sequence[Version] = ()
        self._screen = 0
        self._fitted: set[Version] = set()
        self._vague: set[tuple[str, int]] = set()
        """Mistakes, by form, of which several numbers give the same answers."""
        self._best: list[FoundMistake] = []

    def find(
        self,
        candidates: Sequence[Version],
        *,
        known: Versions = (),
        pairs: bool = False,
        screen: int = 2,
    ) -> list[FoundMistake]:
        """The mistakes made, or those that it may be, the likeliest first.

        Args:
            candidates: the mistakes that come into question.
            known: mistakes that are made anyway; they are not among those returned.
            pairs: whether to try two at once, where neither explains anything alone.
            screen: cases in one of which a mistake must explain something before it is tried in
                all.
        """
        self._candidates, self._best, self._screen = candidates, [], screen
        try:
            found = self._found(known, pairs=pairs)
        except OutOfTime:
            found = self._best
        return [each for each in found if each.id not in {version.id for version in known}]

    def _found(self, known: Versions, *, pairs: bool) -> list[FoundMistake]:
        found = known
        for _ in range(_TOGETHER):
            scores = self._singles(found)
            if not any(score.whole for score in scores.values()):
                scores |= self._fits(found)
            whole = [version for version in scores if scores[version].whole]
            if whole:
                likely = _one_of_each(sorted(whole, key=self._effort))
                best = [each._replace(certain=False) for each in self._best]
                self._best = [*best, *self._alternatives(likely, scores)]
                return self._decided(found, known, whole, scores)
            ranked = sorted(scores, key=lambda version: -scores[version].fit)
            if ranked and scores[ranked[0]].fit >= CLEAR and not self._best:
                self._best = self._offered(found, known, ranked, scores)
            partly = [version for version in ranked if self._adds(found, scores[version])]
            if not partly:
                break
            found = (*found, partly[0])
            if not self._best or found != known:
                self._best = self._each(found, known)
        pair = self._pair(known) if pairs else []
        return pair or self._best

    def _singles(self, found: Versions) -> dict[Version, Score]:
        """The scores of what explains more than was found, if only in the shortest cases.

        What explains everything explains the shortest case: the next is looked at only where
        nothing does.
        """
        ids = {version.id for version in found}
        left = [version for version in self._candidates if version.id not in ids]
        scores: dict[Version, Score] = {}
        for each in self._unexplained(found):
            known = each.score(found).hits
            for version in left:
                self._budget.check()
                if version not in scores and each.score((*found, version)).hits > known:
                    scores[version] = self._score((*found, version))
            if any(score.whole for score in scores.values()):
                break
        return scores

    def _fits(self, found: Versions) -> dict[Version, Score]:
        """The same of mistakes with a number of the student's own."""
        screen = self._unexplained(found)
        scores: dict[Version, Score] = {}
        met = set()
        for version in self._candidates:
            parameters = self._catalogue.parameters(version)
            form = version[:2]
            if not parameters or form in met or version.id in {each.id for each in found}:
                continue
            met.add(form)
            for each in screen:
                self._budget.check()
                starts = [parameter.values for parameter in parameters]
                fit = fitted(each, found, version, starts)
                if fit is not None:
                    self._fitted.add(fit)
                    scores[fit] = self._score((*found, fit))
                    break
        return scores

    def _unexplained(self, found: Versions) -> list[Evidence]:
        """The shortest cases in which something is wrong that was not explained."""
        left = [each for each in self._evidence if each.wrong and each.score(found).missed]
        return left[: self._screen]

    def _decided(
        self,
        found: Versions,
        known: Versions,
        whole: list[Version],
        scores: dict[Version, Score],
    ) -> list[FoundMistake]:
        """What explains everything: one mistake, or those that do so equally well."""
        best = max(scores[version].fit for version in whole)
        tied = [version for version in whole if scores[version].fit >= best - _TIE]
        forms = Counter((version.id, version.form) for version in tied)
        self._vague |= {form for form, count in forms.items() if count > 1}
        tied = self._undecided(found, _one_of_each(sorted(tied, key=self._effort)))
        made = self._each((*found, tied[0]), (*known, tied[0]))
        if len(tied) == 1:
            return made
        others = [each for each in made if each.version != tied[0]]
        return [*others, *self._alternatives(tied, scores)]

    def _each(self, versions: Versions, compared: Versions) -> list[FoundMistake]:
        """Mistakes that were found one on top of another, each with what may be in its place.

        The first was chosen before the rest was known: another may explain as much besides that.
        Those that were `compared` with all others already are left as they are.
        """
        found: list[FoundMistake] = []
        for number, one in enumerate(self._all(versions), 1):
            likely = [one.version]
            if one.version not in compared:
                likely = self._in_place_of(one.version, versions)
            if likely == [one.version]:
                found.append(one)
                continue
            choice = number if len(likely) > 1 else 0
            found += [
                self._as_found(version, one.fit, certain=False)._replace(choice=choice)
                for version in likely[:MOST_OFFERED]
            ]
        return sorted(found, key=lambda each: bool(each.choice))

    def _in_place_of(self, version: Version, versions: Versions) -> list[Version]:
        """A mistake, and others that explain as much in its place."""
        rest = tuple(each for each in versions if each != version)
        ids = {each.id for each in versions}
        cases = sorted(
            self._evidence, key=lambda each: each.score(rest).hits >= each.score(versions).hits
        )
        rivals = [
            other
            for other in sorted(self._candidates, key=self._effort)
            if other.id not in ids and self._as_good((*rest, other), versions, cases)
        ]
        return self._undecided(rest, [version, *_one_of_each(rivals)])

    def _as_good(self, others: Versions, versions: Versions, cases: Iterable[Evidence]) -> bool:
        """Whether others explain in each case what mistakes do, and are no more often wrong."""
        for each in cases:
            self._budget.check()
            theirs, score = each.score(others), each.score(versions)
            if theirs.hits < score.hits - _TIE or theirs.false > score.false:
                return False
        return True

    def _alternatives(
        self, versions: list[Version], scores: dict[Version, Score]
    ) -> list[FoundMistake]:
        shown = versions[:MOST_OFFERED]
        choice = _LAST_FOUND if len(shown) > 1 else 0
        made = [self._as_found(v, scores[v].fit, certain=False) for v in shown]
        return [each._replace(choice=choice) for each in made]

    def _effort(self, version: Version) -> tuple[bool, int, int]:
        """How much has to be supposed: what is simple comes first."""
        parameters = len(self._catalogue.parameters(version))
        return version in self._fitted, self._catalogue.patches(version), parameters

    def _offered(
        self,
        found: Versions,
        known: Versions,
        ranked: list[Version],
        scores: dict[Version, Score],
    ) -> list[FoundMistake]:
        """What explains nearly everything, and so may be."""
        best = scores[ranked[0]].fit
        near = _one_of_each(version for version in ranked if scores[version].fit >= best - _TIE)
        return [*self._each(found, known), *self._alternatives(near, scores)]

    def _undecided(self, found: Versions, tied: list[Version]) -> list[Version]:
        """Those that still fit equally well in all cases there are."""
        if len(tied) == 1:
            return tied
        told = dict.fromkeys(tied, (0.0, 0.0))
        for each in self._more(True):
            for version in tied:
                self._budget.check()
                score = each.score((*found, version))
                against, hits = told[version]
                told[version] = (against + score.false + score.contradicted, hits - score.hits)
        return [version for version in tied if told[version] == min(told.values())]

    def _adds(self, found: Versions, score: Score) -> bool:
        """Whether a mistake surely is a part of what is wrong."""
        more = score.hits - self._score(found).hits
        return score.precision >= _SURE and more > 0 and score.fit >= _LEAST

    def _all(self, versions: Versions) -> list[FoundMistake]:
        if not versions:
            return []
        score = self._score(versions)
        fit = round(score.fit, 3)
        needed = _ENOUGH * (1 + sum(version in self._fitted for version in versions))
        enough = score.weight >= needed
        return [
            self._as_found(v, fit, certain=enough and self._is_whole(v, versions)) for v in versions
        ]

    def _as_found(self, version: Version, fit: float, *, certain: bool) -> FoundMistake:
        exact = (version.id, version.form) not in self._vague
        return FoundMistake(version, round(fit, 3), certain, exact=exact)

    def _is_whole(self, version: Version, versions: Versions) -> bool:
        """Whether all is explained of the quantities that a mistake changes.

        Something else may be wrong elsewhere; where it is in the same quantity, nothing is certain.
        """
        explained: dict[str, list[float]] = {}
        changed: set[str] = set()
        for each in {*self._evidence, *self._more(False)}:
            self._budget.check()
            score = each.score(versions)
            if score.false:
                return False
            changed |= {_quantity(key) for key in each.changed((version,))}
            if each.case.tape.failed:
                for key, far in each.explained(versions).items():
                    explained.setdefault(_quantity(key), []).append(far)
        return all(min(explained.get(quantity, [1.0])) > 0 for quantity in changed)

    def _pair(self, known: Versions) -> list[FoundMistake]:
        """Two more mistakes that together explain all, where neither does alone."""
        screen = self._unexplained(known)
        if not screen:
            return []
        found: list[tuple[Versions, float]] = []
        for pair in self._pairs(screen, known):
            self._budget.check()
            versions = (*known, *pair)
            if all(each.score(versions).whole for each in screen):
                score = self._score(versions)
                if score.whole:
                    found.append((versions, score.fit))
        if not found:
            return []
        best = max(fit for _, fit in found)
        tied = [versions for versions, fit in found if fit >= best - _TIE]
        named = self._each(tied[0], known)
        if len({frozenset(version.id for version in versions) for versions in tied}) > 1:
            sure = set.intersection(*({v.id for v in versions} for versions in tied))
            named = [each._replace(certain=each.certain and each.id in sure) for each in named]
        return named

    def _pairs(
        self, screen: Sequence[Evidence], known: Versions
    ) -> Iterator[tuple[Version, Version]]:
        """The pairs of which each value is changed by one and explained, or changed by both."""
        ids = {version.id for version in known}
        effects: dict[Version, list[tuple[frozenset[Key], frozenset[Key]]]] = {}
        for version in self._candidates:
            self._budget.check()
            if version.id not in ids:
                effect = [_effect(each, (*known, version)) for each in screen]
                if all(changed is not None for changed in effect) and any(c for c, _ in effect):
                    effects[version] = effect
        for one, other in itertools.combinations(effects, 2):
            if one.id != other.id and all(
                _may_explain(each, a, b)
                for each, a, b in zip(screen, effects[one], effects[other], strict=True)
            ):
                yield one, other

    def _score(self, versions: Versions) -> Score:
        total = Score()
        for each in self._evidence:
            self._budget.check()
            total = total.plus(each.score(versions))
        return total


def _effect(evidence: Evidence, versions: Versions) -> tuple[frozenset[Key], frozenset[Key]]:
    """The values that mistakes change, and of these the ones they explain."""
    changed = frozenset(evidence.changed(versions))
    explained = evidence.explained(versions)
    return changed, frozenset(key for key in changed if explained.get(key, 0.0) > 0)


Effect = tuple[frozenset[Key], frozenset[Key]]


def _may_explain(evidence: Evidence, one: Effect, other: Effect) -> bool:
    wrong = set(evidence.wrong)
    if not wrong <= one[0] | other[0]:
        return False
    alone = (one[0] - other[0]) - one[1], (other[0] - one[0]) - other[1]
    return not any(alone)


def _quantity(key: Key) -> str:
    return key.label


def _one_of_each(versions: Iterable[Version]) -> list[Version]:
    """The first version of each mistake."""
    first: dict[str, Version] = {}
    for version in versions:
        first.setdefault(version.id, version)
    return list(first.values())


def chosen(tapes: Iterable[Tape], limit: int) -> list[Tape]:
    """At most so many tapes, of as many different checks as can be."""
    groups: dict[str, list[Tape]] = {}
    for tape in tapes:
        groups.setdefault(tape.check.partition("[")[0], []).append(tape)
    turns = itertools.zip_longest(*groups.values())
    return [tape for turn in turns for tape in turn if tape is not None][:limit]
