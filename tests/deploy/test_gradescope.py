"""Gradescope's autograder: the zip, its scripts in an empty environment, and what they write."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from grader.deploy.autograder_run import AutograderSettings, autograde
from grader.deploy.autograder_zip import requirements, write_autograder
from grader.deploy.gradescope_metadata import read_metadata
from grader.deploy.gradescope_results import HiddenChecks, gradescope_results, hidden_checks_of
from grader.model.errors import InternalError, UsageError
from grader.model.result import Outcome, Result, Visibility
from grader.model.worth import WorthStep
from tests.report import sample
from tests.support import SECONDS, SOLUTION, grader
from tests.verify.toy import LAYERS, RUBRIC, SCALE, SHIFT, make

ANN = {"email": "ann@u.edu", "id": 1, "name": "Ann"}
BOB = {"email": "bob@u.edu", "id": 2, "name": "Bob"}
METADATA = {
    "id": 7,
    "created_at": "2026-03-03T12:00:00.000000-08:00",
    "assignment": {
        "due_date": "2026-03-02T20:00:00.000000-08:00", "group_size": 2, "total_points": "4.0",
        "late_due_date": None, "title": "Toy",
    },
    "submission_method": "upload",
    "users": [ANN, BOB],
    "previous_submissions": [],
}  # fmt: skip
LATE = "\n[late]\npercent_per_day = 10\n"
HIDE = "\n[checks]\n'layers::shift' = { visibility = 'hidden' }\n"
OURS = """

@check("breaks where scale is wrong", part="scale", targets="scale")
def test_breaks(student, reference, inputs):
    x, w = inputs.normal(3, 4), inputs.normal(4)
    if not np.allclose(student.scale(x, w), reference.scale(x, w)):
        raise RuntimeError("the bank is wrong")
"""
PYTHON = """\
#!/bin/sh
# Our Python; an environment that it makes sees our dependencies, so that nothing is downloaded.
if [ "$1" = -m ] && [ "$2" = venv ]; then
    {python} -m venv --without-pip "$3" && echo {packages} > "$("$3"/bin/python -c \
'import sysconfig; print(sysconfig.get_path("purelib"))')/dependencies.pth"
else
    exec {python} "$@"
fi
"""


def lay_out(root: Path, layers: str, metadata: object = METADATA) -> None:
    """A submission as it lies in Gradescope's container."""
    module = root / "submission" / "toy" / "layers.py"
    module.parent.mkdir(parents=True)
    module.write_text(layers, encoding="utf-8")
    (root / "submission_metadata.json").write_text(json.dumps(metadata))


def settings_of(root: Path, assignment: str, **more: Any) -> None:
    """How the autograder there was made."""
    (root / "source").mkdir(exist_ok=True)
    made = {"assignment": assignment, "sandbox": "auto", **more}
    (root / "source" / "autograder.json").write_text(json.dumps(made))


def written(root: Path) -> dict[str, Any]:
    """What Gradescope is told."""
    told: dict[str, Any] = json.loads((root / "results" / "results.json").read_bytes())
    return told


def run(root: Path, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One of the two scripts, with Gradescope's paths moved to `root`."""
    return subprocess.run(
        ["bash", root / script if (root / script).exists() else root / "source" / script],
        env={
            "PATH": os.environ["PATH"], "HOME": str(root), "AUTOGRADER_ROOT": str(root),
            "AUTOGRADER_APT": "no", "PIP_NO_INDEX": "1", "PIP_NO_COMPILE": "1", **environment,
        },
        cwd=root, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Gradescope makes of a zip of ours: unpacked, and set up in an empty environment."""
    if sys.platform == "win32":
        pytest.skip("needs bash")
    base = tmp_path_factory.mktemp("gradescope")
    (base / "mine").mkdir()
    assignment = make(base / "mine", SCALE, SHIFT, rubric=RUBRIC + LATE + HIDE)
    grader("autograder", "-a", assignment.path, "-o", base / "autograder.zip")
    root = base / "autograder"
    with zipfile.ZipFile(base / "autograder.zip") as archive:
        archive.extractall(root / "source")
    shutil.copy(root / "source" / "run_autograder", root)
    packages = Path(sys.modules["numpy"].__file__ or "").parents[1]
    python = base / "python"
    python.write_text(PYTHON.format(python=sys.executable, packages=packages))
    python.chmod(0o755)
    done = run(root, "setup.sh", PYTHON=str(python))
    assert done.returncode == 0, (done.stdout, done.stderr)
    shutil.rmtree(base / "mine")
    return root


def graded(root: Path, layers: str) -> dict[str, Any]:
    """What the autograder says of a submission."""
    shutil.rmtree(root / "submission", ignore_errors=True)
    lay_out(root, layers)
    done = run(root, "run_autograder")
    assert done.returncode == 0, (done.stdout, done.stderr)
    return written(root)


def test_an_authors_own_assignment_in_an_empty_environment(container: Path) -> None:
    told = graded(container, LAYERS.replace("x + 2 * b", "x + b"))
    scale, shift = told["tests"]
    assert (told["score"], scale["score"], shift["score"]) == (1.8, 2, 0)
    assert scale["name"] == "Scale: scale multiplies"
    assert (scale["status"], scale["visibility"]) == ("passed", "visible")
    assert (shift["status"], shift["visibility"]) == ("failed", "hidden")
    assert shift["output"] == "This check is hidden: only its outcome is shown."
    assert "Submitted by: Ann, Bob" in told["output"]
    assert "10 %" in told["output"]  # for lateness


def test_a_shipped_assignment_there(container: Path) -> None:
    kept = (container / "source" / "autograder.json").read_text()
    shutil.rmtree(container / "submission", ignore_errors=True)
    shutil.copytree(SOLUTION / "numpynn", container / "submission" / "numpynn")
    settings_of(container, "numpynn")
    try:
        done = run(container, "run_autograder")
    finally:
        (container / "source" / "autograder.json").write_text(kept)
    assert done.returncode == 0, (done.stdout, done.stderr)
    told = written(container)
    assert told["score"] == 100
    assert sum(test["max_score"] for test in told["tests"]) == pytest.approx(100, abs=0.01)
    assert "worth 4 points on Gradescope, and 100 here" in done.stdout


def test_what_cannot_be_read_is_the_students_and_says_why(container: Path) -> None:
    shutil.rmtree(container / "submission", ignore_errors=True)
    (container / "submission").mkdir()
    (container / "submission" / "essay.txt").write_text("words")
    done = run(container, "run_autograder")
    assert done.returncode == 0, (done.stdout, done.stderr)
    told = written(container)
    assert (told["score"], told["tests"]) == (0, [])
    assert "could not be graded" in told["output"]


def test_a_fault_of_ours_is_no_zero(container: Path) -> None:
    graded(container, LAYERS)
    kept = (container / "source" / "autograder.json").read_text()
    settings_of(container, "no-such-assignment")
    try:
        done = run(container, "run_autograder")
    finally:
        (container / "source" / "autograder.json").write_text(kept)
    assert done.returncode != 0
    assert "no-such-assignment" in done.stderr
    assert not (container / "results" / "results.json").exists()


def test_a_check_that_breaks_is_no_zero_either(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assignment = make(tmp_path / "mine", SCALE + OURS, SHIFT)
    lay_out(tmp_path, LAYERS.replace("x * w", "x - w"))
    settings_of(tmp_path, str(assignment.path))
    with pytest.raises(InternalError, match="layers::breaks"):
        autograde(tmp_path)
    assert not (tmp_path / "results" / "results.json").exists()


@pytest.mark.parametrize("choice", ["hidden", "after_due_date", "after_published", "visible"])
def test_hidden_checks_show_nothing_whenever_they_are_shown(choice: HiddenChecks) -> None:
    result = sample.result()
    hidden = [check for check in result.checks if check.visibility is Visibility.HIDDEN]
    assert sample.SECRET in result.to_json().decode()
    told = gradescope_results(result, hidden_checks=choice)
    assert sample.SECRET not in json.dumps(told)
    shown = [test["visibility"] for test in told["tests"]]
    assert shown.count(choice) == (len(hidden) if choice != "visible" else len(shown))


def test_points_are_told_as_points_only() -> None:
    """Gradescope keeps the total from students while a test is hidden: so must the texts."""
    step = WorthStep(kind="late", reason="1 day late: 10 % less.", before=87.5, after=78.75)
    result = replace(sample.result(), steps=[step], penalty=8.75)
    told = gradescope_results(result)
    assert "1 day late" in told["output"]
    assert not [text for text in ("87.5", "78.75", "8.75") if text in told["output"]]


def test_a_leaderboard_only_where_it_is_asked_for() -> None:
    result: Result = sample.result()
    assert "leaderboard" not in gradescope_results(result)
    points, passed = gradescope_results(result, leaderboard=True)["leaderboard"]
    assert points == {"name": "Points", "value": round(result.final, 2), "order": "desc"}
    count = sum(check.outcome is Outcome.PASSED for check in result.checks)
    assert passed["value"] == count


def test_the_longest_extension_of_a_group_counts(tmp_path: Path) -> None:
    extended = {"assignment": {"due_date": "2026-03-05T20:00:00.000000-08:00"}}
    path = tmp_path / "submission_metadata.json"
    path.write_text(json.dumps({**METADATA, "users": [ANN, {**BOB, **extended}]}))
    metadata = read_metadata(path)
    assert metadata is not None
    assert metadata.due is not None
    assert metadata.due.day == 5
    assert metadata.members == ["Ann", "Bob"]
    for text in ("", "[]", "{", '{"users": 3}', "\xff"):
        path.write_bytes(text.encode("latin-1"))
        assert read_metadata(path) is None


def test_the_zip_needs_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "autograder.zip"
    write_autograder(path, AutograderSettings(assignment="numpynn"))
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        for name in ("setup.sh", "run_autograder"):
            assert archive.getinfo(name).external_attr >> 16 & 0o111
            assert archive.read(name).startswith(b"#!")
    assert {"setup.sh", "run_autograder", "autograder.json", "requirements.txt"} < set(names)
    assert any(line.startswith("numpy==") for line in requirements())
    assert not any(line.startswith(("ruff", "mypy", "sqlalchemy")) for line in requirements())


def test_an_unknown_visibility_is_refused() -> None:
    with pytest.raises(UsageError, match="expected one of hidden"):
        hidden_checks_of("never")
