"""One run of the bank over one student's code: what the checks share, and what they yield."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Protocol

import pytest
from msgspec.structs import replace

from grader.checks.declare import Spec
from grader.checks.inputs import Inputs
from grader.model.contract import ContractEntry, owner_of
from grader.model.result import CheckResult, Finding, Outcome
from grader.model.submission import Submission
from grader.model.verdicts import NOT_IMPLEMENTED, CouldNotRun, NotDone, NotJudged, Verdict, Wrong
from grader.runner.answer_key import Key, RecordingChannel, ReplayChannel
from grader.runner.check import Check
from grader.student.proxy import Channel, Student, Transcript
from grader.student.time_limit import TimeLimit
from grader.student.trace import Trace, Traces
from grader.submission.parameters import parameters_in

NOT_ASKED_KIND = "not_asked"
"""Kind of the finding of a check that the submission's release does not ask for."""
OPEN = "open"
"""The reading of a release whose template does not say what a check is about."""


class Reference(Protocol):
    """Gives each check somebody to ask for the right answers."""

    def channel(self, check: str) -> Channel:
        """A channel of that check."""


class Recorder:
    """Gives each check a reference whose answers are written down."""

    def __init__(self, open_channel: Callable[[], Channel]) -> None:
        self._open = open_channel
        self._channels: dict[str, RecordingChannel] = {}

    def channel(self, check: str) -> Channel:
        """A channel to a fresh reference."""
        self._channels[check] = RecordingChannel(self._open())
        return self._channels[check]

    def answers(self) -> dict[str, Any]:
        """What was recorded, by check."""
        return {check: channel.answers for check, channel in self._channels.items()}

    def refused(self) -> dict[str, str]:
        """Names that returned something else than the contract says, to what they returned."""
        found: dict[str, str] = {}
        for channel in self._channels.values():
            found |= channel.refused
        return found


class KeyReplayer:
    """Gives each check the recorded reference."""

    def __init__(self, key: Key) -> None:
        self._key = key

    def channel(self, check: str) -> Channel:
        """A channel that replays the check's answers."""
        return ReplayChannel(check, self._key.answers.get(check, []))


class CheckRun:
    """The bank over one student's code."""

    def __init__(
        self,
        *,
        contract: Mapping[str, ContractEntry],
        seed: str,
        student: Callable[[str], Student],
        reference: Reference,
        submission: Submission | None = None,
        earlier: Iterable[CheckResult] = (),
        traces: Traces | None = None,
        known_to_pass: Callable[[str], Trace | None] = lambda _check: None,
        time_limit: TimeLimit | None = None,
    ) -> None:
        """`known_to_pass` gives what passes during a check if it is known, and that it passes.

        When `time_limit` is over, no check begins any more.
        """
        self.contract = contract
        self.seed = seed
        self.submission = submission
        self._student = student
        self._reference = reference
        self._traces = traces
        self._known_to_pass = known_to_pass
        self._time_limit = time_limit or TimeLimit()
        self.results: dict[str, CheckResult] = {check.id: check for check in earlier}
        self._transcript = Transcript()
        self._rests_on: dict[str, str] = {}

    def run_all(self, checks: Iterable[Check]) -> list[CheckResult]:
        """Run the checks in their order; the results, with those of earlier runs."""
        for check in checks:
            self.run(check)
        return self._settled()

    def run(self, check: Check) -> CheckResult:
        """Run one check, unless it cannot be judged or is known to pass."""
        start = time.perf_counter()
        error: BaseException | None = None
        try:
            self.begin(check)
            if not self._is_known_to_pass(check.id):
                check.call(self._fixtures(check.id))
        except (Exception, pytest.fail.Exception, pytest.skip.Exception) as caught:
            error = caught
        return self.finish(check, error, time.perf_counter() - start)

    def begin(self, check: Check) -> None:
        """Decide whether a check can run.

        Raises:
            NotJudged, NotDone, CouldNotRun: it cannot, and why.
        """
        self._transcript = Transcript(parameters=self._parameters)
        if self.submission is not None:
            _must_be_asked(self.submission, check)
            _must_be_done(self.submission, check)
        if self._time_limit.is_over:
            raise CouldNotRun(f"Not run: {self._time_limit}.", Finding(kind="timeout"))
        for name in check.needed:
            needed = self.results.get(name)
            if needed is not None and needed.outcome is not Outcome.PASSED:
                text = f"Not judged, because an earlier check failed: {needed.title}."
                own = set(needed.targets) & set(check.targets)
                raise NotJudged(text, because_of="" if own else needed.targets[0])

    def _is_known_to_pass(self, check: str) -> bool:
        trace = self._known_to_pass(check)
        if trace is not None and self._traces is not None:
            self._traces.put(trace)
        return trace is not None

    def _fixtures(self, check: str) -> dict[str, Callable[[], Any]]:
        return {
            "student": partial(self._student_for, check),
            "reference": lambda: Student(self._reference.channel(check), self.contract),
            "inputs": partial(Inputs, self.seed, check),
        }

    def _student_for(self, check: str) -> Student:
        """The student for one check, with an empty transcript and a seeded generator."""
        student = self._student(check)
        if self._traces is not None:
            student.watch(partial(self._traces.watch, check))
        student.transcript = self._transcript
        student.seed(Inputs(self.seed, check).number)
        return student

    def _parameters(self, function: str) -> list[str]:
        """What the student calls the parameters of a contract name, or of a method of one."""
        spans, owner = self.submission.spans if self.submission else {}, owner_of(function)
        return parameters_in(spans[owner].text, function) if owner in spans else []

    def finish(self, check: Check, error: BaseException | None, duration: float) -> CheckResult:
        """Write down how a check ended."""
        outcome, message, finding = _conclude(self._unfinished(check, error))
        script = self._transcript
        if finding is not None and not finding.call and script.call:
            finding = replace(finding, call=script.call)
        spans, target = self.submission.spans if self.submission else {}, check.targets[0]
        source = spans.get(target) or spans.get(owner_of(target))
        result = CheckResult(
            id=check.id,
            title=check.title,
            part=check.part,
            targets=list(check.targets),
            outcome=outcome,
            points=0.0,
            max_points=check.points,
            visibility=check.visibility,
            message=message,
            duration=round(duration, 4),
            finding=finding,
            source=None if outcome is Outcome.PASSED else source,
            stdout=script.stdout[:8_000],
            warnings=script.warnings,
            follows_from=error.because_of if isinstance(error, NotJudged) else "",
        )
        self.results[check.id] = result
        if outcome is Outcome.PASSED and script.rests_on:
            self._rests_on[check.id] = script.rests_on
        if self._traces is not None:
            self._traces.close(check.id, check.targets, outcome)
        return result

    def _unfinished(self, check: Check, error: BaseException | None) -> BaseException | None:
        """What ended a check; a method that was left as TODO explains any failure of its class.

        So does whatever given code uses that was left: it does nothing wrong by itself.
        """
        todo = self.submission.todo if self.submission else []
        if not todo or not (isinstance(error, (Wrong, CouldNotRun)) or _blames_nobody(error)):
            return error
        is_given = all(self.contract[owner_of(name)].given for name in check.targets)
        used = set(check.uses) if is_given else set()
        left = [name for name in todo if name in used or owner_of(name) in used | {*check.targets}]
        return _to_do(left[0]) if left else error

    def _settled(self) -> list[CheckResult]:
        """The results, less those that rest on a function that is wrong nowhere else.

        A gradient may be judged by the derivative of the student's own forward, if that is wrong.
        A forward that passes every check of its own was not wrong but told apart who asked.
        """
        for check, forward in self._rests_on.items():
            own = [
                other.outcome is Outcome.PASSED
                for other in self.results.values()
                if forward in other.targets and other.id not in self._rests_on
            ]
            if own and all(own):
                self.results[check] = _inconsistent(self.results[check], forward)
        return list(self.results.values())


def can_run(submission: Submission, spec: Spec) -> bool:
    """Whether a check of the submission can begin, as far as is known before any has run."""
    try:
        _must_be_asked(submission, spec)
        _must_be_done(submission, spec)
    except Verdict:
        return False
    return True


def _blames_nobody(error: BaseException | None) -> bool:
    """Whether a check could not be judged, and names no single function for it."""
    return isinstance(error, NotJudged) and not error.because_of and error.finding is None


def _inconsistent(check: CheckResult, forward: str) -> CheckResult:
    text = (
        f"The gradient differs from the right one, and {forward}, whose derivative it is, gave "
        "other values here than in its own checks, which all passed."
    )
    finding = Finding(kind="behaviour", quantity=forward)
    return replace(check, outcome=Outcome.FAILED, message=text, finding=finding)


def _to_do(name: str) -> NotDone:
    return NotDone(NOT_IMPLEMENTED.en.format(name=name), Finding(kind="missing"))


def _conclude(error: BaseException | None) -> tuple[Outcome, str, Finding | None]:
    if error is None:
        return Outcome.PASSED, "", None
    if isinstance(error, Verdict):
        return error.outcome, error.message, error.finding
    detail = f"{type(error).__name__}: {error}"
    return Outcome.INTERNAL, f"The check itself failed; you lose no points. {detail}", None


def _must_be_asked(submission: Submission, spec: Spec) -> None:
    release = submission.release
    if release is None:
        return
    title = release.title or release.id
    left_out = release.not_asked(spec.targets, (*spec.uses, *spec.if_asked))
    if left_out:
        gives = "gives {} complete" if release.gives.issuperset(left_out) else "does not ask for {}"
        raise _not_asked(f"The template of {title} {gives.format(', '.join(left_out))}")
    if spec.unless_open and release.readings.get(spec.unless_open) == OPEN:
        raise _not_asked(f"The template of {title} does not say what the result should be here")


def _not_asked(why: str) -> NotJudged:
    return NotJudged(f"{why}; this check does not count.", Finding(kind=NOT_ASKED_KIND))


def _must_be_done(submission: Submission, spec: Spec) -> None:
    parts = [part for name in spec.targets for part in dict.fromkeys((owner_of(name), name))]
    for name in parts:
        if name in submission.broken:
            text = f"{name} cannot be read: {submission.broken[name]}."
            raise CouldNotRun(text, Finding(kind="load"))
        if name in submission.todo:
            raise _to_do(name)
        if owner_of(name) not in submission.locations:
            file = submission.missing.get(name)
            where = f" in {file}" if file else ""
            raise NotDone(f"{name} is not defined{where}.", Finding(kind="missing"))
