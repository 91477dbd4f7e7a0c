"""The bank in one process with the submission, as every other grader runs tests: no wall at all.

`benchmarks/speed.py` takes its limit from here, and `benchmarks/rivals.py` has it called by a test
cell of nbgrader and a test of otter-grader. Calls are made directly: nothing is encoded or copied.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from grader.assignment.folder import Assignment
from grader.grading import Settings, select
from grader.model.result import CheckResult, Outcome
from grader.runner.answer_key import Key
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.runner.reference import LocalCode
from grader.runner.session import run_session
from grader.student.proxy import Reply, Request, Student
from grader.worker.dispatcher import Dispatcher


class DirectChannel:
    """Hands a request to the submission as it is."""

    def __init__(self, code: LocalCode) -> None:
        self._dispatcher = Dispatcher(code.resolve, lambda _file: False)

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request."""
        return self._dispatcher.answer(request)


class Bank:
    """The bank, collected, before one package."""

    def __init__(self, package: Path, checks: list[Check]) -> None:
        self._assignment = Assignment.load("numpynn")
        self._key = Key.load(self._assignment.layout.key)
        self._code = LocalCode(package, self._assignment)
        self._checks = select(Settings(), self._assignment.rubric, checks)

    def run(self) -> list[CheckResult]:
        """The results of all checks."""
        run = CheckRun(
            contract=self._assignment.contract,
            seed=self._key.seed,
            student=lambda _check: Student(DirectChannel(self._code), self._assignment.contract),
            reference=KeyReplayer(self._key),
        )
        return run.run_all(self._checks)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
        yield


def failures(package: str) -> list[str]:
    """Ids of the checks that a package does not pass."""
    results: list[CheckResult] = []

    def loop(checks: list[Check]) -> None:
        results.extend(Bank(Path(package).resolve(), checks).run())

    with _quiet():
        run_session(Assignment.load("numpynn"), loop)
    assert len(results) > 200
    return [result.id for result in results if result.outcome is not Outcome.PASSED]
