"""What an audience may see. Every page and every summary starts here."""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from grader.result import CheckResult, Finding, Outcome, Result, Visibility

Audience = Literal["instructor", "student"]


def for_audience(result: Result, audience: Audience) -> Result:
    """`result` without what `audience` may not see."""
    return replace(result, checks=[redact_check(check, audience) for check in result.checks])


def redact_check(check: CheckResult, audience: Audience) -> CheckResult:
    """`check` without what `audience` may not see.

    No report shows the call or the values of a hidden check, since an instructor's copy is easily
    passed on; they are in the result file. A student is told its title, outcome, points and
    hint alone: a message or printed output could carry the inputs of the check.
    """
    if check.visibility is Visibility.PUBLIC:
        return check
    if audience == "student":
        return _outcome_only(check)
    finding = check.finding and replace(check.finding, call="", received="", expected="")
    return replace(check, finding=finding)


def _outcome_only(check: CheckResult) -> CheckResult:
    keeps_hint = check.outcome is not Outcome.INTERNAL
    return replace(
        check,
        causes=[cause for cause in check.causes if cause.kind == "mistake"],
        message="",
        hint=check.hint if keeps_hint else "",
        finding=check.finding and Finding(kind=check.finding.kind),
        stdout="",
        warnings=[],
        notes=[],
    )
