"""What a check asks of somebody who is right: recorded, described, and compared.

One description serves all: it is analysed when the answer key is recorded, made again and compared
with that analysis by a dry run when a server is to grade many, and followed by the prefetcher.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from grader.protocol import frames
from grader.runner.answer_key import RequestAnalysis
from grader.student.expected_reply import ExpectedReply
from grader.student.proxy import Channel, Reply, Request
from grader.student.trace import Exchange, Trace

_NOTHING_SAID: Final[Reply] = {"stdout": "", "warnings": []}
"""What a worker adds to a reply if there is nothing to add."""


class RecordedRequest(msgspec.Struct, frozen=True):
    """A request that a check made of the reference."""

    frame: bytes
    """As it crosses the wall."""
    about: str
    cpu_seconds: float | None


class Recording(NamedTuple):
    """A request and its reply."""

    request: RecordedRequest
    exchange: Exchange

    @property
    def calls_back(self) -> bool:
        """Whether the student's code may call the check meanwhile, which must be running then."""
        return "callbacks" in self.exchange.request


class RequestScript(NamedTuple):
    """What one check asks of somebody who is right."""

    requests: tuple[RecordedRequest, ...]
    independent: int
    """How many of them, from the first, depend on no answer: these alone may be sent ahead."""
    expected: tuple[ExpectedReply, ...] = ()
    """The right replies to all of them, if the check passes wherever they are given."""
    trace: Trace | None = None
    """What passed between the check and the reference."""
    asked: tuple[Request, ...] = ()
    """The requests, before they were encoded."""

    @classmethod
    def described(
        cls, check: str, recorded: Sequence[Recording], analysis: RequestAnalysis
    ) -> RequestScript:
        """What was recorded of a check, with what is known of it."""
        trace = Trace(check)
        for each in recorded:
            trace.add(each.exchange)
        requests = tuple(each.request for each in recorded)
        asked = tuple(each.exchange.request for each in recorded)
        zeros = analysis.exact_zeros
        if zeros is None:
            return cls(requests, analysis.independent, (), trace, asked)
        replies = (each.exchange.reply | _NOTHING_SAID for each in recorded)
        expected = tuple(ExpectedReply(reply, zeros=zeros) for reply in replies)
        return cls(requests, analysis.independent, expected, trace, asked)


class RequestRecorder:
    """Gives each check a student, and records what passes between them."""

    def __init__(
        self, open_channel: Callable[[], Channel], change: Callable[[Any], Any] | None = None
    ) -> None:
        """`change` is what becomes of the values in the replies on their way."""
        self._open = open_channel
        self._change = change
        self.recorded: dict[str, list[Recording]] = {}
        """By check."""

    def channel(self, check: str) -> Channel:
        """A channel to a fresh student."""
        self.recorded[check] = []
        return _RecordingChannel(self._open(), self.recorded[check], self._change)


class _RecordingChannel:
    def __init__(
        self, channel: Channel, recorded: list[Recording], change: Callable[[Any], Any] | None
    ) -> None:
        self._channel = channel
        self._recorded = recorded
        self._change = change

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request."""
        frame = frame_of(request, first=not self._recorded)
        reply = self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)
        if self._change is not None:
            reply = {**reply, "value": self._change(reply.get("value"))}
        made = RecordedRequest(frame, about, cpu_seconds)
        self._recorded.append(Recording(made, Exchange(request, reply, about)))
        return reply


def frame_of(request: Request, *, first: bool = False) -> bytes:
    """A request as it crosses the wall; the `first` of a check begins without objects."""
    return b"".join(frames.encode({**request, "fresh": True} if first else request))


def digest_of(recorded: Iterable[Recording], independent: int) -> str:
    """SHA-256 of what a check asks.

    Of requests that depend on answers without the numbers of arrays, whose last bits differ from
    machine to machine.
    """
    digest = hashlib.sha256()
    for number, each in enumerate(recorded):
        frame = each.request.frame
        digest.update(frame if number < independent else frames.raw(frame).head)
    return digest.hexdigest()
