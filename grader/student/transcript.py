"""What happened during a check, and calls as a student would write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any

import msgspec
import numpy as np

from grader.model.call import Call
from grader.student.remote import Remote


def _unknown(_function: str) -> Sequence[str]:
    return ()


class Transcript(msgspec.Struct):
    """What happened on the way during one check, for the report."""

    last: Call | None = None
    """Described only when a report shows it."""
    stdout: str = ""
    warnings: list[str] = []
    rests_on: str = ""
    """Function that was wrong, and whose numerical derivative was asked for in place of the key."""
    parameters: Callable[[str], Sequence[str]] = _unknown
    """What the student calls the parameters of a function, for the report."""

    @property
    def call(self) -> str:
        """The last call, as a student would write it."""
        if self.last is None:
            return ""
        name, args, kwargs = self.last.name, self.last.args, self.last.kwargs
        return describe_call(name, args, kwargs, self.parameters(name))


def describe_call(
    name: str, args: Sequence[Any], kwargs: Mapping[str, Any], parameters: Sequence[str] = ()
) -> str:
    """The call as a student would write it: `step(w=float64[4, 5], config={'rate': 0.1})`.

    Arguments that were given by their position are named if all of them have one of `parameters`.
    """
    parts = [describe(value) for value in args]
    if "{}" in name:
        return name.format(*parts)
    if len(args) <= len(parameters):
        parts = [f"{key}={part}" for key, part in zip(parameters, parts, strict=False)]
    parts += [f"{key}={describe(value)}" for key, value in kwargs.items()]
    return f"{name}({', '.join(parts)})"


def describe(value: Any) -> str:
    """A value as a student would write it, arrays by what they hold: `float64[7, 5]`."""
    if isinstance(value, Remote):
        return value._label + "".join(
            f".{step}" if isinstance(step, str) else f"[{describe(step[0])}]"
            for step in value._path
        )
    if isinstance(value, np.ndarray) and value.ndim:
        return f"{value.dtype}[{', '.join(map(str, value.shape))}]"
    if isinstance(value, (np.ndarray, np.generic)):
        return repr(value.item())
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(describe, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        inner = ", ".join(f"{key!r}: {describe(item)}" for key, item in value.items())
        return "{" + inner + "}"
    return str(value.__name__) if isinstance(value, (type, FunctionType)) else repr(value)
