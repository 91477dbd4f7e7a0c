"""One submission while it is graded: its workers, its time, and what was noticed on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from grader.grading.context import GradingContext, call_limits
from grader.grading.numerical_gradients import Calls
from grader.model.result import CheckResult, Visibility
from grader.model.submission import Submission
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer, Recorder, can_run
from grader.runner.prefetch import Prefetcher, RequestScript, in_form
from grader.sandbox.sandboxes import Sandbox
from grader.student.channel import Substitutes, WorkerChannel
from grader.student.loading import Loading
from grader.student.proxy import Student
from grader.student.time_limit import TimeLimit
from grader.student.trace import Trace, Traces


class SubmissionRun:
    """The state that grading one submission has, beside the context that it shares with others."""

    def __init__(self, context: GradingContext, submission: Submission, sandbox: Sandbox) -> None:
        """Its time runs from now on; `sandbox` starts its workers."""
        self.context = context
        self.sandbox = sandbox
        assignment = context.assignment
        known = assignment.contract, assignment.rubric.gradient_checkers
        self.calls = Calls(*known)
        """Functions that called others very often."""
        self.killed: list[str] = []
        """What was called when workers were killed, by their own code or from outside."""
        self.loading = Loading(submission, *known)
        """How it loads, as far as is known."""
        self.time_limit = TimeLimit(context.assignment.rubric.limits.submission_seconds)

    def channel(
        self, submission: Submission, substitutes: Substitutes | None = None
    ) -> WorkerChannel:
        """A channel to a worker that has the submission loaded; close it after use."""
        return WorkerChannel(
            self.sandbox,
            submission,
            limits=self.context.limits,
            calls=call_limits(self.context.assignment),
            substitutes=substitutes,
            killed=self.killed,
            loading=self.loading,
            time_limit=self.time_limit,
        )

    def run(
        self,
        submission: Submission,
        channel: WorkerChannel,
        traces: Traces,
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
        context, contract = self.context, self.context.assignment.contract
        open_to_all, late = context.in_order(only)
        chosen = [*open_to_all, *late]
        scripts = self._scripts_for(submission, chosen) if only is None else {}
        order = [check.id for check in chosen]
        prefetcher = Prefetcher(channel, order, scripts, wait_at=len(open_to_all))
        hidden = {check.id for check in late}
        form = context.form(submission)

        def student(check: str) -> Student:
            if check in hidden:
                channel.notes_uses = False  # a remark could quote what such a check asked
            return Student(self.calls.watch(check, prefetcher.channel_for(check)), contract, form)

        def known_to_pass(check: str) -> Trace | None:
            right = prefetcher.channel_for(check).replies_as_expected()
            return scripts[check].trace if right else None

        run = CheckRun(
            contract=contract,
            seed=context.seed,
            student=student,
            reference=reference or KeyReplayer(context.key),
            submission=submission,
            earlier=earlier,
            traces=traces if context.settings.diagnose and context.catalogue else None,
            known_to_pass=known_to_pass,
            time_limit=self.time_limit,
        )
        return self._sorted(_shown(run.run_all(chosen), order, hidden))

    def _sorted(self, results: Iterable[CheckResult]) -> list[CheckResult]:
        place = {check.id: index for index, check in enumerate(self.context.checks)}
        return sorted(results, key=lambda result: place[result.id])

    def _scripts_for(
        self, submission: Submission, checks: Iterable[Check]
    ) -> Mapping[str, RequestScript]:
        """Of the checks that will run."""
        known = self.context.scripts
        asked = {
            check.id: known[check.id]
            for check in checks
            if check.id in known and can_run(submission, check)
        }
        return in_form(asked, self.context.form(submission))


def _shown(
    results: Iterable[CheckResult], ran: Iterable[str], hidden: set[str]
) -> list[CheckResult]:
    """The results, those of checks that ran as visible as these were meant to be."""
    shown = {check: Visibility.HIDDEN if check in hidden else Visibility.PUBLIC for check in ran}
    return [
        replace(result, visibility=shown.get(result.id, result.visibility)) for result in results
    ]
