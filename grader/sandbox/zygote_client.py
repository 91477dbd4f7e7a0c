"""The trusted side of a zygote: start it, ask it for workers, watch and end them (Linux)."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import IO, Any, Final

import msgspec

from grader.model.errors import InternalError
from grader.model.limits import ENDED_BY_US, LOST, Limits
from grader.model.result import SandboxInfo
from grader.sandbox import runtime
from grader.sandbox.process_group import end_group
from grader.worker.scratch import remove_tree

START_SECONDS: Final = 60.0
"""Generous: a machine under heavy load needs long to import NumPy."""
KILL_SECONDS: Final = 30.0
_MAX_MESSAGE = 4096
_MAX_FDINFO = 4096


class ZygoteReport(msgspec.Struct, frozen=True):
    """What the zygote found to work."""

    private: bool
    """Workers get file systems of their own."""
    own_uid: bool
    """Workers get a user of their own."""
    landlock: bool


class ForkedWorker:
    """A process forked from the zygote; see `grader.sandbox.sandboxes.Worker`."""

    def __init__(
        self, wire: socket.socket, status: socket.socket, pidfd: int, cpu_limit: float
    ) -> None:
        self.socket = wire
        self._cpu_limit = cpu_limit
        self._status = status
        self._pidfd = pidfd
        self.pid = _pid_of(pidfd)
        self._clock = cpu_clock(self.pid)
        self._cpu_seconds = 0.0
        self._killed = False
        self._ending = ""

    def cpu_seconds(self) -> float:
        """CPU time of all its threads so far; what it used in all once it has ended."""
        if self._pidfd >= 0:
            with contextlib.suppress(OSError):
                used = time.clock_gettime(self._clock)
                if not _is_readable(self._pidfd, 0):  # else the number may be another process
                    self._cpu_seconds = max(self._cpu_seconds, used)
        return self._cpu_seconds

    def queued_seconds(self) -> float | None:
        """Time that it was ready to run and waited for a processor; None where unknown."""
        return queued_seconds(self.pid) if self._pidfd >= 0 else None

    def doom(self) -> None:
        """Have it ended; `kill` then waits for less."""
        if self._pidfd < 0:
            return
        self.cpu_seconds()
        self._killed = self._killed or not _is_readable(self._pidfd, 0)
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def kill(self) -> None:
        """End it; returns when it is gone. Closes the socket. Does nothing the second time.

        Raises:
            InternalError: the kernel does not let go of the process.
        """
        if self._pidfd < 0:
            return
        self.doom()
        gone = _is_readable(self._pidfd, KILL_SECONDS)
        if gone and not self._ending:  # it is told once
            self._read_ending(KILL_SECONDS)
        os.close(self._pidfd)
        self._pidfd = -1
        self._status.close()
        self.socket.close()
        if not gone:
            raise InternalError("A worker could not be killed.", hint="Is its disk stuck?")

    def interrupt(self) -> None:
        """Send it SIGINT, if it still runs."""
        if self._pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGINT)

    def ending(self) -> str:
        """Why it ended, in words; empty while it runs."""
        if not self._ending and self._pidfd >= 0 and _is_readable(self._pidfd, 0):
            self._read_ending(KILL_SECONDS)
        return self._ending

    def _read_ending(self, seconds: float) -> None:
        """Wait until the zygote has buried it (at once, unless the zygote is gone as well)."""
        self._ending = LOST
        if _is_readable(self._status.fileno(), seconds):
            with contextlib.suppress(ConnectionError):
                if data := self._status.recv(_MAX_MESSAGE):
                    code, self._cpu_seconds = json.loads(data)["ended"]
                    out_of_time = self._cpu_seconds > self._cpu_limit - 1
                    self._ending = in_words(code, killed=self._killed, out_of_time=out_of_time)


class ForkedSandbox:
    """Workers forked from one zygote; see `grader.sandbox.sandboxes.Sandbox`.

    May be used by several forked processes at once. Belongs to the process that opened it: when
    that one closes it, all workers end.
    """

    def __init__(
        self,
        info: SandboxInfo,
        report: ZygoteReport,
        main: str,
        process: subprocess.Popen[bytes],
        control: socket.socket,
        folder: str = "",
    ) -> None:
        self.info = info
        self.report = report
        self._main = main
        self._process = process
        self._control = control
        self._folder = folder
        self._owner = os.getpid()

    def spawn(self, limits: Limits, *, main: str = "") -> ForkedWorker:
        """A new confined process, ready to serve.

        Raises:
            InternalError: the zygote is gone, or the worker could not be confined.
        """
        return self.begin(limits, main=main)()

    def begin(self, limits: Limits, *, main: str = "") -> Callable[[], ForkedWorker]:
        """Have a worker started; what comes back waits for it, and raises as `spawn` does."""
        wire, their_wire = socket.socketpair()
        status, their_status = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = {"main": main or self._main, "limits": msgspec.structs.asdict(limits)}
        failure: OSError | None = None
        with their_wire, their_status:
            fds = [their_wire.fileno(), their_status.fileno()]
            try:
                socket.send_fds(self._control, [json.dumps(request).encode()], fds)
            except OSError as error:
                failure = error

        def started() -> ForkedWorker:
            try:
                if failure is not None:
                    raise failure
                return ForkedWorker(wire, status, _await_worker(status), limits.cpu_seconds)
            except OSError as error:
                wire.close()
                status.close()
                raise InternalError(f"The sandbox does not answer: {error}.") from error
            except InternalError:
                wire.close()
                status.close()
                raise

        return started

    def close(self) -> None:
        """End the zygote and every worker; returns when they are gone. Idempotent."""
        if self._control.fileno() < 0:
            return
        if os.getpid() != self._owner:
            self._control.close()
            return
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)  # also for those who inherited it
        self._control.close()
        try:
            self._process.wait(KILL_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._folder:  # there only if who should have removed it was killed
            remove_tree(self._folder)


def start(
    command: list[str], config: dict[str, Any]
) -> tuple[subprocess.Popen[bytes], socket.socket, ZygoteReport]:
    """Run `command` with the control socket's number and `config` added; wait until it is warm.

    Raises:
        InternalError: it did not start; the message has what it said.
    """
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with tempfile.TemporaryFile() as errors:
        try:
            with theirs:
                process = _run([*command, str(theirs.fileno()), json.dumps(config)], theirs, errors)
        except OSError as error:
            control.close()
            raise InternalError(f"The sandbox did not start: {error}.") from error
        if report := _first_message(control, process):
            return process, control, msgspec.json.decode(report, type=ZygoteReport)
        control.close()
        end_group(process)  # a killed bubblewrap leaves a child that waits for it forever
        process.wait()
        raise InternalError(f"The sandbox did not start: {_last_line(errors)}")


def _run(command: list[str], control: socket.socket, errors: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        env=runtime.ENVIRONMENT,
        pass_fds=[control.fileno()],
        start_new_session=True,
        cwd="/",
    )


def _first_message(control: socket.socket, process: subprocess.Popen[bytes]) -> bytes:
    """What the zygote says once it is warm; empty if it ended before, or does not answer."""
    poll = select.poll()
    pidfd = os.pidfd_open(process.pid)
    try:
        poll.register(control, select.POLLIN)
        poll.register(pidfd, select.POLLIN)
        ready = dict(poll.poll(START_SECONDS * 1000))
    finally:
        os.close(pidfd)
    if control.fileno() in ready:
        with contextlib.suppress(ConnectionError):
            return control.recv(_MAX_MESSAGE)
    return b""


def _await_worker(status: socket.socket) -> int:
    """The worker's pidfd, once it is confined and about to serve."""
    pidfd = -1
    deadline = time.monotonic() + START_SECONDS
    ready = False
    while pidfd < 0 or not ready:
        status.settimeout(max(0.001, deadline - time.monotonic()))
        data, fds, _, _ = socket.recv_fds(status, _MAX_MESSAGE, 1)
        message = json.loads(data) if data else {"failed": "it ended"}
        pidfd = fds[0] if fds else pidfd
        ready = ready or "ready" in message
        if "failed" in message or ("ended" in message and not ready):
            if pidfd >= 0:
                os.close(pidfd)
            reason = message.get("failed", "it ended")
            raise InternalError(f"A worker could not be confined: {reason}.")
    return pidfd


def _is_readable(fd: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _pid_of(pidfd: int) -> int:
    """Number of the process in our PID namespace."""
    with open(f"/proc/self/fdinfo/{pidfd}", encoding="ascii") as file:
        for line in file.read(_MAX_FDINFO).splitlines():
            if line.startswith("Pid:"):
                return int(line.split()[1])
    raise InternalError("The kernel does not tell the worker's process number.")


def cpu_clock(pid: int) -> int:
    """Id of the clock of a process, as `clock_getcpuclockid` makes it."""
    return (~pid << 3) | 2


def queued_seconds(pid: int) -> float | None:
    """Time that the main thread of a process was in the queue for a processor."""
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            return int(file.read(_MAX_FDINFO).split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return None


def in_words(code: int, *, killed: bool = False, out_of_time: bool = False) -> str:
    """How a process ended: `code` is its exit code, or minus the signal.

    `killed` when we did it, unless it was `out_of_time`: then the kernel may have been first.
    """
    if out_of_time and code < 0 and -code in (signal.SIGKILL, signal.SIGXCPU):
        return "used up its CPU time"
    if killed and (sys.platform == "win32" or code == -signal.SIGKILL):
        return ENDED_BY_US
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _last_line(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing."
