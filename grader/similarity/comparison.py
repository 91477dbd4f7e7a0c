"""Comparing a class: every pair scored, the highest looked at line by line."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from msgspec.structs import replace

from grader.model.errors import InputError
from grader.model.similar_code import ProgramsAlike
from grader.model.similar_pairs import (
    ComparedSubmission,
    SharedMistake,
    SimilarGroup,
    SimilarityReport,
    SimilarPair,
)
from grader.similarity.compared_class import ComparedSource
from grader.similarity.fingerprints import SubmissionPrint, Told, fingerprints
from grader.similarity.given_code import FileChoice, GivenCode
from grader.similarity.linked_groups import linked_groups
from grader.similarity.owner_scores import OwnerScores, together
from grader.similarity.pair_scores import RarePassages, Scores, pair_scores, rarity
from grader.similarity.program_units import ProgramUnit, program_units
from grader.similarity.rare_mistakes import (
    Mistakes,
    count_makers,
    mistake_prints,
    named_mistakes,
    rare_shared,
)
from grader.similarity.score_spread import score_spread
from grader.similarity.shared_passages import shared_passages
from grader.similarity.side_by_side import function_pairs, shared_lines, side_by_side
from grader.similarity.winnowing import Hashes

MAX_COMPARED: Final = 12_000
"""Submissions of all folders together: the scores of all pairs are held at once."""
_LISTED_LEAST: Final = 10
"""So many pairs are listed, whether they stand out or not."""
_HIGHEST_LEAST: Final = 0.02
"""What shares less is not listed at all."""
_MAX_FUNCTIONS: Final = 12


class ComparedPair(NamedTuple):
    """A listed pair, and its programs side by side."""

    pair: SimilarPair
    programs: ProgramsAlike


class Comparison:
    """A class, compared."""

    def __init__(
        self,
        compared: Sequence[ComparedSource],
        given: GivenCode,
        chosen: FileChoice,
        *,
        results: Path | None = None,
        jobs: int = 1,
        told: Told = lambda done, total: None,
    ) -> None:
        """Read and score.

        Args:
            compared: the submissions, those of this class first.
            given: what is subtracted.
            chosen: which files take part.
            results: folder of a batch's output, for the mistakes of this class.
            jobs: processes at once.
            told: called as submissions are read.

        Raises:
            InputError: there are more than can be compared, or fewer than two.
            InternalError: this system cannot fork.
        """
        if not 2 <= len(compared) <= MAX_COMPARED:
            raise InputError(
                f"{len(compared)} submissions cannot be compared: it takes from 2 to "
                f"{MAX_COMPARED:,}.",
                hint="Name fewer folders." if len(compared) > 2 else "Name another folder too.",
            )
        self._compared = compared = together(compared)
        self._given, self._chosen, self._jobs = given, chosen, jobs
        self._ours = sum(not each.other for each in compared)
        self._mistakes = self._named_mistakes(results)
        self._prints = fingerprints(compared, given, chosen, jobs=jobs, told=told)
        hashes = self._hashes()
        self._rare: RarePassages = rarity(hashes, [each.owner for each in compared])
        scores = pair_scores(hashes, self._rare, self._ours)
        is_read = np.array([len(each.hashes) > 0 for each in self._prints])
        self._owners = OwnerScores(compared, scores, is_read)
        self._spread = score_spread(self._owners.best[self._owners.is_pair])

    @property
    def scores(self) -> Scores:
        """The score of everybody of this class with each who comes after them; else 0."""
        return self._owners.best

    def report(self, most: int) -> tuple[SimilarityReport, list[ComparedPair]]:
        """What was found; up to `most` pairs are looked at line by line.

        Raises:
            InternalError: this system cannot fork.
        """
        listed = list(self._listed(most))
        repeated = list(self._repeated(most))
        looked_at = list(self._looked_at([*listed, *repeated]))
        pairs, repeats = looked_at[: len(listed)], looked_at[len(listed) :]
        report = SimilarityReport(
            submissions=[
                _record(each, prints)
                for each, prints in zip(self._compared, self._prints, strict=True)
            ],
            pairs=[each.pair for each in pairs],
            groups=self._groups(),
            repeats=[each.pair for each in repeats],
            spread=self._spread,
            given=self._given.names,
            others=list(dict.fromkeys(each.other for each in self._compared if each.other)),
        )
        return report, looked_at

    def _named_mistakes(self, results: Path | None) -> list[Mistakes]:
        own = [each.graded for each in self._compared[: self._ours]]
        found = named_mistakes(results, [id for id in own if id]) if results else {}
        return [found.get(id, {}) for id in own]

    def _hashes(self) -> list[Hashes]:
        """Fingerprints of programs, and of mistakes."""
        hashes = [each.numbers for each in self._prints]
        for at, mistakes in enumerate(self._mistakes):
            if mistakes and len(hashes[at]):
                hashes[at] = np.union1d(hashes[at], mistake_prints(mistakes))
        return hashes

    def _listed(self, most: int) -> Iterator[tuple[int, int]]:
        """The pairs that stand out, and some more, the highest scores first."""
        flat = self._owners.best.ravel()
        number = min(len(flat), most)
        if not number:
            return
        best = np.argpartition(-flat, number - 1)[:number]
        for rank, place in enumerate(sorted(best.tolist(), key=lambda at: (-flat[at], at))):
            score = float(flat[place])
            wanted = score >= self._spread.threshold or rank < _LISTED_LEAST
            if wanted and score >= _HIGHEST_LEAST:
                yield self._owners.attempts(*divmod(place, self._owners.best.shape[1]))

    def _repeated(self, most: int) -> Iterator[tuple[int, int]]:
        """Those who submitted their own work of an earlier year again."""
        alike = (
            (first, second)
            for first, second, score in self._owners.repeats()
            if score >= self._spread.threshold
            or _identical(self._prints[first], self._prints[second])
        )
        yield from itertools.islice(alike, most)

    def _looked_at(self, listed: Sequence[tuple[int, int]]) -> Iterator[ComparedPair]:
        numbers = sorted({at for pair in listed for at in pair})
        units = dict(zip(numbers, self._units(numbers), strict=True))
        makers = count_makers(self._mistakes)
        for rank, (first, second) in enumerate(listed, start=1):
            one, other = units[first], units[second]
            passages = shared_passages(one, other)
            pair = replace(
                self._pair(first, second),
                functions=function_pairs(one, other, passages)[:_MAX_FUNCTIONS],
                lines=shared_lines(one, passages),
                mistakes=self._shared_mistakes(first, second, makers),
                page=f"pairs/{rank:03}.html",
            )
            yield ComparedPair(pair, side_by_side(one, other, passages, self._rare))

    def _units(self, numbers: Sequence[int]) -> list[list[ProgramUnit]]:
        chosen = [self._compared[at] for at in numbers]
        return program_units(chosen, self._given, self._chosen, jobs=self._jobs)

    def _pair(self, first: int, second: int) -> SimilarPair:
        score = self._owners.score(first, second)
        one, other = self._compared[first], self._compared[second]
        return SimilarPair(
            first=first,
            second=second,
            score=round(score, 4),
            stands_out=score >= self._spread.threshold,
            same_name=_is_namesake(one, other),
            identical=_identical(self._prints[first], self._prints[second]),
        )

    def _shared_mistakes(
        self, first: int, second: int, makers: Mapping[str, int]
    ) -> list[SharedMistake]:
        if second >= self._ours:
            return []
        return rare_shared(self._mistakes[first], self._mistakes[second], makers, self._ours)

    def _groups(self) -> list[SimilarGroup]:
        """Submissions that hang together by pairs that stand out, the largest group first."""
        best = self._owners.best
        far = np.argwhere(best >= self._spread.threshold).tolist()
        groups = []
        for members in linked_groups((first, second) for first, second in far):
            scores = [best[a, b] for a, b in far if a in members]
            groups.append(
                SimilarGroup(
                    members=sorted(map(self._owners.counted, members)),
                    lowest=round(float(min(scores)), 4),
                    highest=round(float(max(scores)), 4),
                )
            )
        return sorted(groups, key=lambda group: (-len(group.members), -group.highest))


def _record(compared: ComparedSource, prints: SubmissionPrint) -> ComparedSubmission:
    return ComparedSubmission(
        id=compared.source.id,
        name=compared.source.name or compared.source.id,
        section=compared.section,
        other=compared.other,
        attempt=compared.attempt,
        counted=compared.counted,
        passages=len(prints.numbers),
        problem=prints.problem,
    )


def _is_namesake(one: ComparedSource, other: ComparedSource) -> bool:
    """Whether two of different classes go by one name, and nothing else says that they are one."""
    names = [" ".join(each.source.name.split()).casefold() for each in (one, other)]
    return bool(other.other) and one.owner != other.owner and names[0] == names[1] != ""


def _identical(one: SubmissionPrint, other: SubmissionPrint) -> list[str]:
    """Files of the first that the other holds too, byte for byte."""
    digests = set(other.files.values())
    return sorted(path for path, digest in one.files.items() if digest in digests)
