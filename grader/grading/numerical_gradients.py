"""Remarks on backward passes that differentiate numerically, and what the rubric makes of them.

The counts come from the worker, where the student's code is: who wants to can hide them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from grader.model.result import CheckResult, Finding, Outcome
from grader.student.proxy import Channel, Reply, Request

GRADIENT_CHECK: Final = "eval_numerical_gradient"
MANY: Final = 16
"""Calls in one call of a backward pass or a loss: of the smallest input that is checked, an array
of ten entries, central differences take twenty."""
MANY_IN_A_NET: Final = 64
"""The same in the `loss` of a net, which calls each layer once."""
_CALLERS: Final = ("_backward", "_backward_alt", "_loss")
_GRADIENT: Final = re.compile(r"gradient|\bdx\b")


class Seen(NamedTuple):
    """A function that called another one very often."""

    function: str
    """Contract name."""
    label: str
    """As the student knows it: `affine_backward`, `TwoLayerNet.loss`."""
    called: str
    times: int


class Calls:
    """What was seen in the checks of one submission."""

    def __init__(self) -> None:
        self._seen: dict[str, Seen] = {}

    def watch(self, check: str, channel: Channel) -> Channel:
        """A channel that looks at the counts in the answers on their way."""
        return _Watched(self, check, channel)

    def add(self, check: str, about: str, request: Request, counts: Any) -> None:
        """Keep the largest count of a check; `counts` is the worker's, so of any form."""
        label, caller, least = _asked(about, request)
        called = counts.get(caller) if label and isinstance(counts, dict) else None
        for name, count in called.items() if isinstance(called, dict) else ():
            if not isinstance(name, str) or type(count) is not int:
                continue
            known = self._seen.get(check)
            enough = count >= least or (count > 0 and name.startswith(GRADIENT_CHECK))
            if enough and (known is None or count > known.times):
                self._seen[check] = Seen(about, label, name[:100], count)

    def ruled(self, check: CheckResult, *, fails: bool, lang: str) -> CheckResult:
        """The check with a remark; if it `fails`, what judges a gradient does not pass.

        A check of a loss judges a gradient if its name says so.
        """
        seen = self._seen.get(check.id)
        if seen is None or seen.function not in check.targets:
            return check
        text = _TEXTS[lang].format(seen=seen)
        judges = seen.function.endswith(_CALLERS[:2]) or _GRADIENT.search(check.id)
        if not fails or not judges or check.outcome is not Outcome.PASSED:
            return replace(check, notes=[*check.notes, text])
        finding = Finding(kind="behaviour")
        message = f"{text} {_REFUSED[lang]}"
        return replace(check, outcome=Outcome.FAILED, message=message, finding=finding)


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


def _asked(about: str, request: Request) -> tuple[str, str, int]:
    """What was called, under which name its own calls are counted, and how many are too many."""
    if request.get("op") == "call" and about.endswith(_CALLERS):
        return about, about, MANY
    if request.get("op") == "call" and request.get("path") == ["loss"]:
        return f"{about}.loss", "", MANY_IN_A_NET
    return "", "", 0


_TEXTS: Final[Mapping[str, str]] = {
    "en": "{seen.label} called {seen.called} {seen.times} times: "
    "it looks like numerical differentiation.",
    "zh": "{seen.label} 调用了 {seen.called} {seen.times} 次：看起来是数值微分。",
}
_REFUSED: Final[Mapping[str, str]] = {
    "en": "Here a gradient has to be derived.",
    "zh": "这里要求推导出梯度。",
}
