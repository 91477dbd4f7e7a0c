"""Our own reference, and the bank over code of ours: in this process, without a wall."""

from __future__ import annotations

import importlib
import importlib.util
import linecache
import os
import sys
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.assignment.catalogue import read_package
from grader.assignment.folder import Assignment, digest
from grader.model.errors import InputError
from grader.model.module_path import import_name, notebook_of, source_file
from grader.model.result import CheckResult
from grader.runner.answer_key import LocalChannel
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, Reference
from grader.runner.session import run_session
from grader.student.proxy import Channel, Student
from grader.submission.notebook_cells import cell_codes, read_notebook
from grader.submission.notebook_module import prepare_notebook
from grader.worker.worker import Dispatcher


def reference_files(assignment: Assignment) -> dict[str, str]:
    """The reference's modules, text by path; functions of a notebook are a module of its name.

    Raises:
        InputError: a notebook is not there, or cannot be read.
    """
    files = {"__init__.py": "", **read_package(assignment.reference)}
    return files | _notebook_modules(assignment)


def _notebook_modules(assignment: Assignment) -> dict[str, str]:
    modules = assignment.contract.modules
    wanted = [name for name, module in modules.items() if notebook_of(module)]
    found = {}
    for module in dict.fromkeys(modules[name] for name in wanted):
        path = assignment.layout.solved_notebook(notebook_of(module))
        if not path.is_file():
            raise InputError(f"{path}: the contract names this notebook, but it is not there.")
        codes = cell_codes(read_notebook(path.read_bytes(), path.name).cells)
        found[source_file(module)] = prepare_notebook(path.name, codes, wanted).text
    return found


class LocalCode:
    """A package of ours, imported in this process under a private name."""

    def __init__(self, folder: Path, assignment: Assignment) -> None:
        self._folder = folder
        self._contract = assignment.contract
        self._assignment = assignment
        self._name = f"_gradewall_{digest([], str(folder))[:12]}"

    def resolve(self, name: str) -> Any:
        """The contract's function or class."""
        return getattr(self._module(self._contract[name].module), name)

    def channel(self) -> LocalChannel:
        """A channel with no objects in it yet."""
        return LocalChannel(Dispatcher(self.resolve, str(self._folder).__contains__))

    def _module(self, module: str) -> ModuleType:
        if self._name not in sys.modules:
            self._import_package()
        name = f"{self._name}.{import_name(module)}"
        if notebook_of(module) and not (self._folder / source_file(module)).is_file():
            self._import_notebooks()
        return sys.modules.get(name) or importlib.import_module(name)

    def _import_package(self) -> None:
        init = self._folder / "__init__.py"
        spec = importlib.util.spec_from_file_location(
            self._name, init, submodule_search_locations=[str(self._folder)]
        )
        if spec is None or spec.loader is None:
            raise InputError(f"{self._folder}: the reference package is not there.")
        package = importlib.util.module_from_spec(spec)
        if init.is_file():
            sys.modules[self._name] = package
            spec.loader.exec_module(package)
        elif self._assignment.notebooks:  # nothing but notebooks, and perhaps modules beside them
            sys.modules[self._name] = package
        else:
            raise InputError(f"{self._folder}: the reference package is not there.")

    def _import_notebooks(self) -> None:
        """Make modules of the functions in the reference's notebooks, once."""
        for file, text in _notebook_modules(self._assignment).items():
            name = f"{self._name}.{file.removesuffix('.py')}"
            if name not in sys.modules:
                module = sys.modules[name] = ModuleType(name)
                module.__package__ = self._name
                linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
                exec(compile(text, file, "exec", dont_inherit=True), vars(module))


class LocalBank:
    """The bank, collected, to be run over code of ours."""

    def __init__(self, assignment: Assignment, checks: Sequence[Check]) -> None:
        self._contract = assignment.contract
        self._checks = checks

    def run(
        self,
        student: Callable[[str], Channel],
        reference: Reference,
        seed: str,
        only: Container[str] | None = None,
        *,
        backwards: bool = False,
    ) -> list[CheckResult]:
        """The results.

        Args:
            student, reference: what a check asks.
            seed: of the inputs.
            only: ids of the checks that are run, if not all.
            backwards: the last first.
        """
        run = CheckRun(
            contract=self._contract,
            seed=seed,
            student=lambda check: Student(student(check), self._contract),
            reference=reference,
        )
        chosen = [check for check in self._checks if only is None or check.id in only]
        return run.run_all(chosen[::-1] if backwards else chosen)

    def places(self) -> dict[str, str]:
        """File and line of each check."""
        return {check.id: check.place for check in self._checks}


def with_local_bank(assignment: Assignment, use: Callable[[LocalBank], None]) -> None:
    """Collect the bank and call `use`.

    It is imported anew, so that no variable in it keeps an answer of an earlier run.
    """
    folder = str(assignment.bank) + os.sep
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(folder):
            del sys.modules[name]
    run_session(assignment, lambda checks: use(LocalBank(assignment, checks)))


def run_locally(
    assignment: Assignment,
    student: Callable[[str], Channel],
    reference: Reference,
    seed: str,
    *,
    backwards: bool = False,
) -> list[CheckResult]:
    """One run of the whole bank, imported anew; see `LocalBank.run`."""
    results: list[CheckResult] = []

    def once(bank: LocalBank) -> None:
        results.extend(bank.run(student, reference, seed, backwards=backwards))

    with_local_bank(assignment, once)
    return results
