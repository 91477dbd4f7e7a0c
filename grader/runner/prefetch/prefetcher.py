"""Prefetching: requests that depend on no answer cross the wall before their check makes them.

Two processes that wait for each other's every word are idle half of the time. Most requests of a
check depend on no answer (`independence` proves it), and a dry run has recorded them. They are sent
early, also those of the next checks, so that the worker is busy while answers are judged. What a
check then really asks is compared, as bytes. Where it is something else, the worker begins the
check anew with all that was asked so far: the check sees no difference. A worker that ends early is
blamed for nothing that was not asked, and from then on requests go one by one.

A request that depends on answers is sent when all answers of its check before it have arrived, and
each is what the reference answered, but for rounding; otherwise the check itself asks. So the
worker never holds a value that depends on a right answer which it has not given.

A check of which every reply is the expected one would pass: it need not run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np

from grader.model.verdicts import Verdict
from grader.protocol import wire
from grader.protocol.frames import Raw
from grader.runner.prefetch.request_script import RecordedRequest, RequestScript
from grader.student.channel import WorkerChannel
from grader.student.expected_reply import ExpectedReply
from grader.student.proxy import Reply, Request

_BYTES: Final = 1 << 17
_REQUESTS: Final = 64
_CHECKS: Final = 12
"""How much may be under way: enough to keep a worker busy, little to throw away."""


_UNRECORDED: Final = RequestScript((), 0)


class _Item(NamedTuple):
    place: int
    """Of the check, in the order in which they run."""
    request: RecordedRequest
    waits: bool
    """Whether nothing may go ahead of what comes after it: the check will ask more."""


class Prefetcher:
    """Carries the requests of checks to one worker, the independent ones before they are made."""

    def __init__(
        self,
        channel: WorkerChannel,
        order: Iterable[str],
        scripts: Mapping[str, RequestScript],
        *,
        wait_at: int = 0,
    ) -> None:
        """`order` has the ids of the checks as they will run.

        Nothing of the check at the place `wait_at`, or of a later one, is sent before it begins.
        """
        self._wait_at = wait_at
        self._channel = channel
        self._scripts = scripts
        self._places = {check: place for place, check in enumerate(order)}
        self._now = 0
        """Place of the check that is running."""
        self._current: CheckChannel | None = None
        self._coming = deque(self._items())
        self._posted: deque[_Item] = deque()
        self._bytes = 0
        """Of the frames in `_posted`."""

    def _items(self) -> Iterator[_Item]:
        for check, place in self._places.items():
            script = self._scripts.get(check, _UNRECORDED)
            count, whole = script.independent, len(script.requests)
            for number, request in enumerate(script.requests[:count], 1):
                yield _Item(place, request, number == count < whole)

    def channel_for(self, check: str) -> CheckChannel:
        """The channel of the next check; those before it are over."""
        if self._current is not None and self._places[check] == self._now:
            return self._current
        self._now = self._places[check]
        while self._coming and self._coming[0].place < self._now:
            self._coming.popleft()
        script = self._scripts.get(check, _UNRECORDED)
        self._current = CheckChannel(self, self._channel, script)
        return self._current

    def next_reply(self, expected: ExpectedReply | None = None) -> Reply | Raw | None:
        """The reply to the check's next independent request; None if a worker has ended early.

        It is not decoded if it is as `expected`.

        Raises:
            CouldNotRun: there is none, and the request is to blame.
        """
        if self._channel.deaths:
            return None
        self._post()
        while self._posted and self._posted[0].place < self._now:
            if self._unasked() is None:
                return None
            self._post()
        return self._receive(expected) if self._posted else None

    def reply_to(self, request: RecordedRequest, expected: ExpectedReply) -> Reply | Raw | None:
        """Send a request now that all before it are answered; its reply, as in `next_reply`."""
        if self._channel.deaths:
            return None
        assert not self._posted, "an answer is still owed"
        self._channel.post([memoryview(request.frame)])
        return self._channel.fetch(request.about, request.cpu_seconds, expected)

    def drain(self) -> bool:
        """Read all replies that are under way; whether none was to what the check did not ask.

        That, and what comes after the check, may be asked again.
        """
        read: list[_Item] = []
        while self._posted and (item := self._unasked()):
            read.append(item)
        later = [item for item in read if item.place >= self._now]
        self._coming.extendleft(reversed(later))
        return not later

    def _post(self) -> None:
        """Send what comes next, if little is under way."""
        if self._bytes > _BYTES // 2 or len(self._posted) > _REQUESTS // 2:
            return
        batch = []
        while self._coming and self._has_room():
            item = self._coming.popleft()
            self._posted.append(item)
            self._bytes += len(item.request.frame)
            batch.append(memoryview(item.request.frame))
        try:
            self._channel.post(batch)
        except Verdict:
            self._posted.clear()
            raise

    def _has_room(self) -> bool:
        item = self._coming[0]
        return not self._posted or (
            not self._posted[-1].waits
            and self._bytes + len(item.request.frame) <= _BYTES
            and len(self._posted) < _REQUESTS
            and item.place <= self._now + _CHECKS
            and (item.place < self._wait_at or self._now >= self._wait_at)
        )

    def _unasked(self) -> _Item | None:
        """Read a reply for which nobody has asked; to what, None if the worker ended."""
        item = self._posted[0]
        try:
            self._receive()
        except Verdict:
            return None
        return item

    def _receive(self, expected: ExpectedReply | None = None) -> Reply | Raw:
        request = self._posted.popleft().request
        self._bytes -= len(request.frame)
        try:
            return self._channel.fetch(request.about, request.cpu_seconds, expected)
        except Verdict:
            self._posted.clear()
            raise


class CheckChannel:
    """The channel of one check."""

    def __init__(
        self, prefetcher: Prefetcher, channel: WorkerChannel, script: RequestScript
    ) -> None:
        self._prefetcher = prefetcher
        self._channel = channel
        self._script = script
        self._recorded = deque(enumerate(script.requests))
        self._early: deque[Reply | Raw | Verdict] = deque()
        """Replies to the first of these requests: they came before the check has asked."""
        self._asked: list[tuple[Request, str, float | None]] = []
        self._deaths = channel.deaths

    def replies_as_expected(self) -> bool:
        """Whether all that the check would ask is answered as the reference answers it.

        What came is kept for the check, which must run if it is not.
        """
        with np.errstate(all="ignore"):
            for number, expected in enumerate(self._script.expected):
                reply: Reply | Raw | Verdict | None
                try:
                    reply = self._early_reply(number, expected)
                except Verdict as verdict:
                    reply = verdict
                if reply is not None:
                    self._early.append(reply)
                if not isinstance(reply, Raw):
                    return False
        return bool(self._script.expected)

    def _early_reply(self, number: int, expected: ExpectedReply) -> Reply | Raw | None:
        if number < self._script.independent:
            return self._prefetcher.next_reply(expected)
        return self._prefetcher.reply_to(self._script.requests[number], expected)

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request; see `Channel.ask`."""
        if not self._asked:
            request = {**request, "fresh": True}
        reply = self._prefetched(request, about)
        if reply is None:
            reply = self._live(request, about, cpu_seconds)
        self._asked.append((request, about, cpu_seconds))
        return reply

    def _prefetched(self, request: Request, about: str) -> Reply | None:
        if not self._recorded:
            return None
        number, recorded = self._recorded[0]
        there = self._early or number < self._script.independent
        if not there or b"".join(self._channel.encode(request, about)) != recorded.frame:
            return None
        answer = self._early.popleft() if self._early else self._prefetcher.next_reply()
        if isinstance(answer, Verdict):
            raise answer
        if answer is None:
            return None
        self._recorded.popleft()
        reply = wire.unpack(*answer) if isinstance(answer, Raw) else answer
        return self._channel.accepted(reply, about)

    def _live(self, request: Request, about: str, cpu_seconds: float | None) -> Reply:
        """Ask when all else is answered; with objects made anew, if the worker has left them."""
        undisturbed = self._prefetcher.drain() and not self._early
        self._early.clear()
        if not undisturbed or self._channel.deaths > self._deaths:
            self._begin_anew()
        self._recorded.clear()
        return self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)

    def _begin_anew(self) -> None:
        self._deaths = self._channel.deaths
        for request, about, cpu_seconds in self._asked:
            self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)
