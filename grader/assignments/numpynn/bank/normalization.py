"""Checks of batch and layer normalization.

Ordinary inputs are so large that the default eps of 1e-5 does not show beside their variance:
whoever puts it in another place loses the checks of eps, and no others.
"""

from __future__ import annotations

import numpy as np
import pytest

from grader.assignments.numpynn.bank._normalization import (
    BACKWARD,
    EPS,
    RUNNING,
    SHAPES,
    TRAIN,
    arguments,
    features,
    judge_gradient,
    judge_out,
    judge_running,
    parameters,
    read,
    samples,
    statistics,
    train_then_test,
)
from grader.checks import (
    Inputs,
    NotJudged,
    Student,
    Visibility,
    Wrong,
    as_array,
    assert_close,
    check,
    close,
)
from grader.checks.compare import VALUES
from grader.model.result import Finding
from grader.student.proxy import Raised


@check(
    "batchnorm_forward in train mode gives every feature mean 0 and variance 1",
    part="batchnorm",
    targets="batchnorm_forward",
    points=0.5,
)
def test_batchnorm_forward_standard(student: Student, reference: Student, inputs: Inputs) -> None:
    args = (features(inputs, 7, 3), np.ones(3), np.zeros(3), TRAIN)
    judge_out(student, reference, "batchnorm_forward", args)


@pytest.mark.parametrize("case", SHAPES)
@check(
    "batchnorm_forward in train mode scales by gamma and shifts by beta",
    part="batchnorm",
    targets="batchnorm_forward",
)
def test_batchnorm_forward_train(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    args = (*arguments(inputs, *SHAPES[case]), TRAIN)
    judge_out(student, reference, "batchnorm_forward", args)


@pytest.mark.parametrize("case", EPS)
@check(
    "batchnorm_forward divides by sqrt(var + eps)",
    part="batchnorm",
    targets="batchnorm_forward",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_batchnorm_forward_eps(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    scale, param = EPS[case]
    args = (*arguments(inputs, 5, 3, scale), TRAIN | param)
    judge_out(student, reference, "batchnorm_forward", args)


@check(
    "batchnorm_forward turns a feature that is the same in every sample into beta",
    part="batchnorm",
    targets="batchnorm_forward",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_batchnorm_forward_constant(student: Student, reference: Student, inputs: Inputs) -> None:
    x, gamma, beta = arguments(inputs, 4, 3)
    x[:, 1] = 2.0
    judge_out(student, reference, "batchnorm_forward", (x, gamma, beta, TRAIN))


@check(
    "batchnorm_forward in train mode normalizes by the batch, not by the running averages",
    part="batchnorm",
    targets="batchnorm_forward",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_batchnorm_forward_ignores_running(
    student: Student, reference: Student, inputs: Inputs
) -> None:
    args = (*arguments(inputs, 6, 3), TRAIN | statistics(inputs, 3))
    judge_out(student, reference, "batchnorm_forward", args)


@pytest.mark.parametrize("name", ["running_mean", "running_var"])
@pytest.mark.parametrize("case", RUNNING)
@check(
    "batchnorm_forward in train mode updates the running averages in bn_param",
    part="batchnorm",
    targets="batchnorm_forward",
    points=0.5,
)
def test_batchnorm_forward_running(
    student: Student, reference: Student, inputs: Inputs, case: str, name: str
) -> None:
    """They start from zeros when `bn_param` does not hold them."""
    steps, param = RUNNING[case]
    batches = [features(inputs, 5, 3) for _ in range(steps)]
    judge_running(student, reference, batches, TRAIN | param, name)


@pytest.mark.parametrize("name", ["running_mean", "running_var"])
@check(
    "batchnorm_forward goes on from the running averages that bn_param holds",
    part="batchnorm",
    targets="batchnorm_forward",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_batchnorm_forward_running_goes_on(
    student: Student, reference: Student, inputs: Inputs, name: str
) -> None:
    param = TRAIN | {"momentum": 0.25} | statistics(inputs, 3)
    judge_running(student, reference, [features(inputs, 3, 3)], param, name)


@pytest.mark.parametrize("shape", [(6, 4), (3, 3), (1, 4)], ids=["matrix", "square", "one sample"])
@check(
    "batchnorm_forward in test mode normalizes by the running averages",
    part="batchnorm",
    targets="batchnorm_forward",
    points=0.5,
)
def test_batchnorm_forward_test_mode(
    student: Student, reference: Student, inputs: Inputs, shape: tuple[int, int]
) -> None:
    args = (*arguments(inputs, *shape), {"mode": "test"} | statistics(inputs, shape[1]))
    judge_out(student, reference, "batchnorm_forward", args)


@check(
    "batchnorm_forward in test mode divides by sqrt(running_var + eps)",
    part="batchnorm",
    targets="batchnorm_forward",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_batchnorm_forward_test_mode_eps(
    student: Student, reference: Student, inputs: Inputs
) -> None:
    given = {"running_mean": inputs.normal(3), "running_var": inputs.uniform(0.1, 1.0, 3)}
    args = (*arguments(inputs, 4, 3), {"mode": "test", "eps": 0.3} | given)
    judge_out(student, reference, "batchnorm_forward", args)


@pytest.mark.parametrize("name", ["running_mean", "running_var"])
@check(
    "batchnorm_forward in test mode leaves the running averages as they are",
    part="batchnorm",
    targets="batchnorm_forward",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_batchnorm_forward_test_mode_keeps(student: Student, inputs: Inputs, name: str) -> None:
    given, args = statistics(inputs, 3), arguments(inputs, 5, 3)
    trained = student.keep("bn_param", {"mode": "train"} | given)
    student.batchnorm_forward(*args, trained)
    if close(read(trained, name), given[name], tolerance=VALUES):
        raise NotJudged(f"Not judged, because batchnorm_forward never updates {name}.")
    bn_param = student.keep("bn_param", {"mode": "test"} | given)
    student.batchnorm_forward(*args, bn_param)
    assert_close(name, read(bn_param, name), given[name])


@check(
    "batchnorm_forward in test mode uses the running averages of train mode",
    part="batchnorm",
    targets="batchnorm_forward",
    visibility=Visibility.HIDDEN,
)
def test_batchnorm_forward_train_then_test(
    student: Student, reference: Student, inputs: Inputs
) -> None:
    batches = [features(inputs, 6, 3) for _ in range(3)]
    args = arguments(inputs, 4, 3)
    expected = train_then_test(reference, batches, args)
    assert_close("out", train_then_test(student, batches, args), expected)


@check(
    "batchnorm_forward raises ValueError for any other mode",
    part="batchnorm",
    targets="batchnorm_forward",
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_batchnorm_forward_unknown_mode(student: Student, inputs: Inputs) -> None:
    finding = Finding(kind="behaviour", quantity='bn_param["mode"]')
    args = arguments(inputs, 4, 3)
    try:
        student.batchnorm_forward(*args, TRAIN)
    except Raised as raised:
        text = f"Not judged, because batchnorm_forward raises {raised.kind} in train mode, too."
        raise NotJudged(text) from None
    try:
        student.batchnorm_forward(*args, {"mode": "trian"})
    except Raised as raised:
        if raised.kind == "ValueError":
            return
        text = f"An unknown mode should raise ValueError; it raised {raised.kind}."
        raise Wrong(text, finding) from None
    raise Wrong("An unknown mode should raise ValueError; nothing was raised.", finding)


@pytest.mark.parametrize("case", BACKWARD)
@check(
    "batchnorm_backward returns dx",
    part="batchnorm",
    targets="batchnorm_backward",
    uses="batchnorm_forward",
    points=1.5,
)
def test_batchnorm_backward_dx(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    judge_gradient(student, reference, inputs, "batchnorm_backward", case, "dx")


@pytest.mark.parametrize("gradient", ["dgamma", "dbeta"])
@pytest.mark.parametrize("case", BACKWARD)
@check(
    "batchnorm_backward returns dgamma and dbeta",
    part="batchnorm",
    targets="batchnorm_backward",
    uses="batchnorm_forward",
    points=0.5,
)
def test_batchnorm_backward_parameters(
    student: Student, reference: Student, inputs: Inputs, case: str, gradient: str
) -> None:
    judge_gradient(student, reference, inputs, "batchnorm_backward", case, gradient)


@pytest.mark.parametrize("case", BACKWARD)
@check(
    "batchnorm_backward_alt returns dx",
    part="batchnorm",
    targets="batchnorm_backward_alt",
    uses="batchnorm_forward",
    points=1.5,
)
def test_batchnorm_backward_alt_dx(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    judge_gradient(student, reference, inputs, "batchnorm_backward_alt", case, "dx")


@pytest.mark.parametrize("gradient", ["dgamma", "dbeta"])
@pytest.mark.parametrize("case", BACKWARD)
@check(
    "batchnorm_backward_alt returns dgamma and dbeta",
    part="batchnorm",
    targets="batchnorm_backward_alt",
    uses="batchnorm_forward",
    points=0.25,
)
def test_batchnorm_backward_alt_parameters(
    student: Student, reference: Student, inputs: Inputs, case: str, gradient: str
) -> None:
    judge_gradient(student, reference, inputs, "batchnorm_backward_alt", case, gradient)


@check(
    "layernorm_forward gives every sample mean 0 and variance 1",
    part="layernorm",
    targets="layernorm_forward",
    points=0.5,
)
def test_layernorm_forward_standard(student: Student, reference: Student, inputs: Inputs) -> None:
    x, gamma, beta = samples(inputs, 4, 7), np.ones(7), np.zeros(7)
    judge_out(student, reference, "layernorm_forward", (x, gamma, beta, {}))


@pytest.mark.parametrize("shape", [(6, 4), (4, 4), (1, 5)], ids=["matrix", "square", "one sample"])
@check(
    "layernorm_forward scales by gamma and shifts by beta",
    part="layernorm",
    targets="layernorm_forward",
)
def test_layernorm_forward_values(
    student: Student, reference: Student, inputs: Inputs, shape: tuple[int, int]
) -> None:
    x, (gamma, beta) = samples(inputs, *shape), parameters(inputs, shape[1])
    judge_out(student, reference, "layernorm_forward", (x, gamma, beta, {}))


@pytest.mark.parametrize("case", EPS)
@check(
    "layernorm_forward divides by sqrt(var + eps)",
    part="layernorm",
    targets="layernorm_forward",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_layernorm_forward_eps(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    scale, param = EPS[case]
    args = (samples(inputs, 5, 4, scale), *parameters(inputs, 4), param)
    judge_out(student, reference, "layernorm_forward", args)


@check(
    "layernorm_forward treats a sample the same way, whatever else is in the batch",
    part="layernorm",
    targets="layernorm_forward",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_layernorm_forward_independent(
    student: Student, reference: Student, inputs: Inputs
) -> None:
    gamma, beta = parameters(inputs, 5)
    x, others = samples(inputs, 4, 5), samples(inputs, 4, 5)
    others[2] = x[2]
    expected, _ = reference.layernorm_forward(x, gamma, beta, {})
    out, _ = student.layernorm_forward(others, gamma, beta, {})
    assert_close("out", np.atleast_2d(as_array(out, "out"))[2:3], expected[2:3])


@check(
    "layernorm_forward does the same in training and in testing",
    part="layernorm",
    targets="layernorm_forward",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_layernorm_forward_test_mode(student: Student, reference: Student, inputs: Inputs) -> None:
    gamma, beta = parameters(inputs, 4)
    x, before = samples(inputs, 5, 4), samples(inputs, 5, 4)
    expected, _ = reference.layernorm_forward(x, gamma, beta, {})
    ln_param = student.keep("ln_param", {"mode": "train"})
    student.layernorm_forward(before, gamma, beta, ln_param)
    ln_param["mode"].write("test")
    out, _ = student.layernorm_forward(x, gamma, beta, ln_param)
    assert_close("out", out, expected)


@pytest.mark.parametrize("case", BACKWARD)
@check(
    "layernorm_backward returns dx",
    part="layernorm",
    targets="layernorm_backward",
    uses="layernorm_forward",
    points=1.5,
)
def test_layernorm_backward_dx(
    student: Student, reference: Student, inputs: Inputs, case: str
) -> None:
    judge_gradient(student, reference, inputs, "layernorm_backward", case, "dx")


@pytest.mark.parametrize("gradient", ["dgamma", "dbeta"])
@pytest.mark.parametrize("case", BACKWARD)
@check(
    "layernorm_backward returns dgamma and dbeta",
    part="layernorm",
    targets="layernorm_backward",
    uses="layernorm_forward",
    points=0.75,
)
def test_layernorm_backward_parameters(
    student: Student, reference: Student, inputs: Inputs, case: str, gradient: str
) -> None:
    judge_gradient(student, reference, inputs, "layernorm_backward", case, gradient)
