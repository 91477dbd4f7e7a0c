"""Checks in the student's own pytest: against the package beside the test file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from grader.assignment.folder import Assignment
from grader.assignment.plugin import CallForm
from grader.diagnosis.visible import structural
from grader.grading.scoring import not_asked, ruled
from grader.model.errors import GraderError, InputError
from grader.model.result import CheckResult, Visibility
from grader.runner.check import Check, uses_elsewhere
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.runner.consequences import (
    AT_FAULT,
    fault_elsewhere,
    functions_at_fault,
    standing,
)
from grader.runner.interactive_plugin import InteractivePlugin
from grader.student.proxy import Student
from grader.student.trace import Traces

if TYPE_CHECKING:
    from grader.report.cards import Card
    from grader.sandbox.background import OpeningSandbox
    from grader.student.channel import WorkerChannel


class SelfCheckPlugin(InteractivePlugin):
    """Starts the worker and reads the key when the first check runs: collecting costs neither."""

    def __init__(
        self, config: pytest.Config, assignment: str, sandbox: OpeningSandbox | None
    ) -> None:
        """`assignment` is its name, or the path of its rubric; `sandbox` None where none runs."""
        super().__init__()
        self._config = config
        self._name = assignment
        self._folder = Path(config.rootpath)
        self._open = ExitStack()
        self._sandbox = sandbox
        if sandbox is not None:
            self._open.callback(sandbox.close)
        self._channel: WorkerChannel | None = None
        self._run: CheckRun | None = None
        self._traces = Traces()
        self._uses: dict[str, list[str]] = {}

    def choose(self, checks: Sequence[Check]) -> list[Check]:
        """The public ones."""
        assignment = self._assignment
        public = [check for check in checks if _is_public(assignment, check)]
        if public:
            self._folder = public[0].path.parent
        self._uses = uses_elsewhere(public)
        return public

    def judge(self, check: Check) -> CheckResult:
        """The result, with the function whose fault it shows, as far as checks have run."""
        run = self._current()
        rubric = self._assignment.rubric
        (result,) = ruled(rubric, [run.run(check)], "en")
        own = [check for check in run.results.values() if not self._uses.get(check.id)]
        name = fault_elsewhere(result, self._uses.get(result.id, ()), functions_at_fault(own))
        run.results[result.id] = replace(result, follows_from=name)
        return run.results[result.id]

    def explain(self, result: CheckResult) -> str:
        """What the report of a test says, for editors that show one by one."""
        from grader.report.card_text import told_alone
        from grader.report.strings import Texts

        return told_alone(result, Texts("en"))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which statements could not run when modules were imported, and what to fix."""
        problems = self._channel.problems if self._channel else []
        if problems:
            terminalreporter.section("your modules")
        for problem in problems:
            terminalreporter.write_line(problem)
        for line in self._unmatched():
            terminalreporter.write_line(line)
        if self.shows_failures:
            self._show_cards(terminalreporter)

    def _unmatched(self) -> Iterator[str]:
        """What `-k` may have been meant to say, if it left no check."""
        from grader.selfcheck.own_grading import near_keyword

        if self._run is not None:
            return
        names = [*self._assignment.rubric.parts, *self._assignment.contract.targets]
        for word in re.findall(r"\w+", self._config.option.keyword):
            hint = near_keyword(word, names)
            if hint and not any(word.lower() in name.lower() for name in names):
                yield f"No check matches {word!r}. {hint}"

    @property
    def shows_failures(self) -> bool:
        """Whether failures are shown here: not where another process does, nor if none are."""
        option = self._config.option
        return not (hasattr(self._config, "workerinput") or option.no_summary) and (
            option.tbstyle != "no"
        )

    def _show_cards(self, terminal: pytest.TerminalReporter) -> None:
        """What to fix, each thing once, however many tests fail for it."""
        from grader.report.card_text import card_lines, first_of, text_of
        from grader.report.strings import Texts

        texts, cards = Texts("en"), self._cards()
        if cards:
            terminal.section(texts("student.to_fix").lower())
        for card in cards:
            head, *lines = text_of(card_lines(card, texts, "student", points=False))
            terminal.write_line(head, bold=True)
            for line in lines:
                terminal.write_line(line)
            terminal.write_line("")
        if first := first_of(cards, texts):
            terminal.write_line(first, bold=True)

    def _cards(self) -> list[Card]:
        """What the checks that have run say is to be fixed."""
        from grader.report.cards import cards_of

        if self._run is None:
            return []
        rubric = self._assignment.rubric
        order = list(rubric.parts)
        asked = [check for check in self._run.results.values() if not not_asked(check)]
        results = sorted(self._explained(asked), key=lambda check: order.index(check.part))
        titles = {id: part.title.en for id, part in rubric.parts.items()}
        stands_on = standing(rubric.contract, results)
        return cards_of(results, titles=titles, stands_on=stands_on)

    def _explained(self, results: list[CheckResult]) -> list[CheckResult]:
        """The checks with their causes, as `grader check` finds them."""
        from grader.batches.opening import known_mistakes

        assert self._run is not None
        assert self._run.submission is not None
        if not any(check.outcome in AT_FAULT for check in results):
            return results
        submission, mistakes = self._run.submission, known_mistakes(self._assignment)
        form = CallForm(submission.release, self._assignment.plugin)
        try:
            explained = (
                structural(results, "en")
                if mistakes is None
                else mistakes.explain(
                    results, self._traces, Traces(), form, lang="en", spans=submission.spans
                )
            )
        except Exception:  # as when grading: a cause that is not found costs nothing
            return results
        return ruled(self._assignment.rubric, explained, "en")

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
        from grader.batches.opening import obtain_key
        from grader.grading import Settings
        from grader.grading.context import call_limits
        from grader.sandbox.background import OpeningSandbox
        from grader.sandbox.sandboxes import OWN_CODE
        from grader.selfcheck.student_folder import nothing_in, working_folder
        from grader.student.channel import WorkerChannel
        from grader.submission import load, single

        assignment = self._assignment
        settings = Settings(assignment=str(assignment.path), public_only=True)
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
        sandbox = self._sandbox or self._open.enter_context(OpeningSandbox(OWN_CODE))
        channel = self._channel = self._open.enter_context(
            WorkerChannel(sandbox.wait(), submission, calls=call_limits(assignment))
        )
        form = CallForm(submission.release, assignment.plugin)
        return CheckRun(
            contract=assignment.contract,
            seed=settings.seed_for(assignment.rubric),
            student=lambda _check: Student(channel, assignment.contract, form),
            reference=KeyReplayer(obtain_key(assignment, settings)),
            submission=submission,
            traces=self._traces,
        )

    @cached_property
    def _assignment(self) -> Assignment:
        return Assignment.load(self._name)


def _is_public(assignment: Assignment, check: Check) -> bool:
    declared = assignment.rubric.visibility(check.id, check.part, check.visibility)
    return declared is Visibility.PUBLIC
