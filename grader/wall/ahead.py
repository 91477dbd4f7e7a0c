"""Asking ahead: what a check asks whatever it is answered crosses the wall before it asks.

Two processes that wait for each other's every word are idle half of the time. Most of what a check
asks does not depend on the answers: a rehearsal wrote it down (`grader.checks.rehearsal`). It is
sent early, for the checks that come next as well, and the worker is busy while the answers are
judged. What a check then really asks is compared, as bytes. Where it is something else, the worker
begins the check anew, with all that was asked so far: the check sees no difference. A worker that
ends early is blamed for nothing that was not asked, and from then on it goes one by one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from grader.verdicts import Verdict
from grader.wall.channel import WorkerChannel
from grader.wall.student import Reply, Request

_BYTES: Final = 1 << 17
_REQUESTS: Final = 64
_CHECKS: Final = 12
"""How much may be under way: enough to keep a worker busy, little to throw away."""


class Cue(msgspec.Struct, frozen=True):
    """A request that a check makes whatever it is answered."""

    frame: bytes
    """As it crosses the wall."""
    about: str
    cpu_seconds: float | None
    varies: bool = False
    """Whether it takes another form for students of another dialect."""


class Script(NamedTuple):
    """What one check asks first."""

    cues: tuple[Cue, ...]
    whole: bool
    """Whether that is all it asks, if the answers are right."""


class _Item(NamedTuple):
    place: int
    """Of the check, in the order in which they run."""
    cue: Cue
    waits: bool
    """Whether nothing should go ahead of what comes after it: the check will ask more."""


class Ahead:
    """Carries the requests of checks to one worker, those of their scripts before they are made."""

    def __init__(
        self, channel: WorkerChannel, order: Iterable[str], scripts: Mapping[str, Script]
    ) -> None:
        """`order` has the ids of the checks as they will run."""
        self._channel = channel
        self._scripts = scripts
        self._places = {check: place for place, check in enumerate(order)}
        self._now = 0
        """Place of the check that is running."""
        self._coming = deque(self._items())
        self._posted: deque[_Item] = deque()
        self._bytes = 0
        """Of the frames in `_posted`."""

    def _items(self) -> Iterator[_Item]:
        for check, place in self._places.items():
            cues, whole = self._scripts.get(check, Script((), whole=False))
            for number, cue in enumerate(cues, 1):
                yield _Item(place, cue, not whole and number == len(cues))

    def of(self, check: str) -> Scene:
        """The channel of the next check; those before it are over."""
        self._now = self._places[check]
        while self._coming and self._coming[0].place < self._now:
            self._coming.popleft()
        script = self._scripts.get(check)
        return Scene(self, self._channel, script.cues if script else ())

    def take(self) -> Reply | None:
        """The answer to the next cue of the check; None if a worker has ended before its time.

        Raises:
            CouldNotRun: there is none, and the cue is to blame.
        """
        if self._channel.deaths:
            return None
        self._post()
        while self._posted and self._posted[0].place < self._now:
            if self._unasked() is None:
                return None
            self._post()
        return self._next() if self._posted else None

    def settle(self) -> bool:
        """Read all answers that are under way; whether none was to what the check did not ask.

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
            self._bytes += len(item.cue.frame)
            batch.append(memoryview(item.cue.frame))
        try:
            self._channel.post(batch)
        except Verdict:
            self._posted.clear()
            raise

    def _has_room(self) -> bool:
        item = self._coming[0]
        return not self._posted or (
            not self._posted[-1].waits
            and self._bytes + len(item.cue.frame) <= _BYTES
            and len(self._posted) < _REQUESTS
            and item.place <= self._now + _CHECKS
        )

    def _unasked(self) -> _Item | None:
        """Read an answer for which nobody has asked; to what, None if the worker ended."""
        item = self._posted[0]
        try:
            self._next()
        except Verdict:
            return None
        return item

    def _next(self) -> Reply:
        cue = self._posted.popleft().cue
        self._bytes -= len(cue.frame)
        try:
            return self._channel.fetch(cue.about, cue.cpu_seconds)
        except Verdict:
            self._posted.clear()
            raise


class Scene:
    """The channel of one check."""

    def __init__(self, ahead: Ahead, channel: WorkerChannel, cues: Iterable[Cue]) -> None:
        self._ahead = ahead
        self._channel = channel
        self._cues = deque(cues)
        self._asked: list[tuple[Request, str, float | None]] = []
        self._deaths = channel.deaths

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request; see `Channel.ask`."""
        if not self._asked:
            request = {**request, "fresh": True}
        reply = self._foreseen(request, about)
        if reply is None:
            reply = self._live(request, about, cpu_seconds)
        self._asked.append((request, about, cpu_seconds))
        return reply

    def _foreseen(self, request: Request, about: str) -> Reply | None:
        if not self._cues or b"".join(self._channel.encode(request, about)) != self._cues[0].frame:
            return None
        reply = self._ahead.take()
        if reply is None:
            return None
        self._cues.popleft()
        return self._channel.accepted(reply, about)

    def _live(self, request: Request, about: str, cpu_seconds: float | None) -> Reply:
        """Ask when all else is answered; with objects made anew, if the worker has left them."""
        undisturbed = self._ahead.settle()
        if not undisturbed or self._channel.deaths > self._deaths:
            self._begin_anew()
        self._cues.clear()
        return self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)

    def _begin_anew(self) -> None:
        self._deaths = self._channel.deaths
        for request, about, cpu_seconds in self._asked:
            self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)
