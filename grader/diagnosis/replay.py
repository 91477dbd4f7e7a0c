"""Asking a package of ours what a student was asked."""

from __future__ import annotations

import io
import warnings
from contextlib import redirect_stdout
from typing import Any, Final

import numpy as np

from grader.assignment.plugin import CallForm
from grader.diagnosis.mutated_package import Resolve
from grader.diagnosis.observed_values import Reader, Readings, shifted
from grader.model.call import Call
from grader.protocol.wire import Handle
from grader.student.proxy import Reply, Request
from grader.student.trace import Tape
from grader.worker.worker import Dispatcher

_CALLS: Final = 12
"""Of one batch that are replayed."""
_NET: Final = "FullyConnectedNet"


class Case:
    """A tape, with the student's values read off it."""

    def __init__(self, tape: Tape, form: CallForm) -> None:
        self.tape = tape
        self._shift = _counts_from_zero(tape)
        shortened = [_shortened(each.request, each.reply) for each in tape.exchanges]
        self.requests = [_canonical(form, request) for request, _ in shortened]
        self._own = [reply for _, reply in shortened]
        self.student = self._read(self._own, shift=self._shift)

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
        answers = _Answers(resolve, self._shift, draw)
        with warnings.catch_warnings(), np.errstate(all="ignore"), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            return [
                answers.answer(request, own)
                for request, own in zip(self.requests, self._own, strict=True)
            ]

    def _read(self, replies: list[Reply], shift: int = 0) -> Readings:
        reader = Reader(shift=shift)
        readings: Readings = {}
        for index, exchange in enumerate(self.tape.exchanges):
            request = self.requests[index]
            own = self._own[index]
            readings |= reader.read(index, exchange.about, request, replies[index], own)
        return readings


class _Answers:
    """A package's answers; its objects stand for the student's."""

    def __init__(self, resolve: Resolve, shift: int, draw: int = 0) -> None:
        self._draw = draw
        self._dispatcher = Dispatcher(resolve, lambda _file: False)
        self._shift = shift
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
        if key == "path" and self._shift:
            return [
                tuple(shifted(name, self._shift) if isinstance(name, str) else name for name in s)
                if isinstance(s, tuple) else s
                for s in value
            ]  # fmt: skip
        if key == "items" and self._shift:
            return {shifted(name, self._shift): self._translated(v) for name, v in value.items()}
        return self._translated(value)

    def _learn(self, own: Any, ours: Any) -> None:
        if isinstance(own, Handle) and isinstance(ours, Handle):
            self._handles[own.number] = ours
        elif isinstance(own, list | tuple) and isinstance(ours, list | tuple):
            for mine, other in zip(own, ours, strict=False):
                self._learn(mine, other)


def draws_alike(case: Case, resolve: Resolve, *, seeded: bool) -> bool:
    """Whether a package's dropout drops the entries that the student's does.

    Only calls with, or only calls without a seed are looked at.
    """
    for request, exchange, ours in zip(
        case.requests, case.tape.exchanges, case.replies(resolve), strict=True
    ):
        if request["op"] != "call" or request["on"] != "dropout_forward":
            continue
        if ("seed" in request["args"][1]) is not seeded:
            continue
        values: list[Any] = [reply.get("value") for reply in (exchange.reply, ours)]
        if not all(isinstance(value, tuple) for value in values):
            return False
        mine, other = (np.asarray(value[0]) != 0 for value in values)
        if not np.array_equal(mine, other):
            return False
    return True


def drops(tape: Tape, form: CallForm) -> set[bool]:
    """Whether the networks in it that do drop have a seed; empty if there are none."""
    calls = (
        _canonical(form, exchange.request)
        for exchange in tape.exchanges
        if exchange.about == _NET and exchange.request["op"] == "call"
    )
    return {
        "seed" in call["kwargs"]
        for call in calls
        if call["on"] == _NET and call["kwargs"].get("dropout_keep_ratio", 1) != 1
    }


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


def _counts_from_zero(tape: Tape) -> int:
    values = (exchange.reply.get("value") for exchange in tape.exchanges)
    return int(any(isinstance(value, dict) and "W0" in value for value in values))
