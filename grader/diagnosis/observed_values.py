"""Taking replies apart into values that can be compared one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from grader.assignment.plugin import PLAIN, Answered, Plugin
from grader.checks.random_values import Chance, Drawn
from grader.diagnosis.numbering import FROM_ONE, Numbering
from grader.model.call import Call
from grader.model.contract import ContractEntry
from grader.protocol.wire import Handle
from grader.student.proxy import SHAPES, Reply, Request

Array = NDArray[Any]

CLOSE: Final = 1e-6
"""Relative to the scale of the array; equivalent formulas differ by some 1e-12."""
CLOSE_SINGLE: Final = 1e-4
"""The same in single precision."""
_TINY: Final = 1e-12
_SMALL: Final = 1e-3
"""Arrays of smaller numbers may be all rounding."""
ALIKE: Final = 0.95
"""How far something explains that is of the same kind and not the same."""
_SHARED: Final = "shared: "
"""Before what is compared in place of values that were drawn."""
EXTRA_COUNTS: Final = ("params[", "dtype of params[", "grads[", _SHARED)
"""Of these every entry counts; in other dicts a student may keep what they like."""


class ValueKey(NamedTuple):
    """Which value of a trace."""

    exchange: int
    inner: int
    """Number inside a batch."""
    about: str
    label: str


class _Absent:
    """No value where another side has one."""

    def __repr__(self) -> str:
        return "ABSENT"


LOSS_AGAIN: Final = "the loss of the call before"
ABSENT: Final = _Absent()
Readings = dict[ValueKey, Any]


class Ending(msgspec.Struct, frozen=True):
    """A call that returned nothing: raised, stopped, or never made."""

    status: str
    kind: str = ""
    """Class of the exception."""
    message: str = ""

    def __str__(self) -> str:
        return f"{self.status} {self.kind}".strip()


_SPEAKING: Final = frozenset({"UnboundLocalError", "ZeroDivisionError", "RecursionError"})
"""Exceptions that say the same whatever the names in their message."""
SHAPE: Final = re.compile(r"\(\d*(?:, ?\d+)*,?\)")


def _ends_alike(a: Ending, b: Ending) -> float:
    if (a.status, a.kind) != (b.status, b.kind):
        return 0.0
    if a.message == b.message or a.status != "raised":
        return 1.0
    if a.kind in _SPEAKING:
        return ALIKE
    shapes = [sorted(SHAPE.findall(end.message)) for end in (a, b)]
    return ALIKE if shapes[0] and shapes[0] == shapes[1] else 0.0


def likeness(a: Any, b: Any) -> float:
    """How far one value is explained by another: 1 if they are the same, 0 if not at all.

    Between that are overflows, which differ with the order of the operations, and exceptions of one
    class, whose messages differ with the function that raised them.
    """
    if isinstance(a, Ending) and isinstance(b, Ending):
        return _ends_alike(a, b)
    if same(a, b):
        return 1.0
    return ALIKE if _both_overflow(a, b) else 0.0


def _both_overflow(a: Any, b: Any) -> bool:
    """Whether both have a NaN or an infinity, and the same numbers where neither has."""
    if not (isinstance(a, np.ndarray | float) and isinstance(b, np.ndarray | float)):
        return False
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.kind != "f" or b.dtype.kind != "f" or _squeezed(a) != _squeezed(b):
        return False
    a, b = a.reshape(-1), b.reshape(-1)
    finite = np.isfinite(a) & np.isfinite(b)
    if np.isfinite(a).all() or np.isfinite(b).all():
        return False
    return _same_arrays(a[finite], b[finite])


def same(a: Any, b: Any) -> bool:
    """Whether two values are one, but for rounding, chance and axes of length 1."""
    if a is ABSENT or b is ABSENT:
        return a is b
    if isinstance(a, Ending) or isinstance(b, Ending):
        return isinstance(a, Ending) and isinstance(b, Ending) and _ends_alike(a, b) == 1.0
    if isinstance(a, Chance) or isinstance(b, Chance):
        return isinstance(a, Chance) and a.like(b)
    try:
        left, right = np.asarray(a), np.asarray(b)
    except ValueError:
        return False
    if left.dtype.kind not in "biufc" or right.dtype.kind not in "biufc":
        return bool(type(a) is type(b) and a == b)
    return _same_arrays(left, right)


def _same_arrays(a: Array, b: Array) -> bool:
    if _squeezed(a) != _squeezed(b):
        return False
    a, b = a.reshape(-1), b.reshape(-1)
    finite = np.isfinite(a)
    if not np.array_equal(finite, np.isfinite(b)):
        return False
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return False
    single = np.float32 in (a.dtype, b.dtype)
    a, b = a[finite], b[finite]
    if not a.size:
        return True
    if "c" in (a.dtype.kind, b.dtype.kind):
        return a.dtype.kind == b.dtype.kind
    a, b = a.astype(np.float64), b.astype(np.float64)
    room = (CLOSE_SINGLE if single else CLOSE) * float(np.abs(b).max())
    return bool(np.abs(a - b).max() <= max(room, _TINY))


def apart(a: Any, b: Any) -> float:
    """How far two arrays in double precision differ, relative to their scale; 0 for all else."""
    if not (isinstance(a, np.ndarray | float) and isinstance(b, np.ndarray | float)):
        return 0.0
    left, right = np.asarray(a), np.asarray(b)
    if {left.dtype, right.dtype} != {np.dtype(np.float64)} or left.size != right.size:
        return 0.0
    left, right = left.reshape(-1), right.reshape(-1)
    finite = np.isfinite(left) & np.isfinite(right)
    if not finite.any():
        return 0.0
    left, right = left[finite], right[finite]
    return float(np.abs(left - right).max() / max(np.abs(right).max(), _SMALL))


def _squeezed(array: Array) -> tuple[int, ...]:
    return tuple(n for n in array.shape if n != 1)


def without_extras(student: Readings, right: Readings) -> Readings:
    """The student's values less what they return beyond what is asked, where that is no matter."""
    ended = {(key.exchange, key.inner) for key, value in right.items() if isinstance(value, Ending)}
    return {
        key: value
        for key, value in student.items()
        if key in right
        or key.label == _STATUS
        or key.label.startswith(EXTRA_COUNTS)
        or (key.exchange, key.inner) in ended
    }


_STATUS: Final = "how it ended"


class ReplyReader:
    """Reads the replies of one side, in their order."""

    def __init__(
        self,
        contract: Mapping[str, ContractEntry] = {},
        plugin: Plugin = PLAIN,
        *,
        numbering: Numbering = FROM_ONE,
    ) -> None:
        """The contract says what is drawn at random, the plugin what is compared of it."""
        self._contract = contract
        self._plugin = plugin
        self._numbering = numbering
        self._last: dict[str, Answered] = {}
        """By name, the call before."""
        self._made: dict[int, Answered] = {}
        """The call that made each object."""
        self._fresh: set[int] = set()
        self._asked: dict[int, tuple[Any, Any]] = {}
        """Of each network the arguments and the loss of the call before."""
        self._drawn: tuple[int, Any, dict[str, Any]] | None = None
        """A network as it was drawn, its arguments, and what it answered."""

    def read(self, index: int, about: str, request: Request, reply: Reply, own: Reply) -> Readings:
        """The values of one reply.

        Args:
            index: of the exchange.
            about: contract name of what was called.
            request: in canonical form; its handles are the student's.
            reply: of this side.
            own: the student's reply, whose handles the requests to come will use.
        """
        if request["op"] == "batch":
            return self._batch(index, about, request, reply, own)
        values = self._one(about, request, reply, own)
        return {ValueKey(index, 0, about, label): value for label, value in values}

    def _batch(
        self, index: int, about: str, request: Request, reply: Reply, own: Reply
    ) -> Readings:
        if reply.get("status") != "ok":
            return {ValueKey(index, 0, about, _STATUS): _ending(reply)}
        readings: Readings = {}
        owns = own.get("value")
        for inner, (part, value) in enumerate(
            zip(request["requests"], reply["value"], strict=False)
        ):
            mine = owns[inner] if isinstance(owns, list) and inner < len(owns) else None
            replies = ({"status": "ok", "value": item} for item in (value, mine))
            for label, leaf in self._one(about, part, *replies):
                readings[ValueKey(index, inner, about, label)] = leaf
        return readings

    def _one(
        self, about: str, request: Request, reply: Reply, own: Reply
    ) -> Iterator[tuple[str, Any]]:
        if request["op"] in ("set", "update"):
            self._fresh.discard(_number(request["on"]))
            self._asked.clear()
            return
        if request["op"] not in ("call", "get") or request["returns"] == [SHAPES]:
            return
        if reply.get("status") != "ok":
            yield _STATUS, _ending(reply)
            return
        names = _names(request)
        values = reply["value"] if len(names) > 1 else (reply["value"],)
        yield from self._values(about, request, names, values, own)

    def _values(
        self, about: str, request: Request, names: Sequence[str], values: Sequence[Any], own: Reply
    ) -> Iterator[tuple[str, Any]]:
        on, path = request["on"], request["path"]
        entry = self._contract.get(about)
        if entry and len(path) == 1 and path[0] in entry.random and _number(on) in self._fresh:
            yield from self._initial(path[0], values[0])
        elif _number(on) in self._fresh and request["op"] == "call":
            yield from self._of_drawn(request, names, values)
        else:
            shared = self._shared(about, request, dict(zip(names, values, strict=False)), own)
            yield from shared.items()
            drawn = self._drawn_values(about) if shared and isinstance(on, str) else ()
            for name, value in zip(names, values, strict=False):
                if name not in drawn:
                    yield from self._leaves(name, value)
        if list(names) == ["loss", "grads"] and len(values) == 2:
            yield from self._loss_again(request, values[0])
        if isinstance(on, str) and entry and entry.makes_object:
            self._fresh.add(_number(own.get("value")))

    def _drawn_values(self, name: str) -> tuple[str, ...]:
        """The returned values that depend on what a function, or the one it goes back, draws."""
        entry = self._contract[name]
        behind = self._contract.get(entry.backward_of)
        return entry.returns if behind is not None and behind.random else entry.random

    def _shared(
        self, about: str, request: Request, values: dict[str, Any], own: Reply
    ) -> dict[str, Any]:
        """What the plugin compares of a call, whatever was drawn in it."""
        if request["op"] != "call" or self._plugin.hook("releases", "same_random") is None:
            return {}
        steps = [step for step in request["path"] if isinstance(step, str)]
        call = Call(".".join([about, *steps]), request["args"], request["kwargs"])
        handles = [value.number for value in call.args if isinstance(value, Handle)]
        known = [self._last.get(call.name), *(self._made.get(number) for number in handles)]
        named = {name: self._renamed(value) for name, value in values.items()}
        shared = self._plugin.same_random(call, named, [each for each in known if each])
        self._last[call.name] = answered = Answered(call, named)
        made = own.get("value")
        for value in made if isinstance(made, tuple) else (made,):
            if isinstance(value, Handle):
                self._made[value.number] = answered
        return {f"{_SHARED}{label}": value for label, value in shared.items()}

    def _renamed(self, value: Any) -> Any:
        if not (self._numbering.by and isinstance(value, dict)):
            return value
        return {self._numbering.ours(str(key)): item for key, item in value.items()}

    def _initial(self, name: str, values: Any) -> Iterator[tuple[str, Any]]:
        for label, value in self._leaves(name, values):
            yield label, Drawn.of(value) if _numeric(value) else value
            if isinstance(value, np.ndarray):
                yield f"dtype of {label}", str(value.dtype)

    def _of_drawn(
        self, request: Request, names: Sequence[str], values: Sequence[Any]
    ) -> Iterator[tuple[str, Any]]:
        """Whether a network answers with its first parameters as the one before did.

        The answers themselves depend on what was drawn, which nobody can foretell.
        """
        net, args = _number(request["on"]), request["args"]
        pairs = zip(names, values, strict=False)
        told = {key: leaf for name, value in pairs for key, leaf in self._leaves(name, value)}
        if self._drawn is not None:
            other, asked, before = self._drawn
            if other != net and _same_args(asked, args):
                for label in told.keys() & before.keys():
                    yield f"{label} as of the net before", same(told[label], before[label])
        self._drawn = net, args, told

    def _loss_again(self, request: Request, loss: Any) -> Iterator[tuple[str, Any]]:
        """Whether a network that is asked the same a second time gives the same loss."""
        args, net = request["args"], _number(request["on"])
        before, last = self._asked.get(net, (None, None))
        if before is not None and _same_args(before, args):
            yield LOSS_AGAIN, same(last, loss)
        self._asked[net] = args, loss

    def _leaves(self, name: str, value: Any) -> Iterator[tuple[str, Any]]:
        if name == "_" or isinstance(value, Handle):
            return
        if isinstance(value, dict):
            for key, item in value.items():
                yield from self._leaves(f"{name}[{self._numbering.ours(str(key))}]", item)
        elif isinstance(value, list | tuple):
            for index, item in enumerate(value):
                yield from self._leaves(f"{name}[{index}]", item)
        else:
            yield name, value


def _same_args(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return len(one) == len(other) and all(map(np.array_equal, one, other))


def _names(request: Request) -> list[str]:
    names: list[str] = request["returns"]
    steps = [step[0] if isinstance(step, tuple) else step for step in request["path"]]
    if names == ["value"] and steps:
        first, *rest = map(str, steps)
        return [first + "".join(f"[{step}]" for step in rest)]
    return names


def _ending(reply: Reply) -> Ending:
    return Ending(*(str(reply.get(key, "")) for key in ("status", "type", "message")))


def _number(value: Any) -> int:
    return value.number if isinstance(value, Handle) else -1


def _numeric(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.generic | float | int) and (
        np.asarray(value).dtype.kind in "biuf"
    )
