"""Follow-through, on the untrusted side: functions of the student's that the trusted side answers.

A network that stands on a wrong layer is judged a second time with that layer replaced. The
replacement runs where the reference is, and only values cross: the cache it returns is a token.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, NamedTuple

from grader.protocol import wire


class Token(NamedTuple):
    """Stands here for an object that lives on the trusted side, such as a cache."""

    number: int


class SubstituteError(ValueError):
    """The replaced function did not accept its arguments."""


class Substitute:
    """Stands in for one of the student's functions."""

    def __init__(
        self, name: str, original: Callable[..., Any], ask: Callable[[dict[str, Any]], Any]
    ) -> None:
        self.__name__ = name
        self._original = original
        self._ask = ask

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args, kwargs = _by_position(self._original, args, kwargs)
        message = {
            "status": "substitute",
            "name": self.__name__,
            "args": [_outgoing(value) for value in args],
            "kwargs": {key: _outgoing(value) for key, value in kwargs.items()},
        }
        answer = self._ask(message)
        if "error" in answer:
            raise SubstituteError(str(answer["error"]))
        given = dict(enumerate(args)) | kwargs
        for place, content in answer["written"]:
            given[place].update(content)
        return _incoming(answer["value"])


def install(modules: Iterable[ModuleType], originals: dict[str, Any], ask: Any) -> None:
    """Put a substitute wherever a module holds one of the original functions."""
    stand_ins = {
        id(function): Substitute(name, function, ask) for name, function in originals.items()
    }
    for module in modules:
        for name, value in list(vars(module).items()):
            if id(value) in stand_ins:
                setattr(module, name, stand_ins[id(value)])


def _by_position(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call without the names that the student gave them, where it would bind."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return args, kwargs
    return bound.args, bound.kwargs


def _outgoing(value: Any) -> Any:
    return wire.Handle(value.number) if isinstance(value, Token) else value


def _incoming(value: Any) -> Any:
    if isinstance(value, wire.Handle):
        return Token(value.number)
    return tuple(_incoming(item) for item in value) if isinstance(value, tuple) else value
