"""The answer key: what the reference answered, recorded once and played back.

While the key is recorded, each check runs on the reference and every request that it makes of
`reference` is written down with its answer. While a student is graded the same requests get the
recorded answers, so that no reference code need be present. A request that was not recorded means
that the bank or the seed changed: the key is stale, which is an error of ours, never a wrong mark.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from grader.model.errors import InputError, InternalError
from grader.protocol import wire
from grader.runner.check import ListedCheck
from grader.runner.recorded_answers import Answers, RecordedAnswers, packed
from grader.student.proxy import Channel, Reply, Request
from grader.worker.dispatcher import Dispatcher

_FORMAT: Final = 5
_COMPRESSED: Final = bytes(8)
"""Before a compressed key: no head is of this size."""


class RequestAnalysis(msgspec.Struct, frozen=True, array_like=True):
    """What is known of the requests that one check makes of somebody who is right."""

    digest: str
    """Of all of them."""
    independent: int
    """How many, from the first, depend on no answer."""
    exact_zeros: bool | None
    """None unless the check passes however the right answers are off by rounding; whether what is 0
    in them must be so exactly for that."""


class Key(msgspec.Struct):
    """Recorded answers, by check."""

    seed: str
    digest: str
    """Of the bank, and of the reference where that was at hand."""
    answers: Mapping[str, Answers]
    """Id of the check to (hash of the request, answer), in order."""
    public_only: bool = False
    """Whether only the answers of the self-check are in it."""
    requests: dict[str, RequestAnalysis] = {}
    """Id of the check to what is known of its requests; checks are missing of which little is."""
    checks: list[ListedCheck] = []
    """The index of the bank: all its checks, in their order."""

    def save(self, path: Path, *, compressed: bool = False) -> None:
        """Write the key: a head, and the answers as they would cross the wall.

        Args:
            path: of the file.
            compressed: whether to make it smaller; it then takes longer to load.

        Raises:
            InputError: the file cannot be written.
        """
        sizes, data = packed(self.answers)
        head = msgspec.msgpack.encode(
            {
                "format": _FORMAT,
                "seed": self.seed,
                "digest": self.digest,
                "public_only": self.public_only,
                "sizes": sizes,
                "requests": self.requests,
                "checks": self.checks,
            }
        )
        try:
            whole = len(head).to_bytes(8, "little") + head + data
            path.write_bytes(_COMPRESSED + zlib.compress(whole, 9) if compressed else whole)
        except OSError as error:
            raise InputError(f"{path}: cannot write the answer key: {error.strerror}.") from None

    @classmethod
    def load(cls, path: Path) -> Key:
        """Read a key.

        Raises:
            InputError: not there, or no key of ours.
        """
        remedy = "Run `grader key` to record it again."
        try:
            whole = path.read_bytes()
            if whole.startswith(_COMPRESSED):
                whole = zlib.decompress(whole[len(_COMPRESSED) :])
            data = memoryview(whole)
            start = 8 + int.from_bytes(data[:8], "little")
            head = msgspec.msgpack.decode(data[8:start], type=_Head)
            if head.format != _FORMAT:
                raise ValueError("another format")
            answers = RecordedAnswers(head.sizes, data[start:])
            known = head.public_only, head.requests, head.checks
            return cls(head.seed, head.digest, answers, *known)
        except OSError as error:
            text = f"{path}: cannot read the answer key: {error.strerror}."
            raise InputError(text, hint=remedy) from None
        except (wire.WireError, msgspec.MsgspecError, ValueError, zlib.error):
            raise InputError(f"{path}: this is not an answer key.", hint=remedy) from None


class _Head(msgspec.Struct):
    """What the file of a key begins with."""

    format: int
    seed: str
    digest: str
    public_only: bool
    sizes: dict[str, tuple[int, int]]
    requests: dict[str, RequestAnalysis]
    checks: list[ListedCheck]


class LocalChannel:
    """Answers in this process: only ever for code of ours."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._dispatcher.ask = self._called_back
        self._callbacks: Sequence[wire.Callback] = ()
        self._called: list[list[Any]] = []

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request, through the wire's own encoding so that copies are exact.

        What the code prints is dropped. If functions of the check were called meanwhile, the reply
        says so: for each call the function's number, the arguments, and what it returned.
        """
        self._callbacks, self._called = request.get("callbacks", ()), []
        with contextlib.redirect_stdout(io.StringIO()):
            answer = self._dispatcher.answer(_through_wire(request))
        reply: Reply = _through_wire(answer)
        return {**reply, "called": self._called} if self._called else reply

    def _called_back(self, message: Reply) -> Reply:
        number, args, kwargs = (_through_wire(message[key]) for key in ("number", "args", "kwargs"))
        value = _through_wire(_numbered(self._callbacks, number).call(args, kwargs))
        self._called.append(
            [number, *(_through_wire(message[key]) for key in ("args", "kwargs")), value]
        )
        return {"value": _through_wire(value)}


def _in_words(reply: Reply) -> str:
    """What went wrong where the reference did not answer."""
    match reply.get("status"):
        case "bad_return":
            return f"it returned {reply.get('what')}"
        case "raised":
            return f"it raised {reply.get('type')}: {reply.get('message')}"
    return f"it does not define {reply.get('name')}"


class RecordingChannel:
    """Passes requests on and writes the answers down."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.answers: list[tuple[str, Reply]] = []
        self.refused: dict[str, str] = {}
        """Contract name to what it returned, which is not what the contract says."""

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request."""
        reply = self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)
        if reply.get("status") == "bad_return":
            self.refused[about.partition(".")[0]] = str(reply.get("what"))
        if reply.get("status") != "ok":
            raise InternalError(f"The reference fails on {about}: {_in_words(reply)}.")
        self.answers.append((request_hash(request), reply))
        return reply


class ReplayChannel:
    """Gives the recorded answers of one check, in their order."""

    def __init__(self, check: str, answers: Iterable[tuple[str, Reply]]) -> None:
        self._check = check
        self._answers = iter(answers)

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """The next recorded answer.

        Raises:
            InternalError: the request is not the one that was recorded here.
        """
        recorded, reply = next(self._answers, ("", {}))
        if recorded != request_hash(request):
            raise InternalError(
                f"The answer key does not fit check {self._check} ({about}).",
                hint="The bank or the seed changed; run `grader key` to record it again.",
            )
        for number, args, kwargs, _ in reply.get("called", ()):
            _numbered(request["callbacks"], number).call(args, kwargs)
        return reply


def _numbered(callbacks: Iterable[wire.Callback], number: int) -> wire.Callback:
    for each in callbacks:
        if each.number == number:
            return each
    raise LookupError("a function of another check")


def request_hash(request: Request) -> str:
    """SHA-256 of a request's encoding."""
    head, buffers = wire.pack(request)
    digest = hashlib.sha256(head)
    for buffer in buffers:
        digest.update(buffer)
    return digest.hexdigest()


def _through_wire(value: Any) -> Any:
    head, buffers = wire.pack(value)
    return wire.unpack(head, bytearray(b"".join(bytes(buffer) for buffer in buffers)))
