"""Judging what stands on a wrong function again, with that function replaced by the reference's.

A network's own points then depend on its own code. Replaced are whole families (`norm_forward`
with its backwards), since a cache is only understood by the functions that belong to it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from grader.assignment.plugin import CallForm
from grader.grading.memory import memory_at_most, size
from grader.grading.observe import observed
from grader.grading.submission_run import SubmissionRun
from grader.model.call import Call
from grader.model.contract import Contract, ContractEntry, owner_of
from grader.model.result import Cause, CheckResult, Finding, Outcome
from grader.model.rubric import Rubric
from grader.model.submission import Submission
from grader.protocol import wire
from grader.runner.answer_key import LocalChannel
from grader.runner.check_run import NOT_ASKED_KIND, Recorder
from grader.runner.consequences import AT_FAULT
from grader.student.proxy import Reply
from grader.student.trace import Traces
from grader.worker.dispatcher import Dispatcher

_CALL_MEMORY: Final = 1 << 30
"""Bytes that one call of a replaced function may take: its arguments are the student's."""
_HELD_MEMORY: Final = 256 << 20
"""Bytes of all caches that replaced functions have returned."""


def wrong_functions(checks: Iterable[CheckResult], rubric: Rubric) -> list[str]:
    """The functions to replace: those at fault, but for classes of parts that follow through."""
    contract = rubric.contract
    return contract.families(
        name
        for check in checks
        if check.outcome in AT_FAULT
        for name in map(owner_of, check.targets)
        if not (contract[name].makes_object and rubric.parts[check.part].follow_through)
    )


def to_repeat(
    checks: Iterable[CheckResult], rubric: Rubric, wrong: list[str]
) -> dict[tuple[str, ...], set[str]]:
    """What deserves a second look: the ids of checks, by the functions to be replaced for them.

    For a function's own checks it is not replaced. Given code is no work of the student's: it earns
    nothing over functions that are not there. A class is never replaced: its objects would live on
    this side, where the student's code could do nothing with them.
    """
    every = list(checks)
    functions = [name for name in wrong if not rubric.contract[name].makes_object]
    is_whole = all(check.outcome is not Outcome.MISSING for check in every)
    found: dict[tuple[str, ...], set[str]] = {}
    for check in every:
        own = set(rubric.contract.families(check.targets))
        below = _below(check, rubric.contract)
        others = tuple(name for name in functions if name not in own and name in below)
        if others and _may_follow(check, rubric) and (is_whole or not _is_given(check, rubric)):
            found.setdefault(others, set()).add(check.id)
    return found


def _below(check: CheckResult, contract: Contract) -> Collection[str]:
    """What the functions that a check judges stand on: all others, unless the contract says."""
    owners = [owner_of(name) for name in check.targets]
    if not all(contract[name].stands_on for name in owners):
        return contract
    return {below for name in owners for below in contract.below(name)}


def _is_given(check: CheckResult, rubric: Rubric) -> bool:
    return all(rubric.contract[name].given for name in check.targets)


def _may_follow(check: CheckResult, rubric: Rubric) -> bool:
    return (
        rubric.parts[check.part].follow_through
        and check.outcome not in (Outcome.PASSED, Outcome.INTERNAL)
        and not (check.finding and check.finding.kind == NOT_ASKED_KIND)
    )


class ReferenceSubstitutes:
    """Answers the student's calls of replaced functions with the reference's values."""

    def __init__(
        self,
        resolve: Callable[[str], Any],
        contract: Mapping[str, ContractEntry],
        form: CallForm,
        names: list[str],
    ) -> None:
        self.names = names
        self._resolve = resolve
        self._contract = contract
        self._form = form
        self._objects: list[Any] = []
        self._held = 0

    def answer(self, message: Reply) -> Reply:
        """The values of one call, and what it has written into the dicts among its arguments."""
        try:
            name = str(message["name"])
            if name not in self.names:
                return {"error": f"{name} is not replaced"}
            args = [self._argument(value) for value in message["args"]]
            kwargs = {key: self._argument(value) for key, value in message["kwargs"].items()}
            return self._call(name, args, kwargs)
        except Exception as error:  # the arguments are the student's: anything may be wrong
            return {"error": f"{type(error).__name__}: {error}"}

    def _call(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Reply:
        given = dict(_dicts(args, kwargs))
        args = [_copied(value) for value in args]
        kwargs = {key: _copied(value) for key, value in kwargs.items()}
        call = self._form.adapt_back(Call(name, args, kwargs))
        args, kwargs = list(call.args), dict(call.kwargs)
        before = {place: dict(item) for place, item in _dicts(args, kwargs)}
        with memory_at_most(_CALL_MEMORY):
            value = self._resolve(name)(*args, **kwargs)
        returns = self._contract[name].returns
        values = value if len(returns) > 1 else (value,)
        kept = tuple(self._keep(item, of) for item, of in zip(values, returns, strict=True))
        written = [
            [place, _changes(given[place], before[place], after)]
            for place, after in _dicts(args, kwargs)
            if place in given
        ]
        return {"value": kept if len(returns) > 1 else kept[0], "written": written}

    def _argument(self, value: Any) -> Any:
        return self._objects[value.number] if isinstance(value, wire.Handle) else value

    def _keep(self, value: Any, name: str) -> Any:
        if not name.endswith("*"):
            return value
        self._held += size(value)
        if self._held > _HELD_MEMORY:
            raise MemoryError("too many caches are kept")
        self._objects.append(value)
        return wire.Handle(len(self._objects) - 1)


def _copied(value: Any) -> Any:
    """The function may write into dicts: those given are the student's, in the student's terms."""
    return dict(value) if isinstance(value, dict) else value


def _dicts(args: list[Any], kwargs: dict[str, Any]) -> list[tuple[int | str, dict[str, Any]]]:
    """The dicts among some arguments, each with its place."""
    given: list[tuple[int | str, Any]] = [*enumerate(args), *kwargs.items()]
    return [(place, value) for place, value in given if isinstance(value, dict)]


def _changes(
    given: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    """What the function itself has put into a dict, of which `before` is the canonical form."""
    return {
        key: value
        for key, value in after.items()
        if key not in given or key not in before or value is not before[key]
    }


def follow_through(
    run: SubmissionRun, submission: Submission, checks: list[CheckResult], traces: Traces
) -> list[CheckResult]:
    """The checks, with those repeated that stand on a wrong function of another part."""
    context = run.context
    if context.reference is None:
        return checks
    contract = context.assignment.contract
    wrong = wrong_functions(checks, context.assignment.rubric)
    checks = _replacing(wrong, run, submission, checks, traces)
    given = _given_by_release(submission, contract)
    if not given:
        return checks
    return _replacing(contract.families([*wrong, *given]), run, submission, checks, traces)


def _given_by_release(submission: Submission, contract: Contract) -> list[str]:
    """What the release gives complete: none of it is judged, so it may be damaged unseen."""
    gives = submission.release.gives if submission.release else frozenset()
    return [name for name in contract if name in gives]


def _replacing(
    names: list[str],
    run: SubmissionRun,
    submission: Submission,
    checks: list[CheckResult],
    traces: Traces,
) -> list[CheckResult]:
    """The checks, those that still fail repeated with functions below them replaced."""
    rubric = run.context.assignment.rubric
    for replaced, repeat in to_repeat(checks, rubric, names).items():
        if not run.time_limit.is_over:
            checks = _repeated(run, submission, checks, traces, list(replaced), repeat)
    return checks


def _repeated(
    run: SubmissionRun,
    submission: Submission,
    checks: list[CheckResult],
    traces: Traces,
    names: list[str],
    repeat: set[str],
) -> list[CheckResult]:
    """The checks, those that pass with some functions replaced as they ended then."""
    context = run.context
    assert context.reference is not None
    substitutes = ReferenceSubstitutes(
        context.reference, context.assignment.contract, context.form(submission), names
    )
    with run.channel(submission, substitutes) as channel:
        submission = observed(context.assignment, submission, channel)
        again = run.run(submission, channel, traces, only=repeat, earlier=checks)
    passed = {check.id: check for check in again if check.outcome is Outcome.PASSED}
    return [
        replace(passed[check.id], follow_through=names)
        if check.id in repeat and check.id in passed
        else check
        for check in checks
    ]


def carry_mistakes(
    run: SubmissionRun, submission: Submission, checks: list[CheckResult], traces: Traces
) -> list[CheckResult]:
    """The checks, with backward passes judged that wait for a forward whose mistake is known.

    What a right backward makes of the cache of a wrong forward is neither right nor the derivative
    of anything. But if the forward is wrong in a known way, the backward has to do just what the
    reference's does behind a forward with the same mistake.
    """
    catalogue = run.context.catalogue
    if catalogue is None or not run.context.assignment.rubric.carry_mistakes:
        return checks
    contract = run.context.assignment.contract
    for forward, mistake in _known_forwards(checks, contract).items():
        backwards = contract.backwards_of(forward)
        stuck = {check.id for check in checks if _waits_for(check, backwards)}
        resolve = catalogue.with_mistake(mistake)
        if not stuck or resolve is None or run.time_limit.is_over:
            continue
        with run.channel(submission) as channel:
            again = run.run(
                submission,
                channel,
                traces,
                only=stuck,
                earlier=checks,
                reference=Recorder(partial(_local, resolve)),
            )
        judged = {check.id: check for check in again if check.id in stuck}
        checks = [
            _carried(check, judged[check.id], mistake) if check.id in stuck else check
            for check in checks
        ]
    return checks


def _carried(check: CheckResult, judged: CheckResult, mistake: Cause) -> CheckResult:
    """A check that waited for a forward, as it ended where the mistake there is allowed for."""
    forward = mistake.function
    if judged.outcome is Outcome.PASSED:
        return replace(judged, follow_through=[forward])
    if judged.outcome not in AT_FAULT or not mistake.certain:
        return check
    seen = judged.finding or Finding(kind="gradient")
    text = f"{check.targets[0]} is wrong, also if the mistake in {forward} is allowed for."
    finding = Finding(kind=seen.kind, quantity=seen.quantity, call=seen.call, wrong=seen.wrong)
    return replace(check, outcome=Outcome.FAILED, message=text, finding=finding, follows_from="")


def _local(resolve: Callable[[str], Any]) -> LocalChannel:
    return LocalChannel(Dispatcher(resolve, lambda _file: False))


def _known_forwards(checks: Iterable[CheckResult], contract: Contract) -> dict[str, Cause]:
    """Forward functions that are wrong in one clear way, with the mistake."""
    return {
        check.targets[0]: check.causes[0]
        for check in checks
        if contract.backwards_of(check.targets[0])
        and [cause.kind for cause in check.causes] == ["mistake"]
    }


def _waits_for(check: CheckResult, backwards: Collection[str]) -> bool:
    return check.outcome is Outcome.SKIPPED and check.targets[0] in backwards
