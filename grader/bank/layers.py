"""Checks of the affine and ReLU layers."""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks import (
    Inputs,
    Student,
    assert_close,
    check,
)

SHAPES = {"matrix": ((5, 4), 3), "images": ((3, 2, 3, 2), 4), "one sample": ((1, 6), 2)}


@pytest.mark.parametrize("case", SHAPES)
@check("affine_forward computes x @ w + b", part="affine", targets="affine_forward")
def test_affine_forward_values(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    shape, M = SHAPES[case]
    D = int(np.prod(shape[1:]))
    x, w, b = inputs.normal(*shape), inputs.normal(D, M), inputs.normal(M)
    expected, _ = reference.affine_forward(x, w, b)
    out, _ = student.affine_forward(x, w, b)
    assert_close("out", out, expected)
