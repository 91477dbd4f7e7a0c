"""Checks in the student's own pytest: against the package beside the test file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from msgspec.structs import replace

from grader.assignment.folder import Assignment
from grader.assignment.plugin import CallForm
from grader.model.errors import GraderError, InputError
from grader.model.result import CheckResult, Outcome, Visibility
from grader.runner.bank_plugin import CheckPlugin
from grader.runner.check import Check, uses_elsewhere
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.runner.consequences import fault_elsewhere, functions_at_fault
from grader.student.proxy import Student

if TYPE_CHECKING:
    from grader.student.channel import WorkerChannel


class SelfCheckPlugin(CheckPlugin):
    """Opens worker and key when the first check runs, so that collecting costs neither."""

    def __init__(self, config: pytest.Config, assignment: str) -> None:
        """`assignment` is its name, or the path of its rubric."""
        super().__init__()
        self._config = config
        self._name = assignment
        self._folder = Path(config.rootpath)
        self._open = ExitStack()
        self._channel: WorkerChannel | None = None
        self._run: CheckRun | None = None
        self._checks: dict[pytest.Item, Check] = {}
        self._uses: dict[str, list[str]] = {}

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what only the instructor runs."""
        assignment = self._assignment()
        every = {item: check for item in items if (check := self.check_of(item)) is not None}
        hidden = [item for item, check in every.items() if not _is_public(assignment, check)]
        if hidden:
            config.hook.pytest_deselected(items=hidden)
            items[:] = [item for item in items if item not in hidden]
        self._checks = {item: check for item, check in every.items() if item not in hidden}
        if self._checks:
            self._folder = next(iter(self._checks)).path.parent
        self._uses = uses_elsewhere(self._checks.values())

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Run a check as it is run everywhere, and tell pytest how it ended."""
        check = self._checks.get(item)
        if check is None:
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        result = self._with_origin(self._current().run(check))
        for report in _reports(item, result):
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _with_origin(self, result: CheckResult) -> CheckResult:
        """The result, with the function whose fault it shows, as far as checks have run."""
        results = self._current().results
        own = [check for check in results.values() if not self._uses.get(check.id)]
        name = fault_elsewhere(result, self._uses.get(result.id, ()), functions_at_fault(own))
        results[result.id] = replace(result, follows_from=name)
        return results[result.id]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which statements could not run when modules were imported, and what to fix first."""
        problems = self._channel.problems if self._channel else []
        if problems:
            terminalreporter.section("your modules")
        for problem in problems:
            terminalreporter.write_line(problem)
        for line in self._first():
            terminalreporter.write_line(line, bold=True)

    def _first(self) -> list[str]:
        """The functions whose faults much else follows from."""
        from grader.report.strings import Texts
        from grader.report.student_view import check_view, first_lines, leads

        texts = Texts("en")
        results = self._run.results.values() if self._run else ()
        following = [check_view(check) for check in results if check.follows_from]
        return [f"{texts('first.title')}: {line}" for line in first_lines(leads(following), texts)]

    def pytest_unconfigure(self) -> None:
        """End worker and sandbox."""
        self._open.close()

    def _current(self) -> CheckRun:
        if self._run is None:
            try:
                self._run = self._start()
            except GraderError as error:
                pytest.exit(f"self-check: {error}", returncode=int(error.exit_code))
        return self._run

    def _start(self) -> CheckRun:
        from grader.batches.grading_server import obtain_key
        from grader.grading import Settings
        from grader.grading.context import call_limits
        from grader.sandbox.sandboxes import open_sandbox
        from grader.selfcheck.self_check import own_code
        from grader.selfcheck.student_folder import nothing_in, working_folder
        from grader.student.channel import WorkerChannel
        from grader.submission import load, single

        assignment = self._assignment()
        settings = own_code(Settings(assignment=str(assignment.path), public_only=True))
        source = single(working_folder(self._folder, assignment.form))
        try:
            submission = load(
                source,
                contract=assignment.contract,
                form=assignment.form,
                given=assignment.given_files,
                notebooks=assignment.given_notebooks,
                plugin=assignment.plugin,
                fixed=assignment.rubric.grading.release,
            )
        except InputError as error:
            raise nothing_in(self._folder, error.message, assignment.form) from None
        sandbox = open_sandbox(settings.sandbox)
        self._open.callback(sandbox.close)
        channel = self._channel = self._open.enter_context(
            WorkerChannel(sandbox, submission, calls=call_limits(assignment))
        )
        form = CallForm(submission.release, assignment.plugin)
        return CheckRun(
            contract=assignment.contract,
            seed=settings.seed_for(assignment.rubric),
            student=lambda _check: Student(channel, assignment.contract, form),
            reference=KeyReplayer(obtain_key(assignment, settings)),
            submission=submission,
        )

    def _assignment(self) -> Assignment:
        return Assignment.load(self._name)


def _is_public(assignment: Assignment, check: Check) -> bool:
    declared = assignment.rubric.visibility(check.id, check.part, check.visibility)
    return declared is Visibility.PUBLIC


def _reports(item: pytest.Item, result: CheckResult) -> Iterator[pytest.TestReport]:
    """How a check ended, in pytest's terms."""
    path, line, _ = item.location
    text = explain(result)
    if result.outcome is Outcome.SKIPPED or result.follows_from:
        yield _report(item, result, "setup", "skipped", (path, line or 0, text))
    elif result.outcome is Outcome.PASSED:
        yield _report(item, result, "call", "passed", None)
    else:
        yield _report(item, result, "call", "failed", text)
    yield _report(item, result, "teardown", "passed", None)


def _report(
    item: pytest.Item,
    result: CheckResult,
    when: Literal["setup", "call", "teardown"],
    outcome: Literal["passed", "failed", "skipped"],
    text: str | tuple[str, int, str] | None,
) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords={},
        outcome=outcome,
        longrepr=text,
        when=when,
        duration=result.duration if when == "call" else 0.0,
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
