"""A class, graded: what is written, what is graded again, and that nothing depends on chance."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support import (
    REPOSITORY,
    grader,
    not_passed,
    results,
    submission,
    verdicts,
)

jsonschema: Any = pytest.importorskip("jsonschema")
SCHEMA = json.loads((REPOSITORY / "docs" / "result.schema.json").read_bytes())
WRONG = {
    "relu": {"relu_forward": "return -x, x > 0"},
    "adam": {"adam": "return w, config"},
    "raises": {"softmax_loss": "return x['loss']"},
    "several": {"sgd_momentum": "return w + dw, config", "dropout_backward": "return 2 * dout"},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of seven: right, untouched, wrong in four ways, and empty."""
    folder = tmp_path_factory.mktemp("made")
    submission(folder / "class", "right")
    submission(folder / "class", "untouched", of="student_template")
    for name, bodies in WRONG.items():
        submission(folder / "class", name, bodies)
    (folder / "class" / "=empty").mkdir()
    grader("batch", "-a", "numpynn", folder / "class", "--out", folder / "out", "-j", "4", code=3)
    return folder


def _some(made: Path, folder: Path, *names: str) -> None:
    """A class of some of them."""
    for name in names:
        shutil.copytree(made / "class" / name, folder / "class" / name)


@pytest.fixture
def again(made: Path, tmp_path: Path) -> Path:
    """A copy of the graded class that a test may change."""
    shutil.copytree(made / "class", tmp_path / "class")
    shutil.copytree(made / "out", tmp_path / "out")
    return tmp_path


def batch(folder: Path, *options: str | Path, code: int = 3) -> str:
    return grader(
        "batch", "-a", "numpynn", folder / "class", "-o", folder / "out", *options, code=code
    ).stdout


def test_what_is_written(made: Path) -> None:
    names = ["=empty", "adam", "raises", "relu", "right", "several", "untouched"]
    assert sorted(results(made / "out")) == names
    for kind in ("results", "reports", "instructor"):
        assert len(list((made / "out" / kind).iterdir())) == len(names)
    index = (made / "out" / "index.html").read_text(encoding="utf-8")
    assert all(f"instructor/{name}.html" in index for name in names[1:])
    with (made / "out" / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["submission"] for row in rows] == ["'=empty", *names[1:]]
    assert next(row["score"] for row in rows if row["submission"] == "right") == "100"


def test_results_are_as_the_schema_says(made: Path) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.check_schema(SCHEMA)
    for path in (made / "out" / "results").iterdir():
        validator.validate(json.loads(path.read_bytes()))
    wrong = json.loads((made / "out" / "results" / "relu.json").read_bytes()) | {"score": "all"}
    assert not validator.is_valid(wrong)


def test_the_reference_has_all_points_and_the_template_none(made: Path) -> None:
    graded = results(made / "out")
    assert (graded["right"]["score"], graded["right"]["max_score"]) == (100, 100)
    assert not_passed(graded["right"]) == []
    assert (graded["untouched"]["score"], graded["untouched"]["max_score"]) == (0, 100)
    outcomes = {check["outcome"] for check in graded["untouched"]["checks"]}
    assert outcomes == {"missing"}, "what was given cannot work before what it calls"


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_costs_its_own_function_alone(made: Path, name: str) -> None:
    lost = not_passed(results(made / "out")[name])
    blamed = {target for check in lost for target in check["targets"]}
    assert blamed == set(WRONG[name])


def test_what_did_not_change_is_not_graded_again(again: Path) -> None:
    before = _times(again)
    assert "6 of 7 graded, 7 of them unchanged" in batch(again)
    assert _times(again) == before


def test_the_same_however_many_at_once(made: Path, tmp_path: Path) -> None:
    _some(made, tmp_path, "=empty", "adam", "raises", "untouched")
    batch(tmp_path, "-j", "1")
    first, second = results(made / "out"), results(tmp_path / "out")
    assert len(second) == 4
    for name in second:
        assert verdicts(first[name]) == verdicts(second[name])


def test_without_fork_and_sandbox_the_same(made: Path, tmp_path: Path) -> None:
    """As on Windows and macOS: every process is started afresh."""
    _some(made, tmp_path, "right", "relu", "raises")
    batch(tmp_path, "--no-fork", "--no-sandbox", "-j", "2", code=0)
    first, second = results(made / "out"), results(tmp_path / "out")
    for name, result in second.items():
        assert verdicts(result) == verdicts(first[name])
        assert result["sandbox"] == {"kind": "none", "layers": [], "isolated": False}


def _times(folder: Path) -> dict[str, Any]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "out" / "results").iterdir()}
