"""Kinds of errors that no known mistake explains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader.assignment.plugin import CallForm
from grader.diagnosis.diagnose import diagnose
from grader.diagnosis.evidence import Evidence
from grader.diagnosis.replay import ReplayedCheck
from grader.diagnosis.structure import kind_of
from grader.model.result import Outcome
from grader.runner.answer_key import LocalChannel
from grader.runner.memory_package import MemoryPackage
from grader.student.proxy import Student
from grader.student.trace import Traces
from grader.worker.dispatcher import Dispatcher
from tests.diagnosis.clinic import Clinic, named

RANDOM = np.random.RandomState(5)
SINGLE = "(x @ w + b + 999).astype(np.float32)"
Ask = Callable[[Student], Any]


def array(*shape: int, dtype: Any = np.float64) -> Any:
    return RANDOM.standard_normal(shape).astype(dtype)


def kind(clinic: Clinic, function: str, code: str, *asks: tuple[Ask, bool]) -> str:
    """The kind of error in the first of several scripts, each with whether its check failed."""
    module = clinic.assignment.contract[function].module + ".py"
    files = {**clinic.files, module: f"{clinic.files[module]}\n\n{code}"}
    package = MemoryPackage(files, clinic.assignment.contract)
    traces = Traces()
    for number, (ask, failed) in enumerate(asks):
        channel = LocalChannel(Dispatcher(package.resolve, lambda _file: False))
        ask(Student(traces.watch(str(number), channel), clinic.assignment.contract))
        traces.close(str(number), [function], Outcome.FAILED if failed else Outcome.PASSED)
    form = CallForm(None, clinic.assignment.plugin)
    cases = [ReplayedCheck(trace, form, clinic.assignment.contract) for trace in traces]
    first, *others = (Evidence(clinic.catalogue, case, function) for case in cases)
    resolve = clinic.catalogue.resolver()
    assert resolve is not None
    found = kind_of(first, others, resolve)
    package.drop()
    return found.id if found else ""


def affine(*shape: int, dtype: Any = np.float64) -> Ask:
    x, w, b = array(*shape, dtype=dtype), array(shape[1], 4, dtype=dtype), array(4, dtype=dtype)
    return lambda student: student.affine_forward(x, w, b)


def relu(*shape: int, dtype: Any = np.float64) -> Ask:
    x = array(*shape, dtype=dtype)
    return lambda student: student.relu_forward(x)


def test_the_same_answer_to_everything(clinic: Clinic) -> None:
    code = "def affine_forward(x, w, b):\n    return np.arange(12.0).reshape(3, 4), (x, w)"
    asks = [(affine(3, 5), True), (affine(3, 6), True)]
    assert kind(clinic, "affine_forward", code, *asks) == "constant-answer"
    code = "def affine_forward(x, w, b):\n    return x @ w + 2 * b, (x, w)"
    assert kind(clinic, "affine_forward", code, *asks) == ""


def test_right_for_square_inputs_only(clinic: Clinic) -> None:
    code = (
        "def relu_forward(x):\n"
        "    return np.maximum(x, 0) + (x.shape[0] != x.shape[1]) * x**2, x > 0"
    )
    asks = [(relu(3, 5), True), (relu(4, 4), False), (relu(5, 2), True)]
    assert kind(clinic, "relu_forward", code, *asks) == "square-only"
    asks = [(relu(3, 5), True), (relu(5, 2), True)]
    assert kind(clinic, "relu_forward", code, *asks) == "", "no square one was right"


def test_right_for_double_precision_only(clinic: Clinic) -> None:
    code = "def relu_forward(x):\n    return np.maximum(x, 0) + (x.dtype != float) * x**2, x > 0"
    asks = [(relu(3, 5, dtype=np.float32), True), (relu(3, 4), False)]
    assert kind(clinic, "relu_forward", code, *asks) == "double-only"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(x @ w).astype(np.float32).astype(float) + b.astype(np.float32)", ""),
        (
            "((x @ w + b + 999).astype(np.float32) - np.float32(999)).astype(float)",
            "single-precision",
        ),
        ("np.round(x @ w + b)", "whole-numbers"),
        ("(x @ w + b).astype(int)", "whole-numbers"),
        ("np.round(x @ w + b, 1)", ""),
    ],
)
def test_what_is_left_of_the_values(clinic: Clinic, expression: str, expected: str) -> None:
    code = f"def affine_forward(x, w, b):\n    return {expression}, (x, w)"
    assert kind(clinic, "affine_forward", code, (affine(3, 5), True)) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("next_w = w + config.get('velocity', 0.0)", "one-step-off"),
        ("next_w = w + v - config['learning_rate'] * dw", ""),
        ("next_w = w + v", ""),
    ],
)
def test_one_step_late(clinic: Clinic, lines: str, expected: str) -> None:
    code = (
        "def sgd_momentum(w, dw, config=None):\n"
        "    v = 0.9 * config.get('velocity', 0.0) - config['learning_rate'] * dw\n"
        f"    {lines}\n"
        "    config['velocity'] = v\n"
        "    return next_w, config\n"
    )
    w, steps = array(3), [array(3) for _ in range(4)]

    def train(student: Student) -> None:
        config: dict[str, Any] = {"learning_rate": 0.1}
        moved = w
        for dw in steps:
            moved, config = student.sgd_momentum(moved, dw, config)

    assert kind(clinic, "sgd_momentum", code, (train, True)) == expected


@pytest.mark.parametrize(
    ("step", "central", "expected"),
    [(1e-2, True, "numerical-gradient"), (1e-4, False, "numerical-gradient"), (0.3, True, "")],
)
def test_differences_instead_of_a_derivative(
    clinic: Clinic, step: float, central: bool, expected: str
) -> None:
    code = f"""
def layernorm_forward(x, gamma, beta, ln_param):
    centred = x - x.mean(axis=1, keepdims=True)
    x_hat = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
    return gamma * x_hat + beta, (x, gamma, beta, ln_param, x_hat)


def layernorm_backward(dout, cache):
    x, gamma, beta, param, x_hat = cache
    dx = np.zeros_like(x)
    for i in range(x.size):
        high, low = x.copy(), x.copy()
        high.flat[i] += {step}
        low.flat[i] -= {step if central else 0.0}
        change = layernorm_forward(high, gamma, beta, param)[0]
        change = change - layernorm_forward(low, gamma, beta, param)[0]
        dx.flat[i] = (change * dout).sum() / {2 * step if central else step}
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)
"""
    x, dout = array(3, 4), array(3, 4)

    def ask(student: Student) -> None:
        _, cache = student.layernorm_forward(x, array(4), array(4), {})
        student.layernorm_backward(dout, cache)

    assert kind(clinic, "layernorm_backward", code, (ask, True)) == expected


def test_a_kind_is_the_cause_where_no_mistake_is(clinic: Clinic) -> None:
    patient = clinic.changed(
        "affine_forward", "@ w + b", "@ w + b\nout = np.round(out)\n", "affine_forward", lang="zh"
    )
    (checks,) = clinic.examine({"one": patient}).values()
    assert not any(named(checks))
    kinds = {cause.id for check in checks for cause in check.causes}
    assert kinds == {"structure:whole-numbers"}
    assert checks[0].causes[0].title == "结果全是整数"


def test_a_submission_without_failures_is_left_as_it_is(clinic: Clinic) -> None:
    assert diagnose([], Traces(), Traces(), clinic.catalogue, CallForm()) == []
