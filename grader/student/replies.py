"""What a worker's reply means, none of which is believed before it was looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from grader.model.result import Finding, Frame
from grader.model.verdicts import CouldNotRun, NotDone, Wrong


class Raised(CouldNotRun):
    """The student's code raised an exception."""

    def __init__(self, message: str, finding: Finding, kind: str) -> None:
        super().__init__(message, finding)
        self.kind = kind
        """Name of the exception's class."""


def verdict_of(reply: dict[str, Any], about: str, call: str) -> Exception:
    """What to raise for a reply that is not `ok`."""
    match reply.get("status"):
        case "absent":
            return NotDone(f"{about} is not there.", Finding(kind="missing", call=call))
        case "bad_return":
            what = str(reply.get("what"))[:300]
            return Wrong(f"{about} returned {what}.", Finding(kind="arity", call=call))
        case "raised":
            return _raised(reply, about, call)
    return malformed(call)


def malformed(call: str = "") -> CouldNotRun:
    """The worker itself never answers so: the student's code wrote to the connection."""
    return CouldNotRun("The worker gave a malformed answer.", Finding(kind="crash", call=call))


def must_have(value: Any, returns: Sequence[str]) -> None:
    """Refuse what is not as many values as were asked for."""
    if len(returns) > 1 and (not isinstance(value, tuple) or len(value) != len(returns)):
        raise malformed()


def _raised(reply: dict[str, Any], about: str, call: str) -> Exception:
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
