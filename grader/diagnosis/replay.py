"""Asking a package of ours what a student was asked."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grader.assignment.plugin import CallForm
from grader.diagnosis.numbering import FROM_ONE, Numbering
from grader.diagnosis.observed_values import Readings, ReplyReader
from grader.model.call import Call
from grader.model.contract import ContractEntry
from grader.protocol.wire import Handle
from grader.student.proxy import Reply, Request
from grader.student.trace import Trace
from grader.worker.dispatcher import Dispatcher

if TYPE_CHECKING:
    from grader.diagnosis.mutated_package import Resolve

_CALLS: Final = 12
"""Of one batch that are replayed."""


class ReplayedCheck:
    """A trace, with the student's values read off it."""

    def __init__(self, trace: Trace, form: CallForm, contract: Mapping[str, ContractEntry]) -> None:
        self.trace = trace
        self._plugin = form.plugin
        self._contract = contract
        self._numbering = Numbering.of(trace, contract)
        shortened = [_shortened(each.request, each.reply) for each in trace.exchanges]
        self.requests = [_canonical(form, request) for request, _ in shortened]
        self._own = [reply for _, reply in shortened]
        self.student = self._read(self._own, self._numbering)

    def rerun(self, resolve: Resolve, *, draw: int = 0) -> Readings:
        """What a package answers to the same requests.

        NumPy's global generator is left as the last request left it: whoever calls restores it.

        Args:
            resolve: the package.
            draw: 0 for the seeds that the student was given, else other ones.
        """
        return self._read(self.replies(resolve, draw=draw))

    def replies(self, resolve: Resolve, *, draw: int = 0) -> list[Reply]:
        """The same, as it came."""
        if draw:
            np.random.seed(draw)
        answers = _Answers(resolve, self._numbering, draw)
        with warnings.catch_warnings(), np.errstate(all="ignore"), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            return [
                answers.answer(request, own)
                for request, own in zip(self.requests, self._own, strict=True)
            ]

    def _read(self, replies: list[Reply], numbering: Numbering = FROM_ONE) -> Readings:
        reader = ReplyReader(self._contract, self._plugin, numbering=numbering)
        readings: Readings = {}
        for index, exchange in enumerate(self.trace.exchanges):
            request = self.requests[index]
            own = self._own[index]
            readings |= reader.read(index, exchange.about, request, replies[index], own)
        return readings


class _Answers:
    """A package's answers; its objects stand for the student's."""

    def __init__(self, resolve: Resolve, numbering: Numbering, draw: int = 0) -> None:
        self._draw = draw
        self._dispatcher = Dispatcher(resolve, lambda _file: False)
        self._numbering = numbering
        self._handles: dict[int, Handle] = {}

    def answer(self, request: Request, own: Reply) -> Reply:
        """Answer one request; `own` is what the student answered."""
        try:
            ours = self._translated(request)
        except KeyError:
            return {"status": "lost"}
        reply = self._dispatcher.answer(ours)
        if own.get("status") == reply.get("status") == "ok":
            self._learn(own["value"], reply["value"])
        return reply

    def _translated(self, value: Any) -> Any:
        """A copy with our handles and names in place of the student's."""
        if isinstance(value, Handle):
            return self._handles[value.number]
        if isinstance(value, np.ndarray):
            return value.copy()
        if isinstance(value, dict):
            return {key: self._part(key, item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self._translated(item) for item in value)
        return value

    def _part(self, key: Any, value: Any) -> Any:
        if key == "seed" and self._draw and isinstance(value, int | np.integer):
            return int(value) + self._draw
        if key == "path" and self._numbering.by:
            return [
                tuple(self._numbering.ours(name) if isinstance(name, str) else name for name in s)
                if isinstance(s, tuple) else s
                for s in value
            ]  # fmt: skip
        if key == "items" and self._numbering.by:
            return {self._numbering.ours(name): self._translated(v) for name, v in value.items()}
        return self._translated(value)

    def _learn(self, own: Any, ours: Any) -> None:
        if isinstance(own, Handle) and isinstance(ours, Handle):
            self._handles[own.number] = ours
        elif isinstance(own, list | tuple) and isinstance(ours, list | tuple):
            for mine, other in zip(own, ours, strict=False):
                self._learn(mine, other)


def draws_alike(case: ReplayedCheck, resolve: Resolve, function: str, *, seeded: bool) -> bool:
    """Whether a package's function drops the entries that the student's does.

    Only calls with, or only calls without a seed are looked at.
    """
    for request, exchange, ours in zip(
        case.requests, case.trace.exchanges, case.replies(resolve), strict=True
    ):
        if request["op"] != "call" or request["on"] != function:
            continue
        if _has_seed(request) is not seeded:
            continue
        values: list[Any] = [reply.get("value") for reply in (exchange.reply, ours)]
        if not all(isinstance(value, tuple) for value in values):
            return False
        mine, other = (np.asarray(value[0]) != 0 for value in values)
        if not np.array_equal(mine, other):
            return False
    return True


def random_functions(contract: Mapping[str, ContractEntry]) -> list[str]:
    """The functions that give back what they have drawn at random."""
    return [name for name, entry in contract.items() if entry.random and not entry.makes_object]


def draws(trace: Trace, contract: Mapping[str, ContractEntry]) -> set[bool]:
    """Of the networks in it that may draw masks, whether they have a seed; empty without any."""
    random = {*random_functions(contract)}
    return {
        _has_seed(exchange.request)
        for exchange in trace.exchanges
        if exchange.request["op"] == "call"
        and isinstance(exchange.request["on"], str)
        and random.intersection(contract[exchange.request["on"]].stands_on)
    }


def _has_seed(request: Request) -> bool:
    given = [request["kwargs"], *request["args"], *request["kwargs"].values()]
    return any(isinstance(value, dict) and "seed" in value for value in given)


def _shortened(request: Request, reply: Reply) -> tuple[Request, Reply]:
    """A batch without its later calls: what is wrong shows in the first ones.

    What sets something stays, since what follows builds on it.
    """
    values = reply.get("value")
    calls = [i for i, part in enumerate(request.get("requests", ())) if part["op"] == "call"]
    if len(calls) <= _CALLS or not isinstance(values, list) or reply.get("status") != "ok":
        return request, reply
    left_out = set(calls[_CALLS:])
    return (
        {**request, "requests": [part for i, part in enumerate(request["requests"])
                                 if i not in left_out]},
        {**reply, "value": [value for i, value in enumerate(values) if i not in left_out]},
    )  # fmt: skip


def _canonical(form: CallForm, request: Request) -> Request:
    if request["op"] == "batch":
        inner = [_canonical(form, part) for part in request["requests"]]
        return {**request, "requests": inner}
    if request["op"] != "call" or not isinstance(request["on"], str):
        return request
    call = form.adapt_back(Call(request["on"], request["args"], request["kwargs"]))
    return {**request, "args": list(call.args), "kwargs": dict(call.kwargs)}
