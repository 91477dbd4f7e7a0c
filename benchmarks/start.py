"""How long starting takes: a self-check from the shell, in pytest, after a save; a server.

    python benchmarks/start.py [--runs 9] [--python PYTHON]

Each stands beside a floor: Python that imports NumPy, and pytest on an empty file, in the same
environment. Medians of wall-clock time, in seconds; with `--python`, of the environment of another
interpreter, such as one that has a student's kit. Wants two processors with nothing else to do.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
TEMPLATE: Final = REPOSITORY / "student_template" / "numpynn"
REFERENCE: Final = REPOSITORY / "reference" / "numpynn" / "numpynn"
HEAD: Final = "def affine_forward(x, w, b):\n"
SERVER: Final = """
from grader.batches.grading_client import Engine
from grader.grading import Settings
Engine(Settings(assignment="numpynn", notebooks=False)).close()
"""


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--python", default=sys.executable)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work, empty = _work(Path(name)), Path(name) / "empty"
        empty.mkdir()
        (empty / "test_empty.py").touch()
        for what, measure in _measures(given.python, work, empty).items():
            times = [measure() for _ in range(given.runs + 1)][1:]  # the first reads the files
            print(f"{what:48} {statistics.median(times):6.3f}", flush=True)
        times = _after_saves(given.python, work, given.runs)
        print(f"{'grader check --watch: from save to verdict':48} {statistics.median(times):6.3f}")


def _work(folder: Path) -> Path:
    """A student's folder with everything right in it."""
    work = folder / "work"
    shutil.copytree(TEMPLATE, work)
    shutil.copytree(REFERENCE, work / "numpynn", dirs_exist_ok=True)
    return work


def _measures(python: str, work: Path, empty: Path) -> dict[str, Callable[[], float]]:
    check = [python, "-I", "-m", "grader", "check", "-a", "numpynn"]
    pytest = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    measures = {
        "python -c 'import numpy'": lambda: _timed([python, "-c", "import numpy"], empty),
        "grader check -k affine": lambda: _timed([*check, "-k", "affine"], work),
        "grader check": lambda: _timed(check, work),
        "pytest, an empty file": lambda: _timed(pytest, empty, code=5),
        "pytest -k affine": lambda: _timed([*pytest, "-k", "affine"], work),
    }
    if python == sys.executable:  # no kit has a server
        server = [python, "-c", SERVER]
        measures["a grading server, started and ended"] = lambda: _timed(server, empty)
    return measures


def _timed(command: list[str], folder: Path, code: int = 0) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode != code:
        sys.exit(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return seconds


def _after_saves(python: str, work: Path, runs: int) -> list[float]:
    """Seconds from saving a changed function to the line that says how many checks pass."""
    command = [python, "-Iu", "-m", "grader", "check", "-a", "numpynn", "--watch", "-k", "affine"]
    layers = work / "numpynn" / "layers.py"
    text = layers.read_text(encoding="utf-8")
    times = []
    with subprocess.Popen(command, cwd=work, stdout=subprocess.PIPE, text=True) as process:
        _verdict(process)
        for number in range(runs):
            time.sleep(1)  # the next worker starts
            start = time.perf_counter()
            layers.write_text(text.replace(HEAD, f"{HEAD}    run = {number}\n"), "utf-8")
            times.append(_verdict(process) - start)
        process.terminate()
    return times


def _verdict(process: subprocess.Popen[str]) -> float:
    """When the verdict came; returns once the watch waits again."""
    assert process.stdout is not None
    came = 0.0
    for line in process.stdout:
        if "checks passed" in line:
            came = time.perf_counter()
        if line.startswith("Waiting"):
            return came
    sys.exit("the watch ended")


if __name__ == "__main__":
    main()
