"""How much work a diagnosis may do, counted so that every machine finds the same."""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import Final

_MAKING: Final = 8
"""Requests that take as long as patching and importing a package."""


class OutOfTime(Exception):
    """The budget of a diagnosis is spent; what was found stands."""


class WorkBudget:
    """Work that may be done, counted in requests; processor time is the limit behind it."""

    def __init__(self, work: float, seconds: float) -> None:
        self.left = work
        self.end = time.process_time() + seconds
        self._made: set[Hashable] = set()

    def spend(self, requests: float, package: Hashable) -> None:
        """Count requests to a package, and the making of it the first time."""
        self.left -= requests + (0 if package in self._made else _MAKING)
        self._made.add(package)


class BudgetShare:
    """A part of what is left in a budget."""

    def __init__(self, budget: WorkBudget, parts: int = 1) -> None:
        self._budget = budget
        self._floor = budget.left - budget.left / parts

    def check(self) -> None:
        """Raise `OutOfTime` when it is spent."""
        if self._budget.left <= self._floor or time.process_time() > self._budget.end:
            raise OutOfTime
