"""Looking at a worker while it computes, to stop the wait when a limit is passed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from grader.protocol import frames
from grader.sandbox.sandboxes import Worker
from grader.student.time_limit import TimeLimit

_SCHEDULING: Final = Path("/proc/thread-self/schedstat")
IDLE_SECONDS: Final = 15.0
"""A worker that uses no CPU for so long is asleep or blocked, not slow, also where its time in the
queue for a processor is not known."""
_WALL_FACTOR: Final = 20
"""Wall-clock limit over CPU limit: high, since it only stands behind the other two."""
_GRACE: Final = 1.0
"""Seconds by which the wait may outlast the deadline, so that a look says why it ends."""


class Watch:
    """One wait for a worker.

    Waiting time is what is neither CPU time nor time in the queue for a processor, the worker's or
    ours, which a busy machine adds: a submission gets the same limits alone and among others. Ours
    counts where a worker asks us hundreds of times within one call, as behind replaced functions.
    """

    def __init__(
        self,
        worker: Worker,
        cpu_seconds: float,
        wait_seconds: float,
        whole: TimeLimit,
        *,
        importing: bool = False,
    ) -> None:
        """Begin to wait.

        Args:
            worker: who is waited for.
            cpu_seconds: CPU time that it may use.
            wait_seconds: time that it may be asleep or blocked.
            whole: the limit of the submission.
            importing: whether modules are imported: then what cannot be measured here, CPU time or
                the queue, is taken for none, and the clock decides.
        """
        self._worker = worker
        self._limit = cpu_seconds
        self._wait_limit = wait_seconds
        self._whole = whole
        self._importing = importing
        self._start = time.monotonic()
        self._cpu = worker.cpu_seconds()
        self._queued: float | None = None
        self._queued_here = 0.0
        self._own = 0.0
        self._last = self._cpu
        self._progress = self._start
        self._until = self._start + cpu_seconds * _WALL_FACTOR
        self._looked = False

    @property
    def deadline(self) -> float:
        """When to stop waiting in any case."""
        return min(self._until, self._whole.until) + _GRACE

    def spent(self) -> float:
        """Seconds so far, without those in a queue for a processor or waiting for us."""
        queued = self._worker.queued_seconds()
        if self._queued is None:  # only now: most answers come before anybody looks
            self._queued, self._queued_here = queued, _queued_here()
        busy = 0.0 if queued is None or self._queued is None else queued - self._queued
        busy_here = _queued_here() - self._queued_here
        return time.monotonic() - self._start - self._own - busy - busy_here

    def excuse(self, seconds: float) -> None:
        """Leave out time in which the worker waited for us."""
        self._own += seconds

    def conclude(self) -> None:
        """Raise `WireTimeout` if the answer came in time only because nobody had looked."""
        if self._looked:
            self.look()

    def look(self) -> None:
        """Raise `WireTimeout` if the worker has used up its time, or sleeps."""
        self._looked = True
        now = time.monotonic()
        if now >= self._whole.until:
            raise frames.WireTimeout(str(self._whole))
        if now >= self._until:
            raise frames.WireTimeout("no answer in time")
        used, spent = self._worker.cpu_seconds(), self.spent()
        known = used is not None and self._queued is not None
        if self._importing and not known and spent > self._limit + self._wait_limit:
            seconds = self._limit + self._wait_limit
            raise frames.WireTimeout(f"it took longer than {seconds:g} seconds")
        if used is None or self._cpu is None or self._last is None:
            return
        if used - self._cpu > self._limit:
            raise frames.WireTimeout(f"it used more than {self._limit:g} seconds of CPU time")
        if known:
            if spent - (used - self._cpu) > self._wait_limit:
                raise frames.WireTimeout(f"it waited for more than {self._wait_limit:g} seconds")
        elif used > self._last:
            self._last, self._progress = used, now
        elif now - self._progress > IDLE_SECONDS:
            raise frames.WireTimeout(f"it did nothing for {IDLE_SECONDS:g} seconds")


def _queued_here() -> float:
    """Seconds that this thread was in the queue for a processor; 0 where that is not known."""
    try:
        return int(_SCHEDULING.read_text("ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
