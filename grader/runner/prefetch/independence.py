"""Which requests depend on no answer, so that they can be sent before answers are there.

A check is run once more with noise in place of every answer: of the student's, and, the same for
the same value, of the reference's, so that comparisons still pass. A request that is then byte for
byte the same was made without any right answer; no rounding, branch or comparison can hide one in
it. The noise comes twice, since a bit of it may be right by chance. What the noise does not reach,
because a comparison fails in it, counts as dependent.

A check could also hand on answers to another one, in a variable of its module. So the bank is
also run backwards: a check that then asks anything else is not recorded at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from _pytest.outcomes import Skipped

from grader.protocol.wire import Callback
from grader.runner.prefetch.request_script import Recording, frame_of
from grader.student.proxy import SHAPES, Channel, Reply, Request

ROUNDS: Final = 2
"""Of noise."""


class NoisyChannel:
    """Answers with noise; nothing of an answer but its form comes through."""

    def __init__(self, channel: Channel, round_: int) -> None:
        self._channel = channel
        self._round = round_

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request."""
        called = [self._noisy(each) for each in request.get("callbacks", ())]
        request = {**request, "callbacks": called} if called else request
        reply = self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)
        noisy = {name: noise(reply[name], self._round) for name in ("message",) if name in reply}
        value = _noise_for(request, reply.get("value"), self._round)
        return {**reply, **noisy, "value": value}

    def _noisy(self, handle: Callback) -> Callback:
        """A function of the check's that gets noise, too."""

        def perform(_function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
            return handle.call(noise(args, self._round), noise(kwargs, self._round))

        return Callback(handle.number, handle.function, perform)


class _Deviation(Skipped):
    """Ends a check that asks something else; no `except Exception` of a check catches it."""


class Follower:
    """Gives each check a student, and stops it where it does not ask what was recorded."""

    def __init__(
        self, open_channel: Callable[[], Channel], recorded: Mapping[str, Sequence[Recording]]
    ) -> None:
        self._open = open_channel
        self._recorded = recorded
        self.same: dict[str, int] = {}
        """By check, how many requests from the first were as recorded."""

    def channel(self, check: str) -> Channel:
        """A channel to a fresh student."""
        self.same[check] = 0
        return _FollowingChannel(self._open(), self, check)

    def follow(self, check: str, request: Request) -> None:
        """Compare the check's next request with the recorded one.

        Raises:
            _Deviation: it is another, or one too many.
        """
        number, recorded = self.same[check], self._recorded.get(check, ())
        first = number == 0
        if number == len(recorded) or recorded[number].request.frame != frame_of(
            request, first=first
        ):
            raise _Deviation("The check asks something else.")
        self.same[check] += 1


class _FollowingChannel:
    def __init__(self, channel: Channel, follower: Follower, check: str) -> None:
        self._channel = channel
        self._follower = follower
        self._check = check

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request."""
        self._follower.follow(self._check, request)
        return self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)


class NoisyReference:
    """Gives each check a reference whose answers are noise."""

    def __init__(self, open_channel: Callable[[], Channel], round_: int) -> None:
        self._open = open_channel
        self._round = round_

    def channel(self, _check: str) -> Channel:
        """A channel to a fresh reference."""
        return NoisyChannel(self._open(), self._round)


def _noise_for(request: Request, value: Any, round_: int) -> Any:
    """Noise in place of what a request was answered; shapes that it asked for are no answer."""
    if request["op"] == "batch" and isinstance(value, list):
        pairs = zip(request["requests"], value, strict=True)
        return [_noise_for(inner, item, round_) for inner, item in pairs]
    if request["op"] == "next":
        return None  # how many items there are is an answer, too
    if request.get("returns") == [SHAPES] and _are_shapes(value):
        return value
    return noise(value, round_)


def _are_shapes(value: Any) -> bool:
    return isinstance(value, dict) and all(
        type(shape) is list and all(type(size) is int for size in shape) for shape in value.values()
    )


def noise(value: Any, round_: int) -> Any:
    """A value of the same form, drawn anew; the same for the same value."""
    if isinstance(value, np.ndarray):
        return _drawn(value, round_)
    if isinstance(value, dict):
        return {key: noise(item, round_) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(noise(item, round_) for item in value)
    if isinstance(value, str):
        return hashlib.sha256(f"{round_} {value}".encode()).hexdigest()
    if isinstance(value, np.generic):
        return _drawn(np.asarray(value), round_)[()]
    if isinstance(value, (bool, int, float)):
        return _drawn(np.asarray(value), round_).item()
    return value


def _drawn(value: np.ndarray[Any, Any], round_: int) -> np.ndarray[Any, Any]:
    """Booleans are the others in the second round: one that is right by chance is wrong then."""
    kind, shape = value.dtype.kind, value.shape
    start = value.dtype.str if kind == "b" else f"{value.dtype.str}{round_}"
    data = hashlib.shake_128(start.encode() + np.ascontiguousarray(value).tobytes())
    drawn = np.frombuffer(data.digest(8 * value.size), np.uint64).reshape(shape)
    if kind == "b":
        return np.asarray((drawn % 2 == 1) ^ (round_ > 0))
    if kind in "iu":
        return np.asarray(drawn % 10, value.dtype)
    return np.asarray(drawn / 2.0**62 - 2, value.dtype) if kind in "fc" else value
