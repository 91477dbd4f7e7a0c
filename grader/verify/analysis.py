"""What the verdicts, taken together, say of the bank."""

from __future__ import annotations

from collections import Counter, defaultdict

from grader.model.contract import owner_of
from grader.model.result import CheckResult, Outcome
from grader.verify.proof import (
    CheckRecord,
    Flake,
    FunctionScore,
    ProgramKind,
    ProgramVerdict,
    Proof,
    Stray,
    Subject,
)

LOST = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.MISSING})
_GUILTY = (ProgramKind.MISTAKE, ProgramKind.MUTANT)


def verdict_of(
    subject: Subject,
    asked: list[str],
    results: list[CheckResult],
    weights: dict[str, float],
    ended: str,
) -> ProgramVerdict:
    """What the results of the checks come to."""
    lost = [result for result in results if result.outcome in LOST]
    harmless = subject.kind not in _GUILTY
    return ProgramVerdict(
        subject=subject,
        killed_by=[result.id for result in lost if weights[result.id] > 0],
        noted_by=[result.id for result in lost if weights[result.id] <= 0],
        paid_by=_paid_by(results, weights) if subject.kind is ProgramKind.IDLE else [],
        broken=[f"{r.id}: {r.message}" for r in results if r.outcome is Outcome.INTERNAL],
        ended=ended,
        asked=asked,
        messages={result.id: result.message for result in lost} if harmless else {},
    )


def _paid_by(results: list[CheckResult], weights: dict[str, float]) -> list[str]:
    passed = [result.id for result in results if result.outcome is Outcome.PASSED]
    return [name for name in passed if weights[name] > 0]


def conclude(proof: Proof, handing_on: set[str], classes: set[str]) -> None:
    """Fill in what follows from the verdicts of a proof.

    Args:
        proof: with checks, verdicts and flakes.
        handing_on: functions that leave something with the student for others to be handed.
        classes: those of the contract, which are never replaced by the reference's.
    """
    checks = {check.id: check for check in proof.checks}
    _judge_the_right(proof)
    _judge_mistakes(proof)
    _judge_mutants(proof)
    _judge_idle(proof)
    _judge_attribution(proof, checks, handing_on, classes)
    _judge_checks(proof)
    proof.functions = _scores(proof)


def _judge_the_right(proof: Proof) -> None:
    """Reference and variants must pass every check, the noting ones included."""
    for verdict in proof.verdicts:
        proof.broken += [f"{verdict.subject.id}: {text}" for text in verdict.broken]
    for verdict in proof.of_kind(ProgramKind.REFERENCE):
        proof.failed_reference += [*verdict.killed_by, *verdict.noted_by]
    for verdict in proof.of_kind(ProgramKind.VARIANT):
        if verdict.killed or verdict.noted_by:
            proof.failed_variants.append(verdict.subject.id)


def _judge_mistakes(proof: Proof) -> None:
    for verdict in proof.of_kind(ProgramKind.MISTAKE):
        if verdict.killed:
            continue
        minor = verdict.subject.severity == "minor"
        (proof.tolerated_mistakes if minor else proof.surviving_mistakes).append(verdict.subject.id)


def _judge_mutants(proof: Proof) -> None:
    for verdict in proof.of_kind(ProgramKind.MUTANT):
        name = verdict.subject.id
        if not verdict.killed and not verdict.equivalent:
            proof.survivors.append(name)
        if verdict.killed and verdict.equivalent:
            proof.false_arguments.append(name)
        if verdict.ended:
            proof.timeouts.append(name)
        if len(verdict.killed_by) == 1 and not verdict.ended:
            proof.killed_once.append(name)


def _judge_idle(proof: Proof) -> None:
    proof.paid = [
        Stray(check=name, subject=verdict.subject.id)
        for verdict in proof.of_kind(ProgramKind.IDLE)
        for name in verdict.paid_by
    ]


def _judge_attribution(
    proof: Proof, checks: dict[str, CheckRecord], handing_on: set[str], classes: set[str]
) -> None:
    """A fault must cost its own function, and no other one that is judged alone.

    A check that says that it uses a class depends on it: nothing can stand in for objects.
    """
    for verdict in proof.verdicts:
        subject = verdict.subject
        if subject.kind not in _GUILTY or not verdict.killed_by:
            continue
        own = set(map(owner_of, subject.functions))
        stray = [name for name in verdict.killed_by if own.isdisjoint(checks[name].owners)]
        elsewhere = len(stray) == len(verdict.killed_by)
        if elsewhere and all(own & handing_on & set(checks[name].uses) for name in stray):
            proof.handed_on.append(subject.id)
            continue
        if elsewhere:
            proof.unattributed.append(subject.id)
        for name in stray:
            if own & classes & set(checks[name].uses):
                proof.dependent += [Stray(check=name, subject=subject.id)]
            elif not checks[name].follow_through:
                proof.strays += [Stray(check=name, subject=subject.id)]


def _judge_checks(proof: Proof) -> None:
    kills: dict[str, set[str]] = defaultdict(set)
    for verdict in proof.verdicts:
        if verdict.subject.kind in _GUILTY:
            for name in (*verdict.killed_by, *verdict.noted_by):
                kills[name].add(verdict.subject.id)
    killers_of = Counter(subject for killed in kills.values() for subject in killed)
    for check in proof.checks:
        check.kills = len(kills[check.id])
        check.alone = sum(killers_of[subject] == 1 for subject in kills[check.id])
        if proof.whole and not check.kills:
            proof.idle_checks.append(check.id)
    if proof.whole:
        _find_redundant(proof, kills)


def _find_redundant(proof: Proof, kills: dict[str, set[str]]) -> None:
    """Of checks that kill the same the first one counts as needed."""
    for at, check in enumerate(proof.checks):
        mine = kills[check.id]
        if not mine or check.alone:
            continue
        for other_at, other in enumerate(proof.checks):
            more = mine < kills[other.id] or (mine == kills[other.id] and other_at < at)
            if more and set(check.targets) <= set(other.targets):
                check.redundant = other.id
                proof.redundant_checks.append(check.id)
                break


def _scores(proof: Proof) -> list[FunctionScore]:
    scores: dict[str, FunctionScore] = {}
    for verdict in proof.of_kind(ProgramKind.MUTANT):
        for name in verdict.subject.functions:
            score = scores.setdefault(name, FunctionScore(function=name))
            score.mutants += 1
            score.killed += verdict.killed
            score.equivalent += bool(verdict.equivalent) and not verdict.killed
            score.survived += not verdict.killed and not verdict.equivalent
    return list(scores.values())


def flakes_of(seed: str, results: list[CheckResult]) -> list[Flake]:
    """The checks that the reference does not pass."""
    return [
        Flake(check=result.id, seed=seed, message=result.message)
        for result in results
        if result.outcome is not Outcome.PASSED
    ]
