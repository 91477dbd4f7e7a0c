"""Held-out images are a secret: what a student's code makes of them is told in one number."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.model.result import Outcome
from grader.model.rubric import NotebookRule, Text, ValueRule
from grader.model.served_data import ServedData, Split
from grader.notebooks.kernel_values import KernelRaised, Unknown
from grader.notebooks.notebook_checks import read_values

PIXEL = 0.123456
SHAPE = (2, 3, 4, 4)
IMAGES = ServedData(
    splits={
        "val": Split(np.zeros(SHAPE), np.zeros(2), "validation images"),
        "heldout": Split(np.full(SHAPE, PIXEL), np.zeros(2), "held-out images", held_out=True),
    }
)
T = Text(en="x")
RULE = NotebookRule(
    part="p",
    title=T,
    values={
        "secret": ValueRule(title=T, kind="accuracy", path="model", call="loss", at_least=0.5),
        "open": ValueRule(title=T, kind="accuracy", path="predict", data="val", at_least=0.5),
        "curve": ValueRule(title=T, kind="history", path="seen", at_least=0.9),
    },
)


class Telling:
    """What a notebook left behind: a model that raises what it sees, and keeps it."""

    def __init__(self) -> None:
        self.seen = [0.05]

    def accuracy(self, path: str, X: Any, y: Any) -> float:
        self.seen.append(float(X.ravel()[0]))
        raise KernelRaised(f"`{path}` raised ValueError: {X.ravel()[0]}.")

    def get(self, path: str) -> object:
        raise Unknown(f"`{path}` is not plain data.")

    def numbers(self, path: str) -> list[float]:
        return self.seen


def test_no_message_quotes_a_held_out_image() -> None:
    verdicts = read_values(RULE, Telling(), IMAGES, "small")  # type: ignore[arg-type]
    assert verdicts["secret"] == (
        Outcome.FAILED, "`model.loss` raised an exception for held-out images."
    )  # fmt: skip
    assert "`predict` raised ValueError: 0" in verdicts["open"][1]
    assert "0.123" not in str(verdicts)
