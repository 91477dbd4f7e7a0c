"""A class in numbers: what the class page shows, worked out before any template sees it."""

from __future__ import annotations

import statistics
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from grader.model.result import Cause, CheckResult, Outcome, PartResult, Result
from grader.report.atomic_write import instructor_page
from grader.report.notebook_statistics import CellTally, FailingCell
from grader.report.student_view import Segment, stretches
from grader.report.summary import LETTERS, Roster, Summary

BINS: Final = 10
HARDEST: Final = 15
ON_PAGE: Final = 500
"""Rows of the table that a browser lays out at once."""
UNGRADED: Final = 25
"""Of those that could not be graded, how many are listed with their reasons."""
NOT_PASSING: Final = (Outcome.FAILED, Outcome.ERROR, Outcome.MISSING)


class Bin(Struct, frozen=True):
    """A bar of the histogram: scores from `low` up to (the last: and with) `high` percent."""

    low: int
    high: int
    count: int


class Spread(Struct, frozen=True):
    """The final scores of those that were graded, in points; None where there are none."""

    mean: float | None
    median: float | None
    lowest: float | None
    highest: float | None
    mean_percent: float
    median_percent: float
    bins: list[Bin]

    @property
    def tallest(self) -> int:
        """Students in the fullest bin."""
        return max(bin.count for bin in self.bins)


class HardCheck(Struct, frozen=True):
    """A check that some did not pass."""

    check: CheckResult
    part: str
    counts: dict[Outcome, int]
    judged: int
    """Students for whom it passed or did not: without `skipped` and `internal`."""
    failing: int
    bar: list[Segment]

    @property
    def share(self) -> float:
        """Failing of judged, in percent."""
        return 100.0 * self.failing / self.judged if self.judged else 0.0


class CommonMistake(Struct, frozen=True):
    """A mistake, and how many students made it."""

    cause: Cause
    count: int
    bar: list[Segment]


class ReleaseCount(Struct, frozen=True):
    """A template and how many wrote against it."""

    release: str
    count: int
    python2: int


class ClassRow(Struct, frozen=True):
    """A line of the table of students."""

    result: Summary
    href: str
    parts: list[PartResult | None]
    counts: dict[Outcome, int]


class ClassStatistics(Struct, frozen=True):
    """A whole class page."""

    size: int
    graded: int
    """How many have a score."""
    rows: list[ClassRow]
    """The first rows, which stand on the page."""
    rest: Callable[[], Iterator[ClassRow]]
    """The other rows, which are put there when they are asked for."""
    parts: list[PartResult]
    """The parts met, first met first: titles for the columns."""
    maxima: list[tuple[float, float] | None]
    """What each part is worth, at least and at most; None where nobody was asked for it."""
    max_score: float
    spread: Spread
    counts: dict[Outcome, int]
    bar: list[Segment]
    mistakes: list[CommonMistake]
    """What to teach next week."""
    hardest: list[HardCheck]
    has_notebooks: bool
    """Whether notebooks were asked for."""
    failing_cells: list[FailingCell]
    waiting: int
    """Written answers that somebody has to mark."""
    ungraded: list[ClassRow]
    """The first of those without a score."""
    releases: list[ReleaseCount]
    sandboxes: list[tuple[str, int]]
    unsandboxed: int


Href = Callable[[Summary], str]
"""The address of a student's page."""


def report_href(submission: str) -> str:
    """Where the class page looks for a student's page: the instructor's copy of it."""
    return quote(instructor_page(submission))


def statistics_of(results: Iterable[Result] | Roster, href: Href) -> ClassStatistics:
    """Work out the numbers of a class; `href` gives the address of each student's page."""
    roster = Roster.of(results)
    tally = OutcomeCounts(roster)
    parts, counts = list(tally.parts.values()), tally.counts

    def rows(some: Iterable[Summary]) -> Iterator[ClassRow]:
        return (_row(summary, parts, href) for summary in some)

    return ClassStatistics(
        size=tally.size,
        graded=len(tally.scores),
        rows=list(rows(islice(roster, ON_PAGE))),
        rest=lambda: rows(islice(roster, ON_PAGE, None)),
        parts=parts,
        maxima=[tally.maximum(part.id) for part in parts],
        max_score=tally.max_score,
        spread=_spread(tally.scores, tally.percents),
        counts=counts,
        bar=_shares(counts),
        mistakes=_common_mistakes(tally),
        hardest=_hardest_checks(tally),
        has_notebooks=tally.cells.asked,
        failing_cells=tally.cells.failing(),
        waiting=tally.waiting,
        ungraded=list(rows(tally.ungraded)),
        releases=_releases(tally),
        sandboxes=tally.sandboxes.most_common(),
        unsandboxed=tally.unsandboxed,
    )


class OutcomeCounts:
    """A class, counted in one pass."""

    def __init__(self, roster: Roster) -> None:
        self.register = roster.register
        self.size = 0
        self.max_score = 0.0
        self.parts: dict[str, PartResult] = {}
        self._maxima: dict[str, set[float]] = {}
        self.scores = array("d")
        self.percents = array("d")
        self.ungraded: list[Summary] = []
        """The first of those without a score."""
        self.marks: dict[str, npt.NDArray[np.int64]] = {}
        """For each list of checks: how often (n, 128) each of them has each letter."""
        self.mistakes: Counter[str] = Counter()
        self.cells = CellTally()
        self.waiting = 0
        self.releases: Counter[str] = Counter()
        self.python2: Counter[str] = Counter()
        self.sandboxes: Counter[str] = Counter()
        self.unsandboxed = 0
        for summary in roster:
            self._add(summary)

    def maximum(self, part: str) -> tuple[float, float] | None:
        """What a part is worth, at least and at most: by their templates it may differ."""
        maxima = self._maxima.get(part)
        return (min(maxima), max(maxima)) if maxima else None

    def checks(self) -> Iterator[tuple[CheckResult, dict[Outcome, int]]]:
        """Each check of each list, and how often it ended how."""
        for roll, table in self.marks.items():
            for check, row in zip(self.register.rolls[roll], table, strict=True):
                yield check, {outcome: int(row[ord(x)]) for outcome, x in LETTERS.items()}

    @property
    def counts(self) -> dict[Outcome, int]:
        """How often checks ended how; only outcomes that occurred."""
        total: Counter[Outcome] = Counter()
        for _, counts in self.checks():
            total.update(counts)
        return {outcome: total[outcome] for outcome in Outcome if total[outcome]}

    def _add(self, summary: Summary) -> None:
        self.size += 1
        self.max_score = max(self.max_score, summary.max_score)
        for part in summary.parts:
            self.parts.setdefault(part.id, part)
        if summary.graded:
            self._add_graded(summary)
        elif len(self.ungraded) < UNGRADED:
            self.ungraded.append(summary)

    def _add_graded(self, summary: Summary) -> None:
        self.scores.append(summary.final)
        self.percents.append(summary.percent)
        for part in summary.parts:
            if part.total:
                self._maxima.setdefault(part.id, set()).add(part.max_points)
        letters = np.frombuffer(summary.marks.encode(), np.uint8)
        if summary.roll not in self.marks:
            self.marks[summary.roll] = np.zeros((len(letters), 128), np.int64)
        self.marks[summary.roll][np.arange(len(letters)), letters] += 1
        self.mistakes.update(summary.mistakes)
        self.cells.add(summary.cells)
        self.waiting += summary.waiting
        if summary.release is not None:
            self.releases[summary.release] += 1
            self.python2[summary.release] += summary.python2
        if summary.sandbox is not None:
            self.sandboxes[summary.sandbox] += 1
            self.unsandboxed += not summary.isolated


def _hardest_checks(tally: OutcomeCounts) -> list[HardCheck]:
    """The checks that the largest share did not pass, hardest first."""
    met: dict[str, CheckResult] = {}
    counts: dict[str, Counter[Outcome]] = {}
    for check, found in tally.checks():
        met.setdefault(check.id, check)
        counts.setdefault(check.id, Counter()).update(found)
    titles = {part.id: part.title for part in tally.parts.values()}
    every = [
        _hard_check(check, titles.get(check.part, check.part), counts[id])
        for id, check in met.items()
    ]
    failing = [hard for hard in every if hard.failing]
    return sorted(failing, key=lambda hard: (-hard.share, -hard.failing, hard.check.id))[:HARDEST]


def _common_mistakes(tally: OutcomeCounts) -> list[CommonMistake]:
    """The mistakes that most students made; of several that it may be, the likeliest counts."""
    met, counts = tally.register.causes, tally.mistakes
    ranked = sorted(counts, key=lambda id: (-counts[id], met[id].function, id))[:HARDEST]
    graded = len(tally.scores)
    return [
        CommonMistake(met[id], counts[id], stretches({Outcome.FAILED: counts[id] / graded}))
        for id in ranked
    ]


def _hard_check(check: CheckResult, part: str, counts: Counter[Outcome]) -> HardCheck:
    failing = sum(counts[outcome] for outcome in NOT_PASSING)
    judged = failing + counts[Outcome.PASSED]
    shown = {outcome: counts[outcome] / judged for outcome in NOT_PASSING} if judged else {}
    return HardCheck(check, part, dict(counts), judged, failing, stretches(shown))


def _row(summary: Summary, parts: list[PartResult], href: Href) -> ClassRow:
    mine = {part.id: part for part in summary.parts if part.total}
    return ClassRow(summary, href(summary), [mine.get(part.id) for part in parts], summary.counts)


def _spread(scores: Sequence[float], percents: Sequence[float]) -> Spread:
    return Spread(
        mean=statistics.fmean(scores) if scores else None,
        median=statistics.median(scores) if scores else None,
        lowest=min(scores, default=None),
        highest=max(scores, default=None),
        mean_percent=statistics.fmean(percents) if percents else 0.0,
        median_percent=statistics.median(percents) if percents else 0.0,
        bins=_bins(percents),
    )


def _bins(percents: Sequence[float]) -> list[Bin]:
    width = 100 // BINS
    counts = Counter(min(BINS - 1, max(0, int(round(percent, 6) // width))) for percent in percents)
    return [Bin(i * width, (i + 1) * width, counts[i]) for i in range(BINS)]


def _shares(counts: Mapping[Outcome, int]) -> list[Segment]:
    total = sum(counts.values())
    return stretches({outcome: n / total for outcome, n in counts.items()}) if total else []


def _releases(tally: OutcomeCounts) -> list[ReleaseCount]:
    counts = sorted(tally.releases.items())
    return [ReleaseCount(name, count, tally.python2[name]) for name, count in counts]
