"""Finding the mistakes that answer as a student does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from grader.diagnosis.evidence import Evidence, FitScore
from grader.diagnosis.fitting import fitted, sharpened
from grader.diagnosis.found_mistake import FoundMistake
from grader.diagnosis.mistake_pairs import likely_pairs
from grader.diagnosis.mutated_package import Catalogue, Version, Versions, one_of_each
from grader.diagnosis.work_budget import BudgetShare, OutOfTime

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
_EXACT: Final = 1e-12
"""Relative to the scale: so far may another order of the operations lead."""
_EXACTER: Final = 100.0
"""What is so many times nearer to the answers is nearer not by chance."""
_COMPLETED: Final = 3
"""Mistakes that explain whole cases, of which it is tried what completes them."""
_SHOWN: Final = 4
"""Cases from which a number is read off."""
MOST_OFFERED: Final = 3


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
        left = [each for each in found if each.id not in {version.id for version in known}]
        return [self._sharpened(each, left, known) for each in left]

    def _sharpened(
        self, one: FoundMistake, found: Sequence[FoundMistake], known: Versions
    ) -> FoundMistake:
        """A mistake with its numbers as the answers tell them, if they do."""
        starts = [parameter.values for parameter in self._catalogue.parameters(one.version)]
        if not starts:
            return one
        others = (*known, *(e.version for e in found if e is not one and not e.choice))
        cases = [e for e in self._evidence if e.wrong and e.affected((*others, one.version))]
        try:
            self._budget.check()
            version, told = sharpened(cases[:_SHOWN], others, one.version, starts)
        except OutOfTime:
            return one._replace(exact=False)
        return one._replace(version=version, exact=told)

    def _found(self, known: Versions, *, pairs: bool) -> list[FoundMistake]:
        found, first = known, dict[Version, FitScore]()
        for _ in range(_TOGETHER):
            scores = self._scores(found)
            first = first or scores
            if any(score.whole for score in scores.values()):
                return self._decided(found, known, scores)
            ranked = _ranked(scores)
            if ranked and scores[ranked[0]].fit >= CLEAR and not self._best:
                self._best = self._offered(found, known, ranked, scores)
            partly = [version for version in ranked if self._adds(found, scores[version])]
            if not partly:
                break
            found = (*found, partly[0])
            if not self._best or found != known:
                self._best = self._each(found, known)
        if not pairs:
            return self._best
        likely = self._likely(known, first)
        return (
            self._on_top(known, likely, self._singles)
            or self._pair(known)
            or self._on_top(known, likely, self._fits)
            or self._best
        )

    def _scores(self, found: Versions) -> dict[Version, FitScore]:
        """Of single mistakes on top of those found, those with a number of their own among them.

        Numbers are looked for where the likely ones explain not all, or not exactly.
        """
        scores = self._singles(found)
        whole = [version for version in scores if scores[version].whole]
        if all(self._distance((*found, version)) > _EXACT for version in whole):
            scores |= self._fits(found)
        return scores

    def _distance(self, versions: Versions) -> float:
        return max((each.distance(versions) for each in self._evidence), default=0.0)

    def _on_top(
        self,
        known: Versions,
        likely: list[Version],
        more: Callable[[Versions], dict[Version, FitScore]],
    ) -> list[FoundMistake]:
        """What completes a mistake that explains whole cases, and contradicts no others."""
        for one in likely:
            scores = more((*known, one))
            if any(score.whole for score in scores.values()):
                return self._decided((*known, one), known, scores)
        return []

    def _likely(self, known: Versions, scores: dict[Version, FitScore]) -> list[Version]:
        """The mistakes that explain all that is wrong in some case, and contradict nothing."""
        explain = [
            version
            for version in _ranked(scores)
            if not scores[version].false
            and any(
                each.wrong and each.case.trace.failed and each.score((*known, version)).whole
                for each in self._evidence
            )
        ]
        return one_of_each(explain)[:_COMPLETED]

    def _singles(self, found: Versions) -> dict[Version, FitScore]:
        """The scores of what explains more than was found, if only in the shortest cases.

        What explains everything explains the shortest case: the next is looked at only where
        nothing does.
        """
        ids = {version.id for version in found}
        left = [version for version in self._candidates if version.id not in ids]
        scores: dict[Version, FitScore] = {}
        for each in self._unexplained(found):
            known = each.score(found).hits
            for version in left:
                self._budget.check()
                if version not in scores and each.score((*found, version)).hits > known:
                    scores[version] = self._score((*found, version))
            if any(score.whole for score in scores.values()):
                break
        return scores

    def _fits(self, found: Versions) -> dict[Version, FitScore]:
        """The same of mistakes with a number of the student's own."""
        screen = self._unexplained(found)
        ids = {each.id for each in found}
        scores: dict[Version, FitScore] = {}
        for version in self._catalogue.families(self._candidates):
            if version.id in ids:
                continue
            starts = [parameter.values for parameter in self._catalogue.parameters(version)]
            for each in screen:
                self._budget.check()
                if not self._may(each, found, version):
                    continue
                fit = fitted(each, found, version, starts)
                if fit is not None:
                    self._fitted.add(fit)
                    scores[fit] = self._score((*found, fit))
                break
        return scores

    def _may(self, evidence: Evidence, found: Versions, family: Version) -> bool:
        """Whether some number may explain what is wrong: one that changes that, and nothing else.

        With whichever number, a mistake changes the same values.
        """
        wrong = {*evidence.wrong}
        changed = [evidence.changed((*found, v)) for v in self._catalogue.written(family)]
        return any(keys & wrong for keys in changed) and any(keys <= wrong for keys in changed)

    def _unexplained(self, found: Versions) -> list[Evidence]:
        """The shortest cases in which something is wrong that was not explained."""
        left = [each for each in self._evidence if each.wrong and each.score(found).missed]
        return left[: self._screen]

    def _decided(
        self, found: Versions, known: Versions, scores: dict[Version, FitScore]
    ) -> list[FoundMistake]:
        """What explains everything: one mistake, or those that do so equally well."""
        whole = sorted((v for v in scores if scores[v].whole), key=self._effort)
        likely = [each._replace(certain=False) for each in self._best]
        self._best = [*likely, *self._alternatives(one_of_each(whole), scores)]
        best = max(scores[version].fit for version in whole)
        tied = [version for version in whole if scores[version].fit >= best - _TIE]
        tied = one_of_each(self._undecided(found, tied))
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
        return self._undecided(rest, [version, *one_of_each(rivals)])

    def _as_good(self, others: Versions, versions: Versions, cases: Iterable[Evidence]) -> bool:
        """Whether others explain in each case what mistakes do, and are no more often wrong."""
        for each in cases:
            self._budget.check()
            theirs, score = each.score(others), each.score(versions)
            if theirs.hits < score.hits - _TIE or theirs.false > score.false:
                return False
        return True

    def _alternatives(
        self, versions: list[Version], scores: dict[Version, FitScore]
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
        scores: dict[Version, FitScore],
    ) -> list[FoundMistake]:
        """What explains nearly everything, and so may be."""
        best = scores[ranked[0]].fit
        near = one_of_each(version for version in ranked if scores[version].fit >= best - _TIE)
        return [*self._each(found, known), *self._alternatives(near, scores)]

    def _undecided(self, found: Versions, tied: list[Version]) -> list[Version]:
        """Those that still fit equally well in all cases there are, and as exactly.

        A number is not supposed where a mistake without one does as well.
        """
        if len(tied) == 1:
            return tied
        told = dict.fromkeys(tied, (0.0, 0.0))
        exact = dict.fromkeys(tied, _EXACT / _EXACTER)
        for each in self._more(True):
            for version in tied:
                self._budget.check()
                score = each.score((*found, version))
                against, hits = told[version]
                told[version] = (against + score.false + score.contradicted, hits - score.hits)
                exact[version] = max(exact[version], each.distance((*found, version)))
        tied = [version for version in tied if told[version] == min(told.values())]
        nearest = min(exact[version] for version in tied)
        tied = [version for version in tied if exact[version] <= _EXACTER * nearest]
        plain = [version for version in tied if version not in self._fitted]
        return plain or tied

    def _adds(self, found: Versions, score: FitScore) -> bool:
        """Whether a mistake surely is a part of what is wrong."""
        more = score.hits - self._score(found).hits
        return score.precision >= _SURE and more > 0 and score.fit >= _LEAST

    def _all(self, versions: Versions) -> list[FoundMistake]:
        if not versions:
            return []
        score = self._score(versions)
        fit = round(score.fit, 3)
        needed = _ENOUGH * (1 + sum(version in self._fitted for version in versions))
        # Of two or three with numbers to choose, some would explain much by accident.
        plain = len(versions) == 1 or all(map(self._is_plain, versions))
        certain = plain and score.weight >= needed and self._is_whole(versions)
        return [self._as_found(version, fit, certain=certain) for version in versions]

    def _as_found(self, version: Version, fit: float, *, certain: bool) -> FoundMistake:
        return FoundMistake(version, round(fit, 3), certain)

    def _is_whole(self, versions: Versions) -> bool:
        """Whether all that is wrong in any failed case is explained, and nothing contradicted."""
        for each in {*self._evidence, *self._more(False)}:
            self._budget.check()
            score = each.score(versions)
            if score.false or score.missed:
                return False
        return True

    def _pair(self, known: Versions) -> list[FoundMistake]:
        """Two more mistakes that together explain all, where neither does alone."""
        screen = self._unexplained(known)
        if not screen:
            return []
        found: list[tuple[Versions, float]] = []
        plain = [version for version in self._candidates if self._is_plain(version)]
        for pair in likely_pairs(plain, screen, known, self._budget):
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

    def _is_plain(self, version: Version) -> bool:
        """Whether a mistake is as it usually is, without a number of the student's own."""
        usual = version.form == 0 or not version.numbers
        return usual and version not in self._fitted

    def _score(self, versions: Versions) -> FitScore:
        total = FitScore()
        for each in self._evidence:
            self._budget.check()
            total = total.plus(each.score(versions))
        return total


def _ranked(scores: dict[Version, FitScore]) -> list[Version]:
    return sorted(scores, key=lambda version: -scores[version].fit)
