"""What another grading changes, for whom and why: from results before and after."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from grader.model.points import rounded
from grader.model.result import CheckResult, Outcome, Result
from grader.model.score_change import CheckChange, Regrade, ScoreChange
from grader.model.worth import WorthStep

_NOT_THERE: Final = ""
DECISIONS: Final = frozenset(("override", "extension", "slip"))
"""Kinds of steps that somebody decided."""


def score_change(
    before: Result | None, after: Result, why: Iterable[str], changed_checks: frozenset[str]
) -> ScoreChange | None:
    """What is different for one submission, or None.

    Args:
        before: its result as it counts now; None where it has none.
        after: its result as it would count.
        why: what was graded for, in the words of `grader.batches.rerun_reasons`.
        changed_checks: ids of checks, without their case, that are written differently.
    """
    checks = _check_changes(before, after, changed_checks)
    was, now = _counted(before), _counted(after)
    if was == now and not checks and before is not None and before.excused == after.excused:
        return None
    return ScoreChange(
        submission=after.submission,
        name=after.name or after.submission,
        before=was,
        after=now,
        max_points=after.max_score,
        checks=checks,
        causes=_causes(before, after, why, checks),
        error=after.error,
    )


def regrade(total: int, changes: Iterable[ScoreChange]) -> Regrade:
    """The changes of a class, the largest first."""
    ordered = sorted(changes, key=lambda each: (-abs(each.by), each.submission))
    return Regrade(total=total, changes=ordered)


def _counted(result: Result | None) -> float | None:
    if result is None or not (result.graded or (result.steps and not result.excused)):
        return None
    return result.final


def _check_changes(
    before: Result | None, after: Result, changed: frozenset[str]
) -> list[CheckChange]:
    if before is None:
        return []
    old = {check.id: check for check in before.checks}
    new = {check.id: check for check in after.checks}
    ids = [*new, *(id for id in old if id not in new)]
    return [
        _check_change(old.get(id), new.get(id), id.partition("[")[0] in changed)
        for id in ids
        if _verdict(old.get(id)) != _verdict(new.get(id))
    ]


def _check_change(old: CheckResult | None, new: CheckResult | None, changed: bool) -> CheckChange:
    there = new or old
    assert there is not None
    return CheckChange(
        id=there.id,
        title=there.title,
        before=old.outcome if old else _NOT_THERE,
        after=new.outcome if new else _NOT_THERE,
        points_before=old.points if old else 0.0,
        points_after=new.points if new else 0.0,
        changed=changed,
    )


def _verdict(check: CheckResult | None) -> tuple[Outcome, float] | None:
    return None if check is None else (check.outcome, rounded(check.points))


def _causes(
    before: Result | None, after: Result, why: Iterable[str], checks: list[CheckChange]
) -> list[str]:
    """Why it changed, the nearest cause first."""
    if before is None:
        return ["new"]
    causes = ["check"] if any(check.changed for check in checks) else []
    if before.release != after.release:
        causes.append("release")
    causes += [cause for cause in why if not (cause == "bank" and "check" in causes)]
    if _decided(before) != _decided(after):
        causes.append("override")
    elif (before.submitted_at, _late(before)) != (after.submitted_at, _late(after)):
        causes.append("late")
    if _marks(before) != _marks(after):
        causes.append("mark")
    return list(dict.fromkeys(causes)) or ["unknown"]


def _marks(result: Result) -> list[tuple[str, str, float | None]]:
    return [
        (book.id, each.question, each.mark)
        for book in result.notebooks
        for each in book.answers
        if each.mark is not None
    ]


def _decided(result: Result) -> list[tuple[str, str]]:
    return [(step.kind, _said(step)) for step in result.steps if step.kind in DECISIONS]


def _said(step: WorthStep) -> str:
    """Of an override its reason names points before, which are another matter."""
    return step.staff if step.kind == "override" else step.reason


def _late(result: Result) -> list[str]:
    return [step.reason for step in result.steps if step.kind not in DECISIONS]
