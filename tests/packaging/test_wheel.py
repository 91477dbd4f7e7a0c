"""The wheel alone, in an environment of its own: everything works as in a checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.assignment.folder import Assignment
from grader.runner.answer_key import Key
from tests.support import (
    REPOSITORY,
    SECONDS,
    TEMPLATE,
    environment,
    not_passed,
    submission,
)

pytest.importorskip("hatchling")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("environment"), wheel)


def run(
    python: Path, *arguments: str | Path, cwd: Path, code: int = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [python, *arguments], cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == code, (done.stdout, done.stderr)
    return done


def test_it_holds_the_data_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"grader"}
    for folder in ("reference/numpynn/numpynn", "student_template/numpynn/numpynn", "rubrics"):
        ours = {
            path.relative_to(REPOSITORY).as_posix()
            for suffix in ("*.py", "*.toml", "*.key")
            for path in (REPOSITORY / folder).rglob(suffix)
        }
        assert {f"grader/_data/{name}" for name in ours} <= set(names)
    assert "grader/_data/student_template/numpynn/test_selfcheck.py" in names
    assert "grader/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_it_is_the_wheel_that_runs(python: Path, tmp_path: Path) -> None:
    ask = (
        "import grader, grader.assignment.layout as a; "
        "print(grader.__file__, a.find_rubric('numpynn').parent)"
    )
    for path in run(python, "-c", ask, cwd=tmp_path).stdout.split():
        assert Path(path).is_relative_to(python.parents[1])


def test_it_grades(python: Path, tmp_path: Path) -> None:
    submission(tmp_path / "class", "right")
    submission(tmp_path / "class", "wrong", {"relu_forward": "return -x, x > 0"})
    done = run(
        python, "-m", "grader", "batch", "-a", "numpynn", "class", "--out", "out", cwd=tmp_path
    )
    assert "2 of 2 graded." in done.stdout
    right = json.loads((tmp_path / "out" / "results" / "right.json").read_bytes())
    assert (right["score"], right["max_score"]) == (100, 100)
    wrong = json.loads((tmp_path / "out" / "results" / "wrong.json").read_bytes())
    assert {tuple(check["targets"]) for check in not_passed(wrong)} == {("relu_forward",)}


def test_its_script_and_doctor(python: Path, tmp_path: Path) -> None:
    script = python.with_name("grader.exe" if os.name == "nt" else "grader")
    done = subprocess.run(
        [script, "doctor"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "In force by default: " in done.stdout


def test_its_plugin_in_plain_pytest(python: Path, tmp_path: Path) -> None:
    folder = submission(tmp_path, "mine", of="student_template")
    options = ["-q", "-p", "no:cacheprovider", "-k", "test_affine_forward_values"]
    done = run(python, "-m", "pytest", *options, cwd=folder, code=1)
    assert "Not done: affine_forward" in done.stdout


def test_its_template_is_ours(python: Path, tmp_path: Path) -> None:
    run(python, "-m", "grader", "template", "-a", "numpynn", tmp_path / "template", cwd=tmp_path)
    for path in _files(TEMPLATE / "numpynn"):
        copy = tmp_path / "template" / path.relative_to(TEMPLATE)
        assert copy.read_bytes() == path.read_bytes()


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*.py"))


def test_the_committed_key_is_current() -> None:
    """Else every start records it again, which takes a second, and students cannot check at all."""
    assignment = Assignment.load("numpynn")
    key = Key.load(assignment.layout.key)
    current = assignment.bank_digest + assignment.reference_digest
    assert (key.seed, key.digest) == (str(assignment.rubric.seed), current), "run: make key"
