"""Remarks on backward passes that differentiate numerically, and what the rubric makes of them.

The counts come from the worker, where the student's code is: who wants to can hide them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from grader.model.contract import Contract
from grader.model.result import CheckResult, Finding, Outcome
from grader.student.proxy import Channel, Reply, Request

MANY: Final = 16
"""Calls in one call of a backward pass or a loss: of the smallest input that is checked, an array
of ten entries, central differences take twenty."""
MANY_IN_A_METHOD: Final = 64
"""The same in a method, such as that of a net, which calls each layer once."""


class CountedCalls(NamedTuple):
    """A function that called another one very often."""

    function: str
    """Contract name."""
    label: str
    """As the student knows it: `scale_backward`, `Net.loss`."""
    called: str
    times: int


class Calls:
    """What was seen in the checks of one submission."""

    def __init__(self, contract: Contract, gradient_checkers: Sequence[str] = ()) -> None:
        """Nothing was seen yet.

        Args:
            contract: says which functions differentiate others.
            gradient_checkers: how functions begin whose every call in a backward pass is one.
        """
        self._contract = contract
        self._checkers = tuple(gradient_checkers)
        self._seen: dict[str, CountedCalls] = {}

    def watch(self, check: str, channel: Channel) -> Channel:
        """A channel that looks at the counts in the answers on their way."""
        return _Watched(self, check, channel)

    def add(self, check: str, about: str, request: Request, counts: Any) -> None:
        """Keep the largest count of a check; `counts` is the worker's, so of any form."""
        label, caller, least = self._asked(about, request)
        called = counts.get(caller) if label and isinstance(counts, dict) else None
        for name, count in called.items() if isinstance(called, dict) else ():
            if not isinstance(name, str) or type(count) is not int:
                continue
            known = self._seen.get(check)
            enough = count >= least or (count > 0 and name.startswith(self._checkers))
            if enough and (known is None or count > known.times):
                self._seen[check] = CountedCalls(about, label, name[:100], count)

    def ruled(self, check: CheckResult, *, fails: bool, lang: str) -> CheckResult:
        """The check with a remark; if it `fails`, what judges a gradient does not pass.

        A check of a function that is the backward of itself, such as a loss, judges a gradient if
        its id says so: by that word, or by the name of a returned value after the first.
        """
        seen = self._seen.get(check.id)
        if seen is None or seen.function not in check.targets:
            return check
        text = _TEXTS[lang].format(seen=seen)
        costs = fails and check.outcome is Outcome.PASSED
        if not costs or not self._judges_gradient(check, seen.label):
            return replace(check, notes=[*check.notes, text])
        finding = Finding(kind="behaviour")
        message = f"{text} {_REFUSED[lang]}"
        return replace(check, outcome=Outcome.FAILED, message=message, finding=finding)

    def _judges_gradient(self, check: CheckResult, label: str) -> bool:
        entry = self._contract[label]
        if entry.backward_of != label:
            return True
        words = set(re.findall(r"[a-z]+", check.id.lower()))
        named = {name.rstrip("*").lower() for name in entry.returns[1:]}
        return bool(words & ({"gradient", "gradients"} | named))

    def _asked(self, about: str, request: Request) -> tuple[str, str, int]:
        """What was called, by which name its own calls are counted, and how many are too many."""
        path = request.get("path")
        if request.get("op") != "call" or not isinstance(path, list) or len(path) > 1:
            return "", "", 0
        label = ".".join([about, *map(str, path)])
        if not self._contract.forward_of(label):
            return "", "", 0
        return (label, "", MANY_IN_A_METHOD) if path else (label, about, MANY)


class _Watched:
    def __init__(self, calls: Calls, check: str, channel: Channel) -> None:
        self._calls = calls
        self._check = check
        self._channel = channel

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request."""
        reply = self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)
        if "calls" in reply:
            self._calls.add(self._check, about, request, reply["calls"])
        return reply


_TEXTS: Final[Mapping[str, str]] = {
    "en": "{seen.label} called {seen.called} {seen.times} times: "
    "it looks like numerical differentiation.",
    "zh": "{seen.label} 调用了 {seen.called} {seen.times} 次：看起来是数值微分。",
}
_REFUSED: Final[Mapping[str, str]] = {
    "en": "Here a gradient has to be derived.",
    "zh": "这里要求推导出梯度。",
}
