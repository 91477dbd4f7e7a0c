"""A class in numbers: its checks, its mistakes, and how its scores are spread."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from grader.model.result import Cause, CheckResult, Outcome
from grader.report.class_statistics import NOT_PASSING
from grader.report.student_view import Segment, stretches
from grader.report.summary import LETTERS, Summary
from grader.web.class_rows import KEPT, ClassView

_FEWEST_BINS: Final = 5
_MOST_BINS: Final = 16
_WIDTHS: Final = (1.0, 2.0, 2.5, 5.0)
"""Of bins, times a power of ten."""


class CheckRow(NamedTuple):
    """A check, and how it went."""

    check: CheckResult
    part: str
    counts: dict[Outcome, int]
    failing: int
    judged: int
    """For whom it passed or did not: without skipped and internal ones."""
    bar: list[Segment]


class MistakeRow(NamedTuple):
    """A mistake, and how many made it."""

    cause: Cause
    students: int


class ScoreBin(NamedTuple):
    """A bar of a histogram: scores from `low` up to `high`; the last holds its end too."""

    low: float
    high: float
    students: int


class ScoreHistogram(NamedTuple):
    """The scores of those that were graded, in points."""

    students: int
    mean: float
    median: float
    lowest: float
    highest: float
    bins: list[ScoreBin]


@lru_cache(KEPT)
def check_rows(view: ClassView) -> tuple[CheckRow, ...]:
    """Every check of the class, in the order of the bank, as each student was asked for it."""
    met: dict[str, CheckResult] = {}
    counts: dict[str, Counter[Outcome]] = {}
    for roll, summaries in _by_roll(view):
        for check, found in zip(view.register.rolls[roll], _counted(summaries), strict=True):
            met.setdefault(check.id, check)
            counts.setdefault(check.id, Counter()).update(found)
    titles = {part.id: part.title for part in view.parts}
    return tuple(_check_row(check, titles, counts[id]) for id, check in met.items())


def _by_roll(view: ClassView) -> Iterable[tuple[str, list[Summary]]]:
    found: dict[str, list[Summary]] = {}
    for row in view.rows:
        if row.summary and row.summary.graded and row.summary.roll in view.register.rolls:
            found.setdefault(row.summary.roll, []).append(row.summary)
    return found.items()


def _counted(summaries: Sequence[Summary]) -> list[dict[Outcome, int]]:
    """For each check of a list, how often it ended how."""
    letters = np.frombuffer("".join(s.marks for s in summaries).encode(), np.uint8)
    table = letters.reshape(len(summaries), -1)
    totals = {outcome: (table == ord(x)).sum(axis=0) for outcome, x in LETTERS.items()}
    return [{o: int(total[k]) for o, total in totals.items()} for k in range(table.shape[1])]


def _check_row(check: CheckResult, titles: dict[str, str], counts: Counter[Outcome]) -> CheckRow:
    failing = sum(counts[outcome] for outcome in NOT_PASSING)
    judged = failing + counts[Outcome.PASSED]
    shares = {outcome: counts[outcome] / judged for outcome in NOT_PASSING} if judged else {}
    part = titles.get(check.part, check.part)
    return CheckRow(check, part, dict(counts), failing, judged, stretches(shares))


@lru_cache(KEPT)
def mistake_rows(view: ClassView) -> tuple[MistakeRow, ...]:
    """The mistakes that were made, the commonest first."""
    counts = Counter(id for row in view.rows if row.summary for id in row.summary.mistakes)
    ranked = sorted((-count, view.register.causes[id].function, id) for id, count in counts.items())
    return tuple(MistakeRow(view.register.causes[id], -count) for count, _, id in ranked)


@lru_cache(KEPT)
def score_spread(view: ClassView) -> ScoreHistogram | None:
    """How the scores are spread; None where nothing is graded."""
    scores = [row.score for row in view.rows if row.score is not None]
    if not scores:
        return None
    return ScoreHistogram(
        students=len(scores),
        mean=statistics.fmean(scores),
        median=statistics.median(scores),
        lowest=min(scores),
        highest=max(scores),
        bins=fitting_bins(scores),
    )


def fitting_bins(scores: Sequence[float]) -> list[ScoreBin]:
    """Bins of one round width that cover the scores and nothing else, more for more scores."""
    low, high = min(scores), max(scores)
    most = min(_MOST_BINS, max(_FEWEST_BINS, round(2 * len(scores) ** 0.5)))
    width = _round_width((high - low) / most)
    first, last = int(low // width), int(high // width)
    if last > first and last * width == high:
        last -= 1  # the end belongs to the last bin
    counts = Counter(min(last, int(score // width)) for score in scores)
    return [
        ScoreBin(round(k * width, 6), round((k + 1) * width, 6), counts[k])
        for k in range(first, last + 1)
    ]


def _round_width(least: float) -> float:
    """The smallest round width of at least so much; 1 where all scores are the same."""
    if least <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(least))
    every = [step * power * scale for scale in (1, 10) for step in _WIDTHS]
    return float(min(width for width in every if width >= least * (1 - 1e-9)))
