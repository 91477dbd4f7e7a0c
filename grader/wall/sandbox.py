"""Places where student code may run: one narrow interface, several kinds, each probed by doing."""

from __future__ import annotations

import socket
from typing import Protocol

from grader.result import SandboxInfo
from grader.wall.limits import Limits

WORKER_MAIN = "grader.wall.worker:serve"


class Worker(Protocol):
    """One process behind the wall; it serves one end of a stream socket."""

    socket: socket.socket
    """Our end. The peer runs student code: nothing that comes is to be believed."""

    def cpu_seconds(self) -> float | None:
        """CPU time used so far; None where it cannot be known."""

    def kill(self) -> None:
        """End it and everything it started, and close the socket.

        Returns when it is gone. Does nothing the second time.
        """

    def ending(self) -> str:
        """Why it ended, in words; empty while it runs or when that cannot be known.

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

    def close(self) -> None:
        """End every worker. Does nothing the second time."""


def open_sandbox(kind: str = "auto", *, main: str = WORKER_MAIN) -> Sandbox:
    from grader.wall.bubblewrap import open_bubblewrap
    from grader.wall.confinement import open_landlock
    return {"auto": open_bubblewrap, "bubblewrap": open_bubblewrap, "landlock": open_landlock}[kind](main)
