"""Which submissions take long is said while they run."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from grader.batches.executors import LocalExecutor
from grader.batches.run import Batch
from grader.cli.progress import SlowLines, slow_ones
from grader.grading import Settings
from grader.submission import Source
from tests.report import sample


def test_the_slowest_are_named_first() -> None:
    running = {"ann": 19.0, "bob": 21.4, "c\ne": 400.0, "dan": 22.0, "eve": 23.0, "fay": 50.0}
    assert slow_ones(running) == "c e 400 s, fay 50 s, eve 23 s, 2 more"
    assert slow_ones({"ann": 19.0}) == ""


def test_lines_come_less_and_less_often() -> None:
    said: list[str] = []
    lines = SlowLines(said.append)
    for seconds in (10.0, 20.0, 25.0, 39.0, 40.0, 60.0, 85.0):
        lines({"bob": seconds})
    assert [line.rpartition("for ")[2] for line in said] == ["20 s", "40 s", "85 s"]
    assert said[0] == "bob: has been running for 20 s"


def test_a_executor_knows_what_is_being_graded(monkeypatch: Any) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Engine:
        def __init__(self, *_args: Any, **_options: Any) -> None: ...

        def grade(self, source: Source) -> Any:
            begun.set()
            go_on.wait()
            return sample.result()

        def close(self) -> None: ...

    monkeypatch.setattr("grader.batches.executors.Engine", Engine)
    executor = LocalExecutor(Settings(assignment="numpynn"), 1)
    source = Source(id="bob", path=Path("bob"), problem="")
    futures: list[Future[Any]] = [executor.submit(source, None) for _ in range(2)]  # type: ignore[arg-type]
    begun.wait()
    assert list(executor.running()) == ["bob"]
    go_on.set()
    for future in futures:
        future.result()
    assert not executor.running()
    executor.close()


def test_a_batch_tells_what_runs() -> None:
    class Executor:
        settings = Settings(assignment="numpynn")
        width = 1

        def submit(self, source: Source, inputs: Any) -> Future[Any]:
            done: Future[Any] = Future()
            done.set_result(None)
            return done

        def result(self, source: Source, future: Future[Any]) -> Any:
            return sample.result()

        def running(self) -> dict[str, float]:
            return {"bob": 30.0}

        def check(self) -> None: ...

        def close(self) -> None: ...

    told: list[Any] = []
    source = Source(id="bob", path=Path("x.zip"), problem="x.zip: is broken.")
    assert len(list(Batch([source], Executor()).run(told.append))) == 1
    assert told == [{"bob": 30.0}]
