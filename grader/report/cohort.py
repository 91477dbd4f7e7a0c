"""A class in numbers: what the class page shows, worked out before any template sees it."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from grader.report.student_view import Segment, asked_for, stretches
from grader.report.text import by_name
from grader.result import Cause, CheckResult, Outcome, PartResult, Result

BINS: Final = 10
HARDEST: Final = 15
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


class Era(Struct, frozen=True):
    """A template and how many wrote against it."""

    era: str
    count: int
    python2: int


class Row(Struct, frozen=True):
    """A line of the table of students."""

    result: Result
    href: str
    parts: list[PartResult | None]
    counts: dict[Outcome, int]


class Cohort(Struct, frozen=True):
    """A whole class page."""

    rows: list[Row]
    parts: list[PartResult]
    """The parts met, first met first: titles for the columns."""
    maxima: list[float | None]
    """What each part is worth; None where that differs between submissions."""
    max_score: float
    spread: Spread
    counts: dict[Outcome, int]
    bar: list[Segment]
    mistakes: list[CommonMistake]
    """What to teach next week."""
    hardest: list[HardCheck]
    ungraded: list[Row]
    eras: list[Era]
    sandboxes: list[tuple[str, int]]
    unsandboxed: int

    @property
    def graded(self) -> int:
        """How many have a score."""
        return len(self.rows) - len(self.ungraded)


def report_href(submission: str) -> str:
    """Where the class page looks for a student's page: `reports/<submission>.html`, quoted."""
    return f"reports/{quote(submission, safe='')}.html"


def cohort(results: Iterable[Result], href: Callable[[Result], str]) -> Cohort:
    """Work out the numbers of a class; `href` gives the address of each student's page."""
    every = sorted(results, key=lambda result: by_name(result.submission))
    graded = [result for result in every if result.graded]
    parts = list({part.id: part for result in every for part in result.parts}.values())
    rows = [_row(result, parts, href) for result in every]
    counts = Counter(check.outcome for result in graded for check in _asked(result))
    sandboxes = [result.sandbox for result in graded if result.sandbox]
    return Cohort(
        rows=rows,
        parts=parts,
        maxima=[_maximum(part.id, graded) for part in parts],
        max_score=max((result.max_score for result in every), default=0.0),
        spread=_spread(graded),
        counts=dict(counts),
        bar=_shares(counts),
        mistakes=common_mistakes(graded),
        hardest=hardest_checks(graded),
        ungraded=[row for row in rows if not row.result.graded],
        eras=_eras(graded),
        sandboxes=Counter(sandbox.kind for sandbox in sandboxes).most_common(),
        unsandboxed=sum(not sandbox.isolated for sandbox in sandboxes),
    )


def hardest_checks(graded: Sequence[Result], limit: int = HARDEST) -> list[HardCheck]:
    """The checks that the largest share did not pass, hardest first."""
    met: dict[str, CheckResult] = {}
    counts: dict[str, Counter[Outcome]] = {}
    titles = {part.id: part.title for result in graded for part in result.parts}
    for check in (check for result in graded for check in _asked(result)):
        met.setdefault(check.id, check)
        counts.setdefault(check.id, Counter())[check.outcome] += 1
    every = [
        _hard_check(check, titles.get(check.part, check.part), counts[id])
        for id, check in met.items()
    ]
    failing = [hard for hard in every if hard.failing]
    return sorted(failing, key=lambda hard: (-hard.share, -hard.failing, hard.check.id))[:limit]


def common_mistakes(graded: Sequence[Result], limit: int = HARDEST) -> list[CommonMistake]:
    """The mistakes that most students made; of several that it may be, the likeliest counts."""
    met: dict[str, Cause] = {}
    counts: Counter[str] = Counter()
    for result in graded:
        mine = {cause.id: cause for check in result.checks for cause in _made(check)}
        met = {**mine, **met}
        counts.update(mine.keys())
    ranked = sorted(counts, key=lambda id: (-counts[id], met[id].function, id))[:limit]
    return [
        CommonMistake(met[id], counts[id], stretches({Outcome.FAILED: counts[id] / len(graded)}))
        for id in ranked
    ]


def _made(check: CheckResult) -> list[Cause]:
    mistakes = [cause for cause in check.causes if cause.kind == "mistake"]
    certain = [cause for cause in mistakes if cause.certain]
    return certain or mistakes[:1]


def _hard_check(check: CheckResult, part: str, counts: Counter[Outcome]) -> HardCheck:
    failing = sum(counts[outcome] for outcome in NOT_PASSING)
    judged = failing + counts[Outcome.PASSED]
    shown = {outcome: counts[outcome] / judged for outcome in NOT_PASSING} if judged else {}
    return HardCheck(check, part, dict(counts), judged, failing, stretches(shown))


def _row(result: Result, parts: list[PartResult], href: Callable[[Result], str]) -> Row:
    mine = {part.id: part for part in result.parts if part.total}
    counts = {outcome: result.count(outcome) for outcome in Outcome}
    return Row(result, href(result), [mine.get(part.id) for part in parts], counts)


def _asked(result: Result) -> list[CheckResult]:
    return [check for check in result.checks if asked_for(check)]


def _maximum(part_id: str, graded: Sequence[Result]) -> float | None:
    parts = (part for result in graded for part in result.parts if part.id == part_id)
    maxima = {part.max_points for part in parts if part.total}
    return maxima.pop() if len(maxima) == 1 else None


def _spread(graded: Sequence[Result]) -> Spread:
    scores = [result.final for result in graded]
    percents = [_percent(result) for result in graded]
    return Spread(
        mean=statistics.fmean(scores) if scores else None,
        median=statistics.median(scores) if scores else None,
        lowest=min(scores, default=None),
        highest=max(scores, default=None),
        mean_percent=statistics.fmean(percents) if percents else 0.0,
        median_percent=statistics.median(percents) if percents else 0.0,
        bins=_bins(percents),
    )


def _percent(result: Result) -> float:
    return 100.0 * result.final / result.max_score if result.max_score else 0.0


def _bins(percents: Sequence[float]) -> list[Bin]:
    width = 100 // BINS
    counts = Counter(min(BINS - 1, max(0, int(round(percent, 6) // width))) for percent in percents)
    return [Bin(i * width, (i + 1) * width, counts[i]) for i in range(BINS)]


def _shares(counts: Counter[Outcome]) -> list[Segment]:
    total = sum(counts.values())
    return stretches({outcome: n / total for outcome, n in counts.items()}) if total else []


def _eras(graded: Sequence[Result]) -> list[Era]:
    dialects = [result.dialect for result in graded]
    eras = Counter(dialect.era if dialect else "" for dialect in dialects)
    python2 = Counter(dialect.era for dialect in dialects if dialect and dialect.python2)
    return [Era(era, count, python2[era]) for era, count in sorted(eras.items())]
