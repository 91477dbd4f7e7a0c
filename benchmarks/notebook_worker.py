"""Runs a notebook as others do, whenever a line comes: `python -m benchmarks.notebook_worker KIND`.

KIND is `nbclient`, or `nbgrader` for the step of `nbgrader autograde` that executes notebooks. The
first line of standard input is the notebook's cells, as JSON. For each further line the notebook is
run once, in a kernel of its own, again if that fails; printed is a line of JSON: the times of day
when its first cell and its kernel had ended, and why attempts failed before.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import nbformat


def by_nbclient() -> Callable[[Any], object]:
    """What runs a notebook."""
    from nbclient import NotebookClient

    return lambda book: asyncio.run(NotebookClient(book, kernel_name="python3").async_execute())


def by_nbgrader() -> Callable[[Any], object]:
    """What runs a notebook."""
    from nbgrader.preprocessors import Execute  # type: ignore[import-not-found]

    return lambda book: Execute().preprocess(book, {"metadata": {"path": "."}})


def main(kind: str) -> None:
    """Serve until there are no more lines."""
    run = {"nbclient": by_nbclient, "nbgrader": by_nbgrader}[kind]()
    sources = json.loads(sys.stdin.readline())
    for _ in sys.stdin:
        failures: list[str] = []
        while not (times := _attempt(run, sources, failures)):
            assert len(failures) < 5, failures
        sys.stdout.write(json.dumps([*times, failures]) + "\n")
        sys.stdout.flush()


def _attempt(
    run: Callable[[Any], object], sources: list[str], failures: list[str]
) -> tuple[float, float] | None:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in sources])
    book.metadata.kernelspec = {"name": "python3", "display_name": "", "language": "python"}
    try:
        run(book)
    except Exception as error:
        failures.append(f"{type(error).__name__}: {error}")
        return None
    outputs = [out for cell in book.cells for out in cell.outputs]
    wrong = [str(out) for out in outputs if out["output_type"] == "error"]
    printed = [out["text"] for out in book.cells[0].outputs if "text" in out]
    if wrong or not printed:
        failures.append(wrong[0] if wrong else "an output was lost")
        return None
    return float(printed[-1]), time.time()


if __name__ == "__main__":
    main(sys.argv[1])
