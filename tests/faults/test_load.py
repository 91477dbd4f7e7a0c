"""No result depends on how busy the machine is: limits are on CPU time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from grader.batches.grading_client import Engine
from grader.grading import Settings
from grader.submission import single
from tests.faults import tiny
from tests.support import verdicts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs CPU times of workers")

LIMIT = 0.2
NEAR = 0.12
BUSY = 8
BODIES = {
    "right": "return x * w",
    "near": "import time\n    while time.process_time() - BORN < {near}: pass\n    return x * w",
    "over": "import time\n    while time.process_time() - BORN < {over}: pass\n    return x * w",
    "endless": "while True: pass",
    "sleepy": "import time; time.sleep(0.6); return x * w",
}


@contextmanager
def on_one_processor() -> Iterator[None]:
    """This process, and what it starts meanwhile, on a single processor."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def overload() -> Iterator[None]:
    """Processes that want all of it; they end with the block, or by themselves after a while."""
    with ExitStack() as stack:
        for _ in range(BUSY):
            command = [sys.executable, "-c", "import signal; signal.alarm(120)\nwhile True: pass"]
            process = subprocess.Popen(command)
            stack.callback(process.wait)
            stack.callback(process.kill)
        yield


@pytest.fixture(scope="module")
def rubric(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("load")
    path = tiny.make(root, BODIES_BY_TIME)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("call_seconds = 1", f"call_seconds = {LIMIT}"), encoding="utf-8")
    return path


BODIES_BY_TIME = {
    name: f"import time; BORN = time.process_time()\n    {body.format(near=NEAR, over=1.5 * LIMIT)}"
    for name, body in BODIES.items()
}


def test_scores_are_the_same_under_eightfold_overload(rubric: Path) -> None:
    with on_one_processor(), Engine(Settings(assignment=str(rubric))) as engine:
        calm = _graded(engine, rubric)
        with overload():
            busy = _graded(engine, rubric)
    assert busy == calm
    points = {name: result[0][0] for name, result in calm.items()}
    assert points == {"right": 4, "near": 4, "over": 2, "endless": 2, "sleepy": 4}


def _graded(engine: Engine, rubric: Path) -> dict[str, Any]:
    import msgspec

    found = {}
    for name in BODIES:
        result = engine.grade(single(rubric.parent / "class" / name))
        found[name] = verdicts(msgspec.to_builtins(result))
    return found
