"""What running notebooks costs: `python benchmarks/notebooks.py [--runs N] [--notebook NAME]`.

Times to the first executed cell, for a plain kernel of jupyter_client over TCP, a plain one through
nbclient, ours from nothing (the warm process included), ours forked from the warm process, and ours
ready and waiting. Then what a notebook of 40 small cells takes with each, how many such notebooks
four kernels run in a minute, and how much memory a kernel has of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import nbformat
from nbclient import NotebookClient

from grader.notebooks.execute import Run
from grader.notebooks.limits import NotebookLimits
from grader.notebooks.pool import KernelPool
from grader.notebooks.reading import Book
from tests.notebooks.books import book, settle_request

FIRST = (
    "import numpy as np\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\n"
    "import time; print(time.time())",
)
SMALL = (*FIRST, *(f"x{n} = np.ones(1000) * {n}\nprint(x{n}.sum())" for n in range(39)))


def plain(sources: tuple[str, ...]) -> float:
    """nbclient with the kernel that it starts by itself. Returns when the first cell had ended."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    client = NotebookClient(nbformat.v4.new_notebook(cells=cells), kernel_name="python3")
    asyncio.run(client.async_execute())
    return max(float(out["text"]) for out in client.nb.cells[0].outputs if "text" in out)


def ours(pool: KernelPool, made: Book) -> float:
    """The same in a sandboxed kernel of the pool."""
    kernel = pool.take()
    kernel.settle(settle_request(made))
    cells = Run(made, kernel, NotebookLimits())()
    assert {cell.outcome.value for cell in cells} == {"ok"}, cells
    return max(float(out.data) for out in cells[0].outputs if out.mime == "stream/stdout")


def cold(made: Book) -> float:
    """A pool from nothing, used once."""
    with KernelPool(spare=0) as pool:
        return ours(pool, made)


def timed(runs: int, act: Callable[[], float], between: Callable[[], object] = lambda: None) -> str:
    """Medians in seconds: to the end of the first cell, and to the end of everything."""
    first, whole = [], []
    for _ in range(runs):
        between()
        start = time.time()
        first.append(act() - start)
        whole.append(time.time() - start)
    return f"{statistics.median(first):6.2f} {statistics.median(whole):6.2f}"


def resident(pid: int) -> tuple[int, int]:
    """Memory of a process: all, and its own, in MB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    fields = {line.split(":")[0]: line.split()[1] for line in text.splitlines()[1:]}
    private = int(fields["Private_Clean"]) + int(fields["Private_Dirty"])
    return int(fields["Rss"]) >> 10, private >> 10


def a_minute(jobs: int, notebooks: int, act: Callable[[], Any]) -> float:
    """Notebooks a minute with so many kernels at once."""
    start = time.perf_counter()
    with ThreadPoolExecutor(jobs) as threads:
        for done in [threads.submit(act) for _ in range(notebooks)]:
            done.result()
    return 60 * notebooks / (time.perf_counter() - start)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    first, small = book(*FIRST), book(*SMALL)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; seconds, medians of {runs}")
    print("one cell with a figure: to its end, and to that of the kernel")
    print(f"  nbclient, plain kernel           {timed(runs, lambda: plain(FIRST))}")
    print(f"  ours, from nothing               {timed(runs, lambda: cold(first))}")
    with KernelPool(spare=0) as forking:
        print(f"  ours, forked from a warm process {timed(runs, lambda: ours(forking, first))}")
    with KernelPool(spare=1) as ready:
        waited = timed(runs, lambda: ours(ready, first), ready.wait)
        print(f"  ours, ready and waiting          {waited}")
    print("40 small cells: to the end of the first, and to that of the kernel")
    print(f"  nbclient, plain kernel           {timed(runs, lambda: plain(SMALL))}")
    with KernelPool(spare=0) as forking:
        print(f"  ours, forked from a warm process {timed(runs, lambda: ours(forking, small))}")
        rate = a_minute(4, 40, lambda: ours(forking, small))
        print(f"notebooks of 40 small cells a minute, four at once: {rate:.0f}")
        kernel = forking.take()
        kernel.settle(settle_request(first))
        whole, own = resident(kernel.worker.pid)
        print(f"memory of a kernel before its first cell: {whole} MB, {own} MB of its own")
        kernel.close()


if __name__ == "__main__":
    main()
