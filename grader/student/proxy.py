"""The trusted side's view of the student's code: call it, read it, never believe it.

    out, cache = student.scale_forward(x, w, b)     # out is an array, cache a `Remote`
    dx, dw, db = student.scale_backward(dout, cache)
    model = student.Net(input_dim=5)
    model.params["W1"].write(W1)
    loss, grads = model.loss(X, y, returns=("loss", "grads"))

A `Channel` carries requests to whatever answers: a worker, our own reference, or a recorded key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from grader.assignment.plugin import CallForm
from grader.model.call import Call
from grader.model.contract import ContractEntry
from grader.model.release import Release
from grader.model.result import Finding
from grader.model.verdicts import Wrong
from grader.protocol.wire import Callback, Handle, NotPlain
from grader.student.callbacks import Callbacks
from grader.student.remote import (
    SHAPES,
    Named,
    Remote,
    Request,
    incoming,
    outgoing,
    remote,
)
from grader.student.replies import Raised, malformed, must_have, verdict_of
from grader.student.transcript import Transcript, describe, describe_call

__all__ = [
    "SHAPES",
    "Channel",
    "Function",
    "Raised",
    "Remote",
    "Reply",
    "Request",
    "Student",
    "Transcript",
    "describe_call",
]

Reply = dict[str, Any]


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


class Student:
    """One student's code."""

    def __init__(
        self,
        channel: Channel,
        contract: Mapping[str, ContractEntry],
        form: CallForm = CallForm(),  # noqa: B008 (immutable)
    ) -> None:
        self._channel = channel
        self.contract = contract
        self._form = form
        self.transcript = Transcript()
        self._cpu_seconds: float | None = None
        self._seed: int | None = None
        self._callbacks = Callbacks()

    def __getattr__(self, name: str) -> Function:
        if name not in self.contract:
            raise AttributeError(f"{name} is not in the assignment's contract")
        return Function(self, name, self.contract[name])

    @property
    def release(self) -> Release | None:
        """The template that their code was written for, where the assignment knows of several."""
        return self._form.release

    def reading(self, name: str, default: str = "") -> str:
        """What the assignment's plugin has noted of this student under a name of its own."""
        return self.release.readings.get(name, default) if self.release else default

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
        return remote(self, handle, name, describe(value))

    def hand_over(self, function: Callable[..., Any]) -> Callback:
        """What stands on the student's side for a function of the check's.

        Their code can call it, as long as the check runs, with plain values, and gets plain ones.
        The function must not ask the student's code for anything: that waits for its answer.
        """
        return self._callbacks.add(function)

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
        if self._callbacks.is_running:
            raise RuntimeError("a function that was handed to the student's code asks it in turn")
        if self._seed is not None:
            request, self._seed = {**request, "seed": self._seed}, None
        if self._callbacks.handles:
            request = {**request, "callbacks": list(self._callbacks.handles)}
        try:
            reply = self._channel.ask(request, about=about, cpu_seconds=self._cpu_seconds)
        except NotPlain as error:  # an argument that was a value of theirs: ours can all cross
            text = f"{about} cannot be called with what came before: {error}."
            raise Wrong(text, Finding(kind="type", call=self.transcript.call)) from None
        finally:
            self._callbacks.conclude()
        self._note(reply, about)
        if reply.get("status") == "ok":
            return reply.get("value")
        raise verdict_of(reply, about, self.transcript.call)

    def batch(self, requests: Sequence[Request], *, about: str) -> list[Any]:
        """Send several requests at once; the values of their answers, in order."""
        values = self.ask({"op": "batch", "requests": list(requests)}, about=about)
        if not isinstance(values, list) or len(values) != len(requests):
            raise malformed()
        for value, request in zip(values, requests, strict=True):
            must_have(value, request.get("returns", ("value",)))
        return values

    def _note(self, reply: Reply, about: str) -> None:
        stdout, warnings = reply.get("stdout"), reply.get("warnings")
        if isinstance(stdout, str) and len(self.transcript.stdout) < 8_000:
            self.transcript.stdout += stdout[:8_000]
        for text in warnings if isinstance(warnings, list) else []:
            if text not in self.transcript.warnings and len(self.transcript.warnings) < 20:
                self.transcript.warnings.append(str(text)[:300])


class Function(Named):
    """A function or class of the student's; of a class, its class and static methods."""

    def __init__(
        self, student: Student, name: str, signature: ContractEntry, path: tuple[str, ...] = ()
    ) -> None:
        self._student = student
        self._name = name
        self._path = path
        self.signature = signature

    def __getattr__(self, name: str) -> Function:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        method = self.signature.methods.get(name)
        known = method or ContractEntry(self.signature.module, ("value",))
        return Function(self._student, self._name, known, (*self._path, name))

    def request(self, *args: Any, returns: Sequence[str] | None = None, **kwargs: Any) -> Request:
        """The request that a call makes, for `Student.batch`."""
        call = Call(self._name, args, kwargs)
        if not self._path:
            call = self._student._form.adapt(call)
        self._student.transcript.last = Call(repr(self), call.args, call.kwargs)
        return {
            "op": "call",
            "on": self._name,
            "path": list(self._path),
            "args": [outgoing(self._student, value) for value in call.args],
            "kwargs": {key: outgoing(self._student, value) for key, value in call.kwargs.items()},
            "returns": list(returns or self.signature.returns),
        }

    def __call__(self, *args: Any, returns: Sequence[str] | None = None, **kwargs: Any) -> Any:
        """Call it; values come back as copies, starred names as `Remote`."""
        request = self.request(*args, returns=returns, **kwargs)
        value = self._student.ask(request, about=self._name)
        made = self._name if not self._path and self.signature.makes_object else ""
        return incoming(value, request["returns"], self._student, self._name, made)

    def handle(self) -> Handle:
        """What stands for it on the student's side, where it is handed to their code."""
        request = {"op": "get", "on": self._name, "path": list(self._path), "returns": ["value*"]}
        handle = self._student.ask(request, about=self._name)
        return remote(self._student, handle, self._name, self._name)._handle

    def __repr__(self) -> str:
        return ".".join((self._name, *self._path))
