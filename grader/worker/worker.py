"""The untrusted side: holds the student's objects and answers calls. Nothing here is a verdict.

The trusted side sends one request at a time, a dict:

    {"op": "load", "files": {path: (bytes, floor_division, acts)}, "package": name,
     "import_names": [name, ...],       others that import it
     "modules": {name: path},           names by which files are imported that are not called so
     "locations": {name: path},         where the contract's names are defined
     "expected": {name: path},          those that are to have a placeholder if they are not
     "also": [path, ...],               files that functions import when they are called
     "substitute": [name, ...],         names that are to be answered by the trusted side
     "counted": {"callers": [...], "called": [...], "checkers": [...]}}     whose calls are counted
    {"op": "call", "on": name or handle, "path": [...], "args": [...], "kwargs": {...},
     "returns": [...]}
    {"op": "get",  "on": handle, "path": [...], "returns": [...]}
    {"op": "set",  "on": handle, "path": [...], "value": ...}
    {"op": "update", "on": handle, "path": [...], "items": {...}}
    {"op": "keep", "value": ...}            answers with a handle: an object made here
    {"op": "operate", "name": ..., "args": [...]}   a + b, -a, iter(a): answers with a handle
    {"op": "convert", "name": ..., "args": [...]}   float(a), len(a): answers with a plain value
    {"op": "next", "on": handle}            answers with a handle, or None at the end
    {"op": "batch", "requests": [...]}      stops at the first that does not answer "ok"

`path` leads from the object to the thing meant: `["params"]` is an attribute, `[("W1",)]` an item.
Where a name stands in place of a handle, the path leads from a function or class of the contract.
`returns` names what comes back; a name that ends in `*` stays here and travels as a handle, of one
that ends in `.shape` only the shapes are told, of one in `.type` the class and the dtype, and
`_` is dropped.
A request with a `seed` seeds NumPy's and Python's global generators first; a `fresh` one begins
without objects.
Requests may come before earlier ones are answered.
A request says which `callbacks` the student's code may call: functions of the check's.
The answer is a dict with a `status`: `ok` (with `value`), `raised`, `bad_return` or `absent`; with
`calls` where a function or method made very many others (see `grader.worker.call_counter`),
and `bridged` where something was used that NumPy or Python no longer has (see
`grader.worker.bridges`).
Before the answer may come messages of other kinds: `substitute` and `callback` ask for a value, and
`running` says which statement of which file is about to run (see `grader.worker.modules`).
"""

from __future__ import annotations

import _thread
import contextlib
import io
import os
import random
import socket
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

from grader.model.limits import LEFT_THREAD, OUT_OF_MEMORY
from grader.protocol import frames, wire
from grader.worker import bridges, compat, debuggers, reference_stubs
from grader.worker.call_counter import Counted, Tally
from grader.worker.callback_stubs import CallbackStub
from grader.worker.modules import ModuleSource, StudentFiles
from grader.worker.operations import CONVERSIONS, OPERATORS, key_of
from grader.worker.placeholders import Missing
from grader.worker.plain_values import BadValue, described, plain

MAX_OUTPUT: Final = 8_000
MAX_WARNINGS: Final = 20
_MAX_TEXT: Final = 2_000
_LOOKS, _LOOK_SECONDS = 10, 0.02
"""How long a thread that was started at the top of a module may take to end."""

Request = dict[str, Any]
Reply = dict[str, Any]


class Absent(LookupError):
    """A contract name that the student's files do not define."""


class Dispatcher:
    """Answers requests about one set of modules."""

    def __init__(
        self,
        resolve: Callable[[str], Any],
        own_file: Callable[[str], bool],
        ask: Callable[[Reply], Any] = lambda _message: {"error": "It is not at hand."},
    ) -> None:
        """`ask` is told when the student's code calls a function of the check's."""
        self._resolve = resolve
        self._own_file = own_file
        self.ask = ask
        self._objects: dict[int, Any] = {}
        self._count = 0

    def answer(self, request: Request) -> Reply:
        """Carry out one request; whatever the student's code does is in the reply."""
        operation = _OPERATIONS[request["op"]]
        if "fresh" in request:
            self._objects.clear()
            self._count = 0
        try:
            if "seed" in request:
                np.random.seed(request["seed"])
                random.seed(request["seed"])
            return operation(self, request)
        except Absent as error:
            return {"status": "absent", "name": str(error)}
        except BadValue as error:
            return {"status": "bad_return", "what": str(error)}
        except BaseException as error:
            return self._raised(error)

    def _call(self, request: Request) -> Reply:
        function = self._find(request)
        args = [self._incoming(value) for value in request["args"]]
        kwargs = {key: self._incoming(value) for key, value in request["kwargs"].items()}
        value = self._outgoing(function(*args, **kwargs), request["returns"])
        return {"status": "ok", "value": value}

    def _get(self, request: Request) -> Reply:
        return {"status": "ok", "value": self._outgoing(self._find(request), request["returns"])}

    def _set(self, request: Request) -> Reply:
        *way, last = request["path"]
        owner = self._find({"on": request["on"], "path": way})
        value = self._incoming(request["value"])
        if isinstance(last, tuple):
            owner[self._key(last)] = value
        else:
            setattr(owner, last, value)
        return {"status": "ok", "value": None}

    def _update(self, request: Request) -> Reply:
        owner = self._find(request)
        for key, value in request["items"].items():
            owner[key] = self._incoming(value)
        return {"status": "ok", "value": None}

    def _keep(self, request: Request) -> Reply:
        return {"status": "ok", "value": self._one(self._incoming(request["value"]), "value*")}

    def _batch(self, request: Request) -> Reply:
        values = []
        for inner in request["requests"]:
            reply = self.answer(inner)
            if reply["status"] != "ok":
                return reply
            values.append(reply["value"])
        return {"status": "ok", "value": values}

    def _operate(self, request: Request) -> Reply:
        value = OPERATORS[request["name"]](*map(self._incoming, request["args"]))
        return {"status": "ok", "value": self._one(value, "value*")}

    def _convert(self, request: Request) -> Reply:
        value = CONVERSIONS[request["name"]](*map(self._incoming, request["args"]))
        return {"status": "ok", "value": self._one(value, request["name"])}

    def _next(self, request: Request) -> Reply:
        value = next(self._incoming(request["on"]), _END)
        return {"status": "ok", "value": None if value is _END else self._one(value, "item*")}

    def _find(self, request: Request) -> Any:
        target = request["on"]
        thing = self._resolve(target) if isinstance(target, str) else self._incoming(target)
        for step in request["path"]:
            thing = thing[self._key(step)] if isinstance(step, tuple) else getattr(thing, step)
        return thing

    def _key(self, step: tuple[Any, ...]) -> Any:
        return key_of(self._incoming(step[0]))

    def _incoming(self, value: Any) -> Any:
        if isinstance(value, wire.Handle):
            return self._objects[value.number]
        if isinstance(value, wire.Callback):
            return CallbackStub(value.number, self.ask)
        if isinstance(value, (list, tuple)):
            return type(value)(self._incoming(item) for item in value)
        if isinstance(value, dict):
            return {key: self._incoming(item) for key, item in value.items()}
        return value

    def _outgoing(self, value: Any, returns: list[str]) -> Any:
        if len(returns) == 1:
            return self._one(value, returns[0])
        if not isinstance(value, (tuple, list)) or len(value) != len(returns):
            raise BadValue(described(value))
        return tuple(self._one(item, name) for item, name in zip(value, returns, strict=True))

    def _one(self, value: Any, name: str) -> Any:
        if name == "_":
            return None
        if name.endswith(".shape") and isinstance(value, dict):
            value = {key: list(np.shape(item)) for key, item in value.items()}
        if name.endswith(".type"):
            return [type(value).__name__[:100], str(getattr(value, "dtype", ""))[:100]]
        if not name.endswith("*"):
            # As a NumPy scalar its bytes lie in the body, where numbers are compared as numbers.
            return np.float64(value) if type(value) is float else plain(value, name)
        self._count += 1
        self._objects[self._count] = value
        return wire.Handle(self._count)

    def _raised(self, error: BaseException) -> Reply:
        frames = [
            {"file": frame.filename, "line": frame.lineno or 0, "function": frame.name,
             "source": (frame.line or "")[:200]}
            for frame in traceback.extract_tb(error.__traceback__)
            if self._own_file(frame.filename)
        ]  # fmt: skip
        return {
            "status": "raised",
            "type": type(error).__name__[:100],
            "message": _safe_text(error),
            "frames": frames[-8:],
        }


_OPERATIONS: Final[dict[str, Callable[[Dispatcher, Request], Reply]]] = {
    "call": Dispatcher._call,
    "get": Dispatcher._get,
    "set": Dispatcher._set,
    "update": Dispatcher._update,
    "keep": Dispatcher._keep,
    "batch": Dispatcher._batch,
    "operate": Dispatcher._operate,
    "convert": Dispatcher._convert,
    "next": Dispatcher._next,
}
_END: Final = object()


def _safe_text(error: BaseException) -> str:
    try:
        return str(error)[:_MAX_TEXT]
    except BaseException:
        return "(its message cannot be shown)"


def _counted(told: dict[str, list[str]], defined: Iterable[str]) -> Counted:
    """Whose calls are counted, of those that the submission defines."""
    there = frozenset(defined)
    return Counted(
        there.intersection(told["callers"]),
        there.intersection(told["called"]),
        tuple(told["checkers"]),
    )


class Session:
    """What one worker keeps: the student's modules, once loaded, and their output."""

    def __init__(
        self, ask: Callable[[Reply], Any], tell: Callable[[Reply], None] = lambda _message: None
    ) -> None:
        """`ask` sends a message and waits for what is said to it, `tell` does not wait."""
        self._dispatcher: Dispatcher | None = None
        self._tally = Tally()
        self._ask = ask
        self._tell = tell

    def answer(self, request: Request) -> Reply:
        """Answer a request, with what was printed and warned meanwhile."""
        out = _Capped()
        streams = sys.stdout, sys.stderr
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            sys.stdout = sys.stderr = out
            try:
                reply = self._answered(request)
            finally:
                sys.stdout, sys.stderr = streams
        bridged = {"bridged": [tuple(use) for use in uses]} if (uses := bridges.taken()) else {}
        return {**reply, "stdout": out.text(), "warnings": _distinct(caught), **bridged}

    def _answered(self, request: Request) -> Reply:
        if request["op"] == "load":
            return self._load(request)
        if self._dispatcher is None:
            return {"status": "absent", "name": "(nothing was loaded)"}
        self._tally.begin()
        reply = self._dispatcher.answer(request)
        one = request["op"] == "call" and len(request["path"]) <= 1
        calls = self._tally.many() if one else None
        return {**reply, "calls": calls} if calls else reply

    def _load(self, request: Request) -> Reply:
        sources = {
            path: ModuleSource(text.tobytes().decode(), floors, acts)
            for path, (text, floors, acts) in request["files"].items()
        }
        files = _Files(
            sources,
            request["package"],
            import_names=request["import_names"],
            names=request["modules"],
            expected=request["expected"],
            announce=self._announce,
        )
        files.install()
        locations = request["locations"]
        failed: dict[str, str] = {}

        def resolve(name: str) -> Any:
            path = locations.get(name, "")
            module = files.modules.get(files.layout.name_of(path))
            value = getattr(module, name, _NOTHING)
            if value is _NOTHING or isinstance(value, Missing):
                raise Absent(name)
            return value

        for path in [*sorted(set(locations.values())), *request["also"]]:
            try:
                files.load(path)
            except BaseException as error:
                failed[path] = f"{type(error).__name__}: {_safe_text(error)}"
        originals: dict[str, Any] = dict(files.placeholders)
        for name in locations.keys() - originals.keys():
            with contextlib.suppress(Absent):
                originals[name] = resolve(name)
        replaced = {name: originals[name] for name in request["substitute"] if name in originals}
        reference_stubs.install(files.modules.values(), replaced, self._ask)
        self._tally.install(files.modules.values(), _counted(request["counted"], locations))
        self._dispatcher = Dispatcher(resolve, sources.__contains__, self._ask)
        problems = files.problems + [f"{path}: {text}" for path, text in failed.items()]
        return {"status": "ok", "value": [problem[:_MAX_TEXT] for problem in problems[:50]]}

    def _announce(self, path: str, statement: int) -> None:
        self._tell({"status": "running", "file": path, "statement": statement})


_NOTHING: Final = object()


class _Files(StudentFiles):
    """The student's files in a process of their own, which may end: another takes its place."""

    survives = (BaseException,)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._threads = _thread._count()

    def has_run(self) -> None:
        """End the process if there is a thread now that goes on: it would slow down each call."""
        for _ in range(_LOOKS):
            if _thread._count() <= self._threads:
                return
            time.sleep(_LOOK_SECONDS)
        os._exit(LEFT_THREAD)

    def out_of_memory(self) -> None:
        """End the process; the statement that was announced is known."""
        os._exit(OUT_OF_MEMORY)


def _distinct(caught: list[warnings.WarningMessage]) -> list[str]:
    if not caught:
        return []
    texts = [f"{entry.category.__name__}: {entry.message}"[:300] for entry in caught]
    return list(dict.fromkeys(texts))[:MAX_WARNINGS]


class _Capped(io.TextIOBase):
    """A text stream that keeps the beginning and drops the flood."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._room = MAX_OUTPUT
        self._dropped = False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        kept = text[: self._room]
        if kept:
            self._parts.append(kept)
        self._room -= len(kept)
        self._dropped |= len(kept) < len(text)
        return len(text)

    def text(self) -> str:
        """What was written, with a mark where it was cut."""
        return "".join(self._parts) + ("\n[... cut]" if self._dropped else "")


def serve(sock: socket.socket) -> None:
    """Answer requests until the trusted side hangs up."""
    compat.install()
    debuggers.install()
    sys.setrecursionlimit(2_000)

    stream = frames.Stream(sock)

    def ask(message: Reply) -> Any:
        stream.send(message)
        return stream.receive()

    session = Session(ask, stream.send)
    while True:
        try:
            request = stream.receive()
        except wire.WireError:
            return
        reply = session.answer(request)
        try:
            stream.send(reply)
        except wire.NotPlain as error:
            stream.send({"status": "bad_return", "what": str(error)})
        except wire.WireError:
            return
