"""What a worker's reply has to look like before anything in it is believed to be one."""

from __future__ import annotations

from grader.protocol import wire
from grader.student.proxy import Reply


def understood(reply: wire.Value) -> Reply:
    """A reply of the form that a worker's have; the values in it are still to be judged.

    Raises:
        WireError: it has another form, such as an array where a word should be.
    """
    if not isinstance(reply, dict) or not isinstance(reply.get("status"), str):
        raise wire.WireError("an answer that is none")
    warnings = reply.get("warnings", [])
    if not isinstance(warnings, list) or not all(isinstance(text, str) for text in warnings):
        raise wire.WireError("warnings that are not texts")
    bridged = reply.get("bridged", [])
    if not isinstance(bridged, list) or not all(map(is_use, bridged)):
        raise wire.WireError("uses of old names that are none")
    return reply


def is_use(value: wire.Value) -> bool:
    """Whether it is what was used, since when it is gone, file and line."""
    return (
        isinstance(value, tuple)
        and [type(part) for part in value] == [str, str, str, int]
        and value[3] >= 0
    )
