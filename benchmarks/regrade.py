"""Grading a class again, measured: what does it cost where little or nothing changed?

    python benchmarks/regrade.py [--size 200] [--jobs 4]

A class of right and wrong submissions is made and graded, then graded again with nothing changed,
from a cache into another folder, with one submission changed, and with one check changed (a copy of
the test bank in which one message differs). Each run is `grader batch` in a process of its own, the
whole command from start to end; the unchanged one is run five times and the median said.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from grader.assignment.catalogue import load_mistakes
from grader.assignment.folder import Assignment
from grader.demo import make_class
from grader.demo.invented_student import InventedStudent

REPEATS: Final = 5


def members(size: int) -> Iterator[InventedStudent]:
    """As many students, most with a known mistake; none that hangs, which would measure a limit."""
    mistakes = load_mistakes(Assignment.load("numpynn").layout.mistakes)
    for number in range(size):
        made = (mistakes[number % len(mistakes)].id,) if number % 4 else ()
        yield InventedStudent(id=f"student-{number:04}", what="benchmark", mistakes=made)


def own_assignment(folder: Path) -> Path:
    """The usual assignment with a test bank of its own, which can be changed."""
    folder.mkdir()
    usual = Assignment.load("numpynn")
    shutil.copytree(usual.bank, folder / "bank")
    shutil.copytree(usual.reference.parent, folder / "reference")
    text = usual.path.read_text(encoding="utf-8")
    places = 'bank = "bank"\nreference = "reference/numpynn"\n'
    (folder / "own.toml").write_text(places + text, encoding="utf-8")
    shutil.copy(Assignment.load("numpynn").layout.key, folder / "own.key")
    return folder / "own.toml"


def batch(folder: Path, jobs: int, out: str = "out") -> tuple[float, str]:
    """Seconds of wall time, and what it said in its last lines."""
    command: list[str | Path] = [
        *(
            sys.executable,
            "-m",
            "grader",
            "batch",
            "-a",
            "numpynn",
            folder / "class",
            "--out",
            folder / out,
        ),
        *("--jobs", str(jobs), "--assignment", folder / "course" / "own.toml"),
        *("--cache", folder / "cache"),
    ]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    last = [line for line in done.stdout.splitlines()[-4:] if " graded" in line or "Graded" in line]
    return seconds, " ".join(last)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_class(members(options.size), folder / "class", Assignment.load("numpynn"))
        own_assignment(folder / "course")

        def say(what: str, seconds: float, said: str) -> None:
            print(f"{what:24} {seconds:8.2f} s {first / seconds:7.1f} times   {said}", flush=True)

        first, said = batch(folder, options.jobs)
        say("first run", first, said)
        runs = [batch(folder, options.jobs) for _ in range(REPEATS)]
        say("nothing changed", statistics.median(run[0] for run in runs), runs[0][1])
        say("from the cache", *batch(folder, options.jobs, out="other"))
        layers = next((folder / "class").rglob("layers.py"))
        layers.write_text(layers.read_text(encoding="utf-8") + "\n# later\n", encoding="utf-8")
        say("one submission changed", *batch(folder, options.jobs))
        bank = folder / "course" / "bank" / "layers.py"
        bank.write_text(bank.read_text(encoding="utf-8") + "\n# later\n", encoding="utf-8")
        say("one check changed", *batch(folder, options.jobs))


if __name__ == "__main__":
    main()
