"""The bank, rehearsed: what each check asks of any student, before the student is there.

Most of what a check asks does not depend on the answers. The reference is asked twice, the second
time with its answers moved a little: what is asked both times, from the beginning, will be asked of
everyone, and may be sent ahead (`grader.wall.ahead`). A check that passes however its answers are
off by rounding (`grader.wall.alike`) is steady: who answers like the reference passes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from msgspec.structs import replace

from grader.checks.key import Key, LocalChannel
from grader.checks.plugin import CheckPlugin
from grader.checks.run import Player, Run
from grader.diagnosis.tape import Exchange, Tape
from grader.dialect import adapt_request, varies
from grader.result import Dialect
from grader.wall import frames
from grader.wall.ahead import Cue, Script
from grader.wall.alike import Known
from grader.wall.signature import Signature
from grader.wall.student import Channel, Reply, Request, Student
from grader.wall.worker import Dispatcher

_NUDGE: Final = 4
"""Units in the last place: more than the last bit, and below what a check rounds away."""
_CANONICAL: Final = ("2021", "keep")
"""Era, and what `p` means, of the calls as checks make them."""
_UNHEARD: Final[Reply] = {"stdout": "", "warnings": []}
"""What a worker adds to an answer if there is nothing to add."""


class Rehearsed(NamedTuple):
    """One check, rehearsed."""

    script: Script
    tape: Tape
    """What passed between the check and the reference."""


class Listener:
    """Gives each check a student, and writes down what passes between them."""

    def __init__(
        self, open_channel: Callable[[], Channel], change: Callable[[Any], Any] | None = None
    ) -> None:
        """`change` is what becomes of the values in the answers on their way."""
        self._open = open_channel
        self._change = change
        self.heard: dict[str, list[Heard]] = {}
        """By check."""

    def channel(self, check: str) -> Channel:
        """A channel to a fresh student."""
        self.heard[check] = []
        return _Listening(self._open(), self.heard[check], self._change)


class Heard(NamedTuple):
    """A request and its reply."""

    cue: Cue
    exchange: Exchange


class _Listening:
    def __init__(
        self, channel: Channel, heard: list[Heard], change: Callable[[Any], Any] | None
    ) -> None:
        self._channel = channel
        self._heard = heard
        self._change = change

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request."""
        form = request if self._heard else {**request, "fresh": True}
        cue = Cue(_frame(form), about, cpu_seconds, varies(request))
        reply = self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)
        if self._change is not None:
            reply = {**reply, "value": self._change(reply.get("value"))}
        self._heard.append(Heard(cue, Exchange(request, reply, about)))
        return reply


def nudged(value: Any) -> Any:
    """The value, what was computed with NumPy moved a little. A zero stays one, as in `Known`."""
    if isinstance(value, np.floating):
        return type(value)(value + (value != 0) * _NUDGE * np.spacing(value))
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value + (value != 0) * _NUDGE * np.spacing(value)
    if isinstance(value, dict):
        return {key: nudged(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(nudged, value))
    return value


def independent(plain: Listener, moved: Listener) -> dict[str, int]:
    """How many requests of each check, from its first, are the same whatever is answered."""
    again = moved.heard
    return {check: _common(heard, again.get(check, [])) for check, heard in plain.heard.items()}


def _common(first: list[Heard], second: list[Heard]) -> int:
    pairs = zip(first, second, strict=False)
    differ = (n for n, (one, other) in enumerate(pairs) if one.cue.frame != other.cue.frame)
    return next(differ, min(len(first), len(second)))


def rehearse(
    plugin: CheckPlugin,
    items: list[pytest.Item],
    key: Key,
    api: Mapping[str, Signature],
    resolve: Callable[[str], Any],
) -> dict[str, Rehearsed]:
    """Run the checks on the reference, and write down what they ask.

    Args:
        plugin, items: the collected checks.
        key: the reference's answers; says how much of a check can be foreseen.
        api: the contract.
        resolve: gives the reference's function of a contract name.
    """
    listener = Listener(lambda: LocalChannel(Dispatcher(resolve, lambda _file: False)))

    def student(check: str) -> Student:
        return Student(listener.channel(check), api)

    plugin.run_all(items, Run(api=api, seed=key.seed, student=student, reference=Player(key)))
    return {
        check: _rehearsed(check, heard, key.foreseen.get(check, 0), key.steady.get(check))
        for check, heard in listener.heard.items()
    }


def _rehearsed(check: str, heard: list[Heard], foreseen: int, zeros: bool | None) -> Rehearsed:
    """`zeros` is None if the check is not steady."""
    whole = len(heard) <= foreseen
    tape = Tape(check)
    for each in heard:
        tape.add(each.exchange)
    replies = [each.exchange.reply | _UNHEARD for each in heard]
    known = [] if zeros is None or not whole else [Known(r, zeros=zeros) for r in replies]
    cues = [each.cue for each in heard[:foreseen]]
    return Rehearsed(Script(tuple(cues), whole, tuple(known)), tape)


def spoken(rehearsed: Mapping[str, Rehearsed], dialect: Dialect) -> Mapping[str, Rehearsed]:
    """The same as it passes with a student of that dialect."""
    if (dialect.era, dialect.dropout_p) == _CANONICAL:
        return rehearsed
    return {check: _spoken(each, dialect) for check, each in rehearsed.items()}


def _spoken(rehearsed: Rehearsed, dialect: Dialect) -> Rehearsed:
    script, tape = rehearsed
    if not any(cue.varies for cue in script.cues):
        return rehearsed
    cues = tuple(
        replace(cue, frame=_frame(adapt_request(dialect, frames.decode(cue.frame))))
        if cue.varies else cue
        for cue in script.cues
    )  # fmt: skip
    exchanges = [replace(e, request=adapt_request(dialect, e.request)) for e in tape.exchanges]
    return Rehearsed(script._replace(cues=cues), replace(tape, exchanges=exchanges))


def _frame(request: Request) -> bytes:
    return b"".join(frames.encode(request))
