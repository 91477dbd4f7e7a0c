"""A run whose time is over while checks are left."""

from __future__ import annotations

from typing import Any

from grader.checks.declare import Spec, check, spec_of
from grader.model.result import Outcome
from grader.model.verdicts import CouldNotRun
from grader.runner.answer_key import Key
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.student.time_limit import TimeLimit


@check("works", part="layers", targets="relu_forward")
def _works(student: Any) -> None: ...


def _ended(run: CheckRun, name: str, spec: Spec) -> Outcome:
    error: BaseException | None = None
    try:
        run.begin(name, spec)
    except CouldNotRun as verdict:
        error = verdict
    return run.finish(name, spec, error, "", 0.0).outcome


def test_what_was_judged_stays_judged_and_the_rest_is_an_error() -> None:
    spec = spec_of(_works)
    assert spec is not None
    limit = TimeLimit(1000)
    nobody: Any = None
    run = CheckRun(
        contract={},
        seed="1",
        student=nobody,
        reference=KeyReplayer(Key("1", "", {})),
        time_limit=limit,
    )
    assert _ended(run, "layers::first", spec) is Outcome.PASSED
    with limit.used_by("relu_forward"):
        limit.until = 0
    assert _ended(run, "layers::second", spec) is Outcome.ERROR
    first, second = run.settle()
    assert first.outcome is Outcome.PASSED
    assert second.message.startswith("Not run: the 1000 seconds that a submission may take were")
    assert second.message.endswith("of them went to relu_forward.")
