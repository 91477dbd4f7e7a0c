"""The client of the grading server: starts it, hands it submissions, gets results back."""

from __future__ import annotations

import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol

import msgspec

from grader.assignment.composed import ComposedAssignment, open_assignment
from grader.assignment.layout import find_rubric
from grader.batches.grading_messages import MANY, MAX_MESSAGE, Job, Ready, Refused
from grader.grading import Settings
from grader.grading.merging import merged, settings_of_member
from grader.import_path import SAFE_PATH, safe_environment
from grader.model.composition import load_composition
from grader.model.errors import ExitCode, GraderError, InputError, InternalError, UsageError
from grader.model.result import Result
from grader.sandbox.runtime import ONE_THREAD
from grader.submission import Source

_ATTEMPTS: Final = 3
"""At a submission whose grading ended without a result, as when a process was killed."""
_DYING_SECONDS: Final = 0.5
"""A process that is killed closes its sockets some time before it is gone."""
_ERRORS = {ExitCode.USAGE: UsageError, ExitCode.INPUT: InputError}


class _Server(Protocol):
    greeting: Ready

    def grade(self, source: Source) -> bytes: ...

    def is_gone(self) -> bool: ...

    def close(self) -> None: ...


class Engine:
    """Grades submissions of one assignment, from any number of threads at once."""

    def __init__(
        self, settings: Settings | None = None, *, workers: int = 1, many: bool = False
    ) -> None:
        """Start the server; returns when it is ready.

        Args:
            settings: how to grade.
            workers: how many submissions at once, where processes cannot be forked.
            many: whether a class is graded, so that what makes each submission faster is worth
                some seconds at the start.

        Raises:
            GraderError: the server cannot grade; says why and what to do.
        """
        self.settings = settings or Settings()
        self._workers = workers
        self._many = many
        self._lock = threading.Lock()
        self._closed = False
        self._server = self._start()

    @property
    def greeting(self) -> Ready:
        """What the server said of itself."""
        return self._server.greeting

    def grade(self, source: Source) -> Result:
        """Grade one submission; a fault of ours is in the result, not raised.

        If a process of ours is killed meanwhile, the submission is graded again.
        """
        reason = ""
        for _ in range(_ATTEMPTS):
            server = self._server
            try:
                return Result.from_json(server.grade(source))
            except (OSError, msgspec.DecodeError, InternalError) as error:
                reason = str(error).rstrip(".")
            if not self._goes_on(server):
                break
        what = f"The process that graded it ended without a result: {reason}."
        return ungraded(self.settings, source, what)

    def close(self) -> None:
        """End the server and everything it started."""
        self._closed = True
        with self._lock:
            self._server.close()

    def _start(self) -> _Server:
        path = find_rubric(self.settings.assignment)
        if self.settings.member or load_composition(path) is None:
            return self._server_of(self.settings)
        return _Composed(self.settings, self._server_of)

    def _server_of(self, settings: Settings) -> _Server:
        forking = settings.fork and sys.platform == "linux"
        if forking:
            return _Forking(settings, many=self._many)
        return _Inline(settings, self._workers, many=self._many)

    def _goes_on(self, server: _Server) -> bool:
        """Put another server in the place of one that is gone; False if there is none any more."""
        with self._lock:
            if self._closed:
                return False
            if server is self._server and server.is_gone():
                server.close()
                try:
                    self._server = self._start()
                except GraderError:
                    return False
            return True

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def ungraded(settings: Settings, source: Source, why: str) -> Result:
    """The result of a submission that was not graded through a fault of ours."""
    return Result(
        submission=source.id,
        name=source.name,
        assignment=settings.assignment,
        score=0.0,
        max_score=0.0,
        parts=[],
        checks=[],
        error=why,
        error_kind="internal",
    )


class _Forking:
    """One server that forks a child per submission."""

    def __init__(self, settings: Settings, *, many: bool) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            _command(settings, str(theirs.fileno()), many=many),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=_environment(),
        )
        theirs.close()
        try:
            self.greeting = _greeting(self._control.recv(MAX_MESSAGE))
        except GraderError:
            self.close()
            raise

    def grade(self, source: Source) -> bytes:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs, self._lock:
                job = msgspec.json.encode(Job.of(source))
                socket.send_fds(self._control, [job], [theirs.fileno()])
            return b"".join(iter(lambda: ours.recv(1 << 16), b""))

    def is_gone(self) -> bool:
        try:
            self._process.wait(_DYING_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return True

    def close(self) -> None:
        self._control.close()
        _end(self._process)


class _Inline:
    """Several servers, each grading one submission after the other: where fork is not to be had."""

    def __init__(self, settings: Settings, workers: int, *, many: bool) -> None:
        self._all: list[subprocess.Popen[bytes]] = []
        self._idle: queue.Queue[subprocess.Popen[bytes]] = queue.Queue()
        self._settings = settings
        self._many = many
        for _ in range(workers):
            self._start()

    def grade(self, source: Source) -> bytes:
        server = self._idle.get()
        try:
            stdin, stdout = _pipes(server)
            stdin.write(msgspec.json.encode(Job.of(source)) + b"\n")
            stdin.flush()
            line: bytes = stdout.readline()
        except OSError:
            line = b""
        if not line:
            _end(server)
            self._start()
            raise InternalError("its server died")
        self._idle.put(server)
        return line

    def is_gone(self) -> bool:
        return False  # it replaces its servers itself

    def close(self) -> None:
        for server in self._all:
            stdin, stdout = _pipes(server)
            with suppress(OSError):
                stdin.close()
            _end(server)
            stdout.close()

    def _start(self) -> None:
        server = subprocess.Popen(
            _command(self._settings, "-", many=self._many),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
        )
        self._all.append(server)
        try:
            self.greeting = _greeting(_pipes(server)[1].readline())
        except GraderError:
            self.close()
            raise
        self._idle.put(server)


class _Composed:
    """A server for each member of a composed assignment, one asked after the other."""

    def __init__(self, settings: Settings, start: Callable[[Settings], _Server]) -> None:
        opened = open_assignment(settings.assignment)
        assert isinstance(opened, ComposedAssignment)
        self._assignment = opened
        self._lang = settings.lang
        self._servers: list[_Server] = []
        try:
            for member in opened.members:
                self._servers.append(start(settings_of_member(member, settings)))
        except GraderError:
            self.close()
            raise
        self.greeting = Ready(
            self._servers[0].greeting.sandbox,
            sum(server.greeting.checks for server in self._servers),
            opened.digest,
        )

    def grade(self, source: Source) -> bytes:
        results = [Result.from_json(server.grade(source)) for server in self._servers]
        return msgspec.json.encode(merged(self._assignment, results, self._lang))

    def is_gone(self) -> bool:
        return any(server.is_gone() for server in self._servers)

    def close(self) -> None:
        for server in self._servers:
            server.close()


def _pipes(server: subprocess.Popen[bytes]) -> tuple[Any, Any]:
    return server.stdin, server.stdout


def _command(settings: Settings, channel: str, *, many: bool) -> list[str]:
    text = msgspec.json.encode(settings).decode()
    # -P: the current folder may be a student's, whose numpy.py must not be imported here
    command = [sys.executable, *SAFE_PATH, "-m", "grader.batches.grading_server", text, channel]
    return [*command, MANY] if many else command


def _environment() -> dict[str, str]:
    """Ours, with one BLAS thread a process."""
    return safe_environment() | ONE_THREAD


def _greeting(data: bytes) -> Ready:
    if not data:
        raise InternalError("The grading server ended before it was ready.")
    message = msgspec.json.decode(data, type=Ready | Refused)
    if isinstance(message, Refused):
        kind = _ERRORS.get(ExitCode(message.exit_code), InternalError)
        raise kind(message.message, hint=message.hint)
    return message


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
