"""Who grades: several submissions at once, here or elsewhere, behind one interface."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from grader.batches.fingerprint import Fingerprint
from grader.batches.grading_client import Engine
from grader.grading import Settings
from grader.model.errors import UsageError
from grader.model.result import Result
from grader.submission import Source


class TryAgain(Exception):
    """A submission was not graded, perhaps through another's fault: alone it may be."""


class Executor(Protocol):
    """Grades submissions of one assignment, several at once."""

    settings: Settings

    @property
    def width(self) -> int:
        """How many submissions are worth having under way."""

    def submit(self, source: Source, inputs: Fingerprint) -> Future[Any]:
        """Have a submission graded.

        Raises:
            InputError: it cannot be read.
        """

    def result(self, source: Source, future: Future[Any]) -> Result:
        """What came of it; a fault of ours with this one submission is in the result.

        Raises:
            TryAgain: it should be submitted once more when nothing else is under way.
            GraderError: nothing can be graded any more; says why and what to do.
        """

    def running(self) -> Mapping[str, float]:
        """Ids of the submissions that are being graded, with seconds so far."""

    def check(self) -> None:
        """Called now and then while nothing is ready.

        Raises:
            GraderError: nothing will be ready any more.
        """

    def close(self) -> None:
        """End everything that was started, done or not."""


class LocalExecutor:
    """Grades on this machine. The engine is started when there is something to grade."""

    def __init__(self, settings: Settings, jobs: int | None = None) -> None:
        self.settings = settings
        self._jobs = jobs or default_jobs()
        self._pool = ThreadPoolExecutor(self._jobs, "grade")
        self._starting = threading.Lock()
        self._engine: Engine | None = None
        self._closed = False
        self._begun: dict[str, float] = {}

    @property
    def width(self) -> int:
        """Twice as many as are graded at once, so that none waits while one is written."""
        return 2 * self._jobs

    def submit(self, source: Source, inputs: Fingerprint) -> Future[Any]:
        """Have a submission graded by a thread of ours."""
        return self._pool.submit(self._grade, source)

    def result(self, source: Source, future: Future[Any]) -> Result:
        """The result, as the engine gave it."""
        result: Result = future.result()
        return result

    def running(self) -> Mapping[str, float]:
        """Those that a thread of ours waits for."""
        now = time.monotonic()
        return {name: now - begun for name, begun in list(self._begun.items())}

    def check(self) -> None:
        """Nothing: the engine answers for itself."""

    def close(self) -> None:
        """End the engine, and with it whatever is being graded."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._starting:
            self._closed = True
            if self._engine is not None:
                self._engine.close()
        self._pool.shutdown(wait=True)

    def _grade(self, source: Source) -> Result:
        self._begun[source.id] = time.monotonic()
        try:
            return self._started().grade(source)
        finally:
            self._begun.pop(source.id, None)

    def _started(self) -> Engine:
        with self._starting:
            if self._closed:
                raise UsageError("This batch has ended.")
            if self._engine is None:
                self._engine = Engine(self.settings, workers=self._jobs, many=True)
            return self._engine


def default_jobs() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
