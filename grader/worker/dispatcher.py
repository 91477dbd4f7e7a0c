"""Answers requests about one set of modules: `grader.worker.worker` says what they look like."""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from grader.protocol import wire
from grader.worker.callback_stubs import CallbackStub
from grader.worker.operations import CONVERSIONS, OPERATORS, key_of
from grader.worker.plain_values import BadValue, described, plain

MAX_TEXT: Final = 2_000
"""Of a message."""

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
            "message": safe_text(error),
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


def safe_text(error: BaseException) -> str:
    """What an error says, however it was made to say it."""
    try:
        return str(error)[:MAX_TEXT]
    except BaseException:
        return "(its message cannot be shown)"
