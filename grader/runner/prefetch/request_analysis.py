"""What is found out about the requests of checks when the answer key is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np

from grader.assignment.folder import Assignment
from grader.model.result import Outcome
from grader.runner.answer_key import Key, RequestAnalysis
from grader.runner.check_run import KeyReplayer
from grader.runner.prefetch.independence import ROUNDS, Follower, NoisyChannel, NoisyReference
from grader.runner.prefetch.owed_answers import Leak, find_leaks
from grader.runner.prefetch.request_script import Recording, RequestRecorder, digest_of
from grader.runner.reference import LocalBank, LocalCode, run_locally, with_local_bank
from grader.student.expected_reply import perturbed

Recorded = Mapping[str, Sequence[Recording]]
"""By check, what it asked of the reference."""
_TRIES: Final = 3
"""Runs of the bank, each with answers that are off by rounding in another way."""


def analyse_requests(
    assignment: Assignment,
    code: LocalCode,
    key: Key,
    recorded: Recorded,
    warn: Callable[[str], None],
) -> dict[str, RequestAnalysis]:
    """What is known of each check; nothing of those that are to ask for themselves.

    Args:
        assignment, code: the bank, and the reference.
        key: its answers.
        recorded: what the checks asked of it.
        warn: is told of questions that hold an answer; they are not sent ahead.
    """
    independent = _independent(assignment, code, key, recorded)
    leaks = find_leaks(recorded, independent)
    for leak in leaks:
        most = independent.pop(leak.check, 0)
        if most and leak.number:
            independent[leak.check] = min(most, leak.number)
    if leaks:
        _report(assignment, leaks, warn)
    alone = {c for c in independent if not any(each.calls_back for each in recorded[c])}
    zeros = _stable(assignment, code, key, alone)
    return {
        check: RequestAnalysis(digest_of(recorded[check], number), number, zeros.get(check))
        for check, number in independent.items()
    }


def _independent(
    assignment: Assignment, code: LocalCode, key: Key, recorded: Recorded
) -> dict[str, int]:
    """How many requests of a check depend on no answer; of all that depend on no other check."""
    backwards = Follower(code.channel, recorded)
    run_locally(assignment, backwards.channel, KeyReplayer(key), key.seed, backwards=True)
    least = {check: len(every) for check, every in recorded.items()}
    least = {check: every for check, every in least.items() if backwards.same.get(check) == every}
    for number in range(ROUNDS):
        noisy = Follower(partial(_noisy, code, number), recorded)
        run_locally(assignment, noisy.channel, NoisyReference(code.channel, number), key.seed)
        least = {check: min(most, noisy.same.get(check, 0)) for check, most in least.items()}
    return {
        check: alone
        for check, number in least.items()
        if (alone := min(number, _before_callbacks(recorded[check])))
    }


def _before_callbacks(recorded: Sequence[Recording]) -> int:
    """How many requests come before the student's code can call the check."""
    return next((n for n, each in enumerate(recorded) if each.calls_back), len(recorded))


def _noisy(code: LocalCode, number: int) -> NoisyChannel:
    return NoisyChannel(code.channel(), number)


def _stable(
    assignment: Assignment, code: LocalCode, key: Key, checks: Iterable[str]
) -> dict[str, bool]:
    """The checks that pass whenever answers are off by rounding, as far as a few tries tell; and
    whether zeros must stay what they are for that."""
    random = np.random.RandomState(0)
    stable: dict[str, bool] = {}

    def find(bank: LocalBank) -> None:
        for zeros in (False, True):
            student = RequestRecorder(code.channel, partial(perturbed, random=random, zeros=zeros))
            passed = set(checks) - stable.keys()
            for _ in range(_TRIES):
                results = bank.run(student.channel, KeyReplayer(key), key.seed, only=passed)
                passed = {check.id for check in results if check.outcome is Outcome.PASSED}
            stable.update(dict.fromkeys(sorted(passed), zeros))

    with_local_bank(assignment, find)
    return stable


def _report(assignment: Assignment, leaks: Iterable[Leak], warn: Callable[[str], None]) -> None:
    places: dict[str, str] = {}
    with_local_bank(assignment, lambda bank: places.update(bank.places()))
    for leak in leaks:
        asks = "it" if leak.owed_by == leak.check else leak.owed_by
        warn(
            f"{places[leak.check]}: question {leak.number + 1} of {leak.check} holds an answer of "
            f"{leak.about} that {asks} asks for. It is not sent ahead; students' code sees it when "
            "it is asked. Draw its arguments from `inputs`, or ask for the answer first."
        )
