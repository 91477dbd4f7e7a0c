"""Is a sandbox really in force? A worker is told to do what it must not, and we look.

Nothing goes by versions: a layer counts when something that it alone refuses was refused.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from grader.model.errors import InternalError
from grader.model.limits import MIB, Limits
from grader.model.result import SandboxInfo
from grader.worker import exec_main

ACTS_MAIN: Final = f"{exec_main.__name__}:{exec_main.serve.__name__}"
ANSWER_SECONDS: Final = 60.0


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one kind of sandbox on this machine."""

    kind: str
    ok: bool
    layers: list[str] = msgspec.field(default_factory=list)
    problem: str = ""
    remedy: str = ""


class Probeable(Protocol):
    """A sandbox whose workers can be told what to serve."""

    info: SandboxInfo

    def spawn(self, limits: Limits, *, main: str = "") -> Any:
        """As `Sandbox.spawn`; `main` is what the worker serves."""


_MEMORY: Final = 128 * MIB
_SECRET: Final = str(Path(exec_main.__file__).parents[1] / "model" / "errors.py")
"""A file that workers must not read, that is always there."""
_TOO_MUCH_MEMORY, _SOCKETS = "take too much memory", "make sockets"
_ROOT, _ABOVE = "list the root folder", "list the folder above its own"
_SEE_FILE: Final = "see that a file exists"
_FORBIDDEN: Final = {
    "start a process": "os.fork() or os._exit(0)",
    "start a program": "os.posix_spawn(sys.executable, [sys.executable, '-V'], {})",
    _SOCKETS: "socket.socketpair()",
    "reach the network": "socket.socket()",
    "signal its parent": "os.kill(os.getppid(), 0)",
    "read a file of the harness": f"open({_SECRET!r}).close()",
    _ROOT: "os.listdir('/')",
    _ABOVE: "os.listdir('..')",
    "write to a library": "open(os.__file__, 'r+').close()",
    "change a library's mode": "os.chmod(os.__file__, os.stat(os.__file__).st_mode)",
    _TOO_MUCH_MEMORY: f"numpy.ones({2 * _MEMORY}, dtype='u1')",
}
"""What every isolating kind must refuse. Harmless where it is not refused."""
_WHERE_MOUNTS_HIDE: Final = frozenset({_ROOT, _ABOVE})
"""Need no refusal where the root folder is the sandbox's own and holds nothing of others."""

_SCRIPT: Final = """
import errno, os, socket, sys, numpy
def refusal(source):
    try:
        exec(source, {"os": os, "socket": socket, "sys": sys, "numpy": numpy})
    except MemoryError:
        return "ENOMEM"
    except OSError as error:
        return errno.errorcode.get(error.errno, "?")
    return ""
refused = {name: refusal(source) for name, source in SOURCES.items()}
solved = float(numpy.linalg.solve(numpy.eye(2) * 2, numpy.ones(2)).sum())
try:
    with open("scratch", "w") as file:
        files = os.fstatvfs(file.fileno()).f_files
except OSError:
    files = 0
result = {"refused": refused, "solved": solved, "files": files, "pid": os.getpid()}
"""


def confirm(sandbox: Probeable) -> Probe:
    """Try everything in one worker of `sandbox`.

    Raises:
        InternalError: no worker started or answered.
    """
    kind = sandbox.info.kind
    isolates = sandbox.info.isolated
    sources = _FORBIDDEN | {_SEE_FILE: f"os.stat({_SECRET!r})"}
    if not isolates:
        sources = {_TOO_MUCH_MEMORY: sources[_TOO_MUCH_MEMORY]}
    worker = sandbox.spawn(Limits(memory_bytes=_MEMORY, cpu_seconds=20), main=ACTS_MAIN)
    try:
        report = ask(worker.socket, f"SOURCES = {sources!r}\n{_SCRIPT}")
        powers = _powers(worker.pid)
    finally:
        worker.kill()
    layers = [layer for layer, holds in _layers(report, powers, worker.pid).items() if holds]
    problem = _problem(report, layers) if isolates else ""
    return Probe(kind=kind, ok=not problem, layers=layers, problem=problem)


def ask(sock: socket.socket, source: str) -> Any:
    """What `result` is after the worker, which serves `acts`, has run `source`.

    Raises:
        InternalError: it raised, ended, or took too long.
    """
    sock.settimeout(ANSWER_SECONDS)
    line = b""
    try:
        sock.sendall(json.dumps(source).encode() + b"\n")
        while not line.endswith(b"\n"):
            if not (data := sock.recv(1 << 16)):
                raise InternalError("A worker ended while it was probed.")
            line += data
    except OSError as error:
        raise InternalError(f"A worker did not answer: {error}.") from error
    answer = json.loads(line)
    if "error" in answer:
        raise InternalError(f"A worker could not be probed: {': '.join(answer['error'])}.")
    return answer["result"]


def _layers(report: dict[str, Any], powers: dict[str, str], pid: int) -> dict[str, bool]:
    refused = report["refused"]
    return {
        "namespaces": refused.get(_SEE_FILE) == "ENOENT" and report["pid"] != pid,
        "landlock": refused.get(_ROOT) == refused.get(_ABOVE) == "EACCES",
        "seccomp": refused.get(_SOCKETS) == "EPERM",
        "rlimits": refused[_TOO_MUCH_MEMORY] == "ENOMEM",
        "unprivileged": bool(powers) and "0" not in powers["Uid"].split()
        and powers["NoNewPrivs"] == "1" and not int(powers["CapPrm"] + powers["CapEff"], 16),
        "private-scratch": 0 < report["files"] <= 1024,
    }  # fmt: skip


def _problem(report: dict[str, Any], layers: list[str]) -> str:
    hidden = _WHERE_MOUNTS_HIDE if "namespaces" in layers else frozenset()
    for name in _FORBIDDEN.keys() - hidden:
        if not report["refused"][name]:
            return f"A worker could {name}."
    return "" if report["solved"] == 1.0 else "NumPy computes wrongly inside."


def _powers(pid: int) -> dict[str, str]:
    """User and capabilities of a process, as the kernel shows them; empty where it does not."""
    try:
        text = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return {}
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
