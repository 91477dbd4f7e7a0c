"""Running tasks in forked processes, each with limits: an endless loop costs one task only."""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Generic, NamedTuple, TypeVar

from grader.model.errors import InternalError

Task = TypeVar("Task")
Send = Callable[[bytes], None]

_MEMORY: Final = 1 << 30
"""Address space that a task may take beyond what this process has."""
_WALL_FACTOR: Final = 30
"""A task that sleeps is ended after so many times its processor time."""
TIMEOUT: Final = "timeout"


class Done(NamedTuple, Generic[Task]):
    """A task that has ended."""

    task: Task
    said: bytes
    ending: str
    """Empty if it came to its end; else `timeout`, or the signal or exit status in words."""


class _Child(NamedTuple, Generic[Task]):
    pid: int
    task: Task
    said: bytearray
    deadline: float


def run_forked(
    tasks: Iterable[Task],
    work: Callable[[Task, Send], None],
    *,
    jobs: int,
    cpu_seconds: int | Callable[[], int],
) -> Iterator[Done[Task]]:
    """Do the tasks, each in a fork of this process, `jobs` at a time; yield them as they end.

    Args:
        tasks: what is to be done.
        work: does one task, and sends what there is to tell; called in the child.
        jobs: number of processes at once.
        cpu_seconds: processor time after which a task is ended; may be asked for as each starts.

    Raises:
        InternalError: this system cannot fork.
    """
    if not hasattr(os, "fork"):
        raise InternalError("This needs a system that can fork, such as Linux or macOS.")
    gc.collect()
    gc.freeze()  # keeps the children from copying what they share
    waiting = iter(tasks)
    children: dict[int, _Child[Task]] = {}
    with selectors.DefaultSelector() as selector:
        try:
            while True:
                _fill(waiting, children, selector, work, jobs, cpu_seconds)
                if not children:
                    return
                yield from _ended(children, selector)
        finally:
            for child in children.values():
                os.kill(child.pid, signal.SIGKILL)
                os.waitpid(child.pid, 0)
            gc.unfreeze()


def _fill(
    waiting: Iterator[Task],
    children: dict[int, _Child[Task]],
    selector: selectors.BaseSelector,
    work: Callable[[Task, Send], None],
    jobs: int,
    limit: int | Callable[[], int],
) -> None:
    for task in waiting if len(children) < jobs else ():
        cpu_seconds = limit if isinstance(limit, int) else limit()
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            _be_child(task, work, writing, cpu_seconds)
        os.close(writing)
        deadline = time.monotonic() + cpu_seconds * _WALL_FACTOR
        children[reading] = _Child(pid, task, bytearray(), deadline)
        selector.register(reading, selectors.EVENT_READ)
        if len(children) >= jobs:
            return


def _ended(
    children: dict[int, _Child[Task]], selector: selectors.BaseSelector
) -> Iterator[Done[Task]]:
    """Read what the children say; those that have ended."""
    for key, _ in selector.select(timeout=1.0):
        child = children[key.fd]
        data = os.read(key.fd, 1 << 16)
        child.said.extend(data)
        if not data:
            selector.unregister(key.fd)
            os.close(key.fd)
            _, status = os.waitpid(child.pid, 0)
            del children[key.fd]
            yield Done(child.task, bytes(child.said), _in_words(status))
    for child in children.values():
        if time.monotonic() > child.deadline:
            os.kill(child.pid, signal.SIGXCPU)


def _in_words(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return TIMEOUT
    return f"exit status {code}" if code > 0 else signal.Signals(-code).name if code else ""


def _be_child(
    task: Task, work: Callable[[Task, Send], None], writing: int, cpu_seconds: int
) -> None:
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _limit(cpu_seconds)
        with (
            open(os.devnull, "w", encoding="utf-8") as nothing,
            contextlib.redirect_stdout(nothing),
        ):
            work(task, lambda data: _write(writing, data))
        status = 0
    finally:
        os._exit(status)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _limit(cpu_seconds: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    with contextlib.suppress(OSError, ValueError):  # there is no /proc outside Linux
        with open("/proc/self/statm", encoding="ascii") as file:
            held = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + _MEMORY, held + _MEMORY))
