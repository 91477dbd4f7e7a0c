"""From outcomes to points.

A part's points are shared among its checks by their weights. Checks that do not count (the era does
not ask for them, or we broke) are left out, and what they would have been worth goes to the others,
so that the total is always the rubric's.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from grader.result import CheckResult, Outcome, PartResult
from grader.rubric import Rubric

_DIGITS = 4


def counts(check: CheckResult) -> bool:
    """Whether a check is part of the score."""
    return check.outcome is not Outcome.INTERNAL and not not_asked(check)


def not_asked(check: CheckResult) -> bool:
    """Whether the submission's era does not ask for it."""
    return check.finding is not None and check.finding.kind == "not_asked"


def score(rubric: Rubric, checks: Sequence[CheckResult]) -> tuple[list[CheckResult], float, float]:
    """Give every check its points.

    Args:
        rubric: with the parts' points; a check's `max_points` is its weight.
        checks: as the bank yielded them.

    Returns:
        The checks with `points` and `max_points` set, the score, and the score possible.
    """
    weights: dict[str, float] = {}
    for check in filter(counts, checks):
        weights[check.part] = weights.get(check.part, 0.0) + check.max_points
    asked = sum(rubric.parts[part].points for part, weight in weights.items() if weight)
    if not asked:
        return [replace(check, points=0.0, max_points=0.0) for check in checks], 0.0, 0.0
    stretch = rubric.points / asked
    scored, total = [], 0.0
    for check in checks:
        worth = 0.0
        part = rubric.parts[check.part]
        if counts(check) and weights[check.part]:
            worth = part.points * stretch * check.max_points / weights[check.part]
        earned = part.follow_through_share if check.follow_through else 1.0
        points = worth * earned if check.outcome is Outcome.PASSED else 0.0
        total += points
        scored.append(
            replace(check, points=round(points, _DIGITS), max_points=round(worth, _DIGITS))
        )
    return scored, round(total, 2), rubric.points


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
    """The checks as the rubric wants them: weight, visibility, a hint if no cause has one.

    A check that is worth nothing and failed is a deviation, and no fault. It has the note that the
    rubric gives it, but only where the function passes all checks that are worth something: else it
    may have failed for the same reason as those.
    """
    weighed = [replace(check, max_points=_weight(rubric, check)) for check in checks]
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


def _weight(rubric: Rubric, check: CheckResult) -> float:
    override = rubric.checks.get(check.id)
    return override.points if override and override.points is not None else check.max_points


def _hinted(rubric: Rubric, check: CheckResult, lang: str) -> CheckResult:
    names = (check.id, check.id.partition("[")[0], check.targets[0])
    hint = next((rubric.hints[name] for name in names if name in rubric.hints), None)
    wrong = check.outcome in (Outcome.FAILED, Outcome.ERROR)
    own = next((cause.hint for cause in check.causes if cause.hint), "")
    return replace(
        check,
        visibility=rubric.visibility(check.id, check.part, check.visibility),
        hint=(own or (hint.in_language(lang) if hint else "")) if wrong else "",
    )


def _deviation(rubric: Rubric, check: CheckResult, lang: str, *, alone: bool) -> CheckResult:
    override = rubric.checks.get(check.id)
    note = override.note if override and alone else None
    return replace(
        check,
        outcome=Outcome.PASSED,
        visibility=rubric.visibility(check.id, check.part, check.visibility),
        message="",
        finding=None,
        causes=[],
        notes=[*check.notes, note.in_language(lang)] if note else check.notes,
    )
