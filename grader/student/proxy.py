"""The trusted side's view of the student's code: call it, read it, never believe it.

    out, cache = student.affine_forward(x, w, b)     # out is an array, cache a `Remote`
    dx, dw, db = student.affine_backward(dout, cache)
    model = student.TwoLayerNet(input_dim=5)
    model.params["W1"].write(W1)
    loss, grads = model.loss(X, y, returns=("loss", "grads"))

A `Channel` carries requests to whatever answers: a worker, our own reference, or a recorded key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

import msgspec
import numpy as np

from grader.assignment.dialect import adapt
from grader.model.contract import ContractEntry
from grader.model.result import Dialect, Finding, Frame
from grader.model.verdicts import CouldNotRun, NotDone, Wrong
from grader.protocol.wire import Handle, NotPlain

Request = dict[str, Any]
Reply = dict[str, Any]
SHAPES: Final = "value.shape"
"""Among `returns`: not the value, but the shapes in it."""


class Channel(Protocol):
    """Something that answers requests as `grader.worker.worker` defines them."""

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request.

        Args:
            request: see `grader.worker.worker`.
            about: contract name of what is called, for limits kept by function.
            cpu_seconds: allowed for this request instead of the usual.

        Raises:
            Verdict: no answer came, and why.
        """


class Call(msgspec.Struct, frozen=True):
    """A call that was made, described only when a report shows it."""

    name: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]


class Transcript(msgspec.Struct):
    """What happened on the way during one check, for the report."""

    last: Call | None = None
    stdout: str = ""
    warnings: list[str] = []
    rests_on: str = ""
    """Function that was wrong, and whose numerical derivative was asked for in place of the key."""

    @property
    def call(self) -> str:
        """The last call, as a student would write it."""
        return describe_call(self.last.name, self.last.args, self.last.kwargs) if self.last else ""


class Student:
    """One student's code."""

    def __init__(
        self,
        channel: Channel,
        contract: Mapping[str, ContractEntry],
        dialect: Dialect | None = None,
    ) -> None:
        self._channel = channel
        self._contract = contract
        self.dialect = dialect or Dialect(era="2021")
        self.transcript = Transcript()
        self._cpu_seconds: float | None = None
        self._seed: int | None = None

    def __getattr__(self, name: str) -> Function:
        if name not in self._contract:
            raise AttributeError(f"{name} is not in the assignment's contract")
        return Function(self, name, self._contract[name])

    def watch(self, wrap: Callable[[Channel], Channel]) -> None:
        """Let all that is asked from now on pass through another channel."""
        self._channel = wrap(self._channel)

    def seed(self, value: int) -> None:
        """Seed NumPy's global generator on the student's side."""
        self._seed = value  # travels with the next request

    def keep(self, name: str, value: Any) -> Remote:
        """Put an object on the student's side, such as a dict that their function writes into.

        Args:
            name: what the student calls it, for messages.
            value: plain data; read the object back with `read` after the call.
        """
        handle = self.ask({"op": "keep", "value": value}, about=name)
        return _remote(self, handle, name, _describe(value))

    @contextmanager
    def allow(self, cpu_seconds: float) -> Iterator[None]:
        """Let each request inside the block take this long."""
        before, self._cpu_seconds = self._cpu_seconds, cpu_seconds
        try:
            yield
        finally:
            self._cpu_seconds = before

    def ask(self, request: Request, *, about: str) -> Any:
        """Send a request and return the value of its answer.

        Raises:
            Wrong, CouldNotRun, NotDone: what the student's code did instead of answering.
        """
        if self._seed is not None:
            request, self._seed = {**request, "seed": self._seed}, None
        try:
            reply = self._channel.ask(request, about=about, cpu_seconds=self._cpu_seconds)
        except NotPlain as error:  # an argument that was a value of theirs: ours can all cross
            text = f"{about} cannot be called with what came before: {error}."
            raise Wrong(text, Finding(kind="type", call=self.transcript.call)) from None
        self._note(reply, about)
        if reply.get("status") == "ok":
            return reply.get("value")
        raise _verdict(reply, about, self.transcript.call)

    def batch(self, requests: Sequence[Request], *, about: str) -> list[Any]:
        """Send several requests at once; the values of their answers, in order."""
        values = self.ask({"op": "batch", "requests": list(requests)}, about=about)
        if not isinstance(values, list) or len(values) != len(requests):
            raise _malformed()
        for value, request in zip(values, requests, strict=True):
            _must_have(value, request.get("returns", ("value",)))
        return values

    def _note(self, reply: Reply, about: str) -> None:
        stdout, warnings = reply.get("stdout"), reply.get("warnings")
        if isinstance(stdout, str) and len(self.transcript.stdout) < 8_000:
            self.transcript.stdout += stdout[:8_000]
        for text in warnings if isinstance(warnings, list) else []:
            if text not in self.transcript.warnings and len(self.transcript.warnings) < 20:
                self.transcript.warnings.append(str(text)[:300])


class Raised(CouldNotRun):
    """The student's code raised an exception."""

    def __init__(self, message: str, finding: Finding, kind: str) -> None:
        super().__init__(message, finding)
        self.kind = kind
        """Name of the exception's class."""


class Function:
    """A function or class of the student's, or a method of one of their objects."""

    def __init__(self, student: Student, name: str, signature: ContractEntry) -> None:
        self._student = student
        self._name = name
        self.signature = signature

    def request(self, *args: Any, returns: Sequence[str] | None = None, **kwargs: Any) -> Request:
        """The request that a call makes, for `Student.batch`."""
        args, kwargs = adapt(self._student.dialect, self._name, args, kwargs)
        self._student.transcript.last = Call(self._name, args, kwargs)
        return {
            "op": "call",
            "on": self._name,
            "path": [],
            "args": [_outgoing(value) for value in args],
            "kwargs": {key: _outgoing(value) for key, value in kwargs.items()},
            "returns": list(returns or self.signature.returns),
        }

    def __call__(self, *args: Any, returns: Sequence[str] | None = None, **kwargs: Any) -> Any:
        """Call it; values come back as copies, starred names as `Remote`."""
        request = self.request(*args, returns=returns, **kwargs)
        value = self._student.ask(request, about=self._name)
        return _incoming(value, request["returns"], self._student, self._name)


class Remote:
    """An object that stays behind the wall, or something inside it (`model.params["W1"]`)."""

    def __init__(
        self, student: Student, handle: Handle, about: str, path: tuple[Any, ...], label: str
    ) -> None:
        self._student = student
        self._handle = handle
        self._about = about
        self._path = path
        self._label = label

    def __getattr__(self, name: str) -> Remote:
        return self._inside(name)

    def __getitem__(self, key: str | int) -> Remote:
        return self._inside((key,))

    def _inside(self, step: Any) -> Remote:
        path = (*self._path, step)
        return Remote(self._student, self._handle, self._about, path, self._label)

    def get(self, returns: str = "value") -> Request:
        """The request that `read` makes, for `Student.batch`."""
        return self._request("get", returns=[returns])

    def put(self, value: Any) -> Request:
        """The request that `write` makes, for `Student.batch`."""
        return self._request("set", value=_outgoing(value))

    def update(self, items: Mapping[str, Any]) -> Request:
        """The request that puts several items in their places, for `Student.batch`."""
        return self._request("update", items=dict(items))

    def call(self, *args: Any, returns: Sequence[str], **kwargs: Any) -> Request:
        """The request that a call makes, for `Student.batch`."""
        return self._request(
            "call",
            args=[_outgoing(value) for value in args],
            kwargs={key: _outgoing(value) for key, value in kwargs.items()},
            returns=list(returns),
        )

    def read(self) -> Any:
        """A copy of the value."""
        return self._student.ask(self.get(), about=self._about)

    def shapes(self) -> Any:
        """The shapes of a dict's arrays, by key; what is no dict comes as it is."""
        return self._student.ask(self.get(SHAPES), about=self._about)

    def write(self, value: Any) -> None:
        """Put a value in its place: set the attribute or the item."""
        self._student.ask(self.put(value), about=self._about)

    def __call__(self, *args: Any, returns: Sequence[str] = ("value",), **kwargs: Any) -> Any:
        """Call it; `returns` says what comes back, as in a contract."""
        name = ".".join([self._about, *(step for step in self._path if isinstance(step, str))])
        self._student.transcript.last = Call(name, args, kwargs)
        request = self.call(*args, returns=returns, **kwargs)
        value = self._student.ask(request, about=self._about)
        return _incoming(value, request["returns"], self._student, self._about)

    def _request(self, op: str, **rest: Any) -> Request:
        return {"op": op, "on": self._handle, "path": list(self._path), **rest}


def _outgoing(value: Any) -> Any:
    return value._handle if isinstance(value, Remote) else value


def _incoming(value: Any, returns: Sequence[str], student: Student, about: str) -> Any:
    _must_have(value, returns)
    if len(returns) == 1:
        return _one(value, returns[0], student, about)
    return tuple(
        _one(item, name, student, about) for item, name in zip(value, returns, strict=True)
    )


def _one(value: Any, name: str, student: Student, about: str) -> Any:
    if not name.endswith("*"):
        return value
    return _remote(student, value, about, name.rstrip("*"))


def _remote(student: Student, handle: Any, about: str, label: str) -> Remote:
    if not isinstance(handle, Handle):
        raise _malformed()
    return Remote(student, handle, about, (), label)


def _verdict(reply: Reply, about: str, call: str) -> Exception:
    match reply.get("status"):
        case "absent":
            return NotDone(f"{about} is not there.", Finding(kind="missing", call=call))
        case "bad_return":
            what = str(reply.get("what"))[:300]
            return Wrong(f"{about} returned {what}.", Finding(kind="arity", call=call))
        case "raised":
            return _raised(reply, about, call)
    return _malformed(call)


def _malformed(call: str = "") -> CouldNotRun:
    """The worker itself never answers so: the student's code wrote to the connection."""
    return CouldNotRun("The worker gave a malformed answer.", Finding(kind="crash", call=call))


def _must_have(value: Any, returns: Sequence[str]) -> None:
    """Refuse what is not as many values as were asked for."""
    if len(returns) > 1 and (not isinstance(value, tuple) or len(value) != len(returns)):
        raise _malformed()


def _raised(reply: Reply, about: str, call: str) -> Exception:
    kind, text = str(reply.get("type"))[:100], str(reply.get("message"))[:2_000]
    frames = _frames(reply.get("frames"))
    where = f" in {frames[-1].function}, {frames[-1].file} line {frames[-1].line}" if frames else ""
    message = f"{about} raised {kind}{where}: {text}" if text else f"{about} raised {kind}{where}."
    if kind == "EOFError" and text.startswith("EOF when reading"):
        message += ". input() waits for somebody to type, and nobody is there: take it out."
    finding = Finding(kind="exception", call=call, traceback=frames)
    if kind == "NotImplementedError":
        return NotDone(message, finding)
    return Raised(message, finding, kind)


def _frames(raw: Any) -> list[Frame]:
    try:
        return msgspec.convert(raw, list[Frame])[:8]
    except msgspec.ValidationError:
        return []


def describe_call(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """The call as a student would write it, arrays by their shapes."""
    parts = [_describe(value) for value in args]
    parts += [f"{key}={_describe(value)}" for key, value in kwargs.items()]
    return f"{name}({', '.join(parts)})"


def _describe(value: Any) -> str:
    if isinstance(value, Remote):
        return value._label
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}"
    if isinstance(value, dict):
        inner = ", ".join(f"{key!r}: {_describe(item)}" for key, item in value.items())
        return "{" + inner + "}"
    return value.__name__ if isinstance(value, type) else repr(value)
