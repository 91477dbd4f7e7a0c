"""Code that ends, hangs or floods costs the checks that call it, and nothing else.

Here with two checks; such students are in the demo's class too, which meets the whole bank.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.batch import toy
from tests.support import grader, not_passed, results
from tests.verify.toy import RUBRIC, SCALE, SHIFT, make

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
FUNCTION = "scale"
POINTS = 4
LIMITS = "\n[limits]\ncall_seconds = 1\n"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("hostile")
    for name, (body, _) in ACTS.items():
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        toy.hand_in(folder / "class", name, toy.LAYERS.replace("    out = x * w\n", lines))
    for name, (statement, _) in AT_IMPORT.items():
        toy.hand_in(folder / "class", name, f"{toy.LAYERS}\n{statement}\n")
    toy.hand_in(folder / "class", "neighbour")
    rubric = make(folder, SCALE, SHIFT, rubric=RUBRIC + LIMITS).path
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
    assert graded["neighbour"]["score"] == POINTS


def test_a_module_that_fails_at_its_end(graded: dict[str, Any]) -> None:
    """What it defined before is graded, and the failure is said."""
    for name, said in AT_IMPORT.items():
        assert graded[name]["score"] == POINTS
        assert said[1] in " ".join(graded[name]["notes"])
