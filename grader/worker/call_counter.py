"""Counting, on the untrusted side, how often one call of a student's function calls others.

A backward pass that calls the forward pass for every entry differentiates numerically. Student
code can dodge the count or forge it: it is a remark for people, and no proof.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable
from types import FunctionType, ModuleType
from typing import Any, Final, NamedTuple

MANY: Final = 8
"""Calls that are worth a word: a net has fewer layers, and a backward recomputes once or twice."""


class Counted(NamedTuple):
    """Which functions are counted, by name."""

    callers: frozenset[str] = frozenset()
    """Those that differentiate: calls made inside them are told apart."""
    called: frozenset[str] = frozenset()
    """Those whose calls are counted."""
    checkers: tuple[str, ...] = ()
    """How the names of further ones begin, of which a single call is told."""


class Tally:
    """Counts calls, each for the innermost backward pass or loss that it was made in."""

    def __init__(self) -> None:
        self._of = Counted()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._caller = ""

    def install(self, modules: Iterable[ModuleType], of: Counted) -> None:
        """Count the calls of some functions, wherever a module holds one of them."""
        self._of = of
        counted: dict[FunctionType, Callable[..., Any]] = {}
        for module in modules:
            for name, value in list(vars(module).items()):
                if isinstance(value, FunctionType) and self._matters(value.__name__):
                    if value not in counted:
                        counted[value] = self._counted(value)
                    setattr(module, name, counted[value])

    def begin(self) -> None:
        """Forget what was counted before."""
        self._counts.clear()
        self._caller = ""

    def many(self) -> dict[str, dict[str, int]]:
        """What was called often: caller (empty for none) to function to number of calls."""
        found: dict[str, dict[str, int]] = {}
        for (caller, name), count in self._counts.items():
            if count >= MANY or name.startswith(self._of.checkers):
                found.setdefault(caller, {})[name] = count
        return found

    def _matters(self, name: str) -> bool:
        return name in self._of.callers | self._of.called or name.startswith(self._of.checkers)

    def _counted(self, function: FunctionType) -> Callable[..., Any]:
        name = function.__name__
        is_called = name in self._of.called or name.startswith(self._of.checkers)
        is_caller = name in self._of.callers

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if is_called:
                self._counts[self._caller, name] += 1
            if not is_caller:
                return function(*args, **kwargs)
            before, self._caller = self._caller, name
            try:
                return function(*args, **kwargs)
            finally:
                self._caller = before

        return call
