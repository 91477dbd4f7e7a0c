"""What follows from what: a fault is said once, where it is, and not wherever it is felt."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from grader.model.contract import Contract, owner_of
from grader.model.result import CheckResult, Outcome
from grader.runner.check_run import NOT_ASKED_KIND

AT_FAULT: Final = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.MISSING})


def functions_at_fault(checks: Iterable[CheckResult]) -> set[str]:
    """The functions that fail checks of their own."""
    return {
        name
        for check in checks
        if check.outcome in AT_FAULT and not check.follows_from
        for name in check.targets
    }


def standing(contract: Contract, checks: Iterable[CheckResult]) -> dict[str, list[str]]:
    """The functions that failed checks, each with those among them that it stands on.

    The contract says so (`stands_on`, `backward_of`), or the checks show it: one failed for a fault
    elsewhere, or passed only with another function replaced.
    """
    shown: dict[str, set[str]] = {}
    for check in checks:
        below = {check.follows_from, *check.follow_through}
        for name in check.targets if check.outcome in AT_FAULT or below != {""} else ():
            shown.setdefault(name, set()).update(below)
    names = [name for name in contract.targets if name in shown]
    for name in names:
        shown[name] |= {contract.forward_of(name), *contract.below(owner_of(name))} - {name}
    found = {name: [other for other in names if other in shown[name]] for name in names}
    return {name: others for name, others in found.items() if others}


def fault_elsewhere(check: CheckResult, uses: Sequence[str], at_fault: Collection[str]) -> str:
    """The function whose fault a check shows; empty if it is that of what the check judges.

    Args:
        check: any.
        uses: functions that it calls without judging them, and without allowing for their faults.
        at_fault: functions that fail checks of their own.
    """
    if check.follows_from or not (check.outcome in AT_FAULT or _is_unjudged(check)):
        return check.follows_from
    others = set(at_fault).difference(check.targets)
    frames = check.finding.traceback if check.finding else []
    raised_in = [frame.function for frame in frames if frame.function in others]
    used = [name for name in uses if name in others]
    return next(iter([*reversed(raised_in), *used]), "")


def _is_unjudged(check: CheckResult) -> bool:
    asked = check.finding is None or check.finding.kind != NOT_ASKED_KIND
    return check.outcome is Outcome.SKIPPED and asked


def with_consequences(
    checks: Sequence[CheckResult],
    uses: Mapping[str, Sequence[str]],
    unusable: Mapping[str, str],
    replaced: Mapping[str, Collection[str]],
) -> list[CheckResult]:
    """The checks, each one that fails for a fault elsewhere with where that is.

    Args:
        checks: of one submission.
        uses: id of a check to the functions of other parts that it uses.
        unusable: contract name to what is wrong with its file.
        replaced: id of a check to the functions without whose faults it was judged again.
    """
    lost = {check.targets[0] for check in checks if _is_lost_with_its_file(check, unusable)}
    files = {name: unusable[name] for name in lost}
    own = [check for check in checks if not uses.get(check.id)]
    at_fault = functions_at_fault(own)
    return [
        replace(check, follows_from=files[check.targets[0]])
        if _is_lost_with_its_file(check, files)
        else _with_origin(
            check, uses.get(check.id, ()), at_fault.difference(replaced.get(check.id, ())), files
        )
        for check in checks
    ]


def _with_origin(
    check: CheckResult, uses: Sequence[str], at_fault: Collection[str], files: Mapping[str, str]
) -> CheckResult:
    name = fault_elsewhere(check, uses, at_fault)
    return replace(check, follows_from=files.get(name, name))


def _is_lost_with_its_file(check: CheckResult, unusable: Mapping[str, str]) -> bool:
    kind = check.finding.kind if check.finding else ""
    lost = check.outcome in AT_FAULT and kind in ("load", "missing")
    return lost and check.targets[0] in unusable


def unusable_files(
    broken: Mapping[str, str], locations: Mapping[str, str], problems: Sequence[str]
) -> dict[str, str]:
    """Contract names that one fault of a file takes with it, to what that is.

    Args:
        broken: contract name to why it cannot be used.
        locations: contract name to the file that should define it.
        problems: what was raised when files were loaded: `layers.py: NameError: ...`.
    """
    found = {
        name: problem
        for name, path in locations.items()
        for problem in problems
        if problem.startswith((f"{path}: ", f"{path}, line "))
    } | dict(broken)
    shared = list(found.values())
    return {name: reason for name, reason in found.items() if shared.count(reason) > 1}
