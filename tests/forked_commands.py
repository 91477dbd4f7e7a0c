"""Commands of `grader` in children of a process that has imported everything.

A command imports for half a second, and the grading server that it starts for nearly one more.
Where a test asks for a command's outcome, both are forked from a process that did so once:

    python -P -m tests.forked_commands DESCRIPTOR

Whatever is a process's own (interpreter, environment at its start, signals, closed streams) needs
one that is started afresh.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from unittest import mock

from grader.assignment.folder import Assignment
from grader.report.html import environment

REPOSITORY: Final = Path(__file__).parents[1]
COMMAND: Final = "grader.__main__"
SERVER: Final = "grader.batches.grading_server"
_IMPORTED: Final = (
    *(COMMAND, SERVER, "grader.batches.grading_client", "grader.batches.executors"),
    *("grader.batches.run", "grader.batches.state", "grader.batches.result_cache"),
    *("grader.cli.app", "grader.cli.student_app", "grader.cli.batch_progress"),
    *("grader.report.html", "grader.report.redact", "grader.report.terminal"),
)
_MAX_MESSAGE: Final = 1 << 20
_CRASHED: Final = 70


class Commands:
    """Runs commands in children of one process, which is started by the first of them."""

    def run(
        self, arguments: Sequence[str], *, cwd: Path | None = None, seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end.

        Raises:
            subprocess.TimeoutExpired: it took longer than `seconds`.
        """
        reply, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        outputs = [os.pipe(), os.pipe()]
        with reply, theirs, Path(os.devnull).open("rb") as nothing:
            passed = [nothing.fileno(), *(writing for _, writing in outputs), theirs.fileno()]
            request = {
                "module": COMMAND,
                "arguments": list(arguments),
                "folder": str(cwd or Path.cwd()),
                "environment": dict(os.environ),
            }
            socket.send_fds(self._control, [json.dumps(request).encode()], passed)
            for _, writing in outputs:
                os.close(writing)
            theirs.close()
            said = _read_all([reading for reading, _ in outputs], arguments, seconds)
            reply.recv(_MAX_MESSAGE)  # the process's number
            status = int(reply.recv(_MAX_MESSAGE) or _CRASHED)
        texts = (text.decode(errors="replace").replace("\r\n", "\n") for text in said)
        return subprocess.CompletedProcess(list(arguments), status, *texts)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Grading servers that are started meanwhile are forked, too."""
        patch = _divert(lambda: self._control)
        try:
            yield
        finally:
            patch.stop()

    @functools.cached_property
    def _control(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.forked_commands", str(theirs.fileno())],
                cwd=REPOSITORY,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        atexit.register(_end, ours, process)
        return ours


def _end(control: socket.socket, process: subprocess.Popen[bytes]) -> None:
    control.close()
    process.wait()


def _read_all(pipes: list[int], arguments: Sequence[str], seconds: float) -> list[bytes]:
    """What comes out of each pipe until all its writers are gone; closes the pipes."""
    deadline = time.monotonic() + seconds
    found = {pipe: bytearray() for pipe in pipes}
    left = set(pipes)
    try:
        while left:
            ready, _, _ = select.select(left, [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise subprocess.TimeoutExpired(list(arguments), seconds)
            for pipe in ready:
                data = os.read(pipe, 1 << 16)
                found[pipe] += data
                if not data:
                    left.discard(pipe)
    finally:
        for pipe in pipes:
            os.close(pipe)
    return [bytes(found[pipe]) for pipe in pipes]


COMMANDS: Final = Commands()


class _Forked:
    """A grading server forked from the process that has imported everything, like a `Popen`."""

    def __init__(self, requests: socket.socket, command: list[str], **options: Any) -> None:
        (channel,) = options["pass_fds"]
        self.returncode: int | None = None
        self._reply, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, Path(os.devnull).open("rb") as nothing:
            request = {
                "module": SERVER,
                "arguments": command[4:],
                "folder": str(Path.cwd()),
                "environment": options["env"],
            }
            passed = [nothing.fileno(), 1, 2, theirs.fileno(), channel]
            socket.send_fds(requests, [json.dumps(request).encode()], passed)
        self.pid = int(self._reply.recv(_MAX_MESSAGE))

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        if self.returncode is None and select.select([self._reply], [], [], 0)[0]:
            self.returncode = int(self._reply.recv(_MAX_MESSAGE) or _CRASHED)
            self._reply.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code.

        Raises:
            subprocess.TimeoutExpired: there is none in time.
        """
        if self.returncode is None:
            select.select([self._reply], [], [], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(SERVER, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """End it."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def _divert(requests: Callable[[], socket.socket]) -> mock._patch[Any]:
    """Let the client of the grading server ask for a fork of it, until what is returned stops."""

    def start(command: list[str], **options: Any) -> Any:
        if command[1:4] == ["-P", "-m", SERVER] and "pass_fds" in options:
            return _Forked(requests(), command, **options)
        return subprocess.Popen(command, **options)

    client = importlib.import_module("grader.batches.grading_client")
    diverted = SimpleNamespace(**vars(subprocess) | {"Popen": start})
    patch = mock.patch.object(client, "subprocess", diverted)
    patch.start()
    return patch


class _Parent:
    """The process that has imported everything, and forks for each request."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._inner, self._requests = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._watched = selectors.DefaultSelector()
        self._watched.register(control, selectors.EVENT_READ)
        self._watched.register(self._inner, selectors.EVENT_READ)
        self._replies: dict[int, tuple[int, socket.socket]] = {}
        """By the descriptor of a child: its number, and where to say that it ended."""

    def serve(self) -> None:
        """Until the tests hang up; then everything that still runs is ended."""
        while True:
            for key, _ in self._watched.select():
                if not isinstance(key.fileobj, socket.socket):
                    self._bury(key.fd)
                elif not self._receive(key.fileobj):
                    for pid, _reply in self._replies.values():
                        os.kill(pid, signal.SIGKILL)
                    return

    def _receive(self, source: socket.socket) -> bool:
        data, descriptors, _, _ = socket.recv_fds(source, _MAX_MESSAGE, 8)
        if not data:
            return False
        pid = os.fork()
        if not pid:
            self._become(json.loads(data), descriptors)
        number = os.pidfd_open(pid)
        reply = socket.socket(fileno=descriptors[3])
        for descriptor in (*descriptors[:3], *descriptors[4:]):
            os.close(descriptor)
        with suppress(BrokenPipeError):
            reply.send(str(pid).encode())
        self._watched.register(number, selectors.EVENT_READ)
        self._replies[number] = (pid, reply)
        return True

    def _bury(self, number: int) -> None:
        self._watched.unregister(number)
        os.close(number)
        pid, reply = self._replies.pop(number)
        _, status = os.waitpid(pid, 0)
        with reply, suppress(BrokenPipeError):
            reply.send(str(os.waitstatus_to_exitcode(status)).encode())

    def _become(self, request: dict[str, Any], descriptors: list[int]) -> None:
        """Be the command, or the server, and end as it ends."""
        status = _CRASHED
        try:
            self._let_go(descriptors)
            os.environ.clear()
            os.environ.update(request["environment"])
            os.chdir(request["folder"])
            words = request["arguments"]
            if request["module"] == SERVER:
                words[1] = str(descriptors[4])
            sys.argv = [str(REPOSITORY / "grader" / "__main__.py"), *words]
            status = _status_of(request["module"])
        except BaseException:
            traceback.print_exc()
        finally:
            with suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)

    def _let_go(self, descriptors: list[int]) -> None:
        """Keep nothing that is another's; three descriptors become the standard streams."""
        for number, descriptor in enumerate(descriptors[:3]):
            os.dup2(descriptor, number)
        for descriptor in descriptors[:4]:
            os.close(descriptor)
        for name, number, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
            errors = "backslashreplace" if name == "stderr" else "strict"
            stream = open(number, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
        self._watched.close()
        self._control.close()
        self._inner.close()
        for number, (_, reply) in self._replies.items():
            os.close(number)
            reply.close()
        _divert(lambda: self._requests)


def _status_of(module: str) -> int:
    """Run a module's `main`, and what Python does at its end; the exit code."""
    status = 0
    try:
        importlib.import_module(module).main()
    except SystemExit as end:
        status = _code(end.code)
    except BaseException:
        traceback.print_exc()
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    return status


def _code(code: object) -> int:
    if isinstance(code, int) or code is None:
        return int(code or 0)
    print(code, file=sys.stderr)
    return 1


def main() -> None:
    """Serve the tests. Argument: the descriptor of a socket."""
    for name in _IMPORTED:
        importlib.import_module(name)
    Assignment.load("numpynn")  # whose rubric's text is read once in a process
    for name in environment().list_templates(extensions=["html"]):
        environment().get_template(name)
    sys.modules["__main__"].__package__ = "grader"  # Click reads there how it was called
    gc.collect()
    gc.freeze()  # keeps the children from copying what they share
    _Parent(socket.socket(fileno=int(sys.argv[1]))).serve()


if __name__ == "__main__":
    main()
