"""The bank, rehearsed: what each check asks of any student, before the student is there.

Most of what a check asks does not depend on the answers. The reference is asked twice, the second
time with its answers moved a little: what is asked both times, from the beginning, will be asked of
everyone, and may be sent ahead (`grader.wall.ahead`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pytest
from msgspec.structs import replace

from grader.checks.key import Key, LocalChannel
from grader.checks.plugin import CheckPlugin
from grader.checks.run import Player, Run
from grader.dialect import adapt_request, varies
from grader.result import Dialect
from grader.wall import frames
from grader.wall.ahead import Cue, Script
from grader.wall.signature import Signature
from grader.wall.student import Channel, Reply, Request, Student
from grader.wall.worker import Dispatcher

_NUDGE: Final = 1.0 + 1e-11
"""Far below every tolerance, so that checks go on; far above the last bit."""
_CANONICAL: Final = ("2021", "keep")
"""Era, and what `p` means, of the calls as checks make them."""


class Listener:
    """Gives each check a student, and writes down what it asks."""

    def __init__(self, open_channel: Callable[[], Channel], *, nudge: bool = False) -> None:
        self._open = open_channel
        self._nudge = nudge
        self.heard: dict[str, list[Cue]] = {}
        """By check."""

    def channel(self, check: str) -> Channel:
        """A channel to a fresh student; its numbers come back moved a little, if wanted."""
        self.heard[check] = []
        return _Heard(self._open(), self.heard[check], nudge=self._nudge)


class _Heard:
    def __init__(self, channel: Channel, heard: list[Cue], *, nudge: bool) -> None:
        self._channel = channel
        self._heard = heard
        self._nudge = nudge

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request."""
        form = request if self._heard else {**request, "fresh": True}
        self._heard.append(Cue(_frame(form), about, cpu_seconds, varies(request)))
        reply = self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)
        return {**reply, "value": _nudged(reply.get("value"))} if self._nudge else reply


def _nudged(value: Any) -> Any:
    if isinstance(value, (float, np.floating)):
        return type(value)(value * _NUDGE)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value * value.dtype.type(_NUDGE)
    if isinstance(value, dict):
        return {key: _nudged(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_nudged, value))
    return value


def independent(plain: Listener, nudged: Listener) -> dict[str, int]:
    """How many requests of each check, from its first, are the same whatever is answered."""
    return {
        check: _common(cues, nudged.heard.get(check, [])) for check, cues in plain.heard.items()
    }


def _common(first: list[Cue], second: list[Cue]) -> int:
    pairs = zip(first, second, strict=False)
    differ = (number for number, (one, other) in enumerate(pairs) if one.frame != other.frame)
    return next(differ, min(len(first), len(second)))


def rehearse(
    plugin: CheckPlugin,
    items: list[pytest.Item],
    key: Key,
    api: Mapping[str, Signature],
    resolve: Callable[[str], Any],
) -> dict[str, Script]:
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
        check: Script(tuple(cues[: (most := key.foreseen.get(check, 0))]), len(cues) <= most)
        for check, cues in listener.heard.items()
    }


def spoken(scripts: Mapping[str, Script], dialect: Dialect) -> Mapping[str, Script]:
    """The scripts as they go to a student of that dialect."""
    if (dialect.era, dialect.dropout_p) == _CANONICAL:
        return scripts
    return {check: Script(_spoken(s.cues, dialect), s.whole) for check, s in scripts.items()}


def _spoken(cues: tuple[Cue, ...], dialect: Dialect) -> tuple[Cue, ...]:
    if not any(cue.varies for cue in cues):
        return cues
    return tuple(
        replace(cue, frame=_frame(adapt_request(dialect, frames.decode(cue.frame))))
        if cue.varies else cue
        for cue in cues
    )  # fmt: skip


def _frame(request: Request) -> bytes:
    return b"".join(frames.encode(request))
