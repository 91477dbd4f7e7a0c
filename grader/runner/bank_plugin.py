"""The pytest plugin: fixtures for checks, and a record of how each one ended.

A check is a pytest function declared with `grader.checks.check`. What it is run against is the
`CheckRun` in force, which whoever runs pytest sets on the plugin before the checks start.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import pytest
from msgspec.structs import replace

from grader.checks.declare import Spec, spec_of
from grader.checks.inputs import Inputs
from grader.model.result import CheckResult, Outcome
from grader.model.verdicts import NotJudged, Verdict
from grader.runner.check_run import CheckRun
from grader.runner.consequences import fault_elsewhere, functions_at_fault
from grader.student.proxy import Student

Loop = Callable[["CheckPlugin", list[pytest.Item]], None]


class CheckPlugin:
    """Runs checks against `run`, which is set once per submission."""

    def __init__(self, loop: Loop | None = None) -> None:
        self._loop = loop
        self._check = ""
        self.run: CheckRun | None = None
        self.uses: Mapping[str, Sequence[str]] = {}
        """Id of a check to the functions whose faults make it fail, where reports are to say so."""

    # The fixtures do not ask for `request`, which costs as much as all else that pytest does here.

    @pytest.fixture(name="student")
    def _fixture_student(self) -> Student:
        """The student's code, behind the wall."""
        return self._student()

    @pytest.fixture(name="reference")
    def _fixture_reference(self) -> Student:
        """The recorded reference."""
        return self._reference()

    @pytest.fixture(name="inputs")
    def _fixture_inputs(self) -> Inputs:
        """The seeded inputs of this check."""
        return self._inputs()

    def _student(self) -> Student:
        return self._current().student(self._check)

    def _reference(self) -> Student:
        return self._current().reference(self._check)

    def _inputs(self) -> Inputs:
        return self._current().inputs(self._check)

    def _current(self) -> CheckRun:
        if self.run is None:
            raise RuntimeError("no submission is being graded")
        return self.run

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Hand the collected checks to the loop we were given, if any."""
        if self._loop is None or session.testsfailed or session.config.option.collectonly:
            return None
        self._loop(self, session.items)
        return True

    def run_all(self, items: list[pytest.Item], run: CheckRun) -> list[CheckResult]:
        """Run the checks in their order against one submission."""
        self.run = run
        for item, following in itertools.zip_longest(items, items[1:]):
            if _is_plain(item):
                self._call(item)
            else:
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        return run.settle()

    def _call(self, item: pytest.Item) -> None:
        """Call a check without pytest's protocol, which would take as long as the check itself."""
        assert isinstance(item, pytest.Function)
        self._begin(item)
        error: BaseException | None = None
        try:
            self._current().begin(self._check, _declared(item))
            if not self._current().is_known_to_pass(self._check):
                self._perform(item)
        except (Exception, pytest.fail.Exception, pytest.skip.Exception) as caught:
            error = caught
        self._finish(item, error)

    def _perform(self, item: pytest.Function) -> None:
        given = item.callspec.params if hasattr(item, "callspec") else {}
        ours = {name: make(self) for name, make in _OURS.items() if name in item.fixturenames}
        item.obj(**given, **ours)

    def _begin(self, item: pytest.Item) -> None:
        self._check = check_id(item)
        item.stash[_START] = time.perf_counter()

    def _finish(self, item: pytest.Item, error: BaseException | None) -> CheckResult:
        detail = ""
        if error is not None and not isinstance(error, Verdict):
            detail = f"{type(error).__name__}: {error}"
        duration = time.perf_counter() - item.stash[_START]
        return self._current().finish(check_id(item), _declared(item), error, detail, duration)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Stop a check that cannot be judged before its fixtures are made."""
        self._begin(item)
        spec = item_spec(item)
        if spec is not None:
            self._current().begin(self._check, spec)

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
        result = self._with_origin(self._finish(item, error))
        if not isinstance(error, Verdict):
            return None
        skipped = isinstance(error, NotJudged) or bool(result.follows_from)
        return _report(item, call, result, skipped=skipped)

    def _with_origin(self, result: CheckResult) -> CheckResult:
        """The result, with the function whose fault it shows, as far as checks have run."""
        results = self._current().results
        own = [check for check in results.values() if not self.uses.get(check.id)]
        name = fault_elsewhere(result, self.uses.get(result.id, ()), functions_at_fault(own))
        results[result.id] = replace(result, follows_from=name)
        return results[result.id]


_START: pytest.StashKey[float] = pytest.StashKey()
_PLAIN: pytest.StashKey[bool] = pytest.StashKey()
_ID: pytest.StashKey[str] = pytest.StashKey()
_SPEC: pytest.StashKey[Spec | None] = pytest.StashKey()
_OURS: Final[dict[str, Callable[[CheckPlugin], Any]]] = {
    "student": CheckPlugin._student,
    "reference": CheckPlugin._reference,
    "inputs": CheckPlugin._inputs,
}


def _is_plain(item: pytest.Item) -> bool:
    """Whether a check asks pytest for nothing but our fixtures and its own parameters."""
    if _PLAIN not in item.stash:
        marks = list(item.iter_markers())
        params = item.callspec.params if hasattr(item, "callspec") else {}
        item.stash[_PLAIN] = (
            isinstance(item, pytest.Function)
            and item_spec(item) is not None
            and set(item.fixturenames) <= {*_OURS, *params}
            and all(
                mark.name == "parametrize" and not mark.kwargs.get("indirect") for mark in marks
            )
        )
    return item.stash[_PLAIN]


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
    head = f"{result.title} [{result.outcome.value}]"
    if result.follows_from and result.outcome is not Outcome.SKIPPED:
        name = result.follows_from
        return f"{head}\n{name} comes first: it fails checks of its own, and this depends on it."
    lines = [head, result.message]
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
    if _SPEC not in item.stash:
        item.stash[_SPEC] = spec_of(item.function) if isinstance(item, pytest.Function) else None
    return item.stash[_SPEC]


def uses_elsewhere(items: Iterable[pytest.Item]) -> dict[str, list[str]]:
    """Id of a check to the functions of other parts that it uses: it fails with them.

    For a fault of a function of its own part a check allows, or says that it cannot be judged.
    """
    specs = {check_id(item): spec for item in items if (spec := item_spec(item)) is not None}
    home = {name: spec.part for spec in specs.values() for name in spec.targets}
    return {
        check: [name for name in spec.uses if home.get(name, spec.part) != spec.part]
        for check, spec in specs.items()
    }


def _declared(item: pytest.Item) -> Spec:
    spec = item_spec(item)
    assert spec is not None
    return spec


def check_id(item: pytest.Item) -> str:
    """`layers::affine_forward_values[case]` for the pytest item of that check."""
    if _ID not in item.stash:
        module = getattr(item, "function", item).__module__.rpartition(".")[2]
        item.stash[_ID] = f"{module}::{re.sub('^test_', '', item.name)}"
    return item.stash[_ID]
