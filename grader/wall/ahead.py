"""Asking ahead: what a check asks whatever it is answered crosses the wall before it asks.

Two processes that wait for each other's every word are idle half of the time. Most of what a check
asks does not depend on the answers: a rehearsal wrote it down (`grader.checks.rehearsal`). It is
sent early, for the checks that come next as well, and the worker is busy while the answers are
judged. What a check then really asks is compared, as bytes. Where it is something else, the worker
begins the check anew, with all that was asked so far: the check sees no difference. A worker that
ends early is blamed for nothing that was not asked, and from then on it goes one by one.

A check whose every question is answered as the reference answered it, but for rounding, would end
as it did with the reference: it need not run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec
import numpy as np

from grader.verdicts import Verdict
from grader.wall import wire
from grader.wall.alike import Known
from grader.wall.channel import WorkerChannel
from grader.wall.frames import Raw
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
    known: tuple[Known, ...] = ()
    """The right answers, if the check has passed wherever they are given."""


_UNREHEARSED: Final = Script((), whole=False)


class _Item(NamedTuple):
    place: int
    """Of the check, in the order in which they run."""
    cue: Cue
    waits: bool
    """Whether nothing should go ahead of what comes after it: the check will ask more."""


class Ahead:
    """Carries the requests of checks to one worker, those of their scripts before they are made."""

    def __init__(
        self,
        channel: WorkerChannel,
        order: Iterable[str],
        scripts: Mapping[str, Script],
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
        self._scene: Scene | None = None
        self._coming = deque(self._items())
        self._posted: deque[_Item] = deque()
        self._bytes = 0
        """Of the frames in `_posted`."""

    def _items(self) -> Iterator[_Item]:
        for check, place in self._places.items():
            script = self._scripts.get(check, _UNREHEARSED)
            for number, cue in enumerate(script.cues, 1):
                yield _Item(place, cue, not script.whole and number == len(script.cues))

    def of(self, check: str) -> Scene:
        """The channel of the next check; those before it are over."""
        if self._scene is not None and self._places[check] == self._now:
            return self._scene
        self._now = self._places[check]
        while self._coming and self._coming[0].place < self._now:
            self._coming.popleft()
        self._scene = Scene(self, self._channel, self._scripts.get(check, _UNREHEARSED))
        return self._scene

    def take(self, known: Known | None = None) -> Reply | Raw | None:
        """The answer to the next cue of the check; None if a worker has ended before its time.

        It is not decoded if it is the one that is `known`.

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
        return self._next(known) if self._posted else None

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
            and (item.place < self._wait_at or self._now >= self._wait_at)
        )

    def _unasked(self) -> _Item | None:
        """Read an answer for which nobody has asked; to what, None if the worker ended."""
        item = self._posted[0]
        try:
            self._next()
        except Verdict:
            return None
        return item

    def _next(self, known: Known | None = None) -> Reply | Raw:
        cue = self._posted.popleft().cue
        self._bytes -= len(cue.frame)
        try:
            return self._channel.fetch(cue.about, cue.cpu_seconds, known)
        except Verdict:
            self._posted.clear()
            raise


class Scene:
    """The channel of one check."""

    def __init__(self, ahead: Ahead, channel: WorkerChannel, script: Script) -> None:
        self._ahead = ahead
        self._channel = channel
        self._script = script
        self._cues = deque(script.cues)
        self._early: deque[Reply | Raw | Verdict] = deque()
        """Answers to the first of these cues: they came before the check has asked."""
        self._asked: list[tuple[Request, str, float | None]] = []
        self._deaths = channel.deaths

    def is_as_rehearsed(self) -> bool:
        """Whether all that the check would ask is answered as the reference answers it.

        What came is kept for the check, which must run if it is not.
        """
        with np.errstate(all="ignore"):
            for known in self._script.known:
                answer: Reply | Raw | Verdict | None
                try:
                    answer = self._ahead.take(known)
                except Verdict as verdict:
                    answer = verdict
                if answer is not None:
                    self._early.append(answer)
                if not isinstance(answer, Raw):
                    return False
        return bool(self._script.known)

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
        answer = self._early.popleft() if self._early else self._ahead.take()
        if isinstance(answer, Verdict):
            raise answer
        if answer is None:
            return None
        self._cues.popleft()
        reply = wire.unpack(*answer) if isinstance(answer, Raw) else answer
        return self._channel.accepted(reply, about)

    def _live(self, request: Request, about: str, cpu_seconds: float | None) -> Reply:
        """Ask when all else is answered; with objects made anew, if the worker has left them."""
        undisturbed = self._ahead.settle() and not self._early
        self._early.clear()
        if not undisturbed or self._channel.deaths > self._deaths:
            self._begin_anew()
        self._cues.clear()
        return self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)

    def _begin_anew(self) -> None:
        self._deaths = self._channel.deaths
        for request, about, cpu_seconds in self._asked:
            self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)
