"""Checks in the student's own pytest: against the package beside the test file."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.assignment.folder import Assignment
from grader.model.errors import GraderError, InputError
from grader.model.result import Visibility
from grader.runner.bank_plugin import CheckPlugin, check_id, item_spec, uses_elsewhere
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.student.proxy import Student

if TYPE_CHECKING:
    from grader.student.channel import WorkerChannel


class SelfCheckPlugin(CheckPlugin):
    """Opens worker and key when the first check runs, so that collecting costs neither."""

    def __init__(self, config: pytest.Config) -> None:
        super().__init__()
        self._config = config
        self._folder = Path(config.rootpath)
        self._open = ExitStack()
        self._channel: WorkerChannel | None = None

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what only the instructor runs."""
        assignment = self._assignment()
        hidden = [item for item in items if not _is_public(assignment, item)]
        if hidden:
            config.hook.pytest_deselected(items=hidden)
            items[:] = [item for item in items if item not in hidden]
        checks = [item for item in items if item_spec(item) is not None]
        if checks:
            self._folder = checks[0].path.parent
        self.uses = uses_elsewhere(checks)

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
        results = self.run.results.values() if self.run else ()
        following = [check_view(check) for check in results if check.follows_from]
        return [f"{texts('first.title')}: {line}" for line in first_lines(leads(following), texts)]

    def pytest_unconfigure(self) -> None:
        """End worker and sandbox."""
        self._open.close()

    def _current(self) -> CheckRun:
        if self.run is None:
            try:
                self.run = self._start()
            except GraderError as error:
                pytest.exit(f"self-check: {error}", returncode=int(error.exit_code))
        return self.run

    def _start(self) -> CheckRun:
        from grader.batches.grading_server import obtain_key
        from grader.grading import Settings, contract_of
        from grader.grading.context import call_limits
        from grader.sandbox.sandboxes import open_sandbox
        from grader.selfcheck.self_check import own_code
        from grader.selfcheck.student_folder import nothing_in, working_folder
        from grader.student.channel import WorkerChannel
        from grader.submission import load, single

        assignment = self._assignment()
        settings = own_code(Settings(assignment=str(assignment.path), public_only=True))
        source = single(working_folder(self._folder))
        template = assignment.rubric.grading.template
        try:
            submission = load(
                source,
                contract=contract_of(assignment),
                given=assignment.given_files,
                notebooks=assignment.given_notebooks,
                template=template,
            )
        except InputError as error:
            raise nothing_in(self._folder, error.message) from None
        sandbox = open_sandbox(settings.sandbox)
        self._open.callback(sandbox.close)
        channel = self._channel = self._open.enter_context(
            WorkerChannel(sandbox, submission, calls=call_limits(assignment))
        )
        return CheckRun(
            contract=assignment.contract,
            seed=settings.seed_for(assignment.rubric),
            student=lambda _check: Student(channel, assignment.contract, submission.dialect),
            reference=KeyReplayer(obtain_key(assignment, settings)),
            submission=submission,
        )

    def _assignment(self) -> Assignment:
        return Assignment.load(self._config.getini("gradewall_assignment"))


def _is_public(assignment: Assignment, item: pytest.Item) -> bool:
    spec = item_spec(item)
    if spec is None:
        return True
    declared = assignment.rubric.visibility(check_id(item), spec.part, spec.visibility)
    return declared is Visibility.PUBLIC
