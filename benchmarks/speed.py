"""How fast a correct submission is graded, against the same checks with no wall at all.

    python benchmarks/speed.py [--runs 15] [--size 200] [--grow 0] [--mechanisms]

    limit       one warm process runs the whole bank on the reference, called directly
    warm        the same submission by a running engine: found, read, sandboxed, judged, explained
    cold        the whole command `grader grade`, start of Python and of the sandbox included
    a call      one small call across the wall and back
    batch       `grader batch` on a class of that size, right and wrong: one at once on a single
                processor, one at once, and as many as there are processors; the memory is that of
                the command's own process, at most
    grown       the same with a larger class, for its memory

With `--mechanisms` only the limit is measured, and what is gained by sending ahead, by not running
checks that are known to pass, and by both, in the process that grades.

Medians of wall time. What is compared is measured in turns, since a machine's load changes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.memory import peak
from benchmarks.regrade import members
from benchmarks.same_checks import Bank as DirectBank
from grader.assignment.folder import Assignment
from grader.batches.grading_client import Engine
from grader.batches.opening import open_context
from grader.demo import make_class
from grader.grading import GradingContext, Settings, grade_submission
from grader.model.limits import Limits
from grader.runner.check import Check
from grader.runner.session import run_session
from grader.sandbox.probe import ACTS_MAIN, ask
from grader.sandbox.sandboxes import open_sandbox
from grader.submission import Source

CALLS: Final = 2_000


def alternating(runs: int, package: Path) -> tuple[list[float], list[float]]:
    """Seconds of the limit and of a warm engine, in turns."""
    limit: list[float] = []
    warm: list[float] = []
    source = Source(id="reference", path=package)

    def loop(checks: list[Check]) -> None:
        bank = DirectBank(package / "numpynn", checks)
        bank.run()
        with Engine(Settings(assignment="numpynn")) as engine:
            engine.grade(source)
            for _ in range(runs):
                start = time.perf_counter()
                bank.run()
                limit.append(time.perf_counter() - start)
                start = time.perf_counter()
                engine.grade(source)
                warm.append(time.perf_counter() - start)

    run_session(Assignment.load("numpynn"), loop)
    return limit, warm


def mechanisms(runs: int, package: Path) -> dict[str, list[float]]:
    """Seconds of the limit, and of grading with and without what makes it fast, in turns."""
    source = Source(id="reference", path=package)
    seconds: dict[str, list[float]] = {}

    def use(context: GradingContext) -> None:
        bank = DirectBank(package / "numpynn", context.checks)
        context.prepare_for_many()
        both = context.scripts
        ahead = {check: each._replace(expected=()) for check, each in both.items()}
        known = {
            check: each._replace(independent=0) for check, each in both.items() if each.expected
        }
        kinds = {"neither": {}, "sent ahead": ahead, "known to pass": known, "both": both}
        for number in range(runs + 1):
            for kind, scripts in {"limit": {}, **kinds}.items():
                context.scripts = scripts
                start = time.perf_counter()
                if kind == "limit":
                    bank.run()
                else:
                    grade_submission(context, source)
                if number:  # the first is to warm up
                    seconds.setdefault(kind, []).append(time.perf_counter() - start)

    open_context(Settings(assignment="numpynn"), use)
    return seconds


def cold(runs: int, package: Path) -> list[float]:
    """Seconds of the whole command."""
    seconds = []
    for number in range(runs):
        report = package.parent / f"report-{number}.html"
        command = [
            sys.executable,
            "-m",
            "grader",
            "grade",
            "-a",
            "numpynn",
            str(package),
            "--report",
            str(report),
        ]
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - start)
    return seconds


def a_call() -> list[float]:
    """Seconds of small calls."""
    sandbox = open_sandbox("auto", main=ACTS_MAIN)
    worker = sandbox.spawn(Limits())
    seconds = []
    for _ in range(CALLS):
        start = time.perf_counter()
        ask(worker.socket, "import numpy; result = float(numpy.ones((10, 6)).sum())")
        seconds.append(time.perf_counter() - start)
    worker.kill()
    sandbox.close()
    return seconds


def batch(folder: Path, jobs: int, processors: int) -> tuple[float, float]:
    """Seconds with so many processors, and the largest memory of the command's process in MB."""
    out = folder.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    command = [
        sys.executable,
        "-m",
        "grader",
        "batch",
        "-a",
        "numpynn",
        str(folder),
        "--out",
        str(out),
    ]
    start = time.perf_counter()
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(every)[:processors])  # the command inherits it
    process = subprocess.Popen([*command, "--jobs", str(jobs)], stdout=subprocess.DEVNULL)
    os.sched_setaffinity(0, every)
    most = [0.0]

    def watch() -> None:
        while process.poll() is None:
            most[0] = max(most[0], peak(process.pid))
            time.sleep(0.2)

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = process.wait()
    seconds = time.perf_counter() - start
    watcher.join()
    assert status == 0, status
    return seconds, most[0]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--grow", type=int, default=0, help="size of a larger class, for memory")
    parser.add_argument("--mechanisms", action="store_true", help="only what makes it fast")
    options = parser.parse_args()
    processors = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        package = Path(name) / "reference"
        shutil.copytree(Assignment.load("numpynn").reference, package / "numpynn")
        if options.mechanisms:
            times = mechanisms(options.runs, package)
            for kind, found in times.items():
                ratios = [one / other for one, other in zip(found, times["limit"], strict=True)]
                middle, ratio = statistics.median(found), statistics.median(ratios)
                print(f"{kind:14} {middle:8.3f} s   {ratio:5.2f} times the limit", flush=True)
            return
        limit, warm = alternating(options.runs, package)
        most = statistics.median(limit)
        for what, seconds in (
            ("limit", limit),
            ("warm", warm),
            ("cold", cold(max(3, options.runs // 3), package)),
        ):
            middle = statistics.median(seconds)
            print(f"{what:10} {middle:8.3f} s   {middle / most:5.2f} times the limit", flush=True)
        print(f"{'a call':10} {1000 * statistics.median(a_call()):8.3f} ms", flush=True)
        make_class(members(options.size), Path(name) / "class", Assignment.load("numpynn"))
        one = 0.0
        for jobs, on in ((1, 1), (1, processors), (processors, processors)):
            took, memory = batch(Path(name) / "class", jobs, on)
            one = one or took
            print(
                f"batch of {options.size}, {jobs} at once on {on} processors: {took:7.1f} s, "
                f"{options.size / took:5.1f} a second, {one / took:4.2f} times one, "
                f"{memory:.0f} MB",
                flush=True,
            )
        if options.grow:
            make_class(
                members(options.grow), Path(name) / "many" / "class", Assignment.load("numpynn")
            )
            took, memory = batch(Path(name) / "many" / "class", processors, processors)
            print(f"batch of {options.grow}: {took:7.1f} s, {memory:.0f} MB")


if __name__ == "__main__":
    main()
