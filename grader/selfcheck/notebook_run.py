"""Running a notebook from top to bottom, with the Jupyter of the student's own environment."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Final, NamedTuple

from grader.report.text import one_line
from grader.selfcheck.child_process import run_tool

_NEEDED: Final = ("nbclient", "nbformat", "ipykernel")
_PROGRAM: Final = """\
import json, sys
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

def tell(**said):
    print(json.dumps(said), flush=True)

path, folder = sys.argv[1:]
book = nbformat.read(path, as_version=4)
client = NotebookClient(
    book, timeout=None, kernel_name="python3", resources={"metadata": {"path": folder}}
)
with client.setup_kernel():
    for place, cell in enumerate(book.cells):
        tell(cell=place + 1)
        try:
            client.execute_cell(cell, place)
        except CellExecutionError as error:
            tell(error=f"{error.ename}: {error.evalue}".rstrip(": "))
            break
        except DeadKernelError:
            tell(error="its kernel ended")
            break
    else:
        tell(done=True)
"""
"""A program of its own: what it needs is the student's, and none of it is imported here."""


class NotebookRun(NamedTuple):
    """How far a notebook got."""

    done: bool = False
    error: str = ""
    """What stopped it; empty where it ended, or ran out of time."""
    cell: int = 0
    """The last cell that was begun, from 1."""
    in_time: bool = True


def can_run() -> bool:
    """Whether this environment has what runs notebooks."""
    return all(importlib.util.find_spec(name) for name in _NEEDED)


def run_notebook(path: Path, seconds: float) -> NotebookRun:
    """Run a notebook in its folder; its file stays as it is.

    Raises:
        OSError: Python cannot be started.
    """
    command = [sys.executable, "-c", _PROGRAM, str(path), str(path.parent)]
    ended = run_tool(command, seconds, path.parent)
    run = NotebookRun(in_time=ended.code is not None)
    for line in ended.out.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        run = run._replace(**said) if isinstance(said, dict) else run
    if run.done or run.error or not run.in_time:
        return run._replace(error=one_line(run.error, 200))
    last = (ended.err.strip().splitlines() or ["it could not be started"])[-1]
    return run._replace(error=one_line(last, 200))
