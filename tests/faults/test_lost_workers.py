"""A worker that is killed from outside costs nobody a point: the submission is graded again."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from grader.batches.opening import open_context
from grader.grading import GradingContext, Settings, grade_submission
from grader.model.errors import InternalError
from grader.model.result import Outcome, Result
from grader.sandbox.sandboxes import Limits, Sandbox, Worker
from grader.submission import single
from tests.faults import tiny

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a sandbox")


class Unlucky:
    """A sandbox some of whose workers die, or do not start."""

    def __init__(self, sandbox: Sandbox, *, deaths: int = 0, refusals: int = 0) -> None:
        self.info = sandbox.info
        self.spawned = 0
        self._sandbox = sandbox
        self._deaths = deaths
        self._refusals = refusals

    def spawn(self, limits: Limits) -> Worker:
        self.spawned += 1
        if self.spawned <= self._refusals:
            raise InternalError("A worker could not be confined: it ended.")
        worker: Any = self._sandbox.spawn(limits)
        if self.spawned <= self._refusals + self._deaths:
            os.kill(worker.pid, signal.SIGKILL)
        return worker  # type: ignore[no-any-return]

    def begin(self, limits: Limits) -> Callable[[], Worker]:
        return partial(self.spawn, limits)

    def close(self) -> None:
        self._sandbox.close()


@pytest.fixture(scope="module")
def rubric(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.make(tmp_path_factory.mktemp("lost"), {"right": "return x * w"})


def graded(rubric: Path, **misfortune: int) -> tuple[Result, int]:
    """The result of the right submission, and how many workers it took."""
    found: list[tuple[Result, int]] = []

    def use(context: GradingContext) -> None:
        unlucky = Unlucky(context.sandbox, **misfortune)
        context.sandbox = unlucky
        result = grade_submission(context, single(rubric.parent / "class" / "right"))
        found.append((result, unlucky.spawned))

    open_context(Settings(assignment=str(rubric)), use)
    return found[0]


@pytest.mark.parametrize("misfortune", ["deaths", "refusals"])
@pytest.mark.parametrize("count", [0, 1])
def test_one_lost_worker_changes_nothing(rubric: Path, misfortune: str, count: int) -> None:
    result, spawned = graded(rubric, **{misfortune: count})
    assert (result.score, result.error) == (4, "")
    assert {check.outcome for check in result.checks} == {Outcome.PASSED}
    assert (spawned > 1) == (count > 0)


def test_what_kills_every_worker_is_the_code(rubric: Path) -> None:
    """And it is not graded a third time."""
    result, spawned = graded(rubric, deaths=1_000)
    assert {check.outcome for check in result.checks} == {Outcome.ERROR}
    assert result.score == 0
    assert spawned <= 8
