"""All that grading submissions of one assignment needs, made once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest
from msgspec.structs import replace

from grader.assignment.folder import Assignment
from grader.diagnosis.mutated_package import Catalogue
from grader.grading.check_order import public_first, shuffled
from grader.grading.numerical_gradients import Calls
from grader.grading.settings import Settings
from grader.model.notebook_grade import Graded
from grader.model.result import CheckResult, Visibility
from grader.model.submission import Submission
from grader.runner.answer_key import Key
from grader.runner.bank_plugin import CheckPlugin, check_id, item_spec
from grader.runner.check_run import CheckRun, KeyReplayer, Recorder, can_run
from grader.runner.dry_run import DryRun, dry_run, in_dialect
from grader.sandbox.sandboxes import Limits, Sandbox
from grader.student.channel import CallLimits, Substitutes, WorkerChannel
from grader.student.loading import Loading
from grader.student.prefetch import Prefetcher
from grader.student.proxy import Student
from grader.student.time_limit import TimeLimit
from grader.student.trace import Tape, Tapes


class Notebooks(Protocol):
    """What grades the notebooks of a submission; see `grader.notebooks.notebook_grading`."""

    def grade(self, submission: Submission, path: Path) -> Graded:
        """Run and judge those of the submission at `path`."""

    @property
    def sandbox(self) -> Sandbox:
        """Where kernels come from."""

    def renew(self) -> None:
        """Open another sandbox for kernels."""

    def close(self) -> None:
        """End every kernel."""


class Bench(msgspec.Struct):
    """All that is needed to grade submissions of one assignment, ready to be used many times."""

    assignment: Assignment
    settings: Settings
    key: Key
    sandbox: Sandbox
    plugin: CheckPlugin
    items: list[pytest.Item]
    reference: Callable[[str], Any] | None = None
    """Resolves a contract name to the reference's function, where the reference is at hand."""
    catalogue: Catalogue | None = None
    """The known mistakes, where the reference is at hand."""
    notebooks: Notebooks | None = None
    """Runs and judges notebooks, if they are to be."""
    calls: Calls = msgspec.field(default_factory=Calls)
    """Of the submission at hand: functions that called others very often."""
    dry_runs: Mapping[str, DryRun] = {}
    """What the checks will ask, and be answered if all is right; once there was a dry run."""
    killed: list[str] = []
    """What was called when workers were killed, by their own code or from outside."""
    loading: Loading | None = None
    """How the submission at hand loads, as far as is known."""
    time_limit: TimeLimit = msgspec.field(default_factory=TimeLimit)
    """Of the submission at hand."""

    def begin(self, submission: Submission) -> None:
        """Be ready for another submission; its time runs from now on."""
        self.loading = Loading(submission)
        self.time_limit = TimeLimit(self.assignment.rubric.limits.submission_seconds)

    @property
    def limits(self) -> Limits:
        """What a worker may take."""
        return Limits(memory_bytes=self.assignment.rubric.limits.memory_mb << 20)

    def channel(
        self, submission: Submission, substitutes: Substitutes | None = None
    ) -> WorkerChannel:
        """A channel to a worker that has the submission loaded; close it after use."""
        return WorkerChannel(
            self.sandbox,
            submission,
            limits=self.limits,
            calls=call_limits(self.assignment),
            substitutes=substitutes,
            killed=self.killed,
            loading=self.loading,
            time_limit=self.time_limit,
        )

    def run(
        self,
        submission: Submission,
        channel: WorkerChannel,
        tapes: Tapes,
        *,
        only: set[str] | None = None,
        earlier: Iterable[CheckResult] = (),
        reference: Recorder | None = None,
    ) -> list[CheckResult]:
        """Run the checks (those of the ids `only`, if given) over a loaded submission.

        Expected values come from the answer key, or live from `reference`.

        Returns:
            The results of `earlier`, with those of the checks that ran in their places.
        """
        contract = self.assignment.contract
        open_to_all, late = public_first(self._in_order(only), self._is_hidden)
        chosen = [*open_to_all, *late]
        dry_runs = self._dry_runs_for(submission, chosen) if only is None else {}
        scripts = {check: each.script for check, each in dry_runs.items()}
        order = map(check_id, chosen)
        prefetcher = Prefetcher(channel, order, scripts, wait_at=len(open_to_all))

        hidden = {check_id(item) for item in late}

        def student(check: str) -> Student:
            if check in hidden:
                channel.notes_uses = False  # a remark could quote what such a check asked
            return Student(
                self.calls.watch(check, prefetcher.channel_for(check)), contract, submission.dialect
            )

        def known_to_pass(check: str) -> Tape | None:
            right = prefetcher.channel_for(check).replies_as_expected()
            return dry_runs[check].tape if right else None

        run = CheckRun(
            contract=contract,
            seed=self.settings.seed_for(self.assignment.rubric),
            student=student,
            reference=reference or KeyReplayer(self.key),
            submission=submission,
            earlier=earlier,
            tapes=tapes if self.settings.diagnose and self.catalogue else None,
            known_to_pass=known_to_pass,
            time_limit=self.time_limit,
        )
        shown = {True: Visibility.HIDDEN, False: Visibility.PUBLIC}
        ran = {check_id(item) for item in chosen}
        results = [
            replace(check, visibility=shown[check.id in hidden]) if check.id in ran else check
            for check in self.plugin.run_all(chosen, run)
        ]
        place = {check_id(item): index for index, item in enumerate(self.items)}
        return sorted(results, key=lambda check: place[check.id])

    def _is_hidden(self, item: pytest.Item) -> bool:
        """Whether the rubric, or else the bank, keeps a check's values from students."""
        spec, rubric = item_spec(item), self.assignment.rubric
        return spec is not None and (
            rubric.visibility(check_id(item), spec.part, spec.visibility) is Visibility.HIDDEN
        )

    def _in_order(self, only: set[str] | None) -> list[pytest.Item]:
        """The checks as they are to run."""
        chosen = [item for item in self.items if only is None or check_id(item) in only]
        rubric = self.assignment.rubric
        return (
            shuffled(chosen, self.settings.seed_for(rubric)) if rubric.grading.shuffle else chosen
        )

    def prepare_for_many(self) -> None:
        """Find out what the checks will ask; worth its time if several submissions follow."""
        if self.reference is not None:
            self.dry_runs = dry_run(
                self.plugin, self.items, self.key, self.assignment.contract, self.reference
            )

    def _dry_runs_for(
        self, submission: Submission, items: Iterable[pytest.Item]
    ) -> Mapping[str, DryRun]:
        """Of the checks that will run."""
        specs = {check_id(item): item_spec(item) for item in items}
        asked = {
            check: self.dry_runs[check]
            for check, spec in specs.items()
            if check in self.dry_runs and spec is not None and can_run(submission, spec)
        }
        return in_dialect(asked, submission.dialect)


def call_limits(assignment: Assignment) -> CallLimits:
    """What the requests of an assignment's checks may take."""
    limits = assignment.rubric.limits
    return CallLimits(
        call_seconds=limits.call_seconds,
        call_wait_seconds=limits.call_wait_seconds,
        load_seconds=limits.load_seconds,
        load_wait_seconds=limits.load_wait_seconds,
    )


def contract_of(assignment: Assignment) -> dict[str, str]:
    """Contract name to the module that should define it."""
    return assignment.contract.modules
