"""Places where student code may run: one narrow interface, several kinds, each probed by doing.

    sandbox = open_sandbox("auto")          bubblewrap | landlock | none
    worker = sandbox.spawn(Limits())        one for each submission
    worker.socket ... worker.kill()

What each kind stops and does not is in `docs/sandbox.md`.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from grader.model.errors import GraderError, UsageError
from grader.model.limits import Limits
from grader.model.result import SandboxInfo
from grader.sandbox.bubblewrap import open_bubblewrap
from grader.sandbox.landlock_sandbox import open_landlock
from grader.sandbox.probe import Probe, Probeable, confirm
from grader.sandbox.subprocess_sandbox import ColdSandbox

__all__ = ["KINDS", "OWN_CODE", "Limits", "Probe", "Sandbox", "Worker", "open_sandbox", "probe"]

WORKER_MAIN: Final = "grader.worker.worker:serve"


class Worker(Protocol):
    """One process behind the wall; it serves the other end of a stream socket."""

    socket: socket.socket
    """Our end. The peer runs student code: nothing that comes is to be believed."""

    def cpu_seconds(self) -> float | None:
        """CPU time used so far; None where it cannot be known."""

    def queued_seconds(self) -> float | None:
        """Time that it was ready to run and waited for a processor; None where unknown."""

    def doom(self) -> None:
        """Have it ended: nothing more is asked of it. `kill` then waits for less."""

    def kill(self) -> None:
        """End it and everything it started, and close the socket.

        Returns when it is gone. Does nothing the second time.
        """

    def ending(self) -> str:
        """Why it ended, in words; empty while it runs.

        `exit code 3`, `killed by SIGSEGV`, `ended by the harness`. Ask after `kill`.
        """


class Sandbox(Protocol):
    """Starts workers of one kind."""

    info: SandboxInfo

    def spawn(self, limits: Limits) -> Worker:
        """Start a worker, for one submission.

        Raises:
            InternalError: no worker could be started or confined.
        """

    def begin(self, limits: Limits) -> Callable[[], Worker]:
        """Have a worker started; what comes back waits for it, and raises as `spawn` does."""

    def close(self) -> None:
        """End every worker. Does nothing the second time."""


class _Openable(Probeable, Sandbox, Protocol):
    """What `_KINDS` makes."""

    def spawn(self, limits: Limits, *, main: str = "") -> Worker: ...


_KINDS: Final[dict[str, Callable[[str], _Openable]]] = {
    "bubblewrap": open_bubblewrap,
    "landlock": open_landlock,
    "none": ColdSandbox,
}
OWN_CODE: Final = "own"
"""What works here, or none: people may run their own code."""
KINDS: Final = tuple(_KINDS)
"""Best first."""
_REMEDIES: Final = {
    "bubblewrap": "Run: apt install bubblewrap. In a container, or where user namespaces are "
    "switched off, it may be refused; then landlock is tried.",
    "landlock": "Needs Linux 5.13 or later with landlock switched on.",
    "none": "",
}
_OTHER_SYSTEMS: Final = "Sandboxes need Linux; on Windows use WSL 2, on macOS a Linux container."
_UNPROTECTED: Final = "For code that you trust only: --no-sandbox."

_failed: dict[str, Probe] = {}
"""Kinds that did not work in this process, so that each is tried once."""


def open_sandbox(kind: str = "auto", *, main: str = WORKER_MAIN) -> Sandbox:
    """Open a sandbox that has been seen to work; `info.layers` says what was confirmed.

    `auto` is the first isolating kind that works, never `none`; `own` is `none` where there is no
    such kind, for one's own code. `main` is what workers serve, as
    `module:function`, a function of the socket.

    Raises:
        UsageError: no such kind, or it does not work here; the hint says what to do.
    """
    if kind == "auto":
        return _open_first(main)
    if kind == OWN_CODE:
        return _open_for_own_code(main)
    if kind not in _KINDS:
        raise UsageError(f"There is no sandbox {kind!r}.", hint=f"Choose auto, {', '.join(KINDS)}.")
    if kind == "none":
        return _KINDS[kind](main)
    opened = _open_confirmed(kind, main)
    if isinstance(opened, Probe):
        raise UsageError(f"The sandbox {kind} does not work: {opened.problem}", hint=opened.remedy)
    return opened


def probe() -> list[Probe]:
    """What works on this machine, every kind tried by doing; nothing stays open."""
    return [_probe(kind) for kind in KINDS]


def _probe(kind: str) -> Probe:
    opened = _open_confirmed(kind, WORKER_MAIN)
    if isinstance(opened, Probe):
        return opened
    opened.close()
    return Probe(kind=kind, ok=True, layers=opened.info.layers)


def _open_first(main: str) -> Sandbox:
    for kind in KINDS[:-1]:
        if kind not in _failed:
            opened = _open_confirmed(kind, main)
            if not isinstance(opened, Probe):
                return opened
            _failed[kind] = opened
    reasons = " ".join(f"{probe.kind}: {probe.problem}" for probe in _failed.values())
    remedy = "Run: apt install bubblewrap." if sys.platform == "linux" else _OTHER_SYSTEMS
    raise UsageError(
        f"No sandbox works on this machine. {reasons}", hint=f"{remedy} {_UNPROTECTED}"
    )


def _open_for_own_code(main: str) -> Sandbox:
    try:
        return _open_first(main)
    except UsageError:
        return _KINDS["none"](main)


def _open_confirmed(kind: str, main: str) -> Sandbox | Probe:
    """An open sandbox with its layers confirmed, or what is wrong with it."""
    if kind != "none" and sys.platform != "linux":
        problem = f"It does not exist on {sys.platform}."
        return Probe(kind=kind, ok=False, problem=problem, remedy=_OTHER_SYSTEMS)
    try:
        sandbox = _KINDS[kind](main)
    except GraderError as error:
        return Probe(kind=kind, ok=False, problem=error.message, remedy=_REMEDIES[kind])
    try:
        found = confirm(sandbox)
    except GraderError as error:
        found = Probe(kind=kind, ok=False, problem=error.message)
    if not found.ok:
        sandbox.close()
        return msgspec.structs.replace(found, remedy=_REMEDIES[kind])
    sandbox.info = msgspec.structs.replace(sandbox.info, layers=found.layers)
    return sandbox
