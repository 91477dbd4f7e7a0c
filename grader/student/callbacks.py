"""Functions of a check's that are handed to the student's code, and called by it.

The function itself stays here; the student's side holds a number. What comes with a call is plain
values, and so is what goes back: nothing else of this side can be reached through it. A function
must not ask the student's code in turn, which waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from grader.model.verdicts import Verdict
from grader.protocol.wire import Callback, byte_size

MOST_CALLS: Final = 10_000
"""Of all functions that one check hands over: a training of that many steps is long."""
MOST_BYTES: Final = 64 << 20
"""Of all that is handed to them: they may keep it."""

Message = dict[str, Any]


class TooManyCalls(Exception):
    """The student's code does not stop calling; the text says what was too much."""


class Callbacks:
    """The functions that one check hands over."""

    def __init__(self) -> None:
        self.handles: list[Callback] = []
        self.is_running = False
        """Whether one of them is being called."""
        self._verdict: Verdict | None = None
        self._calls = 0
        self._bytes = 0

    def add(self, function: Callable[..., Any]) -> Callback:
        """The handle by which a function crosses the wall; the same for the same function."""
        for handle in self.handles:
            if handle.function is function:
                return handle
        self.handles.append(Callback(len(self.handles), function, self._call))
        return self.handles[-1]

    def conclude(self) -> None:
        """Raise the verdict that a function came to while the student's code called it."""
        verdict, self._verdict = self._verdict, None
        if verdict is not None:
            raise verdict

    def _call(self, function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> Any:
        self._count(args, kwargs)
        before, self.is_running = self.is_running, True
        try:
            return function(*args, **kwargs)
        except Verdict as verdict:
            self._verdict = self._verdict or verdict
            raise
        finally:
            self.is_running = before

    def _count(self, args: list[Any], kwargs: dict[str, Any]) -> None:
        self._calls += 1
        self._bytes += byte_size([args, kwargs])
        if self._calls > MOST_CALLS:
            raise TooManyCalls(f"more than {MOST_CALLS} times")
        if self._bytes > MOST_BYTES:
            raise TooManyCalls(f"with more than {MOST_BYTES >> 20} MB in all")


def answer(handles: list[Callback], message: Message) -> Message:
    """What the student's code is told when it has called a function; nothing of why it failed.

    Raises:
        TooManyCalls: it has called too often.
    """
    number, args, kwargs = (message.get(key) for key in ("number", "args", "kwargs"))
    found = [handle for handle in handles if handle.number == number]
    if not found or not isinstance(args, list) or not isinstance(kwargs, dict):
        return {"error": "It was called after its check, or in a way that it is not called."}
    try:
        return {"value": found[0].call(args, kwargs)}
    except TooManyCalls:
        raise
    except Exception as error:  # the arguments are the student's: anything may be wrong
        return {"error": f"It cannot work with what it was given ({type(error).__name__})."}
