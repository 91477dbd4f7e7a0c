"""A backward pass that calls the forward for every entry is remarked on, or earns nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.assignment.folder import Assignment
from grader.batches.grading_client import Engine
from grader.grading import Settings
from grader.model.result import CheckResult, Outcome, Result
from grader.submission import single
from tests.support import submission

BY_HAND = """\
(x, w), b = cache, np.zeros(cache[1].shape[1])
grads = []
for array in (x, w, b):
    grad = np.zeros_like(array)
    for i in np.ndindex(array.shape):
        old = array[i]
        array[i] = old + 1e-5
        up = affine_forward(x, w, b)[0]
        array[i] = old - 1e-5
        down = affine_forward(x, w, b)[0]
        array[i] = old
        grad[i] = np.sum((up - down) * dout) / 2e-5
    grads.append(grad)
return tuple(grads)
"""
GIVEN = """\
from numpynn.gradient_check import eval_numerical_gradient_array
return eval_numerical_gradient_array(lambda x: relu_forward(x)[0], cache, dout)
"""
RECOMPUTES = """\
(x, w), b = cache, np.zeros(cache[1].shape[1])
out, _ = affine_forward(x, w, b)
assert np.allclose(affine_forward(x, w, b)[0], out)
"""
LOSS = """\
if getattr(softmax_loss, "inside", False):
    shifted = x - x.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logs[np.arange(len(y)), y].mean(), None
softmax_loss.inside = True
try:
    dx = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = 1e-5
        dx[i] = (softmax_loss(x + step, y)[0] - softmax_loss(x - step, y)[0]) / 2e-5
    return softmax_loss(x, y)[0], dx
finally:
    softmax_loss.inside = False
"""
PARTS = ("affine_backward", "relu_backward", "softmax_loss", "two_layer_net")
LAZY = {
    "affine_backward": BY_HAND,
    "relu_forward": "return np.maximum(x, 0), x",
    "relu_backward": GIVEN,
    "softmax_loss": LOSS,
}


@pytest.fixture(scope="module", params=["note", "fail"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    path = tmp_path_factory.mktemp("rubric") / "numpynn.toml"
    text = Assignment.load("numpynn").path.read_text(encoding="utf-8")
    setting = f'[grading]\nnumerical_backward = "{request.param}"\nshuffle = true\n'
    path.write_text(f"{text}\n{setting}", encoding="utf-8")
    shutil.copy(Assignment.load("numpynn").layout.key, path.with_suffix(".key"))
    with Engine(Settings(assignment=str(path), parts=PARTS, diagnose=False)) as opened:
        yield opened


@pytest.fixture(scope="module")
def lazy(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return engine.grade(single(submission(tmp_path_factory.mktemp("class"), "lazy", LAZY)))


@pytest.fixture(scope="module")
def fails(engine: Engine) -> bool:
    return 'numerical_backward = "fail"' in Path(engine.settings.assignment).read_text("utf-8")


def of(result: Result, function: str) -> list[CheckResult]:
    return [check for check in result.checks if check.targets == [function]]


def remarks(check: CheckResult) -> str:
    return " ".join([check.message, *check.notes])


@pytest.mark.parametrize("function", ["affine_backward", "relu_backward"])
def test_a_backward_that_differentiates(lazy: Result, fails: bool, function: str) -> None:
    seen = [check for check in of(lazy, function) if "numerical differentiation" in remarks(check)]
    assert seen
    assert all(f"{function} called " in remarks(check) for check in seen)
    assert {check.outcome for check in seen} == {Outcome.FAILED if fails else Outcome.PASSED}
    if fails:
        assert all("has to be derived" in check.message for check in seen)


def test_a_loss_that_differentiates_keeps_what_is_right(lazy: Result, fails: bool) -> None:
    """Its value is no gradient, so that it is not touched."""
    seen = {
        check.id: check for check in of(lazy, "softmax_loss") if "differentiation" in remarks(check)
    }
    gradients = {name for name in seen if "gradient" in name or "dx]" in name}
    assert gradients
    assert seen.keys() - gradients
    for name, check in seen.items():
        assert (check.outcome is Outcome.FAILED) == (fails and name in gradients), check


def test_a_net_is_not_blamed_for_its_layers(lazy: Result) -> None:
    nets = of(lazy, "TwoLayerNet")
    assert nets
    assert all("differentiation" not in remarks(check) for check in nets)
    assert {check.outcome for check in nets} == {Outcome.PASSED}


@pytest.mark.parametrize(
    "bodies", [{}, {"affine_backward": RECOMPUTES}], ids=["right", "recomputes"]
)
def test_who_derives_is_left_alone(engine: Engine, tmp_path: Path, bodies: dict[str, str]) -> None:
    result = engine.grade(single(submission(tmp_path, "fair", bodies)))
    assert result.score == result.max_score
    assert all("differentiation" not in remarks(check) for check in result.checks)
