"""Tasks in processes of their own."""

from __future__ import annotations

import itertools
import os
import signal
import time

import pytest

from grader.sandbox.forked_tasks import TIMEOUT, Send, run_forked
from tests.faults.processes import children


def work(task: str, send: Send) -> None:
    send(f"{task} in {os.getpid()};".encode())
    if task == "loop":
        while True:
            pass
    if task == "hungry":
        try:
            bytearray(8 << 30)
        except MemoryError:
            send(b"refused")
    if task == "raise":
        raise ValueError
    if task == "signal":
        os.kill(os.getpid(), signal.SIGTERM)
    if task == "long":
        send(b"x" * 300_000)


def run(*tasks: str) -> dict[str, tuple[str, str]]:
    return {
        done.task: (done.said.decode().partition(";")[2], done.ending)
        for done in run_forked(tasks, work, jobs=2, cpu_seconds=1)
    }


def test_each_task_ends_as_it_does() -> None:
    assert run("fine", "loop", "hungry", "raise", "signal", "long") == {
        "fine": ("", ""),
        "loop": ("", TIMEOUT),
        "hungry": ("refused", ""),
        "raise": ("", "exit status 1"),
        "signal": ("", "SIGTERM"),
        "long": ("x" * 300_000, ""),
    }


def test_no_more_run_at_once_than_asked() -> None:
    def nap(task: int, send: Send) -> None:
        send(f"{time.monotonic()} ".encode())
        time.sleep(0.05)
        send(f"{time.monotonic()}".encode())

    times = [
        [float(part) for part in done.said.split()]
        for done in run_forked(range(6), nap, jobs=2, cpu_seconds=5)
    ]
    assert max(sum(begin <= start < end for begin, end in times) for start, _ in times) <= 2


def test_as_many_run_at_once_as_asked() -> None:
    """Each of two tasks waits for a word of the other."""
    pipes = [os.pipe(), os.pipe()]

    def meet(task: int, send: Send) -> None:
        os.write(pipes[1 - task][1], b"here")
        send(os.read(pipes[task][0], 4))

    done = list(run_forked(range(2), meet, jobs=2, cpu_seconds=5))
    for descriptor in itertools.chain(*pipes):
        os.close(descriptor)
    assert [each.said for each in done] == [b"here", b"here"]


def test_what_a_task_prints_is_not_seen(capfd: pytest.CaptureFixture[str]) -> None:
    def chat(_task: int, send: Send) -> None:
        print("hello", flush=True)
        send(b"done")

    (done,) = run_forked([0], chat, jobs=1, cpu_seconds=5)
    assert done.said == b"done"
    assert capfd.readouterr().out == ""


def test_whoever_stops_listening_leaves_no_process() -> None:
    before = children(os.getpid())
    runs = run_forked(["fine", "loop", "loop"], work, jobs=3, cpu_seconds=60)
    assert next(runs).task == "fine"
    runs.close()  # type: ignore[attr-defined]
    assert children(os.getpid()) == before
