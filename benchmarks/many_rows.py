"""A large class, with made-up results: time, memory and sizes.

    python benchmarks/many_rows.py --out FOLDER [--rows 100000]

Nothing is graded: an executor that makes results up stands in for the one that grades, and all
else is what `grader batch` does with a folder of empty submissions. Reports and result files of
students, which take a few milliseconds and 200 kB each, are left out unless `--files` is given.
What is measured, in a process of its own each: the first run, and a run in which nothing changed.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.memory import peak
from grader.batches import output as output_module
from grader.batches import state
from grader.batches.fingerprint import Fingerprint
from grader.batches.output import BatchOutput
from grader.batches.run import Batch
from grader.batches.storage import Folder
from grader.grading import Settings
from grader.model.result import (
    Cause,
    CheckResult,
    Outcome,
    PartResult,
    Result,
    SandboxInfo,
)
from grader.submission import Source, discover
from tests.report.sample import student_name

CHECKS: Final = 251
PARTS: Final = ("layers", "losses", "optim", "norm", "dropout", "nets")


class Invention:
    """A executor that makes results up at once."""

    settings = Settings(assignment="numpynn")
    width = 8

    def __init__(self) -> None:
        self._checks = [
            CheckResult(
                id=f"{PARTS[n % 6]}::check_{n}",
                title=f"Check number {n}",
                part=PARTS[n % 6],
                targets=["affine_forward"],
                outcome=Outcome.PASSED,
                points=0.4,
                max_points=0.4,
            )
            for n in range(CHECKS)
        ]

    def submit(self, source: Source, inputs: Fingerprint) -> Future[Any]:
        """Its result, at once."""
        future: Future[Any] = Future()
        future.set_result(self.made(source.id))
        return future

    def result(self, source: Source, future: Future[Any]) -> Result:
        """What was made up."""
        result: Result = future.result()
        return result

    def running(self) -> dict[str, float]:
        return {}

    def check(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""

    def made(self, name: str) -> Result:
        """The result of a submission of that name."""
        rng = random.Random(name)
        result = Result(
            submission=name, assignment="numpynn", score=0, max_score=100, parts=[], checks=[]
        )
        if rng.random() < 0.03:
            return replace(result, error=f"{name}: holds no Python files.", error_kind="input")
        wrong = set(rng.sample(range(CHECKS), int(rng.betavariate(1.2, 4) * CHECKS)))
        checks = [_failed(c, rng) if n in wrong else c for n, c in enumerate(self._checks)]
        return replace(
            result,
            checks=checks,
            parts=[_part(part, checks) for part in PARTS],
            score=round(sum(check.points for check in checks), 2),
            sandbox=SandboxInfo(kind="bubblewrap", isolated=True),
        )


def _failed(check: CheckResult, rng: random.Random) -> CheckResult:
    n = rng.randrange(20)
    cause = Cause(id=f"mistake-{n}", kind="mistake", function="adam", title=f"Mistake number {n}")
    outcome = rng.choice([Outcome.FAILED, Outcome.FAILED, Outcome.ERROR, Outcome.MISSING])
    causes = [cause] if outcome is Outcome.FAILED else []
    return replace(check, outcome=outcome, points=0.0, causes=causes)


def _part(part: str, checks: list[CheckResult]) -> PartResult:
    mine = [check for check in checks if check.part == part]
    return PartResult(
        id=part,
        title=part.capitalize(),
        points=round(sum(check.points for check in mine), 2),
        max_points=round(sum(check.max_points for check in mine), 2),
        passed=sum(check.outcome is Outcome.PASSED for check in mine),
        total=len(mine),
    )


class _NoStudentFiles(Folder):
    """A folder in which the files of students are taken for written."""

    def write(self, name: str, content: bytes | Iterable[bytes]) -> None:
        if "/" not in name:
            super().write(name, content)

    def stamp(self, name: str) -> str:
        return "there" if "/" in name else super().stamp(name)


def run(folder: Path, out: Path, *, files: bool) -> None:
    """One batch; prints what it took."""
    before = peak()
    start = time.perf_counter()
    sources = discover(folder)
    output = BatchOutput(Folder(out) if files else _NoStudentFiles(out), title="A large class")
    if not files:
        vars(output_module)["student_page"] = lambda *_, **__: ""
    batch = Batch(sources, Invention(), output=output)
    rowed, done = start, 0
    for _ in batch.run():
        rowed, done = time.perf_counter(), done + 1
    end = time.perf_counter()
    print(
        f"{done:>7} rows, {batch.reasons.reused:>7} reused: {end - start:6.1f} s, of which"
        f" {end - rowed:4.1f} s for class page and gradebook;"
        f" memory {before:.0f} MB before, {peak():.0f} MB at most"
    )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--files", action="store_true", help="write the students' files too")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        run(options.out / "class", options.out / "graded", files=options.files)
        return
    shutil.rmtree(options.out, ignore_errors=True)
    for number in range(options.rows):
        (options.out / "class" / student_name(number)).mkdir(parents=True)
    for _ in range(2):
        command = [sys.executable, __file__, *sys.argv[1:], "--once"]
        subprocess.run(command, check=True)
    for name in ("index.html", "gradebook.csv", state.NAME):
        print(f"{name:>16} {(options.out / 'graded' / name).stat().st_size / 1e6:8.1f} MB")


if __name__ == "__main__":
    main()
