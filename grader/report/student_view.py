"""What the student page shows, worked out before any template sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from grader.model.result import WRITTEN, Audience, CheckResult, Outcome, PartResult, Result
from grader.report.cards import Card, cards_of
from grader.report.check_view import CheckView, asked_for, check_view, together
from grader.report.redact import for_audience


class Segment(Struct, frozen=True):
    """A stretch of a bar, in percent of its length."""

    outcome: Outcome
    start: float
    width: float


class PartView(Struct, frozen=True):
    """A part with its checks, but for those that a card has."""

    part: PartResult
    anchor: str
    """Of the first card that it has a check in; empty where nothing of it is to be fixed."""
    bar: list[Segment]
    internal: list[CheckView]
    passed: list[CheckView]
    unasked: list[CheckView]
    """Skipped and worth nothing: the submission's release does not ask for them."""

    @property
    def asked(self) -> bool:
        """Whether any check of this part counts."""
        return self.part.total > 0

    @property
    def written(self) -> bool:
        """Whether it has the marks for written answers."""
        return self.part.id == WRITTEN

    @property
    def remarked(self) -> bool:
        """Whether a passed check carries a remark that should be seen."""
        return any(view.check.notes for view in self.passed)


class StudentView(Struct, frozen=True):
    """A whole student page."""

    result: Result
    audience: Audience
    parts: list[PartView]
    cards: list[Card]
    """What to fix, in the order in which to do it."""
    bar: list[Segment]
    counts: list[tuple[Outcome, int]]
    """Outcomes of the checks that count, in the order of `Outcome`."""

    @property
    def wrong(self) -> list[Card]:
        """The cards of what is wrong."""
        return [card for card in self.cards if not card.is_todo]

    @property
    def todo(self) -> list[Card]:
        """The cards of what is not there yet."""
        return [card for card in self.cards if card.is_todo]

    @property
    def followed(self) -> list[tuple[list[str], int]]:
        """Functions that were replaced by the reference's, and how many checks passed for that."""
        names = Counter(tuple(check.follow_through) for check in self.result.checks)
        return [(list(replaced), n) for replaced, n in names.items() if replaced]

    @property
    def lateness(self) -> bool:
        """Whether what counts is the score less what lateness costs."""
        result = self.result
        last = result.steps[-1].kind if result.steps else ""
        return bool(result.penalty) and last != "override"

    @property
    def marked(self) -> bool:
        """Whether written answers are part of the score."""
        return any(part.written for part in self.parts)

    @property
    def passed(self) -> int:
        """Checks that passed."""
        return dict(self.counts).get(Outcome.PASSED, 0)

    @property
    def total(self) -> int:
        """Checks that count."""
        return sum(n for _, n in self.counts)

    @property
    def unasked_count(self) -> int:
        """How many checks do not count."""
        return len(self.result.checks) - self.total

    @property
    def unasked(self) -> list[CheckView]:
        """Checks that the submission's release does not ask for, those alike together."""
        return [view for part in self.parts for view in part.unasked]

    @property
    def internal(self) -> int:
        """Checks that the harness could not judge."""
        return dict(self.counts).get(Outcome.INTERNAL, 0)


def student_view(result: Result, audience: Audience) -> StudentView:
    """Arrange `result` for `audience`."""
    shown = for_audience(result, audience)
    grouped = _by_part(shown)
    cards = cards_of(
        (check for _, checks in grouped for check in checks),
        titles={part.id: part.title for part, _ in grouped},
        stands_on=shown.stands_on,
    )
    asked = Counter(check.outcome for check in shown.checks if asked_for(check))
    return StudentView(
        result=shown,
        audience=audience,
        parts=[_part_view(part, cards, checks) for part, checks in grouped],
        cards=cards,
        bar=bar(shown.checks, shown.score, shown.max_score, _unmarked(shown)),
        counts=[(outcome, asked[outcome]) for outcome in Outcome if asked[outcome]],
    )


def bar(
    checks: Iterable[CheckResult], points: float, max_points: float, blank: float = 0.0
) -> list[Segment]:
    """A bar of points: what was earned, then what was lost, by outcome; `blank` is left empty."""
    earned = min(1.0, points / max_points) if max_points > 0 else 0.0
    blank = min(1.0 - earned, blank / max_points) if max_points > 0 else 0.0
    lost = dict.fromkeys(Outcome, 0.0)
    for check in checks:
        lost[check.outcome] += max(0.0, check.max_points - check.points)
    lost[Outcome.PASSED] = 0.0
    return stretches({**_scaled(lost, 1.0 - earned - blank), Outcome.PASSED: earned})


def _unmarked(result: Result) -> float:
    """Points that were not given for written answers."""
    return sum(part.max_points - part.points for part in result.parts if part.id == WRITTEN)


def stretches(shares: dict[Outcome, float]) -> list[Segment]:
    """Shares of one as segments laid end to end, in the order of `Outcome`."""
    segments = []
    start = 0.0
    for outcome in Outcome:
        width = 100.0 * shares.get(outcome, 0.0)
        if width > 0:
            segments.append(Segment(outcome, round(start, 3), round(width, 3)))
        start += width
    return segments


def _scaled(amounts: dict[Outcome, float], total: float) -> dict[Outcome, float]:
    whole = sum(amounts.values())
    return {key: total * amount / whole if whole else 0.0 for key, amount in amounts.items()}


def _by_part(result: Result) -> list[tuple[PartResult, list[CheckResult]]]:
    groups: dict[str, list[CheckResult]] = {part.id: [] for part in result.parts}
    for check in result.checks:
        groups.setdefault(check.part, []).append(check)
    parts = {part.id: part for part in result.parts}
    return [(parts.get(id) or _unlisted_part(id, checks), checks) for id, checks in groups.items()]


def _unlisted_part(id: str, checks: Sequence[CheckResult]) -> PartResult:
    return PartResult(
        id=id,
        title=id,
        points=sum(check.points for check in checks),
        max_points=sum(check.max_points for check in checks),
        passed=sum(check.outcome is Outcome.PASSED for check in checks),
        total=len(checks),
    )


def _part_view(part: PartResult, cards: Sequence[Card], checks: list[CheckResult]) -> PartView:
    views: dict[Outcome, list[CheckView]] = {outcome: [] for outcome in Outcome}
    for check in checks:
        views[check.outcome].append(check_view(check))
    own = [card for card in cards if card.part == part.id]
    first = next(iter([*own, *(card for card in cards if part.title in card.waiting_in)]), None)
    return PartView(
        part=part,
        anchor=first.anchor if first else "",
        bar=bar(checks, part.points, part.max_points),
        internal=views[Outcome.INTERNAL],
        passed=views[Outcome.PASSED],
        unasked=together(view for view in views[Outcome.SKIPPED] if not asked_for(view.check)),
    )
