"""Functions of a check's that the student's code was handed: calling one asks the trusted side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from grader.worker.plain_values import plain


class CallbackError(RuntimeError):
    """A function that was handed over did not answer."""


class CallbackStub:
    """Stands in for a function on the trusted side: plain values go there, and plain ones back."""

    def __init__(self, number: int, ask: Callable[[dict[str, Any]], Any]) -> None:
        self._number = number
        self._ask = ask

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        what = "a function that the check handed over was given an argument"
        message = {
            "status": "callback",
            "number": self._number,
            "args": [plain(value, what) for value in args],
            "kwargs": {key: plain(value, what) for key, value in kwargs.items()},
        }
        answer = self._ask(message)
        if "error" in answer:
            raise CallbackError(str(answer["error"]))
        return answer["value"]
