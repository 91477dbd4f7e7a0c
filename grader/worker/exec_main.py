"""A worker that does what it is told: Python text in, what it gives out.

For probing and testing a sandbox. Where student code may run, so may this.
"""

from __future__ import annotations

import json
import socket
from typing import Any

_MAX_LINE = 1 << 24


def serve(sock: socket.socket) -> None:
    """Run one JSON string a line as Python; answer with `result` that it sets, or what it raised.

    The answer is `{"result": ...}` or `{"error": [type, text]}`. Names last from line to line.
    """
    names: dict[str, Any] = {"sock": sock}
    with sock.makefile("rwb") as stream:
        while line := stream.readline(_MAX_LINE):
            stream.write(json.dumps(_run(json.loads(line), names), default=str).encode() + b"\n")
            stream.flush()


def _run(source: str, names: dict[str, Any]) -> dict[str, Any]:
    names["result"] = None
    try:
        exec(source, names)
    except Exception as error:
        return {"error": [type(error).__name__, str(error)]}
    return {"result": names["result"]}
