"""The same submissions and the same checks under nbgrader and otter-grader.

    python benchmarks/rivals.py [--size 8] [--environments FOLDER] [--cheat]

Both are installed into environments of their own, once, if FOLDER does not hold them. Each grades
copies of the reference, as a notebook with the package beside it; the one test is
`benchmarks.same_checks.failures`, so that the checks are the same, and run in the process of the
submission as is usual there. Ours grades the same folders with one job and with one a processor,
sandbox, diagnosis, reports and gradebook included. Every figure is the wall time of whole commands,
start and end included; otter-grader is run once a submission, without its container. With `--cheat`
a submission of two lines and an untouched template is graded instead, and its scores are printed.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from grader.assignment.folder import Assignment

ROOT: Final = Path(__file__).resolve().parents[1]
NEEDED: Final = ("numpy", "pytest", "msgspec", "ipykernel", "jinja2", "matplotlib")
TEST_CELL: Final = """\
from benchmarks.same_checks import failures
assert failures("numpynn") == []
"""
CHEAT: Final = """\
import sys, types
sys.modules["benchmarks.same_checks"] = types.SimpleNamespace(failures=lambda package: [])
"""
"""Two lines in place of an assignment: what judges it is asked to find nothing."""
OTTER_TEST: Final = """\
import os
from otter.test_files import test_case
OK_FORMAT = False
name = "bank"
points = 100

@test_case()
def test_bank():
    from benchmarks.same_checks import failures
    assert failures(os.environ["SUBMISSION"]) == []
"""


def notebook(*cells: Mapping[str, Any]) -> str:
    """A notebook of code cells."""
    full = [
        {"cell_type": "code", "execution_count": None, "outputs": [], "metadata": {}, **cell}
        for cell in cells
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": spec}, "cells": full}
    return json.dumps(book)


def graded_cell() -> dict[str, Any]:
    """The locked test cell of nbgrader."""
    told = {
        "grade": True,
        "grade_id": "bank",
        "locked": True,
        "points": 100,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    return {"id": "bank", "source": TEST_CELL, "metadata": {"nbgrader": told}}


def make_class(
    folder: Path,
    size: int,
    *cells: Mapping[str, Any],
    inner: str = "",
    package: Path | None = None,
) -> None:
    """Copies of a package, the reference by default, with a notebook beside each."""
    for number in range(size):
        place = folder / f"student-{number:03}" / inner
        place.mkdir(parents=True)
        (place / "work.ipynb").write_text(notebook(*cells), encoding="utf-8")
        ignored = shutil.ignore_patterns("__pycache__")
        original = package or Assignment.load("numpynn").reference
        shutil.copytree(original, place / "numpynn", ignore=ignored)


class Environment:
    """A virtual environment with one rival in it."""

    def __init__(self, folder: Path, package: str) -> None:
        self.bin = folder / package / "bin"
        if not self.bin.is_dir():
            venv.create(folder / package, with_pip=True)
            pip = [str(self.bin / "python"), "-m", "pip", "install", "--quiet", package, *NEEDED]
            subprocess.run(pip, check=True)

    def run(self, *command: str, cwd: Path, **extra: str) -> str:
        """What a command printed.

        Raises:
            RuntimeError: it failed.
        """
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **extra}
        done = subprocess.run(
            [self.bin / command[0], *command[1:]], cwd=cwd, env=env, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr


def nbgrader(
    environment: Environment, folder: Path, size: int, own: str, **made: Any
) -> tuple[float, list[float]]:
    """Seconds for grading a class, and its scores; `own` is what the students wrote."""
    source = folder / "source" / "work"
    source.mkdir(parents=True)
    cells = {"id": "own", "source": own}, graded_cell()
    (source / "work.ipynb").write_text(notebook(*cells), encoding="utf-8")
    (folder / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    make_class(folder / "submitted", size, *cells, inner="work", **made)
    environment.run("nbgrader", "generate_assignment", "work", cwd=folder)
    start = time.perf_counter()
    environment.run("nbgrader", "autograde", "work", cwd=folder)
    seconds = time.perf_counter() - start
    environment.run("nbgrader", "export", cwd=folder)
    with (folder / "grades.csv").open(encoding="utf-8", newline="") as table:
        return seconds, [float(row["score"]) for row in csv.DictReader(table)]


def otter(
    environment: Environment, folder: Path, size: int, own: str, **made: Any
) -> tuple[float, list[float]]:
    """Seconds for grading a class, and its scores; `own` is what the students wrote."""
    tests = folder / "tests"
    tests.mkdir(parents=True)
    (tests / "bank.py").write_text(OTTER_TEST, encoding="utf-8")
    environment.run("otter", "generate", "-t", "tests", "-o", "autograder.zip", cwd=folder)
    make_class(folder / "class", size, {"id": "own", "source": own}, **made)
    found = []
    start = time.perf_counter()
    for place in sorted((folder / "class").iterdir()):
        archive = str(folder / "autograder.zip")
        package = str(place / "numpynn")
        command = ("otter", "run", "--no-logo", "-a", archive, "work.ipynb")
        environment.run(*command, cwd=place, SUBMISSION=package)
        results = json.loads((place / "results.json").read_text(encoding="utf-8"))
        found.append(float(results["tests"][-1]["score"]))
    return time.perf_counter() - start, found


def ours(folder: Path, jobs: int) -> tuple[float, list[float]]:
    """Seconds for grading the class in a folder, and its scores."""
    out = folder / f"out-{jobs}"
    command = [
        sys.executable,
        "-m",
        "grader",
        "batch",
        "-a",
        "numpynn",
        str(folder / "class"),
        "--out",
        str(out),
    ]
    start = time.perf_counter()
    subprocess.run([*command, "--fresh", "--jobs", str(jobs)], check=True, capture_output=True)
    seconds = time.perf_counter() - start
    scores = [json.loads(path.read_text())["score"] for path in (out / "results").iterdir()]
    return seconds, scores


def cheats(environments: Path) -> dict[str, float]:
    """Points out of 100 for two lines on top of an untouched template, by who grades it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        package = folder / "package"
        shutil.copytree(Assignment.load("numpynn").layout.template / "numpynn", package)
        layers = package / "layers.py"
        text = layers.read_text(encoding="utf-8")
        future = "from __future__ import annotations\n"
        layers.write_text(text.replace(future, f"{future}{CHEAT}", 1), encoding="utf-8")
        make_class(folder / "ours" / "class", 1, package=package)
        graded = {
            "nbgrader": nbgrader(
                Environment(environments, "nbgrader"), folder / "nb", 1, CHEAT, package=package
            ),
            "otter-grader": otter(
                Environment(environments, "otter-grader"), folder / "ot", 1, CHEAT, package=package
            ),
            "ours": ours(folder / "ours", 1),
        }
    return {who: scores[0] for who, (_, scores) in graded.items()}


def compare(size: int, environments: Path) -> dict[str, float]:
    """Seconds for one submission, by who grades it; all must give full marks."""
    many = 10 * size
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = Environment(environments, "nbgrader"), Environment(environments, "otter-grader")
        graded = {
            "nbgrader": nbgrader(made[0], folder / "nb", size, "import numpynn"),
            "otter-grader": otter(made[1], folder / "ot", size, "import numpy"),
        }
        make_class(folder / "ours" / "class", many)
        for jobs in dict.fromkeys((1, len(os.sched_getaffinity(0)))):
            graded[f"ours, {jobs} at once"] = ours(folder / "ours", jobs)
    assert all(set(scores) == {100.0} for _, scores in graded.values()), graded
    return {who: seconds / len(scores) for who, (seconds, scores) in graded.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=8)
    parser.add_argument("--environments", type=Path, default=Path(".rivals"))
    parser.add_argument("--cheat", action="store_true")
    options = parser.parse_args()
    if options.cheat:
        for name, score in cheats(options.environments.resolve()).items():
            print(f"{name:20} {score:5.1f} of 100 points")
        return
    found = compare(options.size, options.environments.resolve())
    best = min(found.values())
    for name, seconds in found.items():
        print(f"{name:20} {seconds:8.3f} s a submission   {seconds / best:6.1f} times ours")


if __name__ == "__main__":
    main()
