"""A worker that starts before it is needed: used once, and ended if nobody asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from grader.model.errors import InternalError
from grader.sandbox.prestart import Ordered
from grader.sandbox.sandboxes import KINDS
from tests.wall.sandboxes import (
    LIMITS,
    descendants,
    evaluate,
    eventually,
    is_running,
    open_or_skip,
)


@pytest.fixture(params=KINDS)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Any]:
    opened = open_or_skip(request.param)
    yield opened
    opened.close()


def test_the_ordered_worker_comes_first_and_is_used_once(sandbox: Any) -> None:
    with Ordered(sandbox, LIMITS) as ordered:
        assert ordered.info is sandbox.info
        workers: list[Any] = [ordered.spawn(LIMITS) for _ in range(2)]
    places = {evaluate(worker, "os.getcwd(), id(sys)")[0] for worker in workers}
    for worker in workers:
        worker.kill()
    assert len({worker.socket for worker in workers}) == 2
    assert sandbox.info.kind == "bubblewrap" or len(places) == 2


def test_what_nobody_asked_for_is_ended_and_the_sandbox_goes_on(sandbox: Any) -> None:
    before = descendants(os.getpid())
    with Ordered(sandbox, LIMITS):
        pass
    assert eventually(lambda: descendants(os.getpid()) <= before)
    worker = sandbox.spawn(LIMITS)
    assert evaluate(worker, "1 + 1") == 2
    worker.kill()


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_an_order_that_fails_is_only_noticed_by_who_asks(kind: str) -> None:
    sandbox = open_or_skip(kind)
    sandbox.close()
    with Ordered(sandbox, LIMITS):
        pass
    with Ordered(sandbox, LIMITS) as ordered, pytest.raises(InternalError):
        ordered.spawn(LIMITS)


def test_a_doomed_worker_was_ended_by_us(sandbox: Any) -> None:
    worker = sandbox.spawn(LIMITS)
    worker.doom()
    if sandbox.info.kind != "none":  # where nothing happens before it is killed
        assert eventually(lambda: not is_running(worker.pid))
    worker.doom()
    worker.kill()
    assert worker.ending() == "ended by the harness"
    worker.doom()


def test_who_ended_before_that_is_told_apart(sandbox: Any) -> None:
    worker = sandbox.spawn(LIMITS)
    worker.socket.sendall(b'"import os; os._exit(3)"\n')
    assert eventually(lambda: not is_running(worker.pid))
    worker.doom()
    worker.kill()
    assert worker.ending() == "exit code 3"
