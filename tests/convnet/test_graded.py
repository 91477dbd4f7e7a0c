"""The reference and the template as submissions, and packages from other templates."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.assignment.catalogue import read_package, write_package
from grader.assignment.folder import Assignment
from grader.batches.grading_client import Engine
from grader.grading import Settings
from grader.model.result import Outcome, Result
from grader.submission import single

ASSIGNMENT = Assignment.load("convnet")
REFERENCE = read_package(ASSIGNMENT.reference)
TEMPLATE = read_package(ASSIGNMENT.layout.template / "numpynn")


@pytest.fixture(scope="module", params=["auto", "cs231n-2016"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with Engine(Settings(assignment="convnet", release=request.param)) as opened:
        yield opened


def graded(engine: Engine, folder: Path, files: dict[str, str]) -> Result:
    write_package(files, folder / "ann" / "numpynn")
    result = engine.grade(single(folder / "ann"))
    shutil.rmtree(folder / "ann")
    return result


def test_reference_and_template(engine: Engine, tmp_path: Path) -> None:
    right = graded(engine, tmp_path, REFERENCE)
    assert (right.score, right.max_score) == (100, 100)
    assert {check.outcome for check in right.checks} <= {Outcome.PASSED, Outcome.SKIPPED}
    untouched = graded(engine, tmp_path, TEMPLATE)
    assert (untouched.score, untouched.error) == (0, "")
    earned = {check.part for check in untouched.checks if check.outcome is Outcome.PASSED}
    assert earned == {"brought_along"}
    left = {check.outcome for check in untouched.checks if check.part != "brought_along"}
    assert left <= {Outcome.MISSING, Outcome.SKIPPED}


@pytest.mark.parametrize(
    ("old", "new", "checks"),
    [
        (
            "dx[n, c, top + row, left + column] += dout[n, c, i, j]",
            "dx[n, c, top : top + height, left : left + width] += "
            "(window == window.max()) * dout[n, c, i, j]",
            {"pooling::max_pool_backward_ties"},
        ),
    ],
)
def test_what_a_template_leaves_open_costs_nothing(
    engine: Engine, tmp_path: Path, old: str, new: str, checks: set[str]
) -> None:
    """It does where the template says it, as ours."""
    assert REFERENCE["layers.py"].count(old) == 1
    result = graded(
        engine, tmp_path, {**REFERENCE, "layers.py": REFERENCE["layers.py"].replace(old, new)}
    )
    lost = {check.id for check in result.checks if check.points < check.max_points}
    found = {check.id: check.finding for check in result.checks if check.id in checks}
    if engine.settings.release == "auto":
        assert lost == checks
        return
    assert (lost, result.score) == (set(), 100)
    assert {finding and finding.kind for finding in found.values()} == {"not_asked"}


def test_the_extension_that_other_templates_compile_is_lent(tmp_path: Path) -> None:
    """Their fast layers import a module that has to be built, and nobody hands that in."""
    files = dict(REFERENCE)
    del files["im2col_cython.py"]
    files["fast_layers.py"] = (
        "from .im2col_cython import col2im_6d_cython\n" + files["fast_layers.py"]
    ).replace("from __future__ import annotations\n", "")
    with Engine(Settings(assignment="convnet", keyword="three_layer_net::loss")) as opened:
        result = graded(opened, tmp_path, files)
    assert [check.outcome for check in result.checks] == [Outcome.PASSED]


def test_a_wrong_layer_that_was_brought_along_costs_nothing(tmp_path: Path) -> None:
    wrong = REFERENCE["layers.py"].replace(
        "out = gamma * x_hat + beta\n        cache", "out = gamma * x_hat - beta\n        cache"
    )
    assert wrong != REFERENCE["layers.py"]
    with Engine(
        Settings(assignment="convnet", parts=("spatial_batchnorm", "brought_along"))
    ) as opened:
        result = graded(opened, tmp_path, {**REFERENCE, "layers.py": wrong})
    failed = {check.id for check in result.checks if check.outcome is Outcome.FAILED}
    assert "brought_along::batchnorm_forward[train]" in failed
    assert result.score == result.max_score
