"""When a wait for a worker ends, with workers that use time as the tests say."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from grader.protocol.frames import WireTimeout
from grader.student.time_limit import TimeLimit
from grader.student.watch import Watch, _queued_here


class Clock:
    """A worker's clocks and ours, which stand still unless they are set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.cpu: float | None = 0.0
        self.queued: float | None = 0.0
        self.queued_here = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr("grader.student.watch._queued_here", lambda: self.queued_here)

    def cpu_seconds(self) -> float | None:
        return self.cpu

    def queued_seconds(self) -> float | None:
        return self.queued


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def watch(clock: Any, whole: float = 1e6, *, importing: bool = False) -> Watch:
    made = Watch(clock, 5, 8, TimeLimit(whole), importing=importing)
    made.look()
    return made


def test_cpu_time_ends_a_wait(clock: Clock) -> None:
    waiting = watch(clock)
    clock.now, clock.cpu = 1004.9, 4.9
    waiting.look()
    clock.cpu = 5.1
    with pytest.raises(WireTimeout, match="more than 5 seconds of CPU time"):
        waiting.look()


def test_naps_add_up(clock: Clock) -> None:
    """Each so short that there is always a little progress."""
    waiting = watch(clock)
    for nap in range(1, 8):
        clock.now, clock.cpu = 1000.0 + nap, 0.001 * nap
        waiting.look()
    clock.now += 2
    with pytest.raises(WireTimeout, match="it waited for more than 8 seconds"):
        waiting.look()


def test_the_queue_for_a_processor_is_no_waiting(clock: Clock) -> None:
    waiting = watch(clock)
    clock.now, clock.cpu, clock.queued = 1060.0, 4.0, 50.0
    waiting.look()
    assert waiting.spent() == pytest.approx(10)


def test_nor_is_ours(clock: Clock) -> None:
    """A worker that asks us a hundred times within a call waits each time until we get one."""
    clock.queued_here = 7.0
    waiting = watch(clock)
    clock.now, clock.queued_here = 1060.0, 62.0
    waiting.look()
    assert waiting.spent() == pytest.approx(5)


@pytest.mark.skipif(not Path("/proc/thread-self/schedstat").exists(), reason="Linux tells it")
def test_our_time_in_the_queue_is_known() -> None:
    assert 0 < _queued_here() < 1e6


def test_what_we_take_ourselves_is_no_waiting(clock: Clock) -> None:
    waiting = watch(clock)
    waiting.excuse(59)
    clock.now = 1060.0
    waiting.look()


@pytest.mark.parametrize("unknown", ["cpu", "queued"])
def test_where_it_cannot_be_measured_the_clock_decides_over_imports(
    clock: Clock, unknown: str
) -> None:
    setattr(clock, unknown, None)
    call, load = watch(clock), watch(clock, importing=True)
    for step in range(30):
        clock.now += 1
        if clock.cpu is not None:
            clock.cpu += 0.01
        call.look()
        if step < 12:
            load.look()
    with pytest.raises(WireTimeout, match="it took longer than 13 seconds"):
        load.look()


def test_without_a_queue_only_a_call_that_does_nothing_at_all_is_asleep(clock: Clock) -> None:
    clock.queued = None
    waiting = watch(clock)
    clock.now += 16
    with pytest.raises(WireTimeout, match="it did nothing for 15 seconds"):
        waiting.look()


def test_the_time_of_the_submission_comes_first(clock: Clock) -> None:
    waiting = watch(clock, 3)
    assert waiting.deadline == pytest.approx(1004)
    clock.now, clock.cpu = 1003.0, 100.0
    with pytest.raises(WireTimeout, match="the 3 seconds that a submission may take were over"):
        waiting.look()
