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


class Tape(msgspec.Struct):
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


class Tapes:
    """The tapes of one submission: of every failed check, and of some that passed."""

    def __init__(self) -> None:
        self._tapes: dict[str, Tape] = {}
        self._passed: Counter[tuple[str, str]] = Counter()
        self._size = 0

    def watch(self, check: str, channel: Channel) -> Channel:
        """The channel for a check, with its tape running."""
        tape = self._tapes[check] = Tape(check)
        return _TapedChannel(channel, tape) if self._size < MAX_TOTAL else channel

    def put(self, tape: Tape) -> None:
        """The tape of a check that was not run, since it would have been this one."""
        if self._size < MAX_TOTAL:
            self._tapes[tape.check] = replace(tape)

    def close(self, check: str, targets: Iterable[str], outcome: Outcome) -> None:
        """End the tape of a check; what nobody will ask for is dropped."""
        tape = self._tapes.get(check)
        if tape is None:
            return
        tape.targets = tuple(targets)
        tape.failed = outcome in _AT_FAULT
        if not (tape.failed or (outcome is Outcome.PASSED and self._wanted(tape))):
            del self._tapes[check]
            return
        self._size += tape.size

    def _wanted(self, tape: Tape) -> bool:
        """Two of each check are enough, and so many of a function."""
        target = tape.targets[0]
        places = (target, ""), (target, tape.check.partition("[")[0])
        if tape.size > _PASSED_BYTES:
            return False
        self._passed.update(places)
        return self._passed[places[0]] <= _PASSED_KEPT and self._passed[places[1]] <= 2

    def __iter__(self) -> Iterator[Tape]:
        return iter(self._tapes.values())

    def get(self, check: str) -> Tape | None:
        """The tape of a check, if it was kept."""
        return self._tapes.get(check)


class _TapedChannel:
    """Passes requests on and keeps what came back."""

    def __init__(self, channel: Channel, tape: Tape) -> None:
        self._channel = channel
        self._tape = tape

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request; see `Channel.ask`."""
        reply = self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)
        self._tape.add(Exchange(request, reply, about))
        return reply
