"""What the student page shows, worked out before any template sees it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from grader.model.result import (
    WRITTEN,
    Audience,
    Cause,
    CheckResult,
    Finding,
    Outcome,
    PartResult,
    Result,
    SourceSpan,
    Visibility,
)
from grader.report.cause_groups import CauseGroup, grouped
from grader.report.redact import for_audience
from grader.report.strings import Texts
from grader.report.text import clip, clip_lines, magnitude

_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_LISTED = re.compile(r"(\b\w*#)(?:, \1)+")


class Segment(Struct, frozen=True):
    """A stretch of a bar, in percent of its length."""

    outcome: Outcome
    start: float
    width: float


class SourceLine(Struct, frozen=True):
    """A line of the student's file."""

    number: int
    text: str
    marked: bool
    """Whether the traceback passes through it."""


class CheckView(Struct, frozen=True):
    """A check as a report shows it."""

    check: CheckResult
    finding: Finding
    where: str
    """The quantity with the index of its worst element: `out[2, 1]`."""
    error: str
    withheld: bool
    """Whether the check is hidden, so that its values are not shown."""
    source: list[SourceLine]
    source_cut: int
    stdout: list[str]
    stdout_cut: int
    alike: list[CheckResult] = field(default_factory=list)
    """Further checks of the same functions with the same complaint."""

    @property
    def points(self) -> float:
        """Points of this check and those alike."""
        return self.check.points + sum(check.points for check in self.alike)

    @property
    def max_points(self) -> float:
        """Points possible for this check and those alike."""
        return self.check.max_points + sum(check.max_points for check in self.alike)

    @property
    def causes(self) -> list[Cause]:
        """What is behind the failure, less what the message says already."""
        said = self.check.message
        return [c for c in self.check.causes if c.kind == "mistake" or c.title not in said]

    @property
    def cause_groups(self) -> list[CauseGroup]:
        """The same, by how sure they are."""
        return grouped(self.causes)

    @property
    def compared(self) -> bool:
        """Whether there is a pair of values to show."""
        return bool(self.finding.received or self.finding.expected)

    @property
    def wrong(self) -> str:
        """How much is wrong, unless the message says it."""
        return _unless_in(self.check.message, self.finding.wrong)

    @property
    def pattern(self) -> str:
        """The kind of error, unless the message says it."""
        return _unless_in(self.check.message, self.finding.pattern)

    @property
    def facts(self) -> bool:
        """Whether there is anything to list beside message and values."""
        return bool(self.finding.call or self.where or self.wrong or self.pattern or self.error)


class Lead(Struct, frozen=True):
    """A fault that comes first, and what follows from it."""

    what: str
    """A contract name, or what is wrong with a file."""
    checks: list[CheckView]

    @property
    def function(self) -> bool:
        """Whether it is a function's: its own checks say what is wrong."""
        return self.what.isidentifier()

    @property
    def max_points(self) -> float:
        """Points possible for what follows from it."""
        return sum(view.check.max_points for view in self.checks)


class PartView(Struct, frozen=True):
    """A part with its checks, sorted by what the reader does about them."""

    part: PartResult
    anchor: str
    bar: list[Segment]
    problems: list[CheckView]
    """Failed and error, those with the same complaint together."""
    internal: list[CheckView]
    missing: list[CheckView]
    skipped: list[CheckView]
    following: list[Lead]
    """What fails for a fault elsewhere, by that."""
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

    @property
    def clean(self) -> bool:
        """Whether nothing is to be fixed."""
        return not (self.problems or self.missing or self.skipped or self.following)


class StudentView(Struct, frozen=True):
    """A whole student page."""

    result: Result
    audience: Audience
    parts: list[PartView]
    bar: list[Segment]
    counts: list[tuple[Outcome, int]]
    """Outcomes of the checks that count, in the order of `Outcome`."""

    @property
    def leads(self) -> list[Lead]:
        """What to fix first: faults that others follow from, those with the most in front."""
        views = [view for part in self.parts for lead in part.following for view in lead.checks]
        return sorted(leads(views), key=lambda lead: -len(lead.checks))

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
    parts = [
        _part_view(part, f"part-{number}", checks)
        for number, (part, checks) in enumerate(_by_part(shown), start=1)
    ]
    asked = Counter(check.outcome for check in shown.checks if asked_for(check))
    return StudentView(
        result=shown,
        audience=audience,
        parts=parts,
        bar=bar(shown.checks, shown.score, shown.max_score, _unmarked(shown)),
        counts=[(outcome, asked[outcome]) for outcome in Outcome if asked[outcome]],
    )


def asked_for(check: CheckResult) -> bool:
    """Whether the submission's release asks for it: what it does not is skipped, worth nothing."""
    unjudged = bool(check.follows_from)
    return check.outcome is not Outcome.SKIPPED or check.max_points > 0 or unjudged


def check_view(check: CheckResult) -> CheckView:
    """Arrange one check, already redacted for its audience."""
    finding = check.finding or Finding(kind="")
    source, source_cut = _source_lines(check.source, finding)
    stdout, stdout_cut = clip_lines(check.stdout)
    return CheckView(
        check=check,
        finding=finding,
        where=element(finding),
        error="" if finding.error is None else magnitude(finding.error),
        withheld=check.visibility is Visibility.HIDDEN,
        source=source,
        source_cut=source_cut,
        stdout=stdout,
        stdout_cut=stdout_cut,
    )


def case_of(check: CheckResult) -> str:
    """The part of a check's id in brackets, empty where there is none."""
    _, bracket, rest = check.id.partition("[")
    return rest.removesuffix("]") if bracket else ""


def element(finding: Finding) -> str:
    """The judged quantity, with the index of its worst element where there is one."""
    quantity = clip(finding.quantity, 80)
    if not finding.worst_index:
        return quantity
    index = ", ".join(str(axis) for axis in finding.worst_index)
    return f"{quantity}[{index}]"


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


def _part_view(part: PartResult, anchor: str, checks: list[CheckResult]) -> PartView:
    views: dict[Outcome, list[CheckView]] = {outcome: [] for outcome in Outcome}
    following: list[CheckView] = []
    for check in checks:
        (following if check.follows_from else views[check.outcome]).append(check_view(check))
    skipped = views[Outcome.SKIPPED]
    return PartView(
        part=part,
        anchor=anchor,
        bar=bar(checks, part.points, part.max_points),
        problems=together(views[Outcome.FAILED]) + together(views[Outcome.ERROR]),
        internal=views[Outcome.INTERNAL],
        missing=together(views[Outcome.MISSING]),
        skipped=together(view for view in skipped if asked_for(view.check)),
        following=leads(following),
        passed=views[Outcome.PASSED],
        unasked=together(view for view in skipped if not asked_for(view.check)),
    )


def leads(views: Iterable[CheckView]) -> list[Lead]:
    """The faults elsewhere that some checks fail for, each with those."""
    found: dict[str, list[CheckView]] = {}
    for view in views:
        found.setdefault(view.check.follows_from, []).append(view)
    return [Lead(what, checks) for what, checks in found.items()]


def first_lines(leads: Iterable[Lead], texts: Texts) -> Iterator[str]:
    """What to fix first, a line for each fault that others follow from."""
    for lead in leads:
        kind = "first.function" if lead.function else "first.file"
        yield texts(kind, name=lead.what, n=len(lead.checks))


def together(views: Iterable[CheckView]) -> list[CheckView]:
    """The views with those that have the same complaint gathered behind the first of them."""
    groups: dict[object, list[CheckView]] = {}
    for view in views:
        groups.setdefault(_complaint(view.check), []).append(view)
    return [replace(first, alike=[view.check for view in rest]) for first, *rest in groups.values()]


def _complaint(check: CheckResult) -> object:
    """The mistakes behind it, or the message with its numbers left out: other shapes make no other
    complaint."""
    mistakes = tuple(cause.id for cause in check.causes if cause.kind == "mistake")
    if not (check.message or mistakes) or check.stdout or check.warnings:
        return check.id
    shown = check.outcome not in (Outcome.MISSING, Outcome.SKIPPED) and check.visibility
    shape = mistakes or _LISTED.sub(r"\1", _NUMBER.sub("#", check.message))
    return check.outcome, shape, shown, tuple(check.targets)


def _unless_in(message: str, fact: str) -> str:
    return "" if fact in message else fact


def _source_lines(span: SourceSpan | None, finding: Finding) -> tuple[list[SourceLine], int]:
    if span is None or not span.text:
        return [], 0
    marked = {frame.line for frame in finding.traceback if frame.file == span.file}
    lines, cut = clip_lines(span.text)
    numbered = enumerate(lines, start=span.first_line)
    return [SourceLine(number, line, number in marked) for number, line in numbered], cut
