"""Importing files as a worker does, in a process of its own."""

from __future__ import annotations

import multiprocessing
import sys
import warnings
from collections.abc import Callable
from typing import Any

from grader.worker import compat
from grader.worker.modules import ModuleSource, StudentFiles

Files = dict[str, str]


Body = Callable[[StudentFiles], Any]


def _run(
    files: Files,
    package: str,
    floor: bool,
    names: Files,
    expected: Files | None,
    body: Body,
    pipe: Any,
) -> None:
    for name in [name for name in sys.modules if {"numpynn", "layers"} & set(name.split("."))]:
        del sys.modules[name]  # other tests import the reference, and banks with a `layers.py`
    warnings.simplefilter("ignore")
    compat.install()
    sources = {path: ModuleSource(text, floor) for path, text in files.items()}
    loaded = StudentFiles(
        sources,
        package,
        import_names=("numpynn", "cs231n", "daseCV"),
        names=names,
        expected=expected,
    )
    loaded.install()
    try:
        pipe.send((True, body(loaded)))
    except BaseException as error:
        pipe.send((False, f"{type(error).__name__}: {error}"))


def load(
    files: Files,
    body: Body,
    *,
    package: str = "numpynn",
    floor: bool = False,
    names: Files | None = None,
    expected: Files | None = None,
) -> Any:
    """Install `files` in a forked process and return what `body` gives there."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    arguments = (files, package, floor, names or {}, expected, body, theirs)
    process = context.Process(target=_run, args=arguments)
    process.start()
    ok, value = ours.recv()
    process.join()
    assert ok, value
    return value
