"""Our own reference, and the bank over code of ours: in this process, without a wall."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.assignment.catalogue import read_package
from grader.assignment.folder import Assignment
from grader.model.errors import InputError
from grader.model.module_path import notebook_of, source_file
from grader.model.result import CheckResult
from grader.runner.answer_key import LocalChannel
from grader.runner.check import Check, ListedCheck
from grader.runner.check_run import CheckRun, Reference
from grader.runner.memory_package import MemoryPackage
from grader.runner.session import forget_modules, run_session
from grader.student.proxy import Channel, Student
from grader.submission.notebook_cells import cell_codes, read_notebook
from grader.submission.notebook_module import prepare_notebook
from grader.worker.dispatcher import Dispatcher


def reference_files(assignment: Assignment) -> dict[str, str]:
    """The reference's modules, text by path; functions of a notebook are a module of its name.

    Raises:
        InputError: there is no package and no notebook, or a notebook cannot be read.
    """
    folder = assignment.reference
    return {"__init__.py": "", **_files(folder, assignment)}


def _files(folder: Path, assignment: Assignment) -> dict[str, str]:
    files = read_package(folder) if folder.is_dir() else {}
    files |= _notebook_modules(assignment, without=files)
    if not files:
        raise InputError(f"{folder}: the reference package is not there.")
    return files


def _notebook_modules(
    assignment: Assignment, without: Container[str] = frozenset()
) -> dict[str, str]:
    """Modules of the functions in the reference's notebooks, but for those that are there."""
    modules = assignment.contract.modules
    wanted = [name for name, module in modules.items() if notebook_of(module)]
    found = {}
    for module in dict.fromkeys(modules[name] for name in wanted):
        if source_file(module) in without:
            continue
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
        self._assignment = assignment

    def resolve(self, name: str) -> Any:
        """The contract's function or class.

        Raises:
            InputError: there is no package in the folder.
        """
        return self._package.resolve(name)

    def module(self, name: str) -> ModuleType:
        """A module, by its name inside the package."""
        return self._package.module(name)

    def channel(self) -> LocalChannel:
        """A channel with no objects in it yet."""
        return LocalChannel(Dispatcher(self.resolve, lambda _file: False))

    @cached_property
    def _package(self) -> MemoryPackage:
        files = _files(self._folder, self._assignment)
        names = {self._folder.name, *self._assignment.package_names}
        return MemoryPackage(files, self._assignment.contract, names)


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

    def listed(self) -> list[ListedCheck]:
        """The index of the bank."""
        return [check.listed for check in self._checks]

    def places(self) -> dict[str, str]:
        """File and line of each check."""
        return {check.id: check.place for check in self._checks}


def with_local_bank(assignment: Assignment, use: Callable[[LocalBank], None]) -> None:
    """Collect the bank and call `use`.

    It is imported anew, so that no variable in it keeps an answer of an earlier run.
    """
    forget_modules(assignment.bank)
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
