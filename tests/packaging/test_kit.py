"""What students get works without the reference, and holds no answer that is not public."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader.assignment.folder import Assignment
from grader.assignment.template_digests import FILE, recorded_digests
from grader.model.errors import InputError
from grader.runner.answer_key import Key
from grader.selfcheck.student_kit import build_kit
from tests.support import SECONDS, SOLUTION


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit, its wheel unpacked in `site` beside the student's folder `mine`."""
    base = tmp_path_factory.mktemp("kit")
    wheel = build_kit(Assignment.load("numpynn"), base / "mine")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(base / "site")
    return base


def run(kit: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The kit's own command, in the student's folder."""
    code = "from grader.cli.app import main; main()"
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *words],
        cwd=kit / "mine",
        env=os.environ | {"PYTHONPATH": str(kit / "site"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_no_reference_and_no_catalogue_is_in_the_wheel(kit: Path) -> None:
    names = [path.relative_to(kit / "site").as_posix() for path in (kit / "site").rglob("*")]
    assert "grader/_data/rubrics/numpynn.key" in names
    assert not [name for name in names if "reference/" in name or "/mistakes/" in name]
    assert "grader/_data/given/numpynn/layer_utils.py" in names
    solution = (SOLUTION / "numpynn" / "layers.py").read_text()
    line = next(line for line in solution.splitlines() if line.strip().startswith("x_hat ="))
    assert not [path for path in (kit / "site").rglob("*.py") if line.strip() in path.read_text()]


def test_what_its_template_leaves_is_told_without_the_template(kit: Path) -> None:
    contract = Assignment.load("numpynn").contract
    known = recorded_digests(kit / "site" / "grader" / "assignments" / "numpynn" / FILE)
    assert known["FullyConnectedNet.loss"] == contract["FullyConnectedNet.loss"].templates
    done = run(kit, "check", "--part", "FullyConnectedNet")
    assert "FullyConnectedNet is not implemented yet." in done.stdout


def test_the_key_holds_public_checks_only(kit: Path) -> None:
    key = Key.load(kit / "site" / "grader" / "_data" / "rubrics" / "numpynn.key")
    assert key.public_only
    assert "layers::affine_forward_values[matrix]" in key.answers
    assert "losses::softmax_loss_stable[high-loss]" not in key.answers


def test_the_self_check_works_without_the_reference(kit: Path) -> None:
    before = run(kit, "check", "-k", "affine_forward_values")
    assert before.returncode == 1
    reference = SOLUTION / "numpynn" / "layers.py"
    shutil.copy(reference, kit / "mine" / "numpynn" / "layers.py")
    after = run(kit, "check", "-k", "affine_forward_values")
    assert after.returncode == 0, after.stdout + after.stderr


def test_grading_in_full_is_refused_with_one_line(kit: Path) -> None:
    said = run(kit, "grade", ".")
    assert said.returncode == 3
    assert said.stderr.strip().endswith("use `grader check`, with the current kit.")
    assert len(said.stderr.strip().splitlines()) == 1


def test_a_kit_is_not_written_over_something(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        build_kit(Assignment.load("numpynn"), tmp_path)
