"""Code that ends, hangs or floods costs the checks that call it, and nothing else."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.support import grader, not_passed, quick_rubric, results, submission

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a sandbox")

ACTS = {
    "exit": ("import os; os._exit(0)", "ended the whole process (exit code 0)"),
    "sys_exit": ("import sys; sys.exit(0)", "SystemExit"),
    "loop": ("while True: pass", "did not finish: it used more than 1 seconds of CPU time"),
    "memory": ("np.ones(1 << 30)", "memory"),
    "forks": ("import os\nwhile True: os.fork()", ""),
    "threads": (
        "import threading\nwhile True: threading.Thread(target=lambda: [0] * 10**9).start()",
        "",
    ),
    "signal": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
    "deep": ("def deep(): return deep()\ndeep()", "RecursionError"),
    "flood": ("while True: print('x' * 10**6)", ""),
    "reply": ("import os\nfor fd in range(3, 20):\n    os.write(fd, b'x' * 100)", ""),
}
AT_IMPORT = {
    "module_raises": ("1 / 0", "ZeroDivisionError"),
    "module_exits": ("raise SystemExit", "`raise SystemExit` raised SystemExit"),
    "module_ends": ("import os; os._exit(3)", "`os._exit(3)` ended the whole process"),
}
FUNCTION = "dropout_backward"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("hostile")
    for name, (body, _) in ACTS.items():
        submission(folder / "class", name, {FUNCTION: body})
    for name, (statement, _) in AT_IMPORT.items():
        path = submission(folder / "class", name) / "numpynn" / "optim.py"
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{statement}\n", encoding="utf-8")
    submission(folder / "class", "neighbour")
    rubric = quick_rubric(folder, call_seconds=1)
    grader("batch", folder / "class", "-o", folder / "out", "-a", rubric)
    return results(folder / "out")


@pytest.mark.parametrize("act", ACTS)
def test_it_costs_the_checks_that_call_it(graded: dict[str, Any], act: str) -> None:
    lost = not_passed(graded[act])
    assert lost
    assert {tuple(check["targets"]) for check in lost} == {(FUNCTION,)}
    judged = [check for check in graded[act]["checks"] if check["targets"] == [FUNCTION]]
    assert lost == judged, "a check of a function that never answers has passed"
    assert {check["outcome"] for check in lost} == {"error"}


@pytest.mark.parametrize("act", [act for act, (_, message) in ACTS.items() if message])
def test_it_says_what_happened(graded: dict[str, Any], act: str) -> None:
    first = not_passed(graded[act])[0]
    assert ACTS[act][1].lower() in first["message"].lower(), first["message"]


def test_the_neighbour_is_not_disturbed(graded: dict[str, Any]) -> None:
    assert graded["neighbour"]["score"] == 100


def test_a_module_that_fails_at_its_end(graded: dict[str, Any]) -> None:
    """What it defined before is graded, and the failure is said."""
    for name, said in AT_IMPORT.items():
        assert graded[name]["score"] == 100
        assert said[1] in " ".join(graded[name]["notes"])
