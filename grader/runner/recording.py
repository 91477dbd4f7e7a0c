"""Recording the answer key: the bank asks our own reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from grader.assignment.folder import Assignment
from grader.model.errors import InternalError
from grader.model.result import CheckResult, Outcome, Visibility
from grader.model.rubric import Rubric
from grader.runner.agreement import require_reference, require_returned
from grader.runner.answer_key import Key
from grader.runner.check import ListedCheck
from grader.runner.check_run import Recorder
from grader.runner.prefetch import RequestRecorder
from grader.runner.prefetch.request_analysis import analyse_requests
from grader.runner.reference import LocalBank, LocalCode, with_local_bank


class ReferenceFails(InternalError):
    """The reference fails checks of its own bank."""

    def __init__(self, failed: Sequence[CheckResult]) -> None:
        lines = [f"{each.id}: {each.outcome.value}: {each.message}" for each in failed[:10]]
        super().__init__("The reference fails checks of its own bank: " + "; ".join(lines))
        self.checks = frozenset(each.id for each in failed)


def record_key(
    assignment: Assignment,
    seed: str | None = None,
    *,
    public_only: bool = False,
    analyse: bool = True,
    warn: Callable[[str], None] = lambda _text: None,
) -> Key:
    """Run the bank on the reference and record its answers.

    Args:
        assignment: whose bank and reference.
        seed: of the inputs; the rubric's unless given.
        public_only: leave out what the self-check does not ask.
        analyse: find out what can be sent ahead or need not be run. That makes grading faster and
            changes no result, and takes several times as long as the recording itself.
        warn: is told what its author should know of the bank.

    Raises:
        ReferenceFails: it fails checks of its own bank, which are named.
        RubricError: the reference is not there, or lacks what the contract names.
    """
    require_reference(assignment)
    seed = str(assignment.rubric.seed) if seed is None else seed
    code = LocalCode(assignment.reference, assignment)
    recorder, asked = Recorder(code.channel), RequestRecorder(code.channel)
    results, listed = _recorded(assignment, asked, recorder, seed)
    bad = [result for result in results if result.outcome is not Outcome.PASSED]
    if bad:
        require_returned(assignment, recorder.refused())
        raise ReferenceFails(bad)
    answers = recorder.answers()
    if public_only:
        public = {result.id for result in results if _is_public(assignment.rubric, result)}
        answers = {check: rows for check, rows in answers.items() if check in public}
    key_digest = assignment.bank_digest + assignment.reference_digest
    key = Key(seed, key_digest, answers, public_only, checks=listed)
    if analyse and not public_only:
        key.requests = analyse_requests(assignment, code, key, asked.recorded, warn)
    return key


def _recorded(
    assignment: Assignment, asked: RequestRecorder, recorder: Recorder, seed: str
) -> tuple[list[CheckResult], list[ListedCheck]]:
    """The results of the reference, and the index of its bank."""
    results: list[CheckResult] = []
    listed: list[ListedCheck] = []

    def once(bank: LocalBank) -> None:
        listed.extend(bank.listed())
        results.extend(bank.run(asked.channel, recorder, seed))

    with_local_bank(assignment, once)
    return results, listed


def _is_public(rubric: Rubric, result: CheckResult) -> bool:
    return rubric.visibility(result.id, result.part, result.visibility) is Visibility.PUBLIC
