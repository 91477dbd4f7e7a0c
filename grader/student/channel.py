"""A channel to a worker: replaced when it dies, bounded in CPU time, honest about why."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple, Protocol

import msgspec

from grader.model.errors import InternalError
from grader.model.limits import ENDED_BY_US, LEFT_THREAD, OUT_OF_MEMORY, Limits
from grader.model.result import Finding
from grader.model.submission import Submission
from grader.model.verdicts import CouldNotRun, NotDone, Verdict
from grader.protocol import frames, wire
from grader.sandbox.sandboxes import Sandbox, Worker
from grader.student import callbacks
from grader.student.expected_reply import ExpectedReply
from grader.student.loading import Loading
from grader.student.proxy import Reply, Request
from grader.student.reply_form import understood
from grader.student.time_limit import TimeLimit
from grader.student.watch import Watch
from grader.worker.bridges import Use, is_plausible

_SAYS_NOTHING: Final = (ENDED_BY_US, "killed by SIGKILL")
"""One or the other, as our own signal meets a process that is alive or already dying."""
_ENDS: Final = {
    f"exit code {OUT_OF_MEMORY}": "used up the memory",
    f"exit code {LEFT_THREAD}": "left a thread running",
}
"""How a worker ends itself while modules are loaded, and what a statement did then."""
_STRIKES: Final = 2
"""A function that ran out of time so often is not called again: every check of it says so."""


_MAX_USES: Final = 200


class Substitutes(Protocol):
    """Answers calls of functions that are replaced by the reference's."""

    names: list[str]

    def answer(self, message: Reply) -> Reply:
        """The values of one call, or an `error`; never raises."""


class CallLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one request may take."""

    call_seconds: float = 5.0
    """CPU time of a call."""
    call_wait_seconds: float = 5.0
    """Time that a call may spend waiting: asleep, or for a lock or a thread."""
    load_seconds: float = 5.0
    """CPU time of importing the student's modules."""
    load_wait_seconds: float = 5.0
    """Time that may be spent waiting meanwhile: asleep, or for input, a lock, a thread."""


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
        loading: Loading | None = None,
        time_limit: TimeLimit | None = None,
    ) -> None:
        """No worker is started before something is asked.

        Args:
            sandbox: starts the workers.
            submission: what they load.
            limits: what each may take.
            calls: what each request may take.
            substitutes: answers calls of functions that are replaced.
            killed: where it is written down what was called when a worker was killed by nobody
                we know.
            loading: what earlier channels found out about how the submission loads.
            time_limit: of all that is asked about the submission.
        """
        self._sandbox = sandbox
        self._submission = submission
        self._limits = limits or Limits()
        self._calls = calls or CallLimits()
        self._substitutes = substitutes
        self._killed = [] if killed is None else killed
        self._loading = loading or Loading(submission)
        self._time_limit = time_limit or TimeLimit()
        self._callbacks: list[wire.Callback] = []
        """What may be called while a request is answered."""
        self._line: _Line | None = None
        self._strikes: Counter[str] = Counter()
        self._load_failure: list[Verdict] = []
        self._raised: list[str] = []
        """What went wrong while the modules were loaded, as the worker says."""
        self.uses: dict[Use, None] = {}
        self.notes_uses = True
        """Whether more of them are taken from answers."""
        """What older NumPy or Python had, and the student's code used, as the worker tells."""
        self.deaths = 0
        """How many workers ended before their time."""

    @property
    def problems(self) -> list[str]:
        """What went wrong at the top of the modules: `layers.py, line 3: NameError: ...`."""
        return [*self._loading.stopped, *self._raised]

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request; see `Channel.ask`."""
        if self._strikes[about] >= _STRIKES:
            text = f"{about} timed out in earlier checks and is not called again."
            raise CouldNotRun(text, Finding(kind="timeout"))
        self._callbacks = request.get("callbacks", [])
        try:
            self.post(self.encode(request, about))
            reply = self.fetch(about, cpu_seconds)
        finally:
            self._callbacks = []
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
        self, about: str, cpu_seconds: float | None = None, expected: ExpectedReply | None = None
    ) -> Reply | frames.Raw:
        """The answer to the first posted request that has none; not decoded if it is as `expected`.

        Raises:
            CouldNotRun: none came, and why; the worker is gone, with all else that was posted.
        """
        line = self._line
        assert line is not None, "nothing was posted"
        seconds = cpu_seconds or self._calls.call_seconds
        begin = partial(
            Watch, line.worker, seconds, self._calls.call_wait_seconds, self._time_limit
        )
        try:
            return self._received(line, about, begin, expected)
        except wire.WireError as error:
            raise self._ended(about, error) from None
        except callbacks.TooManyCalls as error:
            self.deaths += 1
            self._put_down()
            text = f"{about} called a function that it was given {error}."
            raise CouldNotRun(text, Finding(kind="timeout")) from None

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

    def __enter__(self) -> WorkerChannel:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _ready(self) -> _Line:
        if len(self._load_failure) >= _STRIKES:
            raise self._load_failure[-1]
        while self._line is None:
            try:
                worker = self._sandbox.spawn(self._limits)
            except InternalError:
                self._killed.append("the start of a worker")
                raise
            self._line = _Line(worker, frames.Stream(worker.socket))
            self._load(self._line)
        return self._line

    def _load(self, line: _Line) -> None:
        """Have a worker load the modules; if one statement ends it, there is no worker any more.

        Raises:
            CouldNotRun: it did not, and there is no statement to blame.
        """
        about = "Importing the submission's modules"
        calls = self._calls
        request = self._loading.request(self._substitutes.names if self._substitutes else [])
        seconds = calls.load_seconds, calls.load_wait_seconds
        watch = Watch(line.worker, *seconds, self._time_limit, importing=True)
        try:
            line.stream.post(frames.encode(request))
            reply = self._received(line, about, lambda: watch)
            assert isinstance(reply, dict)
        except wire.WireError as error:
            now = watch.spent()
            ending = self._put_down()
            if self._time_limit.is_over or not self._blame(error, ending, now):
                self._load_failure.append(self._verdict(about, error, ending))
                raise self._load_failure[-1] from None
            return
        except wire.TooMuch as error:
            text = f"The submission's modules are too large to be loaded: {error}."
            self._load_failure += [CouldNotRun(text, Finding(kind="load"))] * _STRIKES
            raise self._load_failure[-1] from None
        self._note_uses(reply)
        self._loading.is_done()
        problems = reply.get("value")
        if isinstance(problems, list):
            self._raised = [str(problem)[:500] for problem in problems[:50]]

    def _received(
        self,
        line: _Line,
        about: str,
        begin: Callable[[], Watch],
        expected: ExpectedReply | None = None,
    ) -> Reply | frames.Raw:
        """The next reply, of which none but those under way have been read.

        Args:
            line: who replies.
            about: for whom the time is counted.
            begin: makes a watch, once there is something to wait for.
            expected: as for `fetch`.
        """
        watch: Watch | None = None
        while True:
            raw = line.stream.buffered()
            if raw is None:
                watch = watch or begin()
                with self._time_limit.used_by(about):
                    raw = line.stream.receive_raw(deadline=watch.deadline, waiting=watch.look)
                watch.conclude()
            if expected is not None and expected.matches(raw):
                return raw
            reply = understood(wire.unpack(*raw))
            kind = reply["status"]
            if kind == "substitute" and self._substitutes is None:
                return reply
            if kind not in ("substitute", "callback", "running"):
                return reply
            watch = watch or begin()
            if kind == "substitute" and self._substitutes is not None:
                self._answer(line, watch, self._substitutes, reply)
            elif kind == "callback":
                self._call_back(line, reply)
            else:
                self._loading.heard(reply, watch.spent())
            watch.look()  # else there would be no end to one who only tells or asks

    def _answer(self, line: _Line, watch: Watch, substitutes: Substitutes, question: Reply) -> None:
        start = time.monotonic()
        answer = substitutes.answer(question)
        try:
            frame = frames.encode(answer)
        except wire.NotPlain as error:
            frame = frames.encode({"error": f"it returns {error}"})
        line.stream.post(frame)
        watch.excuse(time.monotonic() - start)

    def _call_back(self, line: _Line, message: Reply) -> None:
        """Call a function of the check's. It is part of the call, and so is the time it takes."""
        try:
            frame = frames.encode(callbacks.answer(self._callbacks, message))
        except wire.NotPlain as error:
            frame = frames.encode({"error": f"It returns {error}."})
        line.stream.post(frame)

    def _blame(self, error: wire.WireError, ending: str, now: float) -> bool:
        """Leave out the statement at the top of a module that has ended a worker, if one did."""
        slow = isinstance(error, frames.WireTimeout)
        sure = slow or ending not in _SAYS_NOTHING
        return self._loading.blame(_fate(error, ending), now, slow=slow, sure=sure)

    def _put_down(self) -> str:
        """Put an end to the worker; how it ended, if it did so itself."""
        line, self._line = self._line, None
        if line is None:
            return ""
        line.worker.kill()
        return line.worker.ending()

    def _note_uses(self, reply: Reply) -> None:
        files = self._submission.files
        for use in (Use(*parts) for parts in reply.get("bridged", ())[:_MAX_USES]):
            known = use.file in files and is_plausible(use, files[use.file].text)
            if known and len(self.uses) < _MAX_USES:
                self.uses[use] = None

    def _ended(self, about: str, error: wire.WireError) -> CouldNotRun:
        """Put an end to a worker that was asked something, and say what happened."""
        self.deaths += 1
        ending = self._put_down()
        if self._loading.is_running:  # at the top of a module that the function imported
            self._blame(error, ending, math.inf)
        return self._verdict(about, error, ending)

    def _verdict(self, about: str, error: wire.WireError, ending: str) -> CouldNotRun:
        if isinstance(error, frames.WireTimeout):
            self._strikes[about] += 1
            return CouldNotRun(f"{about} did not finish: {error}.", Finding(kind="timeout"))
        if isinstance(error, frames.WireClosed):
            if ending in _SAYS_NOTHING:
                self._killed.append(about)
            why = f" ({ending})" if ending and ending not in _SAYS_NOTHING else ""
            text = f"{about} ended the whole process{why} instead of returning."
            return CouldNotRun(text, Finding(kind="crash"))
        return CouldNotRun(
            f"{about} broke the connection to the grader: {error}.", Finding(kind="crash")
        )

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


def _fate(error: wire.WireError, ending: str) -> str:
    """What became of a statement at the top of a module."""
    if isinstance(error, frames.WireTimeout):
        return f"was stopped: {error}"
    if ending in _ENDS:
        return _ENDS[ending]
    if isinstance(error, frames.WireClosed):
        why = f" ({ending})" if ending and ending not in _SAYS_NOTHING else ""
        return f"ended the whole process{why}"
    return "broke the connection to the grader"
