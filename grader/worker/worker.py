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
import socket
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from typing import Any, Final

from grader.model.limits import LEFT_THREAD, OUT_OF_MEMORY
from grader.protocol import frames, wire
from grader.worker import bridges, compat, debuggers, reference_stubs
from grader.worker.call_counter import Counted, Tally
from grader.worker.dispatcher import (
    MAX_TEXT,
    Absent,
    Dispatcher,
    Reply,
    Request,
    safe_text,
)
from grader.worker.modules import ModuleSource, StudentFiles
from grader.worker.placeholders import Missing

MAX_OUTPUT: Final = 8_000
MAX_WARNINGS: Final = 20
_LOOKS, _LOOK_SECONDS = 10, 0.02
"""How long a thread that was started at the top of a module may take to end."""


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
                failed[path] = f"{type(error).__name__}: {safe_text(error)}"
        originals: dict[str, Any] = dict(files.placeholders)
        for name in locations.keys() - originals.keys():
            with contextlib.suppress(Absent):
                originals[name] = resolve(name)
        replaced = {name: originals[name] for name in request["substitute"] if name in originals}
        reference_stubs.install(files.modules.values(), replaced, self._ask)
        self._tally.install(files.modules.values(), _counted(request["counted"], locations))
        self._dispatcher = Dispatcher(resolve, sources.__contains__, self._ask)
        problems = files.problems + [f"{path}: {text}" for path, text in failed.items()]
        return {"status": "ok", "value": [problem[:MAX_TEXT] for problem in problems[:50]]}

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
