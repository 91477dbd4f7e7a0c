"""What stands on a wrong function is judged again with that function replaced."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.assignment.catalogue import apply, load_mistakes
from grader.assignment.folder import Assignment
from grader.batches.grading_client import Engine
from grader.grading import Settings
from grader.model.result import CheckResult, Outcome, Result
from grader.submission import single
from tests.support import SOLUTION


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference, but for batch norm's variance, which is not the biased one."""
    work = tmp_path_factory.mktemp("class") / "ann"
    shutil.copytree(SOLUTION / "numpynn", work / "numpynn")
    [mistake] = [
        mistake
        for mistake in load_mistakes(Assignment.load("numpynn").layout.mistakes)
        if mistake.id == "bn-unbiased-variance"
    ]
    files = {"layers.py": (work / "numpynn" / "layers.py").read_text()}
    changed = apply(files, mistake)
    (work / "numpynn" / "layers.py").write_text(changed["layers.py"])
    return work


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Grades by our rubric."""
    with Engine(Settings(assignment="numpynn")) as engine:
        yield engine


def graded(work: Path, folder: Path, old: str, new: str) -> Result:
    """Grade with every `old` in our rubric replaced by `new`."""
    rubric = Assignment.load("numpynn").path
    text = rubric.read_text(encoding="utf-8")
    assert old in text
    path = folder / "numpynn.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    shutil.copy(rubric.with_suffix(".key"), path.with_suffix(".key"))
    with Engine(Settings(assignment=str(path))) as engine:
        return engine.grade(single(work))


def _nets_carried(result: Result) -> list[CheckResult]:
    checks = [check for check in result.checks if check.follow_through]
    return [check for check in checks if check.targets == ["FullyConnectedNet"]]


def losing(result: Result) -> set[str]:
    return {check.targets[0] for check in result.checks if check.points < check.max_points}


def test_one_mistake_costs_its_function_and_nothing_else(engine: Engine, faulty: Path) -> None:
    result = engine.grade(single(faulty))
    assert losing(result) == {"batchnorm_forward"}
    carried = [check for check in result.checks if check.follow_through]
    assert {check.targets[0] for check in carried} == {
        "FullyConnectedNet",
        "batchnorm_backward",
        "batchnorm_backward_alt",
    }
    assert all("batchnorm_forward" in check.follow_through for check in carried)


def test_a_backward_that_is_wrong_too_still_pays(
    engine: Engine, faulty: Path, tmp_path: Path
) -> None:
    layers = (faulty / "numpynn" / "layers.py").read_text()
    head, name, tail = layers.partition("def batchnorm_backward(")
    assert "return dx, dgamma, dbeta" in tail
    work = tmp_path / "bob"
    shutil.copytree(faulty / "numpynn", work / "numpynn")
    wrong = tail.replace("return dx, dgamma, dbeta", "return 2 * dx, dgamma, dbeta", 1)
    (work / "numpynn" / "layers.py").write_text(head + name + wrong)
    result = engine.grade(single(work))
    assert losing(result) == {"batchnorm_forward", "batchnorm_backward"}
    named = {
        (cause.id, *cause.numbers)
        for check in result.checks
        for cause in check.causes
        if check.targets[0] == "batchnorm_backward"
    }
    assert named == {("bn-back-scaled", 2.0)}


def test_without_carrying_a_backward_waits_for_its_forward(faulty: Path, tmp_path: Path) -> None:
    off = "seed = 231\ncarry_mistakes = false\ngrading.unjudged = 'lost'"
    result = graded(faulty, tmp_path, "seed = 231", off)
    assert losing(result) == {"batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt"}
    skipped = {check.targets[0] for check in result.checks if check.outcome is Outcome.SKIPPED}
    assert skipped == {"batchnorm_backward", "batchnorm_backward_alt"}


def test_without_follow_through_the_network_pays_too(faulty: Path, tmp_path: Path) -> None:
    on, off = "follow_through = true", "follow_through = false"
    result = graded(faulty, tmp_path, on, off)
    assert "FullyConnectedNet" in losing(result)
    assert not _nets_carried(result)


def test_a_share_of_the_points_can_be_kept_back(faulty: Path, tmp_path: Path) -> None:
    on = "follow_through = true"
    result = graded(faulty, tmp_path, on, f"{on}, follow_through_share = 0.5")
    carried = _nets_carried(result)
    assert carried
    for check in carried:
        assert check.points == pytest.approx(check.max_points / 2, abs=1e-4)


@pytest.mark.parametrize(
    ("term", "losing_too"), [("dout", set()), ("2 * dout", {"affine_backward"})]
)
def test_a_right_backward_needs_no_forward_that_runs(
    engine: Engine, tmp_path: Path, term: str, losing_too: set[str]
) -> None:
    work = tmp_path / "ann"
    shutil.copytree(SOLUTION / "numpynn", work / "numpynn")
    layers = work / "numpynn" / "layers.py"
    text = layers.read_text(encoding="utf-8")
    for old, new in (
        ("out = x.reshape(len(x), w.shape[0]) @ w + b", "out = x @ w + b"),
        ("cache = (x, w)", "cache = (x, w, b)"),
        ("    x, w = cache", "    x, w, b = cache"),
        ("dout @ w.T", f"{term} @ w.T"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    layers.write_text(text, encoding="utf-8")
    assert losing(engine.grade(single(work))) == {"affine_forward"} | losing_too


def test_given_code_of_a_nets_part_is_replaced_too(engine: Engine, tmp_path: Path) -> None:
    """A net that stands on the student's wrong affine_relu_backward pays for its own code alone."""
    shutil.copytree(SOLUTION / "numpynn", tmp_path / "numpynn")
    file = tmp_path / "numpynn" / "layer_utils.py"
    text = file.read_text()
    [mistake] = [
        mistake
        for mistake in load_mistakes(Assignment.load("numpynn").layout.mistakes)
        if mistake.function == "affine_relu_backward"
    ][:1]
    file.write_text(apply({"layer_utils.py": text}, mistake)["layer_utils.py"])
    assert losing(engine.grade(single(tmp_path))) == {"affine_relu_backward"}
