"""A channel to a worker: replaced when it dies, bounded in CPU time, honest about why."""

from __future__ import annotations

import time
from collections import Counter
from typing import Final, NamedTuple, Protocol, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from grader.errors import InternalError
from grader.result import Finding
from grader.submission.record import Submission
from grader.verdicts import CouldNotRun, NotDone, Verdict
from grader.wall import frames, wire
from grader.wall.alike import Known
from grader.wall.bridges import Use
from grader.wall.limits import ENDED_BY_US, Limits
from grader.wall.sandbox import Sandbox, Worker
from grader.wall.student import Reply, Request

IDLE_SECONDS: Final = 15.0
"""A worker that uses no CPU for so long during a call is asleep or blocked, not slow."""
_WALL_FACTOR: Final = 20
"""Wall-clock limit over CPU limit: high, since it only stands behind the other two."""
_SAYS_NOTHING: Final = (ENDED_BY_US, "killed by SIGKILL")
"""One or the other, as our own signal meets a process that is alive or already dying."""
_STRIKES: Final = 2
"""A function that ran out of time so often is not called again: every check of it says so."""


_MAX_USES: Final = 200
_MAX_WORDS: Final = 80


class Substitutes(Protocol):
    """Answers calls of functions that are replaced by the reference's."""

    names: list[str]

    def answer(self, message: Reply) -> Reply:
        """The values of one call, or an `error`; never raises."""


class CallLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one request may take."""

    call_seconds: float = 5.0
    """CPU time of a call."""
    load_seconds: float = 20.0
    """CPU time of importing the student's modules."""


class WorkerChannel:
    """Carries requests to a worker that has one submission loaded."""

    def __init__(
        self,
        sandbox: Sandbox,
        submission: Submission,
        *,
        limits: Limits | None = None,
        calls: CallLimits | None = None,
        substitutes: Substitutes | None = None,
        killed: list[str] | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._submission = submission
        self._limits = limits or Limits()
        self._calls = calls or CallLimits()
        self._substitutes = substitutes
        self._killed = [] if killed is None else killed
        """Where it is written down what was called when a worker was killed by nobody we know."""
        self._line: _Line | None = None
        self._strikes: Counter[str] = Counter()
        self._load_failure: list[Verdict] = []
        self.problems: list[str] = []
        """What went wrong while the modules were loaded, at module level."""
        self.uses: dict[Use, None] = {}
        """What older NumPy or Python had, and the student's code used, as the worker tells."""
        self.deaths = 0
        """How many workers ended before their time."""

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request; see `Channel.ask`."""
        if self._strikes[about] >= _STRIKES:
            text = f"{about} ran out of time in earlier checks and is not called again."
            raise CouldNotRun(text, Finding(kind="timeout"))
        self.post(self.encode(request, about))
        reply = self.fetch(about, cpu_seconds)
        assert isinstance(reply, dict)
        if self._line is not None and self._line.stream.has_more:
            raise self._ended(about, wire.WireError("more than the frame that was asked for"))
        return self.accepted(reply, about)

    def encode(self, request: Request, about: str) -> frames.Frame:
        """A request as it crosses the wall.

        Raises:
            CouldNotRun: it is too large. Only what the student's own code has returned can be.
            NotPlain: it cannot cross.
        """
        try:
            return frames.encode(request)
        except wire.TooMuch as error:
            text = f"{about} cannot be called with what came before: {error}."
            raise CouldNotRun(text, Finding(kind="memory")) from None

    def post(self, frame: frames.Frame) -> None:
        """Send a request, without waiting for the answer.

        Raises:
            CouldNotRun: there is no worker, since the modules cannot be loaded.
        """
        self._ready().stream.post(frame)

    def fetch(
        self, about: str, cpu_seconds: float | None = None, known: Known | None = None
    ) -> Reply | frames.Raw:
        """The answer to the first posted request that has none; not decoded if it is `known`.

        Raises:
            CouldNotRun: none came, and why; the worker is gone, with all else that was posted.
        """
        line = self._line
        assert line is not None, "nothing was posted"
        try:
            return self._received(line, cpu_seconds or self._calls.call_seconds, known)
        except wire.WireError as error:
            raise self._ended(about, error) from None

    def accepted(self, reply: Reply, about: str) -> Reply:
        """The reply, unless there is nothing of that name to answer.

        Raises:
            NotDone, CouldNotRun: so it is.
        """
        self._note_uses(reply)
        if reply.get("status") == "absent":
            raise self._absent(about)
        return reply

    def hang_up(self) -> None:
        """Ask nothing more; `close` then waits for less."""
        if self._line is not None:
            self._line.worker.doom()

    def close(self) -> None:
        """End the worker."""
        line, self._line = self._line, None
        if line is not None:
            line.worker.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _ready(self) -> _Line:
        if len(self._load_failure) >= _STRIKES:
            raise self._load_failure[-1]
        if self._line is None:
            try:
                worker = self._sandbox.spawn(self._limits)
            except InternalError:
                self._killed.append("the start of a worker")
                raise
            self._line = _Line(worker, frames.Stream(worker.socket))
            self._load(self._line)
        return self._line

    def _load(self, line: _Line) -> None:
        submission = self._submission
        request = {
            "op": "load",
            "files": {
                path: (_as_bytes(file.text), file.floor_division)
                for path, file in submission.files.items()
            },
            "package": submission.package.rpartition("/")[2] or "numpynn",
            "locations": submission.locations,
            "substitute": self._substitutes.names if self._substitutes else [],
        }
        try:
            line.stream.post(frames.encode(request))
            reply = self._received(line, self._calls.load_seconds)
            assert isinstance(reply, dict)
        except wire.WireError as error:
            failure = self._ended("Importing the submission's modules", error)
            self._load_failure.append(failure)
            raise failure from None
        except wire.TooMuch as error:
            text = f"The submission's modules are too large to be loaded: {error}."
            self._load_failure += [CouldNotRun(text, Finding(kind="load"))] * _STRIKES
            raise self._load_failure[-1] from None
        self._note_uses(reply)
        problems = reply.get("value")
        if isinstance(problems, list):
            self.problems = [str(problem)[:500] for problem in problems[:50]]

    def _received(
        self, line: _Line, cpu_seconds: float, known: Known | None = None
    ) -> Reply | frames.Raw:
        watch = None
        while True:
            raw = line.stream.buffered()
            if raw is None:
                watch = watch or _Watch(line.worker, cpu_seconds)
                raw = line.stream.receive_raw(deadline=watch.deadline, waiting=watch.look)
                watch.conclude()
            if known is not None and known.is_like(raw):
                return raw
            reply = understood(wire.unpack(*raw))
            if reply.get("status") != "substitute" or self._substitutes is None:
                return reply
            answer = self._substitutes.answer(reply)
            try:
                frame = frames.encode(answer)
            except wire.NotPlain as error:
                frame = frames.encode({"error": f"it returns {error}"})
            line.stream.post(frame)
            watch = watch or _Watch(line.worker, cpu_seconds)
            watch.look()  # else there would be no end to one who only asks

    def _note_uses(self, reply: Reply) -> None:
        for what, since, file, line in reply.get("bridged", ())[:_MAX_USES]:
            if file in self._submission.files and len(self.uses) < _MAX_USES:
                self.uses[Use(what[:_MAX_WORDS], since[:_MAX_WORDS], file, line)] = None

    def _ended(self, about: str, error: wire.WireError) -> CouldNotRun:
        """Put an end to the worker, and say what happened."""
        line, self._line = self._line, None
        self.deaths += 1
        ending = ""
        if line is not None:
            line.worker.kill()
            ending = line.worker.ending()
        if isinstance(error, frames.WireTimeout):
            self._strikes[about] += 1
            return CouldNotRun(f"{about} did not finish: {error}.", Finding(kind="timeout"))
        if isinstance(error, frames.WireClosed):
            if ending in _SAYS_NOTHING:
                self._killed.append(about)
            why = f" ({ending})" if ending and ending not in _SAYS_NOTHING else ""
            text = f"{about} ended the whole process{why} instead of returning."
            return CouldNotRun(text, Finding(kind="crash"))
        return CouldNotRun(f"{about} disturbed the connection: {error}.", Finding(kind="crash"))

    def _absent(self, about: str) -> Verdict:
        path = self._submission.locations.get(about)
        if path is None:
            return NotDone(f"{about} is not there.", Finding(kind="missing"))
        reasons = [problem for problem in self.problems if problem.startswith(path)]
        why = f": {reasons[0]}" if reasons else ""
        return CouldNotRun(f"{about} could not be loaded{why}", Finding(kind="load"))


class _Line(NamedTuple):
    worker: Worker
    stream: frames.Stream


def _as_bytes(text: str) -> NDArray[np.uint8]:
    """A text as an array: only those may be long."""
    return np.frombuffer(text.encode("utf-8", "replace"), dtype=np.uint8)


def understood(reply: wire.Value) -> Reply:
    """A reply of the form that a worker's have; the values in it are still to be judged.

    Raises:
        WireError: it has another form, such as an array where a word should be.
    """
    if not isinstance(reply, dict) or not isinstance(reply.get("status"), str):
        raise wire.WireError("an answer that is none")
    warnings = reply.get("warnings", [])
    if not isinstance(warnings, list) or not all(isinstance(text, str) for text in warnings):
        raise wire.WireError("warnings that are no texts")
    bridged = reply.get("bridged", [])
    if not isinstance(bridged, list) or not all(map(_is_use, bridged)):
        raise wire.WireError("uses of old names that are none")
    return reply


def _is_use(value: wire.Value) -> bool:
    """Whether it is what was used, since when it is gone, file and line."""
    return (
        isinstance(value, tuple)
        and [type(part) for part in value] == [str, str, str, int]
        and value[3] >= 0
    )


class _Watch:
    """Looks at a worker while it computes, and stops the wait when a limit is passed."""

    def __init__(self, worker: Worker, cpu_seconds: float) -> None:
        self._worker = worker
        self._limit = cpu_seconds
        self._start = self._last = worker.cpu_seconds()
        self._progress = time.monotonic()
        self.deadline = self._progress + cpu_seconds * _WALL_FACTOR
        self._looked = False

    def conclude(self) -> None:
        """Raise `WireTimeout` if the answer came in time only because nobody had looked."""
        if self._looked:
            self.look()

    def look(self) -> None:
        """Raise `WireTimeout` if the worker has used up its time, or sleeps."""
        self._looked = True
        used = self._worker.cpu_seconds()
        now = time.monotonic()
        if used is None or self._start is None or self._last is None:
            return
        if used - self._start > self._limit:
            raise frames.WireTimeout(f"it used more than {self._limit:g} seconds of CPU time")
        if used > self._last:
            self._last, self._progress = used, now
        elif now - self._progress > IDLE_SECONDS:
            raise frames.WireTimeout(f"it did nothing for {IDLE_SECONDS:g} seconds")
