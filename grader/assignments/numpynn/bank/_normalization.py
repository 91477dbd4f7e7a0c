"""Inputs and judgements that the checks of batch and layer normalization share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.checks import Inputs, Remote, Student, Wrong, assert_backward, assert_close
from grader.model.result import Finding
from grader.student.proxy import Raised

TRAIN = {"mode": "train"}
SCALE = 100.0
"""Beside which the default eps does not show, wherever it is put."""
BACKWARD: dict[str, tuple[tuple[int, int], float, dict[str, Any]]] = {
    "default": ((6, 4), SCALE, {}),
    "large eps": ((5, 5), 1.0, {"eps": 0.3}),
}
"""Shape, scale of the input and parameters."""
SHAPES = {"matrix": (6, 4), "square": (4, 4), "three samples": (3, 5)}
EPS: dict[str, tuple[float, dict[str, Any]]] = {
    "default": (0.01, {}),
    "large eps": (1.0, {"eps": 0.3}),
}
"""Scale of the input, such that eps shows, and parameters."""
RUNNING: dict[str, tuple[int, dict[str, Any]]] = {
    "first step": (1, {}),
    "several steps": (4, {}),
    "momentum 0.6": (3, {"momentum": 0.6}),
}
"""Number of steps and parameters."""


def features(inputs: Inputs, n: int, d: int, scale: float = SCALE) -> np.ndarray:
    """Features of different means and spreads: no few samples lie close together by chance."""
    x, spread = inputs.normal(n, d), inputs.uniform(0.8, 1.6, d)
    if n > 1:
        x = inputs.rounded((x - x.mean(axis=0)) / x.std(axis=0))
    return (x * spread + inputs.normal(d)) * scale


def samples(inputs: Inputs, n: int, d: int, scale: float = SCALE) -> np.ndarray:
    """Samples of different means and spreads."""
    return features(inputs, d, n, scale).T.copy()


def parameters(inputs: Inputs, d: int) -> tuple[np.ndarray, np.ndarray]:
    """gamma, of both signs and nowhere near 0, and beta."""
    return inputs.clear_of_zero(d, gap=0.5), inputs.normal(d)


def arguments(
    inputs: Inputs, n: int, d: int, scale: float = SCALE
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, gamma and beta for batch normalization."""
    return (features(inputs, n, d, scale), *parameters(inputs, d))


def statistics(inputs: Inputs, d: int) -> dict[str, np.ndarray]:
    """Running averages that fit `features`."""
    mean = inputs.normal(d, scale=SCALE / 2)
    var = inputs.uniform(SCALE**2 / 2, 2 * SCALE**2, d)
    return {"running_mean": mean, "running_var": var}


def judge_out(student: Student, reference: Student, forward: str, args: Sequence[Any]) -> None:
    """Compare `out` with the key."""
    expected, _ = getattr(reference, forward)(*args)
    out, _ = getattr(student, forward)(*args)
    assert_close("out", out, expected)


def judge_gradient(
    student: Student,
    reference: Student,
    inputs: Inputs,
    backward: str,
    case: str,
    gradient: str,
) -> None:
    """Judge one gradient of one backward function in a case of `BACKWARD`."""
    (n, d), scale, param = BACKWARD[case]
    batch = backward.startswith("batchnorm")
    x = features(inputs, n, d, scale) if batch else samples(inputs, n, d, scale)
    assert_backward(
        student,
        reference,
        forward="batchnorm_forward" if batch else "layernorm_forward",
        backward=backward,
        args=(x, *parameters(inputs, d), TRAIN | param if batch else param),
        dout=inputs.normal(n, d),
        gradient=gradient,
    )


def judge_running(
    student: Student,
    reference: Student,
    batches: Sequence[np.ndarray],
    param: dict[str, Any],
    name: str,
) -> None:
    """Compare a running average after some batches with the key."""
    right = train(reference, batches, param)[name].read()
    assert_close(name, read(train(student, batches, param), name), right)


def train(student: Student, batches: Sequence[np.ndarray], param: dict[str, Any]) -> Remote:
    """The `bn_param` after a forward pass of each batch."""
    d = batches[0].shape[1]
    bn_param = student.keep("bn_param", param)
    for x in batches:
        student.batchnorm_forward(x, np.full(d, 2.0), np.ones(d), bn_param)
    return bn_param


def train_then_test(
    student: Student, batches: Sequence[np.ndarray], args: Sequence[np.ndarray]
) -> Any:
    """`out` for `args` in test mode, after some batches in train mode."""
    bn_param = train(student, batches, TRAIN)
    bn_param["mode"].write("test")
    return student.batchnorm_forward(*args, bn_param)[0]


def read(bn_param: Remote, name: str) -> Any:
    """A running average out of `bn_param`.

    Raises:
        Wrong: it is not there.
    """
    try:
        return bn_param[name].read()
    except Raised:
        text = f"bn_param holds no {name!r} after the call: it has to be written back."
        raise Wrong(text, Finding(kind="missing", quantity=f'bn_param["{name}"]')) from None
