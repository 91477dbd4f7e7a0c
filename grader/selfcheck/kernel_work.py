"""The work in a running kernel: what its cells have defined so far, saved or not."""

from __future__ import annotations

import inspect
import json
import re
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grader.assignment.composed import open_assignment
from grader.model.contract import Contract
from grader.model.module_path import notebook_of
from grader.submission.module_names import Modules, may_be_notebook
from grader.submission.reader import read_tree


@contextmanager
def kernel_work(folder: Path, assignment: str) -> Iterator[Path]:
    """The student's folder, with the cells of the kernel we are in in place of their notebook.

    It is the folder itself outside of a kernel, and where no function lives in a notebook.
    """
    shell = _shell()
    contract = open_assignment(assignment).rubric.contract if shell else Contract({})
    modules = contract.modules
    notebook = _notebook_of_kernel(shell, modules)
    if not notebook:
        yield folder
        return
    wanted = [name for name, module in modules.items() if notebook_of(module) == notebook]
    with tempfile.TemporaryDirectory(prefix="gradewall-check-") as name:
        work = Path(name) / folder.name
        _copy_other_files(folder, work, Modules(contract), notebook)
        (work / f"{notebook}.ipynb").write_text(_as_notebook(shell, notebook, wanted), "utf-8")
        yield work


def _shell() -> Any:
    """The shell of the kernel that we are called in; None outside of one."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell if hasattr(shell, "kernel") else None


def _notebook_of_kernel(shell: Any, modules: dict[str, str]) -> str:
    """The notebook of the contract of which the kernel has most functions; empty if it has none."""
    counts: dict[str, int] = {}
    for name, module in modules.items():
        if notebook_of(module) and name in shell.user_ns:
            counts[notebook_of(module)] = counts.get(notebook_of(module), 0) + 1
    return max(counts, key=counts.__getitem__, default="")


def _copy_other_files(folder: Path, work: Path, modules: Modules, notebook: str) -> None:
    """Modules that cells may import, and other notebooks of the assignment."""
    work.mkdir(parents=True)
    for path, data in read_tree(folder, modules.looks_wanted).files.items():
        match = modules.match(path)
        if match and notebook_of(match.module) == notebook:
            continue
        if may_be_notebook(path) and not match:
            continue
        copy = work / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(data)


def _as_notebook(shell: Any, name: str, wanted: Collection[str]) -> str:
    """The cells that were run, in their order; what they define is what the kernel knows."""
    history = shell.history_manager.input_hist_raw
    cells = [(f"In [{number}]", text) for number, text in enumerate(history) if number]
    for function in wanted:  # as it is now, whatever came of the cells
        source = _source_of(shell.user_ns.get(function))
        if source and not _is_last(source, function, history):
            cells.append((f"{function} as the kernel has it", source))
    made = [
        {
            "cell_type": "code", "id": f"in-{number}", "source": text, "outputs": [],
            "metadata": {"grader": {"label": label}}, "execution_count": None,
        }
        for number, (label, text) in enumerate(cells)
    ]  # fmt: skip
    about = {"grader": {"notebook": name}}
    return json.dumps({"cells": made, "metadata": about, "nbformat": 4, "nbformat_minor": 5})


def _is_last(source: str, function: str, cells: Sequence[str]) -> bool:
    """Whether the last cell that defines a function holds this text of it."""
    definition = re.compile(rf"^(?:async +def|def|class) +{function}\b", re.MULTILINE)
    last = next((cell for cell in reversed(cells) if definition.search(cell)), "")
    return source.strip() in last


def _source_of(defined: Any) -> str:
    """The text of a function or class of a cell; empty where there is none."""
    if getattr(defined, "__module__", "") != "__main__":
        return ""
    try:
        return inspect.getsource(defined)
    except (OSError, TypeError):
        return ""
