"""Reading many submissions in processes of their own: one that is built to be slow costs itself.

A process reads several submissions in turn, and tells of each as it is read. Where it ends before
its time, the one that it was reading is given up, and another process goes on with the rest.
"""

from __future__ import annotations

import contextlib
import math
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

from grader.model.errors import GraderError
from grader.sandbox.forked_tasks import TIMEOUT, Send, run_forked

SECONDS: Final = 10
"""Processor time that a submission may take; an ordinary one takes a fiftieth of a second."""
_TOGETHER: Final = 16
_LENGTH: Final = 4

Item = TypeVar("Item")


class ReadOutcome(NamedTuple):
    """What came of reading one of the items."""

    number: int
    """Index of the item."""
    said: bytes
    problem: str
    """Why nothing came of it, in a line."""


def read_limited(
    items: Sequence[Item],
    read: Callable[[Item], bytes],
    *,
    jobs: int,
    seconds: int = SECONDS,
) -> Iterator[ReadOutcome]:
    """Read items in forked processes; what comes of them in any order, of each exactly once.

    Args:
        items: what is to be read.
        read: reads one, in a process that ends where it takes too much time or memory.
        jobs: processes at once.
        seconds: of processor time for each item.

    Raises:
        InternalError: this system cannot fork.
    """
    numbers = list(range(len(items)))
    waiting = [numbers[at : at + _TOGETHER] for at in range(0, len(numbers), _TOGETHER)]

    def work(chunk: list[int], send: Send) -> None:
        for number in chunk:
            _allow(seconds)
            said = _read_one(items[number], read)
            send(len(said).to_bytes(_LENGTH, "little") + said)

    while waiting:
        again: list[list[int]] = []
        most = seconds * _TOGETHER + 1
        for done in run_forked(waiting, work, jobs=jobs, cpu_seconds=most):
            told = list(_told(done.said))
            for number, (problem, said) in zip(done.task, told, strict=False):
                yield ReadOutcome(number, said, problem)
            left = done.task[len(told) :]
            if left:
                yield ReadOutcome(left[0], b"", _why(done.ending, seconds))
                again += [left[1:]] if left[1:] else []
        waiting = again


def _allow(seconds: int) -> None:
    """Let this process run so much longer, and no more."""
    most = resource.getrlimit(resource.RLIMIT_CPU)[1]
    until = math.ceil(time.process_time()) + seconds
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (min(until, most), most))


def _read_one(item: Item, read: Callable[[Item], bytes]) -> bytes:
    """A byte that says whether it was read, and then what came of it, or why nothing did."""
    try:
        return b"\1" + read(item)
    except GraderError as error:
        return b"\0" + error.message.encode("utf-8", "replace")
    except (MemoryError, RecursionError):
        return b"\0takes too much memory to be compared"


def _told(said: bytes) -> Iterator[tuple[str, bytes]]:
    """The whole messages of a process: a problem, or what was read."""
    at = 0
    while at + _LENGTH <= len(said):
        end = at + _LENGTH + int.from_bytes(said[at : at + _LENGTH], "little")
        if end > len(said):
            return
        message = said[at + _LENGTH : end]
        is_read = message[:1] == b"\1"
        yield ("", message[1:]) if is_read else (message[1:].decode("utf-8", "replace"), b"")
        at = end


def _why(ending: str, seconds: int) -> str:
    if ending == TIMEOUT:
        return f"takes more than {seconds} s to be read; it was not compared"
    return f"could not be read: its process ended ({ending or 'for an unknown reason'})"
