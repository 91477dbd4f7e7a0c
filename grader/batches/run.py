"""Grading a folder of submissions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import cached_property
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from grader.assignment.composed import open_assignment
from grader.batches.executors import Executor, TryAgain
from grader.batches.fingerprint import Fingerprint, Fingerprints
from grader.batches.output import BatchOutput
from grader.batches.rerun_reasons import CACHE, HERE, Reasons
from grader.batches.result_cache import Cache
from grader.course.submission_worth import Worth
from grader.grading.absent import nothing_submitted
from grader.model.errors import GraderError, InputError, InternalError
from grader.model.result import Result
from grader.model.rubric import Rubric
from grader.report.summary import Register, Summary
from grader.submission import Source, Sources

_LOOK_AROUND_SECONDS: Final = 5.0


class Progress:
    """A submission that is done."""

    def __init__(
        self,
        summary: Summary,
        done: int,
        total: int,
        result: Result | None,
        output: BatchOutput | None,
    ) -> None:
        self.summary = summary
        self.done = done
        self.total = total
        self.origin = ""
        """Where it was taken from, since nothing it depends on has changed; see `reasons`."""
        self.why: tuple[str, ...] = ()
        """Why it was graded, if it was."""
        self.unsaved = ""
        """Why result or report could not be written; empty if they were."""
        self._result = result
        self._output = output

    @property
    def reused(self) -> bool:
        """Whether it was taken from an earlier run."""
        return bool(self.origin)

    @property
    def result(self) -> Result:
        """The whole result: of one that was taken as it was, read from its file.

        Raises:
            InternalError: somebody removed that file meanwhile.
        """
        found = self._result
        if found is None and self._output is not None:
            found = self._output.result(self.summary.submission)
        if found is None:
            raise InternalError(f"The result of {self.summary.submission} is gone.")
        return found


class _Task(NamedTuple):
    """A submission, and all that its result depends on."""

    source: Source
    inputs: Fingerprint
    worth: Worth
    why: tuple[str, ...]


class Batch:
    """A class, graded by one executor."""

    def __init__(
        self,
        sources: Sources | Sequence[Source],
        executor: Executor,
        *,
        output: BatchOutput | None = None,
        cache: Cache | None = None,
        resume: bool = True,
        worth: Callable[[Source], Worth] | None = None,
    ) -> None:
        """Get ready to grade.

        Args:
            sources: the submissions.
            executor: grades them.
            output: where results and reports go as they come; nowhere if None.
            cache: results of other batches that are taken, and where these go too.
            resume: whether results that still hold are taken from output and cache.
            worth: what decides what a submission is worth, beside what grading gives.

        Raises:
            GraderError: the assignment cannot be loaded.
        """
        self._sources = sources
        self._executor = executor
        self._output = output
        self._cache = cache
        self._resume = resume
        self._worth = worth or (lambda _source: Worth())
        self._fingerprints = Fingerprints(executor.settings)
        self._register = Register()
        self._done = 0
        self._suspects: list[_Task] = []
        self._waiting: Callable[[Mapping[str, float]], None] = lambda _running: None
        self.reasons = Reasons()
        """Where the results came from so far."""

    def run(
        self, waiting: Callable[[Mapping[str, float]], None] = lambda _running: None
    ) -> Iterator[Progress]:
        """Grade every submission; yields each as it is done, in no particular order.

        Stopping early closes the executor. Every few seconds `waiting` is told which submissions
        are being graded, and how many seconds each has taken so far.

        Raises:
            GraderError: nothing can be graded, or the class pages not be written.
        """
        try:
            self._waiting = waiting
            if self._output is not None:
                self._output.prepare()
            yield from self._all()
            if self._output is not None:
                self._output.finish()
            if self._cache is not None:
                self._cache.prune()
        finally:  # also at an interrupt: nobody waits for what is being graded
            self._executor.close()
            if self._output is not None:
                self._output.close()

    def _all(self) -> Iterator[Progress]:
        waiting: dict[Future[Any], _Task] = {}
        for source in self._sources:
            task, done = self._begun(source)
            if done is not None:
                yield done
                continue
            waiting[self._executor.submit(task.source, task.inputs)] = task
            if len(waiting) >= self._executor.width:
                yield from self._finished(waiting)
        while waiting:
            yield from self._finished(waiting)
        while self._suspects:
            task = self._suspects.pop()
            waiting[self._executor.submit(task.source, task.inputs)] = task
            while waiting:
                yield from self._finished(waiting)

    def _begun(self, source: Source) -> tuple[_Task, Progress | None]:
        """A submission as a task, and if its result is there already, that."""
        worth = self._worth(source)
        try:
            inputs = self._fingerprints.of(source)
        except InputError as error:
            source = replace(source, problem=str(error))
            inputs = self._fingerprints.of(source)
        task = _Task(source, inputs, worth, ("new",) if self._resume else ("fresh",))
        if not self._resume:
            return task, self._absent(task) if source.absent else None
        if self._output is not None:
            try:
                summary, why = self._output.find(source.id, inputs, worth)
            except InputError:  # its report is gone, and cannot be written: that will be said
                summary, why = None, ("damaged",)
            if summary is not None:
                return task, self._progress(summary, origin=HERE)
            task = task._replace(why=why)
        return (task, self._absent(task)) if source.absent else self._cached(task)

    def _absent(self, task: _Task) -> Progress:
        """Somebody who submitted nothing: there is nothing to run."""
        settings = self._executor.settings
        result = nothing_submitted(task.source, self._rubric, settings.lang)
        return self._made(task, replace(result, digest=task.inputs.digest))

    @cached_property
    def _rubric(self) -> Rubric:
        return open_assignment(self._executor.settings.assignment).rubric

    def _cached(self, task: _Task) -> tuple[_Task, Progress | None]:
        if self._cache is None:
            return task, None
        found = self._cache.get(task.inputs.digest)
        if found.result is not None:
            return task, self._made(task, found.result, origin=CACHE)
        return task._replace(why=("damaged",)) if found.damaged else task, None

    def _finished(self, waiting: dict[Future[Any], _Task]) -> Iterator[Progress]:
        ready, _ = wait(waiting, _LOOK_AROUND_SECONDS, FIRST_COMPLETED)
        self._waiting(self._executor.running())
        if not ready:
            self._executor.check()
        for future in ready:
            task = waiting.pop(future)
            try:
                result = replace(
                    self._executor.result(task.source, future), digest=task.inputs.digest
                )
            except TryAgain:
                self._suspects.append(task)
                continue
            if self._cache is not None and result.graded and result.sound:
                self._cache.put(result)
            yield self._made(task, result)

    def _made(self, task: _Task, result: Result, origin: str = "") -> Progress:
        """Write a result; one that cannot be written is in the class page all the same."""
        worth, output = task.worth, self._output
        result = output.settled(result, worth) if output else worth.applied(result)
        unsaved = ""
        try:
            if self._output is not None:
                self._output.add(result, task.inputs, worth)
        except GraderError as error:
            unsaved = str(error)
        register = self._output.register if self._output else self._register
        progress = self._progress(register.summary(result), result, origin, task.why)
        progress.unsaved = unsaved
        return progress

    def _progress(
        self,
        summary: Summary,
        result: Result | None = None,
        origin: str = "",
        why: tuple[str, ...] = (),
    ) -> Progress:
        self._done += 1
        self.reasons.add(origin, why)
        progress = Progress(summary, self._done, len(self._sources), result, self._output)
        progress.origin = origin
        progress.why = () if origin else why
        return progress
