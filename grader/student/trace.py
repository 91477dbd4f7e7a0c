"""What passed between the checks and one student's code, within bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from msgspec.structs import replace

from grader.model.result import Outcome
from grader.protocol.wire import byte_size
from grader.student.proxy import Channel, Reply, Request

MAX_EXCHANGES: Final = 40
"""Of one check: a training repeats itself, and what is wrong shows in its first steps."""
MAX_REQUESTS: Final = 120
"""The same with those inside batches: what comes later are numerical gradients."""
MAX_BYTES: Final = 4 << 20
MAX_TOTAL: Final = 64 << 20
_PASSED_KEPT: Final = 64
"""Passed checks of a function that are kept: a mistake must not change what they saw."""
_PASSED_BYTES: Final = 1 << 20
_AT_FAULT: Final = frozenset({Outcome.FAILED, Outcome.ERROR})


class Exchange(msgspec.Struct, frozen=True):
    """A request and its reply."""

    request: Request
    reply: Reply
    about: str
    """Contract name of what was called."""


class Trace(msgspec.Struct):
    """What passed during one check, from its beginning."""

    check: str
    targets: tuple[str, ...] = ()
    failed: bool = False
    exchanges: list[Exchange] = []
    size: int = 0
    """Bytes of arrays."""
    requests: int = 0
    ended: bool = False
    """Whether the rest was left out."""

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange, unless a bound is reached: then that, and all that follow, are not."""
        if self.ended:
            return
        self.size += byte_size(exchange.request) + byte_size(exchange.reply)
        self.requests += len(exchange.request.get("requests", ())) or 1
        full = len(self.exchanges) >= MAX_EXCHANGES or self.size > MAX_BYTES
        self.ended = full or self.requests > MAX_REQUESTS
        if not self.ended:
            self.exchanges.append(exchange)


class Traces:
    """The traces of one submission: of every failed check, and of some that passed."""

    def __init__(self) -> None:
        self._traces: dict[str, Trace] = {}
        self._passed: Counter[tuple[str, str]] = Counter()
        self._size = 0

    def watch(self, check: str, channel: Channel) -> Channel:
        """The channel for a check, with its trace running."""
        trace = self._traces[check] = Trace(check)
        return _TapedChannel(channel, trace) if self._size < MAX_TOTAL else channel

    def put(self, trace: Trace) -> None:
        """The trace of a check that was not run, since it would have been this one."""
        if self._size < MAX_TOTAL:
            self._traces[trace.check] = replace(trace)

    def close(self, check: str, targets: Iterable[str], outcome: Outcome) -> None:
        """End the trace of a check; what nobody will ask for is dropped."""
        trace = self._traces.get(check)
        if trace is None:
            return
        trace.targets = tuple(targets)
        trace.failed = outcome in _AT_FAULT
        if not (trace.failed or (outcome is Outcome.PASSED and self._wanted(trace))):
            del self._traces[check]
            return
        self._size += trace.size

    def _wanted(self, trace: Trace) -> bool:
        """Two of each check are enough, and so many of a function."""
        target = trace.targets[0]
        places = (target, ""), (target, trace.check.partition("[")[0])
        if trace.size > _PASSED_BYTES:
            return False
        self._passed.update(places)
        return self._passed[places[0]] <= _PASSED_KEPT and self._passed[places[1]] <= 2

    def __iter__(self) -> Iterator[Trace]:
        return iter(self._traces.values())

    def get(self, check: str) -> Trace | None:
        """The trace of a check, if it was kept."""
        return self._traces.get(check)


class _TapedChannel:
    """Passes requests on and keeps what came back."""

    def __init__(self, channel: Channel, trace: Trace) -> None:
        self._channel = channel
        self._trace = trace

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request; see `Channel.ask`."""
        reply = self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)
        self._trace.add(Exchange(request, reply, about))
        return reply
