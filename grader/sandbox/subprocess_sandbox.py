"""The `none` kind: a fresh process for each worker, with limits but without a sandbox.

Works without fork and without passing descriptors, so on macOS and Windows too. Student code in it
can do whatever the user can; for one's own code that is no worse than running it.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from grader.model.errors import InternalError
from grader.model.limits import Limits
from grader.model.result import SandboxInfo
from grader.sandbox import runtime
from grader.sandbox.process_group import end_group
from grader.sandbox.zygote_client import cpu_clock, in_words, queued_seconds
from grader.worker.scratch import remove_tree

START_SECONDS: Final = 120.0
_TOKEN_BYTES = 32


class ColdWorker:
    """A process of its own; see `grader.sandbox.sandboxes.Worker`."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        wire: socket.socket,
        scratch: str,
        cpu_limit: float,
    ) -> None:
        self.socket = wire
        self._cpu_limit = cpu_limit
        self.pid = process.pid
        self._process = process
        self._scratch = scratch
        self._cpu_seconds = 0.0
        self._killed = False

    def cpu_seconds(self) -> float | None:
        """CPU time so far; None except on Linux."""
        if sys.platform != "linux":
            return None
        with contextlib.suppress(OSError):
            if self._process.returncode is None:  # else the number may be another process
                self._cpu_seconds = time.clock_gettime(cpu_clock(self._process.pid))
        return self._cpu_seconds

    def queued_seconds(self) -> float | None:
        """Time that it was ready to run and waited for a processor; None except on Linux."""
        return queued_seconds(self.pid) if sys.platform == "linux" else None

    def doom(self) -> None:
        """Nothing yet: `kill` ends it."""

    def kill(self) -> None:
        """End it, and on POSIX what stayed in its process group. Closes the socket."""
        if self.socket.fileno() < 0:
            return
        self.cpu_seconds()
        self._killed = self._process.poll() is None
        _end(self._process)
        self.socket.close()
        remove_tree(self._scratch)

    def interrupt(self) -> None:
        """Send it SIGINT, if it still runs."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def ending(self) -> str:
        """Why it ended, in words; empty while it runs."""
        code = self._process.poll()
        if code is None:
            return ""
        out_of_time = self._cpu_seconds > self._cpu_limit - 1
        return in_words(code, killed=self._killed, out_of_time=out_of_time)


class ColdSandbox:
    """Starts a Python for each worker; see `grader.sandbox.sandboxes.Sandbox`."""

    def __init__(self, main: str) -> None:
        self.info = SandboxInfo(kind="none", isolated=False)
        self._main = main
        self._runtime = runtime.find_runtime(main)
        self._folder = runtime.make_folder()
        self._path = runtime.stage(self._runtime, self._folder / "lib")
        self._owner = os.getpid()
        self._workers: list[ColdWorker] = []

    def begin(self, limits: Limits) -> Callable[[], ColdWorker]:
        """Nothing begins: what comes back is `spawn`."""
        return partial(self.spawn, limits)

    def spawn(self, limits: Limits, *, main: str = "") -> ColdWorker:
        """A new process, ready to serve.

        Raises:
            InternalError: it did not start or did not connect.
        """
        scratch = self._folder / f"worker-{secrets.token_hex(8)}"
        scratch.mkdir(mode=0o700)
        token = secrets.token_hex(_TOKEN_BYTES)
        with socket.create_server(("127.0.0.1", 0)) as server:
            process = self._start(str(scratch))
            order = {
                "port": server.getsockname()[1],
                "remove": str(self._folder if os.getpid() == self._owner else scratch),
                "token": token,
                "main": main or self._main,
                "limits": msgspec.structs.asdict(limits),
            }
            try:
                _hand_over(process, order)
                wire = _accept(server, process, token.encode())
            except BaseException:
                _end(process)
                remove_tree(str(scratch))
                raise
        worker = ColdWorker(process, wire, str(scratch), limits.cpu_seconds)
        self._workers = [old for old in self._workers if old.socket.fileno() >= 0] + [worker]
        return worker

    def close(self) -> None:
        """End every worker and remove what was staged."""
        if os.getpid() == self._owner:
            for worker in self._workers:
                worker.kill()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, scratch: str) -> subprocess.Popen[bytes]:
        # Windows cannot open sockets without knowing where it is installed.
        needed = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
        homes = {"HOME": scratch, "TMPDIR": scratch, "TEMP": scratch, "TMP": scratch}
        return subprocess.Popen(
            runtime.python_command(self._runtime, self._path, "subprocess_main"),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**runtime.ENVIRONMENT, **needed, **homes},
            cwd=scratch,
            start_new_session=True,
        )


def _hand_over(process: subprocess.Popen[bytes], order: dict[str, object]) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.write(json.dumps(order).encode() + b"\n")
        process.stdin.flush()


def _accept(server: socket.socket, process: subprocess.Popen[bytes], token: bytes) -> socket.socket:
    """The connection that knows the token; any other process may try the port as well."""
    deadline = time.monotonic() + START_SECONDS
    server.settimeout(0.2)
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise InternalError(f"A worker did not start: {in_words(process.returncode)}.")
        with contextlib.suppress(OSError):
            wire, _ = server.accept()
            if _knows(wire, token):
                return wire
            wire.close()
    raise InternalError("A worker did not connect in time.")


def _knows(wire: socket.socket, token: bytes) -> bool:
    wire.settimeout(5.0)
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    received = b""
    with contextlib.suppress(OSError):
        while len(received) < len(token) and (data := wire.recv(len(token) - len(received))):
            received += data
    wire.settimeout(None)
    return hmac.compare_digest(received, token)


def _end(process: subprocess.Popen[bytes]) -> None:
    end_group(process)
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
