"""What a student may see of a result is built, not what is left of it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from grader.model.result import Cause, CheckResult, Finding, Frame, Outcome, SourceSpan, Visibility
from grader.report.redact import for_audience
from tests.report import sample

MARK = "0.123456"
PUBLIC_FIELDS = {
    "id", "title", "part", "targets", "outcome", "points", "max_points", "visibility", "hint",
    "finding", "source", "follow_through", "follows_from", "causes",
}  # fmt: skip
"""What a student may know of a hidden check. Whoever adds a field decides whether it is one."""


def _filled(kind: type[msgspec.Struct]) -> Any:
    """A record with a secret in every text that it has, also in those that it gets later."""
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.type is str:
            values[field.name] = MARK
        elif field.type == list[str]:
            values[field.name] = [MARK]
        elif field.type in (float, float | None):
            values[field.name] = float(MARK)
    return values


def _hidden(outcome: Outcome) -> CheckResult:
    frame = Frame(file="layers.py", line=1, function="f", source=MARK)
    cause = Cause(**{**_filled(Cause), "kind": "structure", "id": f"structure:{MARK}"})
    shown = {
        "id": "a::b", "title": "t", "part": "norm", "targets": ["f"], "hint": "h",
        "points": 0.0, "max_points": 1.0, "follow_through": [], "follows_from": "f",
    }  # fmt: skip
    filled = {
        **_filled(CheckResult), **shown,
        "outcome": outcome, "visibility": Visibility.HIDDEN, "causes": [cause],
        "source": SourceSpan(file="layers.py", first_line=1, last_line=1, text="pass"),
        "finding": Finding(**{**_filled(Finding), "kind": "values", "traceback": [frame],
                              "worst_index": [123456]}),
    }  # fmt: skip
    return CheckResult(**filled)


def test_nothing_of_a_hidden_check_but_what_was_chosen() -> None:
    for outcome in Outcome:
        result = replace(sample.result(), checks=[_hidden(outcome)])
        (check,) = for_audience(result, "student").checks
        told = msgspec.json.encode(check).decode()
        assert MARK not in told
        assert "123456" not in told
        default = CheckResult(
            id="", title="", part="", targets=[], outcome=outcome, points=0, max_points=0
        )
        set_ = {
            name
            for name in CheckResult.__struct_fields__
            if getattr(check, name) != getattr(default, name)
        }
        assert set_ <= PUBLIC_FIELDS
        whole = for_audience(result, "instructor").checks[0]
        assert MARK in msgspec.json.encode(whole).decode()


def test_a_redacted_result_says_for_whom_it_is() -> None:
    assert for_audience(sample.result(), "student").audience == "student"
    assert for_audience(sample.result(), "instructor").audience == "instructor"


def test_a_fault_of_ours_is_not_quoted_to_students() -> None:
    broken = sample.ungraded("hw", f"ValueError: {MARK}", "internal")
    assert MARK not in for_audience(broken, "student").error
    assert for_audience(broken, "student").error_kind == "internal"
    unread = sample.ungraded("hw", "hw.zip: is empty.")
    assert for_audience(unread, "student").error == "hw.zip: is empty."


def test_a_number_that_hidden_answers_fit_is_told_only_where_public_ones_do() -> None:
    """Code may use an input for its epsilon, so that the diagnosis would read it out."""
    cause = Cause(
        id="wrong-eps", kind="mistake", function="f", title="t", explanation="e",
        fitted=f"Your answers fit eps = {MARK}.", numbers=[float(MARK)],
    )  # fmt: skip
    hidden = replace(_hidden(Outcome.FAILED), causes=[cause])
    public = replace(hidden, id="a::c", visibility=Visibility.PUBLIC)
    result = replace(sample.result(), checks=[hidden])
    (told,) = for_audience(result, "student").checks[0].causes
    assert (told.id, told.words, told.numbers) == ("wrong-eps", "e", [])
    other = replace(public, causes=[replace(cause, numbers=[0.5], fitted="eps = 0.5")])
    both = replace(result, checks=[other, hidden])
    assert MARK not in msgspec.json.encode(for_audience(both, "student").checks[1]).decode()
    known = replace(result, checks=[public, hidden])
    assert for_audience(known, "student").checks[1].causes == [cause]
