"""What a replaced function leaves in the objects of the student's that it is given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.assignment.folder import Assignment
from grader.assignment.plugin import CallForm
from grader.grading.follow_through import ReferenceSubstitutes
from grader.runner.reference import LocalCode
from grader.worker.reference_stubs import Substitute
from tests.releases import form_of

A = np.arange(12.0).reshape(4, 3)
TRAIN: dict[str, Any] = {"mode": "train"}


def substitute(name: str, original: Any, form: CallForm) -> Substitute:
    """The student's side and ours, without a wall between them."""
    assignment = Assignment.load("numpynn")
    reference = LocalCode(assignment.reference, assignment)
    ours = ReferenceSubstitutes(reference.resolve, assignment.contract, form, [name])
    return Substitute(name, original, ours.answer)


def dropout_forward(x: Any, dropout_param: Any) -> None: ...


@pytest.mark.parametrize("reading", ["keep", "drop"])
def test_dropout_leaves_its_dict_as_it_was(reading: str) -> None:
    form = form_of("cs231n-2017", dropout_p=reading, net_dropout=reading)
    stand_in = substitute("dropout_forward", dropout_forward, form)
    param = {"mode": "train", "p": 0.2, "seed": 7}
    shares = [np.mean(stand_in(np.ones((100, 100)), param)[0] != 0) for _ in range(2)]
    assert param == {"mode": "train", "p": 0.2, "seed": 7}
    assert shares == pytest.approx([0.2 if reading == "keep" else 0.8] * 2, abs=0.05)


def batchnorm_forward(x: Any, weight: Any, shift: Any, param: Any) -> None: ...


def test_batch_norm_leaves_its_running_averages() -> None:
    stand_in = substitute("batchnorm_forward", batchnorm_forward, CallForm())
    param = {"mode": "train", "momentum": 0.5, "mine": "kept"}
    stand_in(A, shift=np.zeros(3), weight=np.ones(3), param=param)
    assert param.keys() == {"mode", "momentum", "mine", "running_mean", "running_var"}
    assert param["running_mean"] == pytest.approx(A.mean(axis=0) / 2)
    assert (param["mode"], param["mine"]) == ("train", "kept")


def adam(w: Any, dw: Any, config: Any = None) -> None: ...


@pytest.mark.parametrize(("release", "steps"), [("cs231n-2017", 2), ("cs231n-2018", 1)])
def test_adam_counts_as_the_template_taught(release: str, steps: int) -> None:
    stand_in = substitute("adam", adam, form_of(release))
    config = {"learning_rate": 0.1}
    _, returned = stand_in(A, A, config)
    assert config["t"] == returned["t"] == steps
    assert stand_in(A, dw=A)[1]["t"] == steps
