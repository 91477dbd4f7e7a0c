"""The pytest plugin: fixtures for checks, and a record of how each one ended.

A check is a pytest function declared with `grader.checks.check`. What it is run against is the
`Run` in force, which whoever runs pytest sets on the plugin before the checks start.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable

import pytest

from grader.checks.declare import Spec, spec_of
from grader.checks.inputs import Inputs
from grader.checks.run import Run
from grader.result import CheckResult, Outcome
from grader.verdicts import NotJudged, Verdict
from grader.wall.student import Student

Loop = Callable[["CheckPlugin", list[pytest.Item]], None]


class CheckPlugin:
    """Runs checks against `run`, which is set once per submission."""

    def __init__(self, loop: Loop | None = None) -> None:
        self._loop = loop
        self._check = ""
        self.run: Run | None = None

    # The fixtures do not ask for `request`, which costs as much as all else that pytest does here.

    @pytest.fixture
    def student(self) -> Student:
        """The student's code, behind the wall."""
        return self._current().student(self._check)

    @pytest.fixture
    def reference(self) -> Student:
        """The recorded reference."""
        return self._current().reference(self._check)

    @pytest.fixture
    def inputs(self) -> Inputs:
        """The seeded inputs of this check."""
        return self._current().inputs(self._check)

    def _current(self) -> Run:
        if self.run is None:
            raise RuntimeError("no submission is being graded")
        return self.run

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Hand the collected checks to the loop we were given, if any."""
        if self._loop is None or session.testsfailed or session.config.option.collectonly:
            return None
        self._loop(self, session.items)
        return True

    def run_all(self, items: list[pytest.Item], run: Run) -> list[CheckResult]:
        """Run the checks in their order against one submission."""
        self.run = run
        for item, following in itertools.zip_longest(items, items[1:]):
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        return run.settle()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Stop a check that cannot be judged before its fixtures are made."""
        self._check = check_id(item)
        spec = item_spec(item)
        if spec is not None:
            item.stash[_START] = time.perf_counter()
            self._current().begin(check_id(item), spec)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> pytest.TestReport | None:
        """Record how the check ended, and say it in the student's terms."""
        spec = item_spec(item)
        ended = call.when == "call" or (call.when == "setup" and call.excinfo is not None)
        if spec is None or not ended:
            return None
        error = call.excinfo.value if call.excinfo else None
        detail = ""
        if error is not None and not isinstance(error, Verdict):
            detail = f"{type(error).__name__}: {error}"
        duration = time.perf_counter() - item.stash[_START]
        result = self._current().finish(check_id(item), spec, error, detail, duration)
        if not isinstance(error, Verdict):
            return None
        return _report(item, call, result, skipped=isinstance(error, NotJudged))


_START: pytest.StashKey[float] = pytest.StashKey()


def _report(
    item: pytest.Item, call: pytest.CallInfo[None], result: CheckResult, *, skipped: bool
) -> pytest.TestReport:
    path, line, _ = item.location
    text = explain(result)
    return pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords={},
        outcome="skipped" if skipped else "failed",
        longrepr=(path, line or 0, text) if skipped else text,
        when="setup" if skipped else "call",  # else pytest calls what is to be done an error
        duration=call.duration,
    )


def explain(result: CheckResult) -> str:
    """A failed check as plain text, for pytest's own output."""
    lines = [f"{result.title} [{result.outcome.value}]", result.message]
    finding = result.finding
    if finding is not None:
        if finding.call:
            lines.append(f"  call: {finding.call}")
        if finding.worst_index is not None:
            lines.append(f"  furthest off at index {finding.worst_index}: {finding.received}")
        for frame in finding.traceback:
            lines.append(f"  {frame.file}:{frame.line} in {frame.function}: {frame.source}")
    if result.hint and result.outcome is not Outcome.PASSED:
        lines.append(f"  hint: {result.hint}")
    return "\n".join(lines)


def item_spec(item: pytest.Item) -> Spec | None:
    """The declaration of a collected check."""
    return spec_of(item.function) if isinstance(item, pytest.Function) else None


def check_id(item: pytest.Item) -> str:
    """`layers::affine_forward_values[case]` for the pytest item of that check."""
    module = getattr(item, "function", item).__module__.rpartition(".")[2]
    return f"{module}::{re.sub('^test_', '', item.name)}"
