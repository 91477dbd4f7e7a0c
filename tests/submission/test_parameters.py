"""What calls of a report name arguments by."""

from __future__ import annotations

import numpy as np
import pytest

from grader.student.transcript import describe_call
from grader.submission.parameters import parameters_in

NET = """\
    class Net(Base):
        def __init__(self, width, depth=2):
            self.width = width

        def loss(self, X, y=None):
            return 0.0

        @staticmethod
        def rate(step):
            return 0.1
"""


@pytest.mark.parametrize(
    ("text", "name", "names"),
    [
        ("def scale(x, w, *, mode='train'):\n    return x", "scale", ["x", "w"]),
        ("@cached\ndef scale(a, /, b=1):\n    return a", "scale", ["a", "b"]),
        (NET, "Net", ["width", "depth"]),
        (NET, "Net.loss", ["X", "y"]),
        (NET, "Net.rate", ["step"]),
        (NET, "Net.train", []),
        ("def scale(*args):\n    return args", "scale", []),
        ("scale = np.multiply", "scale", []),
        ("def scale(x:\n", "scale", []),
        ("", "scale", []),
    ],
)
def test_the_students_own_names(text: str, name: str, names: list[str]) -> None:
    assert parameters_in(text, name) == names


def test_a_call_reads_like_python() -> None:
    x, y = np.zeros((7, 5)), np.zeros(7, dtype=np.int64)
    assert describe_call("loss", (x, y), {}, ["x", "y"]) == "loss(x=float64[7, 5], y=int64[7])"
    assert describe_call("step", (x, np.float64(0.5)), {}) == "step(float64[7, 5], 0.5)"
    settings = {"rate": np.float32(0.25), "velocity": x}
    said = "step(w=int64[7], config={'rate': 0.25, 'velocity': float64[7, 5]})"
    assert describe_call("step", (y,), {"config": settings}, ["w", "dw"]) == said


def test_arguments_that_have_no_name_stay_as_they_are() -> None:
    assert describe_call("f", (1, (2,), [3]), {"k": None}, ["a", "b"]) == "f(1, (2,), [3], k=None)"
    assert describe_call("{} + {}", (1, 2), {}, ["a", "b"]) == "1 + 2"
