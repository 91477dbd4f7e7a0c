"""A check as reports show it, and those that show the same."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from grader.model.result import Cause, CheckResult, Finding, Outcome, SourceSpan, Visibility
from grader.report.cause_groups import CauseGroup, grouped
from grader.report.text import clip, clip_lines

_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_LISTED = re.compile(r"(\b\w*#)(?:, \1)+")


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
    withheld: bool
    """Whether the check is hidden, so that its values are not shown."""
    source: list[SourceLine]
    source_cut: int
    stdout: list[str]
    stdout_cut: int
    alike: list[CheckResult] = field(default_factory=list)
    """Further checks of the same functions with the same complaint."""

    @property
    def checks(self) -> list[CheckResult]:
        """This check and those alike."""
        return [self.check, *self.alike]

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
    def structure(self) -> list[CauseGroup]:
        """Those that are kinds of errors, and no known mistakes, which its card tells."""
        return grouped(cause for cause in self.causes if cause.kind != "mistake")

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
        return bool(
            self.finding.call or self.where or self.wrong or self.pattern or self.finding.error
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
