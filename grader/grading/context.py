"""All that grading submissions of one assignment needs, made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from grader.assignment.folder import Assignment
from grader.assignment.plugin import CallForm
from grader.grading.check_order import public_first, shuffled
from grader.grading.settings import Settings
from grader.model.notebook_grade import Graded
from grader.model.result import Cause, CheckResult, SourceSpan, Visibility
from grader.model.submission import Submission
from grader.runner.answer_key import Key
from grader.runner.check import Check
from grader.runner.prefetch import RequestScript, dry_run
from grader.sandbox.sandboxes import Limits, Sandbox
from grader.student.channel import CallLimits
from grader.student.trace import Traces


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


class KnownMistakes(Protocol):
    """What tells the causes of failed checks, by the reference or without it."""

    def load(self) -> None:
        """Read them now, not when the first check has failed."""

    def explain(
        self,
        checks: Sequence[CheckResult],
        traces: Traces,
        followed: Traces,
        form: CallForm,
        *,
        lang: str,
        spans: Mapping[str, SourceSpan],
    ) -> list[CheckResult]:
        """The checks with their causes; see `grader.diagnosis.diagnose.diagnose`."""

    def explain_carried(
        self,
        checks: Sequence[CheckResult],
        traces: Traces,
        form: CallForm,
        *,
        lang: str,
        spans: Mapping[str, SourceSpan],
    ) -> list[CheckResult]:
        """The same of checks that were judged behind a forward known to be wrong."""

    def with_mistake(self, cause: Cause) -> Callable[[str], Any] | None:
        """The reference's functions with the mistake that a cause names, where it is at hand."""


class GradingContext(msgspec.Struct):
    """All that is needed to grade submissions of one assignment, and nothing of any of them."""

    assignment: Assignment
    settings: Settings
    key: Key
    sandbox: Sandbox
    checks: list[Check]
    reference: Callable[[str], Any] | None = None
    """Resolves a contract name to the reference's function, where the reference is at hand."""
    catalogue: KnownMistakes | None = None
    """The known mistakes; None where nobody can tell them."""
    notebooks: Notebooks | None = None
    """Runs and judges notebooks, if they are to be."""
    scripts: Mapping[str, RequestScript] = {}
    """What the checks will ask, and be answered if all is right; once there was a dry run."""

    def form(self, submission: Submission) -> CallForm:
        """How calls are made of a submission's code."""
        return CallForm(submission.release, self.assignment.plugin)

    @property
    def seed(self) -> str:
        """Of the inputs."""
        return self.settings.seed_for(self.assignment.rubric)

    @property
    def limits(self) -> Limits:
        """What a worker may take."""
        return Limits(memory_bytes=self.assignment.rubric.limits.memory_mb << 20)

    def in_order(self, only: set[str] | None) -> tuple[list[Check], list[Check]]:
        """The checks (of the ids `only`, if given) as they are to run: public ones, then others."""
        chosen = [check for check in self.checks if only is None or check.id in only]
        if self.assignment.rubric.grading.shuffle:
            chosen = shuffled(chosen, self.seed)
        return public_first(chosen, self._is_hidden)

    def _is_hidden(self, check: Check) -> bool:
        """Whether the rubric, or else the bank, keeps a check's values from students."""
        shown = self.assignment.rubric.visibility(check.id, check.part, check.visibility)
        return shown is Visibility.HIDDEN

    def prepare_for_many(self) -> None:
        """Find out what the checks will ask; worth its time if several submissions follow."""
        if self.reference is not None:
            self.scripts = dry_run(self.checks, self.key, self.assignment.contract, self.reference)


def call_limits(assignment: Assignment) -> CallLimits:
    """What the requests of an assignment's checks may take."""
    limits = assignment.rubric.limits
    return CallLimits(
        call_seconds=limits.call_seconds,
        call_wait_seconds=limits.call_wait_seconds,
        load_seconds=limits.load_seconds,
        load_wait_seconds=limits.load_wait_seconds,
    )
