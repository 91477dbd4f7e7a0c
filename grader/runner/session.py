"""A pytest session over an assignment's bank, undisturbed by whatever lies around it."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from grader.assignment.folder import Assignment
from grader.model.errors import InternalError
from grader.runner.agreement import require_agreement
from grader.runner.bank_plugin import CheckPlugin, ScratchPlugin
from grader.runner.check import Check

_NOT_NEEDED: Final = (
    "cacheprovider", "doctest", "faulthandler", "junitxml", "legacypath", "logging", "pastebin",
    "setuponly", "setupplan", "stepwise", "subtests", "threadexception", "unittest",
    "unraisableexception", "warnings",
)  # fmt: skip
"""Plugins of pytest that do nothing for a check."""
_AUTOLOAD: Final = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
_INI = Path(__file__).with_name("bank.ini")


def run_session(
    assignment: Assignment,
    loop: Callable[[list[Check]], None],
    extra: Sequence[str] = (),
    files: Collection[str] | None = None,
) -> None:
    """Collect the bank once, then call `loop` with the checks.

    Args:
        assignment: whose bank.
        loop: what is done with it.
        extra: arguments for pytest.
        files: names of the bank's files that are collected, if not all. Then the caller has seen
            that bank and rubric agree: from some checks alone it cannot be told.

    Raises:
        InternalError: the bank cannot be collected; says why.
        InputError: it holds a function that is not declared a check.
        RubricError: rubric and bank do not agree.
    """
    ran = False
    problem: BaseException | None = None

    def guarded(collected: Iterator[Check]) -> None:
        nonlocal ran, problem
        ran = True
        try:
            checks = list(collected)
            if files is None:
                require_agreement(assignment, checks)
            with contextlib.redirect_stdout(shown), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a student's numbers overflow in a check, too
                loop(checks)
        except BaseException as error:  # pytest would only print it
            problem = error

    said, shown = io.StringIO(), sys.stdout
    try:
        with contextlib.redirect_stdout(said), _no_other_plugins():
            arguments = [*_arguments(assignment, files), *extra]
            status = pytest.main(arguments, plugins=[CheckPlugin(guarded), ScratchPlugin()])
    finally:
        # Another bank may have modules of the same names, and pytest imports none that is there.
        forget_modules(assignment.bank, keep="grader.")
    if problem is not None:
        raise problem
    if not ran:
        raise InternalError(
            f"{assignment.bank}: pytest cannot collect the bank: {_why(said.getvalue(), status)}."
        )


def _arguments(assignment: Assignment, files: Collection[str] | None) -> Iterator[str]:
    """What pytest is called with: the bank alone, and nothing that lies around it."""
    yield from ("-c", str(_INI))
    yield f"--rootdir={assignment.bank.parent}"
    yield f"--confcutdir={assignment.bank.parent}"  # else pytest lists every folder above, too
    yield from ("--noconftest", "--import-mode=importlib", "--capture=no", "-q")
    for name in _NOT_NEEDED:
        yield from ("-p", f"no:{name}")
    yield from (str(p) for p in assignment.bank_files if files is None or p.name in files)


@contextlib.contextmanager
def _no_other_plugins() -> Iterator[None]:
    """No plugin that is installed beside us takes part, nor what the user has set for pytest.

    Programs started later are not concerned.
    """
    before = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("PYTEST_")}
    os.environ[_AUTOLOAD] = "1"
    try:
        yield
    finally:
        del os.environ[_AUTOLOAD]
        os.environ.update(before)


def forget_modules(bank: Path, keep: str = "") -> None:
    """What comes from the bank's folder is imported anew; names that begin with `keep` stay."""
    folders = {str(bank), str(bank.resolve())}
    inside = tuple(f"{folder}{os.sep}" for folder in folders)
    for name, module in list(sys.modules.items()):
        mine = any(place in folders or place.startswith(inside) for place in _places(module))
        if mine and not (keep and name.startswith(keep)):
            del sys.modules[name]


def _places(module: object) -> list[str]:
    """Read past the module's own `__getattr__`, which in some packages answers for any name."""
    own = vars(module) if isinstance(module, ModuleType) else {}
    path = own.get("__path__")
    folders = list(path) if isinstance(path, Iterable) else []
    return [place for place in (own.get("__file__"), *folders) if isinstance(place, str)]


def _why(said: str, status: int) -> str:
    reasons = [line[1:].strip() for line in said.splitlines() if line.startswith("E  ")]
    return "; ".join(filter(None, reasons)) or f"exit status {int(status)}"
