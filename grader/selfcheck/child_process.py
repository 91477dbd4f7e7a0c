"""Running a tool of the student's own environment, with a time limit, and ending all of it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from grader.sandbox.process_group import end_group


class Ended(NamedTuple):
    """How a tool ended."""

    code: int | None
    """None where it ran out of time."""
    out: str
    err: str


def run_tool(command: Sequence[str], seconds: float, folder: Path | None = None) -> Ended:
    """Run a command; whatever it started is ended with it.

    Raises:
        OSError: it cannot be started.
    """
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        cwd=folder,
        start_new_session=True,
    )
    try:
        out, err = child.communicate(timeout=seconds)
        return Ended(child.returncode, out, err)
    except subprocess.TimeoutExpired:
        end_group(child)
        out, err = child.communicate()
        return Ended(None, out, err)
    except BaseException:  # also Ctrl-C: nothing of it may go on
        end_group(child)
        child.wait()
        raise
