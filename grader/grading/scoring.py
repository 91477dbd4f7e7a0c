"""From outcomes to points.

A part's points are shared among its checks by their weights. Checks that do not count (the release
does not ask for them, or we broke) are left out, and what they would have been worth goes to the
others, so that the total is always the rubric's. So does, within bounds, what could not be judged
because of another function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from grader.checks.message_texts import extent_in, message_in
from grader.checks.patterns import pattern_in
from grader.model.contract import owner_of
from grader.model.result import CheckResult, Outcome, PartResult
from grader.model.rubric import Rubric

_DIGITS = 4


def counts(check: CheckResult) -> bool:
    """Whether a check is part of the score."""
    return check.outcome is not Outcome.INTERNAL and not not_asked(check)


def not_asked(check: CheckResult) -> bool:
    """Whether the submission's release does not ask for it."""
    return check.finding is not None and check.finding.kind == "not_asked"


def unjudged(check: CheckResult) -> bool:
    """Whether a fault of another function kept it from being judged."""
    return (
        check.outcome is Outcome.SKIPPED
        and bool(check.follows_from)
        and check.follows_from not in check.targets
        and not not_asked(check)
    )


def score(rubric: Rubric, checks: Sequence[CheckResult]) -> tuple[list[CheckResult], float, float]:
    """Give every check its points.

    Args:
        rubric: with the parts' points; a check's `max_points` is its weight.
        checks: as the bank yielded them.

    Returns:
        The checks with `points` and `max_points` set, the score, and the score possible.
    """
    by_part: dict[str, list[CheckResult]] = {}
    for check in filter(counts, checks):
        by_part.setdefault(check.part, []).append(check)
    totals = {part: _weight_of(mine) for part, mine in by_part.items()}
    asked = sum(rubric.parts[part].points for part, weight in totals.items() if weight)
    if not asked:
        return [replace(check, points=0.0, max_points=0.0) for check in checks], 0.0, 0.0
    stretch = rubric.points / asked
    excuses = {part: _excuse(rubric, mine) for part, mine in by_part.items()}
    scored, total = [], 0.0
    for check in checks:
        worth = 0.0
        part = rubric.parts[check.part]
        if counts(check) and totals[check.part]:
            excuse = excuses[check.part]
            judged = totals[check.part] - excuse.weight
            worth = part.points * stretch * excuse.left_of(check) / judged
        points = worth * _share(rubric, check)
        total += points
        scored.append(
            replace(check, points=round(points, _DIGITS), max_points=round(worth, _DIGITS))
        )
    return scored, round(total, 2), rubric.points


class _Excuse(NamedTuple):
    """Weight of a part that its other checks get, since a function kept it from being judged."""

    function: str = ""
    weight: float = 0.0
    of: float = 0.0
    """Weight of all that the function kept from being judged."""

    def left_of(self, check: CheckResult) -> float:
        """The weight that a check keeps."""
        kept = self.weight and unjudged(check) and check.follows_from == self.function
        return check.max_points * (1 - self.weight / self.of) if kept else check.max_points


def _excuse(rubric: Rubric, checks: Sequence[CheckResult]) -> _Excuse:
    """What is excused in one part, so that no score is higher than with the function mended.

    With weight W, of which e is earned, U cannot be judged because of a function, and L is lost by
    its own checks: mended, it earns (e + L) / W at least, also if all that is judged then is wrong.
    So e / (W - excused) may not be more, or breaking a function would pay. Of several functions the
    one is taken that keeps most from being judged: two excuses could lean on the loss of one.
    """
    kept: dict[str, float] = {}
    for check in filter(unjudged, checks):
        kept[check.follows_from] = kept.get(check.follows_from, 0.0) + check.max_points
    earned = sum(check.max_points * _share(rubric, check) for check in checks)
    if not kept or not earned or rubric.grading.unjudged == "lost":
        return _Excuse()
    function = max(kept, key=lambda name: kept[name])
    lost = sum(
        check.max_points * (1 - _share(rubric, check))
        for check in checks
        if function in check.targets and check.outcome is not Outcome.SKIPPED
    )
    most = _weight_of(checks) * lost / (earned + lost)
    return _Excuse(function, min(kept[function], most), kept[function])


def _weight_of(checks: Sequence[CheckResult]) -> float:
    return sum(check.max_points for check in checks)


def _share(rubric: Rubric, check: CheckResult) -> float:
    """Of a check's points, what it earns."""
    if check.outcome is not Outcome.PASSED:
        return 0.0
    return rubric.parts[check.part].follow_through_share if check.follow_through else 1.0


def parts_of(rubric: Rubric, checks: Sequence[CheckResult], lang: str = "en") -> list[PartResult]:
    """The scored checks added up by part, in the rubric's order."""
    parts = []
    for name, part in rubric.parts.items():
        mine = [check for check in checks if check.part == name and counts(check)]
        parts.append(
            PartResult(
                id=name,
                title=part.title.in_language(lang),
                points=round(sum(check.points for check in mine), 2),
                max_points=round(sum(check.max_points for check in mine), 2),
                passed=sum(check.outcome is Outcome.PASSED for check in mine),
                total=len(mine),
            )
        )
    return parts


def ruled(rubric: Rubric, checks: Sequence[CheckResult], lang: str) -> list[CheckResult]:
    """The checks as the rubric wants them: weight, language, a hint if no cause has one.

    A check that is worth nothing and failed is a deviation, and no fault. It has the note that the
    rubric gives it, but only where the function passes all checks that are worth something: else it
    may have failed for the same reason as those.
    """
    weighed = [
        replace(_told_in(rubric, check, lang), max_points=_weight(rubric, check))
        for check in checks
    ]
    at_fault = {
        name
        for check in weighed
        if check.max_points and counts(check) and check.outcome is not Outcome.PASSED
        for name in check.targets
    }
    return [
        _deviation(rubric, check, lang, alone=at_fault.isdisjoint(check.targets))
        if not check.max_points and check.outcome is Outcome.FAILED
        else _hinted(rubric, check, lang)
        for check in weighed
    ]


def _told_in(rubric: Rubric, check: CheckResult, lang: str) -> CheckResult:
    """A check with title and fault in another language; a check itself says them in English."""
    if lang == "en":
        return check
    title = rubric.titles.zh.get(check.id.partition("[")[0], check.title)
    if not check.message:
        return replace(check, title=title)
    finding = check.finding and replace(
        check.finding,
        wrong=extent_in(lang, check.finding.wrong),
        pattern=pattern_in(lang, check.finding.pattern),
    )
    message = message_in(lang, check.message)
    return replace(check, title=title, message=message, finding=finding)


def _weight(rubric: Rubric, check: CheckResult) -> float:
    override = rubric.checks.get(check.id)
    return override.points if override and override.points is not None else check.max_points


def _hinted(rubric: Rubric, check: CheckResult, lang: str) -> CheckResult:
    target = check.targets[0]
    names = (check.id, check.id.partition("[")[0], target, owner_of(target))
    hint = next((rubric.hints[name] for name in names if name in rubric.hints), None)
    wrong = check.outcome in (Outcome.FAILED, Outcome.ERROR)
    own = next((cause.hint for cause in check.causes if cause.hint), "")
    return replace(
        check,
        hint=(own or (hint.in_language(lang) if hint else "")) if wrong else "",
    )


def _deviation(rubric: Rubric, check: CheckResult, lang: str, *, alone: bool) -> CheckResult:
    override = rubric.checks.get(check.id)
    note = override.note if override and alone else None
    return replace(
        check,
        outcome=Outcome.PASSED,
        message="",
        finding=None,
        causes=[],
        notes=[*check.notes, note.in_language(lang)] if note else check.notes,
    )
