"""The student's self-check: in the terminal, in plain pytest, in a notebook cell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import grader as api
from grader.model.result import Visibility
from tests.support import GRADER, SECONDS, SOLUTION, TEMPLATE, begin, grader, submission, until

COLLECT = """
import subprocess, sys
import pytest

def start(*arguments, **options):
    raise AssertionError("started a process")

subprocess.Popen = start
status = int(pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider"]))
print(status, *{"numpynn"} & sys.modules.keys())
"""
AFFINE = re.compile(r"^def affine_forward\(.*?(?=^def )", re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A student's folder: the template with affine_forward done, and relu_forward done wrong."""
    folder = submission(tmp_path, "mine", of="student_template")
    layers = folder / "numpynn" / "layers.py"
    reference = (SOLUTION / "numpynn" / "layers.py").read_text(encoding="utf-8")
    solution = AFFINE.search(reference)
    assert solution is not None
    text = AFFINE.sub(lambda _: solution[0], layers.read_text(encoding="utf-8"), count=1)
    layers.write_text(text, encoding="utf-8")
    begin(folder / "numpynn", "relu_forward", "return np.abs(x), x\n")
    _drop_stub(layers, "relu_forward")
    return folder


def _drop_stub(path: Path, function: str) -> None:
    stub = f'    raise NotImplementedError("TODO: {function}")  # your code goes here\n'
    text = path.read_text(encoding="utf-8")
    assert stub in text
    path.write_text(text.replace(stub, ""), encoding="utf-8")


def run_pytest(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run it as in a terminal, also where the tests themselves run in continuous integration."""
    environment = {k: v for k, v in os.environ.items() if k not in ("CI", "BUILD_NUMBER")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=environment | settings,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_terminal(folder: Path) -> None:
    done = grader("check", "-a", "numpynn", cwd=folder, code=1)
    said = " ".join(done.stdout.split())
    assert re.search(r"mine \d+ of \d+ checks passed", said)
    assert "relu_forward replaces negative entries by 0" in said
    assert "100" not in said.partition("Part")[0], "a self-check gives no score"


def test_only_what_fits_the_text(folder: Path) -> None:
    done = grader("check", "-a", "numpynn", "-k", "affine_forward", cwd=folder)
    assert "Affine layer" in done.stdout
    assert "ReLU" not in done.stdout


@pytest.mark.parametrize("name", ["relu", "relu_forward"])
def test_only_a_part_or_function(folder: Path, name: str) -> None:
    done = grader("check", "-a", "numpynn", folder, "--part", name, code=1)
    assert "ReLU" in done.stdout
    assert "Affine layer" not in done.stdout


def test_several_parts(folder: Path) -> None:
    done = grader(
        "check", "-a", "numpynn", folder, "--part", "relu", "-p", "affine_forward", code=1
    )
    assert "ReLU" in done.stdout
    assert "Affine layer" in done.stdout


def test_from_a_folder_below(folder: Path) -> None:
    below = folder / "numpynn" / "classifiers"
    done = grader("check", "-a", "numpynn", "-k", "affine_forward", cwd=below)
    assert done.stderr == f"Checking {folder}\n"
    assert "Affine" in done.stdout


def test_in_chinese(folder: Path) -> None:
    assert (
        "仿射层"
        in grader(
            "check", "-a", "numpynn", "-k", "affine_forward", "--lang", "zh", cwd=folder
        ).stdout
    )


def test_watch_checks_again_after_a_change(folder: Path) -> None:
    pytest.importorskip("watchfiles")
    log = folder.parent / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*GRADER, "check", "-a", "numpynn", "--watch", "-k", "relu_forward_values"],
            cwd=folder,
            stdout=out,
        )
    try:
        until(
            lambda: b"0 of 2 checks passed" in log.read_bytes() and b"Waiting" in log.read_bytes()
        )
        layers = folder / "numpynn" / "layers.py"
        text = layers.read_text(encoding="utf-8")
        layers.write_text(
            text.replace("return np.abs(x), x", "return np.maximum(x, 0), x"), "utf-8"
        )
        until(lambda: b"2 of 2 checks passed" in log.read_bytes())
    finally:
        process.terminate()
        process.wait()


def test_plain_pytest(folder: Path) -> None:
    done = run_pytest(folder, "-q", "-k", "affine_forward or relu_forward or adam_steps")
    assert done.returncode == 1
    assert re.search(r"\d+ failed, \d+ passed, \d+ deselected", done.stdout), done.stdout[-500:]
    assert done.stdout.count("relu_forward replaces negative entries by 0") == 1, "told once"
    assert re.search(r"1\. Wrong: relu_forward \(ReLU, layers.py, lines \d+–\d+\)", done.stdout)
    assert "    Call: relu_forward(x=float64[4, 5])\n" in done.stdout
    assert re.search(
        r"    Received: .*\n    Expected: .*\n    Largest error: [0-9.]+ times", done.stdout
    )
    assert "    Negative values change sign instead of becoming 0. out is |x|" in done.stdout
    assert "    Hint: What should come out for x = -3?" in done.stdout
    assert "Not done: adam (Update rules" in done.stdout
    assert "Fix first: relu_forward (layers.py" in done.stdout
    assert "FAILED test_selfcheck.py::TestLayers::test_relu_forward_values[matrix]" in done.stdout
    assert "affine_forward computes" not in done.stdout


def test_pytest_repeats_no_text_in_continuous_integration(folder: Path) -> None:
    done = run_pytest(folder, "-q", "-k", "relu_forward", CI="1")
    summary = done.stdout.partition("short test summary info")[2].splitlines()
    failed = [line.partition(" - ")[2] for line in summary if line.startswith("FAILED")]
    assert "Wrong: relu_forward replaces negative entries by 0 [matrix]" in failed
    assert len(summary) <= len(failed) + 2, "no other line than the heading and the count"
    assert done.stdout.count("Hint: What should come out for x = -3?") == 1


def test_plain_pytest_passes_what_is_right(tmp_path: Path) -> None:
    folder = submission(tmp_path, "mine", of="student_template")
    for path in (SOLUTION / "numpynn").rglob("*.py"):
        copy = folder / "numpynn" / path.relative_to(SOLUTION / "numpynn")
        copy.write_bytes(path.read_bytes())
    with (folder / "numpynn" / "optim.py").open("a", encoding="utf-8") as file:
        file.write("import os\nos._exit(0)  # mine\n")
    done = run_pytest(folder, "-q")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "`os._exit(0)  # mine` ended the whole process (exit code 0)." in done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    public = api.check(path=folder, assignment="numpynn").checks
    assert int(passed[1]) == len(public), "the test file leaves out checks, or has some twice"
    assert {check.visibility for check in public} == {Visibility.PUBLIC}


def test_collecting_starts_nothing(folder: Path) -> None:
    """No worker, no key, and not a line of the student's code."""
    layers = folder / "numpynn" / "layers.py"
    layers.write_text("raise SystemExit('imported')\n" + layers.read_text("utf-8"), "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", COLLECT], cwd=folder, capture_output=True, text=True, check=True
    )
    assert "TestLayers::test_affine_forward_values[matrix]" in done.stdout
    assert done.stdout.splitlines()[-1] == "0"


def test_pytest_without_a_package(tmp_path: Path) -> None:
    """Nor is one taken that lies further up."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (tmp_path / "numpynn").mkdir()
    source = TEMPLATE / "test_selfcheck.py"
    (mine / "test_selfcheck.py").write_bytes(source.read_bytes())
    done = run_pytest(mine, "-q", "-k", "affine_forward")
    assert done.returncode == 3
    said = f"self-check: mine: holds no package .* Your folder may be {re.escape(str(tmp_path))}:"
    assert re.search(said, done.stdout + done.stderr), done.stdout + done.stderr


def test_notebook_cell(folder: Path) -> None:
    answer = api.check("affine_forward", path=folder, assignment="numpynn")
    assert answer.ok
    assert answer.checks
    assert all(check.targets == ["affine_forward"] for check in answer.checks)
    assert repr(answer).startswith(f"{len(answer.checks)} of {len(answer.checks)} checks passed")
    assert "affine_forward computes" in answer._repr_html_()


def test_notebook_cell_with_a_mistake(folder: Path) -> None:
    answer = api.check("relu_forward", "affine_forward", path=folder, assignment="numpynn")
    assert not answer.ok
    said = repr(answer)
    assert "1. Wrong: relu_forward (ReLU, layers.py" in said, said
    assert "    Call: relu_forward(x=float64[4, 5])\n" in said, said
    html = answer._repr_html_()
    assert "<script" not in html
    assert "return np.abs(x), x" in html


def test_notebook_cell_of_nothing(folder: Path) -> None:
    with pytest.raises(api.UsageError, match="No part or function is called 'softmax'") as error:
        api.check("softmax", path=folder, assignment="numpynn")
    assert error.value.hint == "Did you mean `softmax_loss`?"


def test_names_that_are_nothing_get_one_that_was_meant(folder: Path) -> None:
    done = grader("check", "-a", "numpynn", folder, "--part", "afine", code=2)
    assert "No part or function is called 'afine'. Did you mean `affine`?" in done.stderr
    done = grader("check", "-a", "numpynn", folder, "-k", "afine", code=2)
    assert "No public check matches 'afine'. Did you mean `affine`?" in done.stderr
    said = run_pytest(folder, "-q", "-k", "afine_forward").stdout
    assert "No check matches 'afine_forward'. Did you mean `affine_forward`?" in said
