"""What the threads of a batch do together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from grader.model.result import (
    CheckResult,
    Finding,
    Frame,
    Outcome,
    Result,
    SandboxInfo,
    SourceSpan,
)

READ_TOGETHER = """
import sys, threading
from grader.model.result import Result

sys.setswitchinterval(1e-6)
data = open(sys.argv[1], "rb").read()
barrier = threading.Barrier(8)
read = []

def work():
    barrier.wait()
    for _ in range(2):
        read.append(Result.from_json(data).score)

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert read == [1.0] * 16
"""


@pytest.mark.parametrize("attempt", range(6))
def test_results_are_read_by_several_threads_at_once(tmp_path: Path, attempt: int) -> None:
    """As a batch does that goes on: it once ended the whole run with a segmentation fault."""
    check = CheckResult(
        id="layers::x",
        title="x",
        part="relu",
        targets=["relu_forward"],
        outcome=Outcome.FAILED,
        points=0.0,
        max_points=1.0,
        finding=Finding(kind="values", traceback=[Frame(file="a.py", line=1, function="f")]),
        source=SourceSpan(file="a.py", first_line=1, last_line=2),
    )
    result = Result(
        submission="a",
        assignment="n",
        score=1.0,
        max_score=2.0,
        parts=[],
        checks=[check] * 250,
        sandbox=SandboxInfo(kind="none"),
    )
    (tmp_path / "result.json").write_bytes(result.to_json())
    done = subprocess.run(
        [sys.executable, "-c", READ_TOGETHER, tmp_path / "result.json"], check=False
    )
    assert done.returncode == 0, f"attempt {attempt}"
