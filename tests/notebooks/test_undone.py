"""What the template leaves open is not done yet; the same error from elsewhere is a mistake."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.model.result import Outcome
from grader.model.rubric import NotebookRule, Text, ValueRule
from grader.model.served_data import ServedData, Split
from grader.notebooks.kernel_queue import KernelPool
from grader.notebooks.kernel_values import KernelRaised, Unknown
from grader.notebooks.notebook_checks import Judge, read_values
from grader.notebooks.todo_cells import mark_undone, package_texts, places_of
from tests.notebooks.books import book, run
from tests.support import REPOSITORY

TEMPLATE = '''\
class Net:
    def loss(self, x):
        """Return it."""
        if x:
            raise NotImplementedError("TODO: Net.loss")  # your code goes here
        raise NotImplementedError(
            "TODO: Net.loss"
        )


def forward(x, mode):
    if mode == "train":
        raise NotImplementedError("TODO: forward")  # your code goes here
    raise NotImplementedError("TODO: forward")
'''
STUDENT = (
    TEMPLATE
    + """

def half(x):
    if x:
        return 1
    raise NotImplementedError("for zero")


def left(x):
    raise NotImplementedError


def copied(x):
    raise NotImplementedError("TODO: forward")  # your code goes here
"""
)
RELEASED = "def task():\n    raise NotImplementedError  # YOUR CODE HERE\n%time task()"
UNDONE = {
    "Net().loss(1)": True,
    "Net().loss(0)": True,
    "forward(1, 'train')": True,
    "forward(1, 'test')": True,
    "list(map(lambda x: forward(x, 'test'), [1]))": True,
    "left(1)": True,
    RELEASED: True,
    "half(0)": False,
    "copied(1)": False,
    "raise NotImplementedError('TODO: forward')": False,
    "def task2():\n    raise NotImplementedError\ntask2()": False,
    "try:\n    forward(1, 'train')\nexcept NotImplementedError:\n    raise KeyError(1)": False,
    "try:\n    half(1)\nfinally:\n    half(0)": False,
    "input()": False,
    "class OwnNotImplementedError(Exception): pass\nraise OwnNotImplementedError": False,
    "1": False,
}


def test_only_the_places_of_the_template_are_not_done(pool: KernelPool) -> None:
    made = book("from cs231n.layers import *", *UNDONE)
    cells = run(pool, made, files={"layers.py": STUDENT})[1:]
    places = places_of([TEMPLATE, RELEASED, "not python("])
    marked = mark_undone(cells, places, ["left"])
    assert {cell.source: cell.undone for cell in marked} == UNDONE
    assert not any(cell.undone for cell in mark_undone(cells, frozenset(), []))


def test_our_template_has_such_places() -> None:
    places = places_of(package_texts(REPOSITORY / "student_template" / "numpynn"))
    assert {"affine_forward", "TwoLayerNet.loss"} <= {function for function, _ in places}


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("`m.loss` raised AttributeError: 'NoneType' object has no attribute 'loss'.", "missing"),
        ("`m.loss` raised AttributeError: 'Net' object has no attribute 'loss'.", "failed"),
        ("`m` is right on 12.0 % of held-out images; at least 50 % is asked for.", "failed"),
    ],
)
def test_a_model_that_was_left_as_none_is_not_done(said: str, outcome: str) -> None:
    value = ValueRule(Text("A model"), "accuracy", "m")
    rule = NotebookRule(part="part", title=Text("Work"), values={"model": value})
    judge = Judge("Work", rule, lang="en", release=book(), book=book("m = None"))
    (check,) = judge.checks({"model": (Outcome.FAILED, said)})
    assert (check.outcome.value, check.message) == (outcome, said)


@pytest.mark.parametrize(
    ("path", "left", "outcome"),
    [
        ("nets['a'].history", ["Net.loss"], "missing"),
        ("nets['a'].history", ["f"], "failed"),
        ("other.history", ["Net.loss"], "failed"),
    ],
)
def test_a_value_out_of_what_is_not_implemented_is_not_done(
    path: str, left: list[str], outcome: str
) -> None:
    value = ValueRule(Text("A training"), "history", path, 0.5)
    rule = NotebookRule(part="part", title=Text("Work"), values={"trained": value})
    made = book("print 'a'\nnets = {}\nnets['a'] = Net()", "f(1)", "other = train()")
    judge = Judge("Work", rule, lang="en", release=book(), book=made, ours=False, left=left)
    said = (Outcome.FAILED, f"`{path}` is empty.")
    (check,) = judge.checks({"trained": said})
    assert check.outcome.value == outcome
    assert check.message == ("Net is not implemented yet." if outcome == "missing" else said[1])


class _Raising:
    """A notebook in which a model raises for whatever it is called on."""

    def __init__(self, model: object) -> None:
        self._model = model

    def accuracy(self, path: str, *_: object) -> float:
        raise KernelRaised(f"`{path}` raised ValueError: 0.12 0.53.")

    def get(self, path: str) -> object:
        if self._model is not None:
            raise Unknown(f"`{path}` is not plain data.")
        return None


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (None, "raised an exception for X: 'NoneType' object has no attribute 'loss'."),
        (object(), "raised an exception for X."),
    ],
)
def test_held_out_inputs_are_not_quoted_but_a_model_left_as_none_is_told(
    model: object, said: str
) -> None:
    value = ValueRule(Text("A model"), "accuracy", "m", 0.5, data="held", call="loss")
    rule = NotebookRule(part="part", title=Text("Work"), values={"model": value})
    held = Split(np.zeros((2, 3)), np.zeros(2, int), "X", held_out=True)
    values: Any = _Raising(model)
    data = ServedData(splits={"held": held}, classes=2)
    assert read_values(rule, values, data, "full") == {
        "model": (Outcome.FAILED, f"`m.loss` {said}")
    }
