"""What the tests of sandboxes share: opening a kind, telling a worker what to do, counting."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.model.errors import UsageError
from grader.model.limits import Limits
from grader.sandbox.probe import ACTS_MAIN
from grader.sandbox.sandboxes import open_sandbox

LIMITS = Limits(memory_bytes=512 << 20, cpu_seconds=60)


def open_or_skip(kind: str) -> Any:
    """A sandbox whose workers do what they are told."""
    try:
        return open_sandbox(kind, main=ACTS_MAIN)
    except UsageError as error:
        pytest.skip(str(error))


def tell(worker: Any, source: str) -> dict[str, Any]:
    """The worker's answer: `{"result": ...}` or `{"error": [type, text]}`."""
    worker.socket.settimeout(60)
    worker.socket.sendall(json.dumps(source).encode() + b"\n")
    line = b""
    while not line.endswith(b"\n"):
        data = worker.socket.recv(1 << 16)
        if not data:
            raise EOFError
        line += data
    answer: dict[str, Any] = json.loads(line)
    return answer


def result(worker: Any, source: str) -> Any:
    """What `result` is after the worker has run `source`, which must not raise."""
    answer = tell(worker, source)
    assert "result" in answer, answer
    return answer["result"]


def evaluate(worker: Any, expression: str) -> Any:
    """The value of an expression in the worker, where os, sys and numpy are imported."""
    return result(worker, f"import os, sys, numpy\nresult = {expression}")


def refusal(worker: Any, source: str) -> str:
    """Name of what the worker's attempt raised; empty when it succeeded."""
    return str(tell(worker, source).get("error", [""])[0])


def eventually(condition: Callable[[], bool], seconds: float = 300.0) -> bool:
    """Whether it comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def descendants(root: int) -> set[int]:
    """Numbers of all processes below `root`, which is not one of them."""
    parents = dict(_parents())
    found: set[int] = set()
    while more := {pid for pid, up in parents.items() if up in found | {root}} - found:
        found |= more
    return found


def is_running(pid: int) -> bool:
    """Whether the process is there, and no zombie that init has yet to bury."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            yield int(entry.name), int(stat.rpartition(")")[2].split()[1])


def open_descriptors(pid: int) -> int:
    """How many descriptors a process holds."""
    return len(os.listdir(f"/proc/{pid}/fd"))
