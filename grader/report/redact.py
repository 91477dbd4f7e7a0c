"""What an audience may see. Every page and every summary starts here."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from grader.model.course_records import RegradeRequest
from grader.model.result import Audience, Cause, CheckResult, Finding, Outcome, Result, Visibility
from grader.model.worth import WorthStep
from grader.report.text import is_target

_BROKE: Final = "Something in the grader failed. Your instructor's copy says what."
_Told = frozenset[tuple[str, int, tuple[float, ...]]]


def for_audience(result: Result, audience: Audience) -> Result:
    """`result` without what `audience` may not see."""
    told = frozenset(
        _numbers(cause)
        for check in result.checks
        if check.visibility is Visibility.PUBLIC
        for cause in check.causes
    )
    return replace(
        result,
        audience=audience,
        checks=[redact_check(check, audience, told) for check in result.checks],
        error=_error(result, audience),
        steps=[step if audience == "instructor" else _step(step) for step in result.steps],
        requests=[_request(each, audience) for each in result.requests],
        graded_as=result.graded_as if audience == "instructor" else None,
    )


def redact_check(check: CheckResult, audience: Audience, told: _Told = frozenset()) -> CheckResult:
    """`check` without what `audience` may not see.

    No page shows the call or the values of a hidden check; they are in the result file. `told` has
    the mistakes with their numbers that public checks say anyway.
    """
    if check.visibility is Visibility.PUBLIC:
        return check
    if audience == "student":
        return _told_to_student(check, told)
    finding = check.finding and replace(
        check.finding, call="", received="", expected="", relative_to=""
    )
    return replace(check, finding=finding)


def _told_to_student(check: CheckResult, told: _Told) -> CheckResult:
    """What a student may know of a hidden check: nothing that saw its inputs, or could repeat them.

    It is made from nothing, so that what is added to the record is not shown unless it is added
    here. Causes are those of the catalogue, in its words; messages, printed output, warnings and
    notes may quote an input, and a duration may be made to tell one. So may the number that answers
    fit: code may well use an input for its epsilon.
    """
    return CheckResult(
        id=check.id,
        title=check.title,
        part=check.part,
        targets=check.targets,
        outcome=check.outcome,
        points=check.points,
        max_points=check.max_points,
        visibility=check.visibility,
        hint="" if check.outcome is Outcome.INTERNAL else check.hint,
        finding=check.finding and Finding(kind=check.finding.kind),
        source=check.source,
        follow_through=check.follow_through,
        causes=[_cause(cause, told) for cause in check.causes if cause.kind == "mistake"],
        # A contract name; what is wrong with a file is in the student's own words.
        follows_from=check.follows_from if is_target(check.follows_from) else "",
    )


def _step(step: WorthStep) -> WorthStep:
    """What a student may know of a step: made from nothing, as a hidden check is."""
    return WorthStep(kind=step.kind, reason=step.reason, before=step.before, after=step.after)


def _cause(cause: Cause, told: _Told) -> Cause:
    return cause if _numbers(cause) in told else replace(cause, fitted="", numbers=[])


def _numbers(cause: Cause) -> tuple[str, int, tuple[float, ...]]:
    return cause.id, cause.form, tuple(cause.numbers)


def _request(request: RegradeRequest, audience: Audience) -> RegradeRequest:
    """Who took it in or answered it is only for staff."""
    return request if audience == "instructor" else replace(request, who="")


def _error(result: Result, audience: Audience) -> str:
    """A fault of ours is told to the instructor alone: its text may quote what was computed."""
    return _BROKE if audience == "student" and result.error_kind == "internal" else result.error
