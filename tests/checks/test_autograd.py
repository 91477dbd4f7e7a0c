"""Gradients in objects, and of layers with several outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader.checks import assert_autograd, assert_backward, assert_close
from grader.checks.inputs import Inputs
from grader.model.contract import ContractEntry
from grader.model.verdicts import CouldNotRun, NotJudged, Wrong
from grader.runner.answer_key import LocalChannel
from grader.student.proxy import Student
from grader.worker.dispatcher import Dispatcher

METHODS = {"cube": ContractEntry("m", ("Tensor*",))}
API = {
    "Tensor": ContractEntry("m", ("tensor*",), methods=METHODS),
    "step": ContractEntry("m", ("h", "c", "cache*"), differentiable=("w", "x")),
    "step_backward": ContractEntry("m", ("dw", "dx"), backward_of="step"),
}
Cube = Callable[[Any], Any]


def tensors(value: Cube = lambda x: x**3, slope: Cube = lambda x: 3 * x**2) -> Student:
    """Who has a tensor that can be cubed."""

    class Tensor:
        def __init__(self, data: Any, back: Any = None) -> None:
            self.data = np.asarray(data, dtype=float)
            self.grad: Any = None
            self.back = back

        def cube(self) -> Tensor:
            def back(dout: Any) -> None:
                self.grad = dout * slope(self.data)

            return Tensor(value(self.data), back)

        def backward(self, dout: Any = None) -> None:
            self.back(np.ones_like(self.data) if dout is None else dout)

        def forget(self, _dout: Any) -> None:
            pass

    return someone(Tensor=Tensor)


def someone(**names: Any) -> Student:
    return Student(LocalChannel(Dispatcher(names.__getitem__, lambda _file: False)), API)


def judge(who: Student, **options: Any) -> None:
    inputs = Inputs(1, "toy")

    def graph(code: Student, x: Any) -> tuple[Any, dict[str, Any]]:
        a = code.Tensor(x)
        return a.cube(), {"x": a.grad}

    x, dout = inputs.clear_of_zero(3, 2), inputs.normal(3, 2)
    assert_autograd(who, tensors(), graph, {"x": x}, forward="Tensor", dout=dout, **options)


def test_the_right_gradient_passes() -> None:
    judge(tensors())


def test_a_wrong_gradient_of_a_right_forward_is_wrong() -> None:
    with pytest.raises(Wrong, match=r"The gradient x\.grad is wrong .*twice"):
        judge(tensors(slope=lambda x: 6 * x**2))


def test_the_gradient_of_a_wrong_forward_keeps_its_credit() -> None:
    who = tensors(lambda x: x**2, lambda x: 2 * x)
    judge(who)
    assert who.transcript.rests_on == "Tensor"


def test_a_gradient_that_fits_nothing_is_not_judged() -> None:
    with pytest.raises(NotJudged, match="while Tensor is wrong"):
        judge(tensors(lambda x: x**2, lambda x: 5 * x))


def test_a_forward_that_does_not_run_is_named() -> None:
    def fails(_x: Any) -> Any:
        raise ValueError("no")

    with pytest.raises(NotJudged, match="Tensor does not run") as caught:
        judge(tensors(fails))
    assert caught.value.because_of == "Tensor"


def test_no_gradient_is_said_so() -> None:
    with pytest.raises(Wrong, match=r"x\.grad is None"):
        judge(tensors(), backward="forget")


def test_a_backward_pass_that_fails_is_an_error() -> None:
    def fails(_x: Any) -> Any:
        raise ValueError("no")

    with pytest.raises(CouldNotRun, match="ValueError"):
        judge(tensors(slope=fails))


def step(x: Any, w: Any, flag: str, scale: float) -> Any:
    """Two outputs; the second argument is the first that is differentiated."""
    return scale * np.tanh(x * w), x + w, (x, w, scale)


def step_backward(dh: Any, dc: Any, cache: Any) -> Any:
    x, w, scale = cache
    slope = scale * (1 - np.tanh(x * w) ** 2)
    return dh * slope * x + dc, dh * slope * w + dc


def judge_step(who: Student, gradient: str) -> None:
    inputs = Inputs(1, "step")
    x, w, dh, dc = (inputs.normal(3, 2) for _ in range(4))
    assert_backward(
        who,
        someone(step=step, step_backward=step_backward),
        forward="step",
        backward="step_backward",
        args={"x": x, "w": w, "flag": "train", "scale": 2.0},
        dout=(dh, dc),
        gradient=gradient,
    )


@pytest.mark.parametrize("gradient", ["dx", "dw"])
def test_each_output_has_its_own_dout(gradient: str) -> None:
    judge_step(someone(step=step, step_backward=step_backward), gradient)

    def forgets(dh: Any, dc: Any, cache: Any) -> Any:
        return step_backward(dh, 0 * dc, cache)

    with pytest.raises(Wrong, match=f"The gradient {gradient} is wrong"):
        judge_step(someone(step=step, step_backward=forgets), gradient)


@pytest.mark.parametrize("gradient", ["dx", "dw"])
def test_the_contract_says_which_argument_a_gradient_is_of(gradient: str) -> None:
    def other(x: Any, w: Any, flag: str, scale: float) -> Any:
        h, c, cache = step(x, w, flag, scale)
        return h, c + w, cache

    def other_backward(dh: Any, dc: Any, cache: Any) -> Any:
        dw, dx = step_backward(dh, dc, cache)
        return dw + dc, dx

    judge_step(someone(step=other, step_backward=other_backward), gradient)


def test_a_parameter_that_is_not_handed_out_is_wrong() -> None:
    class Layer:
        def __init__(self, *names: str) -> None:
            self.kept = [Leaf() for _ in names]

        def parameters(self) -> Any:
            yield from self.kept

    class Leaf:
        grad: Any = None

    class Out:
        def __init__(self, layer: Any) -> None:
            self.data = 1.0
            self.layer = layer

        def backward(self) -> None:
            for leaf in self.layer.kept:
                leaf.grad = np.ones(2)

    def graph(code: Student) -> tuple[Any, dict[str, Any]]:
        layer = code.Tensor()
        found = {f"parameter {i}": p.grad for i, p in enumerate(layer.parameters(returns=("p*",)))}
        return code.Out(layer), found

    def who(*names: str) -> Student:
        there = {"Tensor": lambda: Layer(*names), "Out": Out}
        api = {**API, "Out": ContractEntry("m", ("out*",))}
        return Student(LocalChannel(Dispatcher(there.__getitem__, lambda _file: False)), api)

    assert_autograd(who("w", "b"), who("w", "b"), graph, {}, forward="Tensor")
    with pytest.raises(Wrong, match=r"parameter 1\.grad is None"):
        assert_autograd(who("w"), who("w", "b"), graph, {}, forward="Tensor")


def test_a_place_in_an_object_is_compared_by_its_value() -> None:
    class Tensor:
        data = np.ones(2)
        name = "ann"

    thing = someone(Tensor=Tensor).Tensor()
    assert_close("data", thing.data, np.ones(2))
    with pytest.raises(Wrong, match="name should be an array of numbers; it is a str"):
        assert_close("name", thing.name, np.ones(2))
