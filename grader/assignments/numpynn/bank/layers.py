"""Checks of the affine and ReLU layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from grader.checks import (
    Inputs,
    NotJudged,
    Student,
    Visibility,
    as_array,
    assert_backward,
    assert_close,
    check,
    close,
)
from grader.model.verdicts import Verdict

SHAPES = {
    "matrix": ((5, 4), 3),
    "images": ((3, 2, 3, 2), 4),
    "one sample": ((1, 6), 2),
    "one image": ((1, 2, 2, 3), 5),
}
KEPT = ("out*", "cache*")
"""What one layer hands to another as it is, whatever its type."""
BATCHES = ["matrix", "images", "one image"]


@pytest.mark.parametrize("case", SHAPES)
@check("affine_forward computes x @ w + b", part="affine", targets="affine_forward")
def test_affine_forward_values(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    x, w, b = _affine_arguments(inputs, case)
    expected, _ = reference.affine_forward(x, w, b)
    out, _ = student.affine_forward(x, w, b)
    assert_close("out", out, expected)


@check(
    "affine_forward adds the bias once to every sample",
    part="affine",
    targets="affine_forward",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_affine_forward_bias(student: Student, reference: Student, inputs: Inputs) -> None:
    x, w, b = np.zeros((4, 4)), inputs.normal(4, 4), inputs.normal(4)
    expected, _ = reference.affine_forward(x, w, b)
    out, _ = student.affine_forward(x, w, b)
    assert_close("out", out, expected)


@pytest.mark.parametrize("case", BATCHES)
@check(
    "affine_backward returns dx, in the shape of x",
    part="affine",
    targets="affine_backward",
    uses="affine_forward",
)
def test_affine_backward_dx(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    _judge_affine(student, reference, inputs, case, "dx")


@pytest.mark.parametrize("case", BATCHES)
@check(
    "affine_backward returns dw, the gradient of the weights",
    part="affine",
    targets="affine_backward",
    uses="affine_forward",
)
def test_affine_backward_dw(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    _judge_affine(student, reference, inputs, case, "dw")


@pytest.mark.parametrize("case", BATCHES)
@check(
    "affine_backward returns db, the gradient of the biases",
    part="affine",
    targets="affine_backward",
    uses="affine_forward",
)
def test_affine_backward_db(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    _judge_affine(student, reference, inputs, case, "db")


@pytest.mark.parametrize("shape", [(4, 5), (2, 3, 2, 2)], ids=["matrix", "images"])
@check("relu_forward replaces negative entries by 0", part="relu", targets="relu_forward")
def test_relu_forward_values(
    student: Student, reference: Student, inputs: Inputs, shape: tuple[int, ...]
) -> None:
    _judge_relu_forward(student, reference, inputs.normal(*shape))


@check(
    "relu_forward keeps positive entries as they are, however large",
    part="relu",
    targets="relu_forward",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_relu_forward_large(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_relu_forward(student, reference, inputs.normal(5, 4, scale=1e3))


@check(
    "relu_forward is 0 only for zeros and negative numbers",
    part="relu",
    targets="relu_forward",
    visibility=Visibility.HIDDEN,
)
def test_relu_forward_closed(student: Student, inputs: Inputs) -> None:
    x = inputs.uniform(-3.0, 0.0, 4, 3)
    x[0] = 0.0
    x[1, 1] = 2.0
    out, _ = student.relu_forward(x)
    assert_close("out", out, np.where(x > 0, x, 0.0))


@pytest.mark.parametrize("shape", [(5, 4), (2, 3, 2, 2)], ids=["matrix", "images"])
@check(
    "relu_backward lets the gradient pass where x was positive, and only there",
    part="relu",
    targets="relu_backward",
    uses="relu_forward",
)
def test_relu_backward_dx(
    student: Student, reference: Student, inputs: Inputs, shape: tuple[int, ...]
) -> None:
    x, dout = inputs.clear_of_zero(*shape), inputs.normal(*shape)
    x.flat[::3] *= 1e-3  # on the right side of 0, whatever threshold is taken for it
    _judge_relu_backward(student, reference, x, dout)


@pytest.mark.parametrize("sign", [1, -1], ids=["open", "closed"])
@check(
    "relu_backward looks at the sign of x, not at that of dout",
    part="relu",
    targets="relu_backward",
    uses="relu_forward",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_relu_backward_one_sign(
    student: Student, reference: Student, inputs: Inputs, sign: int
) -> None:
    x, dout = sign * inputs.uniform(0.5, 1.0, 4, 3), inputs.uniform(0.1, 1.1, 4, 3)
    x[1, :2] *= -1
    dout.flat[::2] *= -1
    _judge_relu_backward(student, reference, x, dout)


@check(
    "relu_backward works on the cache that it is given",
    part="relu",
    targets="relu_backward",
    uses="relu_forward",
    visibility=Visibility.HIDDEN,
)
def test_relu_backward_own_cache(student: Student, reference: Student, inputs: Inputs) -> None:
    """A later forward pass, as in a net with several layers, must not disturb it."""
    x, dout = inputs.clear_of_zero(4, 3), inputs.normal(4, 3)
    _judge_relu_backward(student, reference, x, dout, later=(-x,))


@check(
    "The given affine_relu_forward is a relu behind an affine layer",
    part="fully_connected_net",
    targets="affine_relu_forward",
    uses=("affine_forward", "relu_forward"),
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_affine_relu_forward(student: Student, reference: Student, inputs: Inputs) -> None:
    """Given code, which a net need not use: nothing else would notice what was changed in it."""
    args = _affine_arguments(inputs, "matrix")
    expected, _ = reference.affine_relu_forward(*args)

    def one_by_one() -> list[Any]:
        a, _ = student.affine_forward(*args, returns=KEPT)
        return [student.relu_forward(a)[0]]

    _judge_given(lambda: [student.affine_relu_forward(*args)[0]], one_by_one, {"out": expected})


@check(
    "The given affine_relu_backward goes back through the relu first",
    part="fully_connected_net",
    targets="affine_relu_backward",
    uses=("affine_forward", "relu_forward", "affine_relu_forward", "affine_backward",
          "relu_backward"),
    points=0.25,
    visibility=Visibility.HIDDEN,
)  # fmt: skip
def test_affine_relu_backward(student: Student, reference: Student, inputs: Inputs) -> None:
    args = _affine_arguments(inputs, "matrix")
    dout = inputs.normal(len(args[0]), len(args[2]))
    _, known = reference.affine_relu_forward(*args)
    right = dict(zip(("dx", "dw", "db"), reference.affine_relu_backward(dout, known), strict=True))

    def given() -> Any:
        _, cache = student.affine_relu_forward(*args)
        return student.affine_relu_backward(dout, cache)

    def one_by_one() -> Any:
        a, affine_cache = student.affine_forward(*args, returns=KEPT)
        _, relu_cache = student.relu_forward(a)
        da = student.relu_backward(dout, relu_cache, returns=KEPT[:1])
        return student.affine_backward(da, affine_cache)

    _judge_given(given, one_by_one, right)


def _judge_given(
    given: Callable[[], Sequence[Any]],
    one_by_one: Callable[[], Sequence[Any]],
    rights: Mapping[str, np.ndarray],
) -> None:
    """Judge given code by the key. Where the layers that it calls are wrong, it is not judged."""
    failed: Verdict | None = None
    received: Sequence[Any] = ()
    try:
        received = given()
        if all(map(close, received, rights.values())):
            return
    except Verdict as verdict:
        failed = verdict
    layers = "affine_forward, relu_forward, affine_backward or relu_backward"
    try:
        own = [as_array(value, name) for value, name in zip(one_by_one(), rights, strict=True)]
    except Verdict as verdict:
        text = f"Not judged, because {layers} fails by itself: {verdict.message}"
        raise NotJudged(text) from None
    if not all(map(close, own, rights.values())):
        raise NotJudged(f"Not judged, because {layers} is wrong by itself.")
    if failed is not None:
        raise failed
    for name, value, right in zip(rights, received, own, strict=True):
        assert_close(name, value, right)


def _affine_arguments(inputs: Inputs, case: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first row of the output has both signs, so that every case shows what a sign decides."""
    shape, M = SHAPES[case]
    D = int(np.prod(shape[1:]))
    x, w, b = inputs.normal(*shape), inputs.normal(D, M), inputs.normal(M)
    turned = np.sign(x[0].ravel() @ w + b) * np.where(np.arange(M) % 2, -1.0, 1.0)
    return x, w * turned, b * turned


def _judge_affine(
    student: Student, reference: Student, inputs: Inputs, case: str, gradient: str
) -> None:
    x, w, b = _affine_arguments(inputs, case)
    assert_backward(
        student,
        reference,
        forward="affine_forward",
        backward="affine_backward",
        args=(x, w, b),
        dout=inputs.normal(len(x), len(b)),
        gradient=gradient,
        usual_cache=(x, w, b),
        simpler=(x.reshape(len(x), -1), w, b),
    )


def _judge_relu_forward(student: Student, reference: Student, x: np.ndarray) -> None:
    expected, _ = reference.relu_forward(x)
    out, _ = student.relu_forward(x)
    assert_close("out", out, expected)


def _judge_relu_backward(
    student: Student,
    reference: Student,
    x: np.ndarray,
    dout: np.ndarray,
    later: tuple[np.ndarray] | None = None,
) -> None:
    assert_backward(
        student,
        reference,
        forward="relu_forward",
        backward="relu_backward",
        args=(x,),
        dout=dout,
        gradient="dx",
        later=later,
        usual_cache=x,
    )
