"""Checking again what somebody writes: what can have changed, in a worker that waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from msgspec.structs import replace

from grader.grading import GradingContext
from grader.grading.scoring import parts_of
from grader.model.contract import ContractEntry, owner_of
from grader.model.result import CheckResult, Outcome, Result
from grader.runner.check import Check
from grader.sandbox.prestart import Ordered
from grader.selfcheck.changed_names import SourceWatch
from grader.submission import Source


class RepeatedGrading:
    """Grades one folder again and again, and of its checks those whose outcome is not known."""

    def __init__(
        self,
        context: GradingContext,
        folder: Path,
        graded: Callable[[GradingContext, Source], Result],
    ) -> None:
        """`graded` grades what lies in `folder`."""
        self._context = context
        self._graded = graded
        self._sources = SourceWatch(folder)
        self._last: Result | None = None
        self._waiting = Ordered(context.sandbox, context.limits)

    def grade(self, source: Source) -> Result:
        """The result as it is now; what has been found before is kept where it still holds."""
        checks, kept = self._context.checks, dict[str, CheckResult]()
        changed = self._sources.changed()
        if self._last is not None and self._last.graded and changed is not None:
            again = affected(checks, self._context.assignment.contract, changed)
            kept = {
                check.id: check
                for check in self._last.checks
                if check.id not in again and _is_settled(check)
            }
        left = [check for check in checks if check.id not in kept]
        now = self._graded(replace(self._context, checks=left, sandbox=self._waiting), source)
        self._last = self._merged(now, kept) if now.graded else now
        return self._last

    def order(self) -> None:
        """Have the worker of the next time started, now that there is time."""
        self._waiting = Ordered(self._context.sandbox, self._context.limits)

    def close(self) -> None:
        """End the worker that waits."""
        self._waiting.close()

    def _merged(self, now: Result, kept: dict[str, CheckResult]) -> Result:
        found = kept | {check.id: check for check in now.checks}
        checks = [found[check.id] for check in self._context.checks if check.id in found]
        rubric, lang = self._context.assignment.rubric, self._context.settings.lang
        return replace(now, checks=checks, parts=parts_of(rubric, checks, lang))


def affected(
    checks: Iterable[Check], contract: Mapping[str, ContractEntry], changed: set[str]
) -> set[str]:
    """Ids of the checks that may end otherwise, and of those that they need.

    Args:
        checks: all that there are.
        contract: the contract.
        changed: definitions that may behave otherwise; if they are all unknown to the contract, it
            cannot be told what follows from them.
    """
    every = list(checks)
    names = standing_on(changed, contract)
    if changed and not names & {owner_of(name) for name in contract}:
        return {check.id for check in every}
    found = [check for check in every if names & set(map(owner_of, _asked(check)))]
    families = {name for check in found for name in check.needed}
    return {check.id for check in every if check in found or check.family in families}


def _asked(check: Check) -> Iterable[str]:
    return (*check.targets, *check.uses, *check.if_asked)


def standing_on(changed: set[str], contract: Mapping[str, ContractEntry]) -> set[str]:
    """The changed names with all that by the contract is made of them."""
    found = set(changed)
    while more := {
        name
        for name, entry in contract.items()
        if name not in found and found & {*entry.stands_on, entry.backward_of}
    }:
        found |= more
    return found


def _is_settled(check: CheckResult) -> bool:
    """Whether a result depends on nothing but the functions that the check names."""
    return check.outcome is Outcome.PASSED and not check.notes and not check.warnings
