"""Grading a folder of submissions."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed

import msgspec
from msgspec.structs import replace

from grader.engine.client import Engine
from grader.engine.fingerprint import fingerprint
from grader.engine.lateness import Lateness
from grader.engine.outbox import Outbox
from grader.errors import GraderError, InputError
from grader.grading import harness_version
from grader.result import Result
from grader.submission import Source


class Progress(msgspec.Struct, frozen=True):
    """A submission that is done."""

    result: Result
    done: int
    total: int
    reused: bool
    """Taken from an earlier run, since nothing it depends on has changed."""
    unsaved: str = ""
    """Why result or report could not be written; empty if they were."""


class Batch:
    """A class, graded with one engine."""

    def __init__(
        self,
        sources: Sequence[Source],
        engine: Engine,
        *,
        jobs: int | None = None,
        outbox: Outbox | None = None,
        resume: bool = True,
        lateness: Lateness | None = None,
    ) -> None:
        """Get ready to grade.

        Args:
            sources: the submissions.
            engine: grades them.
            jobs: how many at once; as many as there are processors unless given.
            outbox: where results and reports go as they come; nowhere if None.
            resume: whether results of an earlier run that still hold are taken from the outbox.
            lateness: when they were handed in, and what that costs; nothing if None.
        """
        self._sources = sources
        self._engine = engine
        self._jobs = jobs or default_jobs()
        self._outbox = outbox
        self._resume = resume
        self._lateness = lateness
        self.results: list[Result] = []

    def run(self) -> Iterator[Progress]:
        """Grade every submission; yields each as it is done, in no particular order.

        Whoever does not wait for the end ends the engine.
        """
        if self._outbox is not None:
            self._outbox.prepare()
        with ThreadPoolExecutor(self._jobs, "grade") as pool:
            waiting = self._submit(pool)
            try:
                for future in as_completed(waiting):
                    result, reused = future.result()
                    unsaved = "" if reused else self._save(result)
                    self.results.append(result)
                    yield Progress(result, len(self.results), len(waiting), reused, unsaved)
            except BaseException:  # an interrupt: nobody waits for what is being graded
                for future in waiting:
                    future.cancel()
                self._engine.close()
                raise
        if self._outbox is not None:
            self._outbox.finish(self.results)

    def _submit(self, pool: Executor) -> list[Future[tuple[Result, bool]]]:
        return [pool.submit(self._one, source) for source in self._sources]

    def _one(self, source: Source) -> tuple[Result, bool]:
        submitted = self._lateness.submitted(source) if self._lateness else None
        try:
            digest = self._digest(fingerprint(source), str(submitted))
        except InputError as error:
            source, digest = replace(source, problem=str(error)), ""
        if self._resume and self._outbox is not None:
            stored = self._outbox.stored(source.id, digest)
            if stored is not None:
                return stored, True
        result = replace(self._engine.grade(source), digest=digest)
        return self._lateness.applied(result, submitted) if self._lateness else result, False

    def _digest(self, *submission: str) -> str:
        settings = msgspec.json.encode(self._engine.settings)
        parts = (*submission, self._engine.greeting.digest, settings.decode(), harness_version())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def _save(self, result: Result) -> str:
        try:
            if self._outbox is not None:
                self._outbox.add(result)
        except GraderError as error:
            return str(error)
        return ""


def default_jobs() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
