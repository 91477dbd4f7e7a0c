"""Lists and arrays of lower precision cost the function that returns them one check."""

from __future__ import annotations

import pytest

from grader.model.result import CheckResult
from tests.bank import (
    test_dropout_mistakes,
    test_layers_mistakes,
    test_losses_mistakes,
    test_normalization_variants,
)
from tests.bank.patches import LOST, Change, assert_costs, grade, mistake

FORWARD = "return out, cache"
MISTAKES = [
    mistake("affine_forward", "a list", FORWARD, "return out.tolist(), cache"),
    mistake("affine_forward", "float32", FORWARD, 'return out.astype("float32"), cache'),
    mistake("affine_forward", "a matrix", FORWARD, "return np.asmatrix(out), cache"),
    mistake("affine_backward", "db a list", "return dx, dw, db", "return dx, dw, list(db)"),
    mistake("relu_forward", "a list of rows", FORWARD, "return list(out), cache"),
    mistake("relu_backward", "float32", "return dx", 'return dx.astype("float32")'),
    mistake("softmax_loss", "a list", "return loss, dx", "return loss, dx.tolist()"),
    mistake("batchnorm_forward", "float32", FORWARD, 'return out.astype("float32"), cache'),
    mistake("batchnorm_backward", "dgamma a list", "dx, dgamma, dbeta\n", "dx, [*dgamma], dbeta\n"),
    mistake("batchnorm_backward_alt", "lists", "dx, dgamma, dbeta\n", "dx, dgamma, [*dbeta]\n"),
    mistake("layernorm_forward", "a tuple", FORWARD, "return tuple(out), cache"),
    mistake("layernorm_backward", "a list", "return dx, dgamma", "return [*dx], dgamma"),
    mistake("dropout_forward", "a list", FORWARD, "return out.tolist(), cache"),
    mistake("dropout_backward", "float32", "return dx", 'return dx.astype("float32")'),
]
VARIANTS = [
    *test_layers_mistakes.VARIANTS,
    *test_losses_mistakes.VARIANTS,
    *test_normalization_variants.VARIANTS,
    *test_dropout_mistakes.VARIANTS,
]
MODULES = ["returns", "layers", "dropout"]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CheckResult]]:
    return grade(MISTAKES, MODULES, tmp_path_factory.mktemp("returns"))


@pytest.mark.parametrize("change", MISTAKES, ids=str)
def test_what_is_no_array_costs_one_check(
    change: Change, graded: dict[str, list[CheckResult]]
) -> None:
    results = graded[change.name]
    assert_costs(change, results)
    [lost] = [check for check in results if check.outcome in LOST]
    assert change.name.split(":")[0] in lost.message


def test_another_way_of_writing_a_layer_returns_arrays(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    graded = grade(VARIANTS, ["returns"], tmp_path_factory.mktemp("variants"))
    for change in VARIANTS:
        assert_costs(change, graded[change.name])
