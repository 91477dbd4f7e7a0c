"""Checks in a pytest that somebody else has started, beside tests that are not checks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, Literal

import pytest

from grader.model.result import CheckResult, Outcome
from grader.runner.bank_plugin import CheckPlugin
from grader.runner.check import Check


class InteractivePlugin(CheckPlugin, ABC):
    """Runs checks as they are run everywhere, and tells pytest how they ended."""

    def __init__(self) -> None:
        super().__init__()
        self._checks: dict[pytest.Item, Check] = {}

    @abstractmethod
    def choose(self, checks: Sequence[Check]) -> list[Check]:
        """Those of the collected checks that are to run."""

    @abstractmethod
    def judge(self, check: Check) -> CheckResult:
        """Run one of them."""

    @property
    @abstractmethod
    def shows_failures(self) -> bool:
        """Whether it shows what failed itself, so that pytest need not."""

    @abstractmethod
    def explain(self, result: CheckResult) -> str:
        """What is wrong, as plain text."""

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out the checks that are not to run."""
        every = {item: check for item in items if (check := self.check_of(item)) is not None}
        chosen = set(self.choose(list(every.values())))
        left_out = [item for item, check in every.items() if check not in chosen]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if item not in left_out]
        self._checks = {item: check for item, check in every.items() if check in chosen}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Run a check in place of pytest."""
        check = self._checks.get(item)
        if check is None:
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        result = self.judge(check)
        for report in _reports(item, result, self.explain(result)):
            if self.shows_failures:
                report._pdbshown = True  # type: ignore[attr-defined]  # how pytest marks it as shown
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True


class _Told:
    """What is wrong, as pytest shows the representation of an exception: whole, or in one line.

    A plain string would be repeated whole in the summary of each run in continuous integration.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self.reprcrash = SimpleNamespace(message=text.partition("\n")[0])

    def __str__(self) -> str:
        return self._text

    def toterminal(self, writer: Any) -> None:  # its class has no public name
        writer.line(self._text)


def _reports(item: pytest.Item, result: CheckResult, text: str) -> Iterator[pytest.TestReport]:
    """How a check ended, in pytest's terms."""
    path, line, _ = item.location
    if result.outcome is Outcome.SKIPPED or result.follows_from:
        yield _report(item, result, "setup", "skipped", (path, line or 0, text))
    elif result.outcome is Outcome.PASSED:
        yield _report(item, result, "call", "passed", None)
    else:
        yield _report(item, result, "call", "failed", _Told(text))
    yield _report(item, result, "teardown", "passed", None)


def _report(
    item: pytest.Item,
    result: CheckResult,
    when: Literal["setup", "call", "teardown"],
    outcome: Literal["passed", "failed", "skipped"],
    text: _Told | tuple[str, int, str] | None,
) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords={},
        outcome=outcome,
        longrepr=text,  # type: ignore[arg-type]  # any object with these methods
        when=when,
        duration=result.duration if when == "call" else 0.0,
    )
