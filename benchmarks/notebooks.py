"""What running notebooks costs, beside nbclient and nbgrader, in one run.

    python -m benchmarks.notebooks [--runs 7] [--environments FOLDER]

Measured with a notebook of 40 small cells, the first of which draws a figure: the time to the end
of its first cell and to that of its kernel, one at a time and in turns, so that other work on the
machine slows each of them; then how many are run a minute and how much memory is taken, four at
once.

nbclient starts the kernel of this environment. nbgrader, installed into an environment of its own,
is measured by the step of `nbgrader autograde` that executes notebooks, and by that command on a
class. Ours are sandboxed: from nothing, forked from the warm process when needed, and started
ahead, as in grading.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from benchmarks.rivals import ROOT, Environment, notebook
from grader.notebooks.cell_limits import NotebookLimits
from grader.notebooks.execute import Run
from grader.notebooks.kernel import SandboxedKernel
from grader.notebooks.kernel_queue import KernelPool, KernelQueue
from grader.submission.notebook_cells import Notebook
from tests.faults.processes import children
from tests.notebooks.books import book, settle_request

FIRST: Final = (
    "import numpy as np\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\n"
    "import time; print(time.time())"
)
CELLS: Final = (FIRST, *(f"x{n} = np.ones(1000) * {n}\nprint(x{n}.sum())" for n in range(39)))
AT_ONCE: Final = 4
CLASS: Final = 8

Times = tuple[float, float]
"""When the first cell had ended, and when the kernel had."""
Rate = tuple[float, int]
"""Notebooks a minute, and the memory of all that takes part, in MB."""


class Other:
    """A process that runs the notebook with somebody else's program."""

    def __init__(self, python: str | Path, kind: str) -> None:
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.notebook_worker", kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asks, self._says = self._process.stdin, self._process.stdout
        self.pid = self._process.pid
        self._asks.write(json.dumps(CELLS) + "\n")
        self()  # warm

    def ask(self, times: int = 1) -> None:
        """Have it run the notebook."""
        self._asks.write("go\n" * times)
        self._asks.flush()

    def wait(self) -> Times:
        """When it was through with one."""
        first, end, failures = json.loads(self._says.readline())
        for failure in failures:
            print(f"failed, and run again: {' '.join(failure.split())[:200]}")
        return first, end

    def __call__(self) -> Times:
        self.ask()
        return self.wait()

    def close(self) -> None:
        """End it."""
        self._process.communicate()


class Ahead:
    """Kernels of ours that are ready when they are asked for."""

    def __init__(self, kernels: KernelQueue, made: Notebook) -> None:
        self._kernels = kernels
        self._made = made

    def __call__(self) -> Times:
        assert self._kernels._next is not None
        kernel = self._kernels.take()
        times = ours(kernel, self._made)
        self.wait()
        return times

    def wait(self) -> None:
        """Return when the next one is ready."""
        assert self._kernels._next is not None
        self._kernels._next.result()


def ours(kernel: SandboxedKernel, made: Notebook) -> Times:
    """The notebook in a sandboxed kernel."""
    kernel.settle(settle_request(made))
    cells = Run(made, kernel, NotebookLimits())()
    assert {cell.outcome.value for cell in cells} == {"ok"}, cells
    first = max(float(out.data) for out in cells[0].outputs if out.mime == "stream/stdout")
    return first, time.time()


def from_nothing(made: Notebook) -> Times:
    """The same with a warm process of its own."""
    with KernelPool() as pool:
        first, _ = ours(pool.start(), made)
    return first, time.time()


def in_turns(ways: dict[str, Callable[[], Times]], runs: int) -> dict[str, Times]:
    """Medians in seconds from the start."""
    found: dict[str, list[Times]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, act in ways.items():
            start = time.time()
            first, end = act()
            found[name].append((first - start, end - start))
    return {
        name: (statistics.median(t[0] for t in times), statistics.median(t[1] for t in times))
        for name, times in found.items()
    }


class Memory:
    """The most memory that processes and all below them take while it is open, in MB."""

    def __init__(self, alone: Iterable[int], roots: list[int]) -> None:
        self._alone, self._roots = alone, roots
        self.most = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._over.wait(0.1):
            pids = {*self._alone, *(pid for root in self._roots for pid in family(root))}
            self.most = max(self.most, sum(map(proportional, pids)) >> 10)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()


def family(root: int) -> list[int]:
    """A process and all below it."""
    return [root, *(pid for child in children(root) for pid in family(child))]


def proportional(pid: int) -> int:
    """Memory of a process in kB, what is shared divided among those who share it."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


def alone(kernel: SandboxedKernel) -> str:
    """Memory of a kernel that waits: all that it sees, and what is its own."""
    text = Path(f"/proc/{kernel.worker.pid}/smaps_rollup").read_text(encoding="ascii")
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()[1:]}
    kernel.close()
    own = sizes["Private_Clean"] + sizes["Private_Dirty"]
    return f"a kernel that waits: {sizes['Rss'] >> 10} MB, {own >> 10} MB of them its own"


def others_at_once(python: str | Path, kind: str, each: int) -> Rate:
    """Notebooks a minute and MB, with a process for each of AT_ONCE."""
    with ExitStack() as stack:
        made = [Other(python, kind) for _ in range(AT_ONCE)]
        for other in made:
            stack.callback(other.close)

        def run() -> None:
            for other in made:
                other.ask(each)
            for other in made * each:
                other.wait()

        return rate(run, each, [other.pid for other in made])


def ours_at_once(pool: KernelPool, made: Notebook, each: int) -> Rate:
    """The same with forks of this process, as in a batch."""
    zygote: int = pool.sandbox._process.pid  # type: ignore[attr-defined]
    forks = [zygote]

    def run() -> None:
        forks[1:] = [_fork(pool, made, each) for _ in range(AT_ONCE)]
        assert all(os.waitpid(pid, 0)[1] == 0 for pid in forks[1:])

    return rate(run, each, forks, os.getpid())


def _fork(pool: KernelPool, made: Notebook, each: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        with pool.row(each) as kernels:
            for _ in range(each):
                ours(kernels.take(), made)
        os._exit(0)
    finally:
        os._exit(1)


def rate(run: Callable[[], None], each: int, roots: list[int], *alone: int) -> Rate:
    """Measure speed and memory, one after the other, since looking at memory takes time."""
    start = time.perf_counter()
    run()
    minute = 60 * AT_ONCE * each / (time.perf_counter() - start)
    with Memory(alone, roots) as memory:
        run()
    return minute, memory.most


def by_command(environment: Environment) -> float:
    """Notebooks a minute by `nbgrader autograde`, which runs them one after another."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cells = [{"id": f"c{number}", "source": text} for number, text in enumerate(CELLS)]
        places = [folder / "submitted" / f"s{number}" / "work" for number in range(CLASS)]
        for place in (folder / "source" / "work", *places):
            place.mkdir(parents=True)
            (place / "work.ipynb").write_text(notebook(*cells), encoding="utf-8")
        (folder / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
        environment.run("nbgrader", "generate_assignment", "work", cwd=folder)
        start = time.perf_counter()
        environment.run("nbgrader", "autograde", "work", cwd=folder)
        return 60 * CLASS / (time.perf_counter() - start)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--environments", type=Path, default=Path(".rivals"))
    options = parser.parse_args()
    nbgrader = Environment(options.environments.resolve(), "nbgrader")
    theirs = nbgrader.bin / "python"
    made = book(*CELLS)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; medians of {options.runs}")
    with ExitStack() as stack:
        pool = stack.enter_context(KernelPool())
        ahead = Ahead(stack.enter_context(pool.row(options.runs + 2)), made)
        ways: dict[str, Any] = {
            "nbclient": Other(sys.executable, "nbclient"),
            "nbgrader, execution": Other(theirs, "nbgrader"),
            "ours, from nothing": lambda: from_nothing(made),
            "ours, forked when needed": lambda: ours(pool.start(), made),
            "ours, started ahead": ahead,
        }
        ahead.wait()
        for name, (first, end) in in_turns(ways, options.runs).items():
            print(f"{name:26} first cell {first:5.2f} s   end of the kernel {end:5.2f} s")
        for each in list(ways.values())[:2]:
            each.close()
    rates = {
        "nbclient": others_at_once(sys.executable, "nbclient", options.runs),
        "nbgrader, execution": others_at_once(theirs, "nbgrader", options.runs),
    }
    with KernelPool() as pool:
        rates["ours"] = ours_at_once(pool, made, 5 * options.runs)
        print(alone(pool.start()))
    for name, (minute, memory) in rates.items():
        print(f"{name:26} {minute:5.0f} a minute, {AT_ONCE} at once, {memory} MB")
    print(f"{'nbgrader autograde':26} {by_command(nbgrader):5.0f} a minute, a class of {CLASS}")


if __name__ == "__main__":
    main()
