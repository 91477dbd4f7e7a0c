"""The processes of a batch, told apart by what the kernel says of them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

ROLES: Final = ("batch", "server", "child", "bwrap", "zygote", "worker")
_ZYGOTE: Final = "from grader.worker.zygote import main"


def by_role(root: int) -> dict[str, list[int]]:
    """Numbers of the batch's processes (its own is `root`), by role."""
    roles: dict[str, list[int]] = {role: [] for role in ROLES}
    roles["batch"] = [root]
    waiting = [(root, "")]
    while waiting:
        parent, above = waiting.pop()
        for pid in children(parent):
            command = _command(pid)
            waiting.append((pid, command))
            if role := _role(command, is_copy=command == above):
                roles[role].append(pid)
    return roles


def _role(command: str, *, is_copy: bool) -> str:
    if command.startswith(("bwrap", "/usr/bin/bwrap")):
        return "bwrap"
    if "grader.batches.grading_server" in command:
        return "child" if is_copy else "server"
    if _ZYGOTE in command:
        return "worker" if is_copy else "zygote"
    return ""


def children(pid: int) -> list[int]:
    """Numbers of a process's children."""
    found: list[int] = []
    tasks = Path(f"/proc/{pid}/task")
    with contextlib.suppress(OSError):
        for thread in os.listdir(tasks):
            with contextlib.suppress(OSError):
                found += map(int, (tasks / thread / "children").read_text().split())
    return found


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return b" ".join(words).decode("utf-8", "replace")
    except OSError:
        return ""


def state(pid: int) -> str:
    """One letter, `Z` for a zombie; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return ""


def alive(pids: Iterable[int]) -> dict[int, str]:
    """Those that still run, with their commands."""
    return {pid: _command(pid) for pid in pids if state(pid) not in ("", "Z", "X")}
