"""A pytest session over an assignment's bank, undisturbed by whatever lies around it."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.assignment import Assignment
from grader.checks.plugin import CheckPlugin, Loop
from grader.errors import InternalError

_INI = Path(__file__).with_name("bank.ini")


def run_session(assignment: Assignment, loop: Loop, extra: Sequence[str] = ()) -> None:
    """Collect the bank once, then call `loop` with the plugin and the collected checks.

    Raises:
        InternalError: the bank cannot be collected; holds what pytest said.
    """
    arguments = [
        "-c", str(_INI),
        f"--rootdir={assignment.bank}",
        "--noconftest",
        "--import-mode=importlib",
        "-p", "no:cacheprovider",
        "-q",
        *extra,
        *map(str, assignment.bank_files),
    ]  # fmt: skip
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    ran = False

    def guarded(plugin: CheckPlugin, items: list[pytest.Item]) -> None:
        nonlocal ran
        ran = True
        loop(plugin, items)

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        status = pytest.main(arguments, plugins=[CheckPlugin(guarded)])
    if not ran:
        text = f"{assignment.bank}: pytest cannot collect the bank (exit status {status})."
        raise InternalError(f"{text}\n{said.getvalue()}")
