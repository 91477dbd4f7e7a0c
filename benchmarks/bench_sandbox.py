"""How long sandboxes take: `python benchmarks/bench_sandbox.py [KIND ...] [--runs N]`.

Medians in milliseconds (and the 90th percentile), one worker at a time: from asking for a worker to
its first answer, one more small call, and ending it.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from grader.model.errors import UsageError
from grader.model.limits import Limits
from grader.sandbox.probe import ACTS_MAIN, ask
from grader.sandbox.sandboxes import KINDS, open_sandbox

_CALL = "import numpy; result = float(numpy.ones((10, 6)).sum())"


def measure(kind: str, runs: int) -> dict[str, list[float]]:
    """Seconds by step."""
    times: dict[str, list[float]] = {}

    def lap(step: str, since: float) -> float:
        now = time.perf_counter()
        times.setdefault(step, []).append(now - since)
        return now

    start = time.perf_counter()
    sandbox = open_sandbox(kind, main=ACTS_MAIN)
    lap("open and probe", start)
    for _ in range(runs):
        start = time.perf_counter()
        worker = sandbox.spawn(Limits())
        lap("spawn", start)
        ask(worker.socket, _CALL)
        now = lap("spawn to answer", start)
        ask(worker.socket, _CALL)
        now = lap("one more call", now)
        worker.kill()
        lap("kill", now)
    start = time.perf_counter()
    sandbox.close()
    lap("close", start)
    return times


def main() -> None:
    """Measure the kinds that work here and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=KINDS, metavar="KIND")
    parser.add_argument("--runs", type=int, default=100)
    options = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(f"{platform.platform()}, {os.cpu_count()} CPUs, load {load:.1f}, ", end="")
    print(f"Python {platform.python_version()}, {options.runs} runs")
    for kind in options.kinds:
        try:
            times = measure(kind, options.runs if kind != "none" else min(options.runs, 20))
        except UsageError as error:
            print(f"{kind}: {error}")
            continue
        cells = [
            f"{step} {1000 * statistics.median(taken):.1f}"
            + (f" ({1000 * statistics.quantiles(taken, n=10)[-1]:.1f})" if len(taken) > 1 else "")
            for step, taken in times.items()
        ]
        print(f"{kind}: {', '.join(cells)}")


if __name__ == "__main__":
    main()
