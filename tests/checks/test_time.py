"""A run whose time is over while checks are left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from grader.model.result import Outcome
from grader.runner.answer_key import Key
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.student.time_limit import TimeLimit


def made(name: str, called: list[str]) -> Check:
    return Check(
        id=f"layers::{name}",
        title="works",
        part="layers",
        targets=("relu_forward",),
        file="test_layers.py",
        path=Path("test_layers.py"),
        line=1,
        function=lambda: called.append(name),
        takes=(),
    )


def test_what_was_judged_stays_judged_and_the_rest_is_an_error() -> None:
    called: list[str] = []
    limit = TimeLimit(1000)
    nobody: Any = None
    run = CheckRun(
        contract={},
        seed="1",
        student=nobody,
        reference=KeyReplayer(Key("1", "", {})),
        time_limit=limit,
    )
    run.run(made("first", called))
    with limit.used_by("relu_forward"):
        limit.until = 0
    first, second = run.run_all([made("second", called)])
    assert called == ["first"]
    assert (first.outcome, second.outcome) == (Outcome.PASSED, Outcome.ERROR)
    assert second.message.startswith("Not run: the 1000 seconds that a submission may take were")
    assert second.message.endswith("of them went to relu_forward.")
