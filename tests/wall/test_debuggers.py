"""Debuggers that were left in the student's code."""

from __future__ import annotations

from typing import Any

import pytest

from grader.worker import debuggers
from grader.worker.modules import StudentFiles
from tests.wall.loading import load


@pytest.mark.parametrize(
    "call",
    ["breakpoint()", "import pdb; pdb.set_trace()", "import ipdb; ipdb.set_trace()"],
)
def test_they_are_passed_over(call: str) -> None:
    files = {"layers.py": f"def double(x):\n    {call}\n    return 2 * x\n"}

    def body(loaded: StudentFiles) -> Any:
        debuggers.install()
        return loaded.load("layers.py").double(21)

    assert load(files, body) == 42
