"""Our own reference, and the bank over code of ours: in this process, without a wall."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from grader.assignment.folder import Assignment, digest
from grader.model.errors import InputError
from grader.model.result import CheckResult
from grader.runner.answer_key import LocalChannel
from grader.runner.bank_plugin import CheckPlugin, check_id
from grader.runner.check_run import CheckRun, Reference
from grader.runner.session import run_session
from grader.student.proxy import Channel, Student
from grader.worker.worker import Dispatcher


class LocalCode:
    """A package of ours, imported in this process under a private name."""

    def __init__(self, folder: Path, assignment: Assignment) -> None:
        self._folder = folder
        self._contract = assignment.contract
        self._name = f"_gradewall_{digest([], str(folder))[:12]}"

    def resolve(self, name: str) -> Any:
        """The contract's function or class."""
        return getattr(self._module(self._contract[name].module), name)

    def channel(self) -> LocalChannel:
        """A channel with no objects in it yet."""
        return LocalChannel(Dispatcher(self.resolve, str(self._folder).__contains__))

    def _module(self, module: str) -> ModuleType:
        if self._name not in sys.modules:
            init = self._folder / "__init__.py"
            spec = importlib.util.spec_from_file_location(
                self._name, init, submodule_search_locations=[str(self._folder)]
            )
            if spec is None or spec.loader is None or not init.is_file():
                raise InputError(f"{self._folder}: the reference package is not there.")
            package = importlib.util.module_from_spec(spec)
            sys.modules[self._name] = package
            spec.loader.exec_module(package)
        return importlib.import_module(f"{self._name}.{module}")


class LocalBank:
    """The bank, collected, to be run over code of ours."""

    def __init__(
        self, assignment: Assignment, plugin: CheckPlugin, items: Sequence[pytest.Item]
    ) -> None:
        self._contract = assignment.contract
        self._plugin = plugin
        self._items = items

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
        chosen = [item for item in self._items if only is None or check_id(item) in only]
        return self._plugin.run_all(chosen[::-1] if backwards else chosen, run)

    def places(self) -> dict[str, str]:
        """File and line of each check."""
        found = {}
        for item in self._items:
            path, line, _ = item.reportinfo()
            found[check_id(item)] = f"{path}:{(line or 0) + 1}"
        return found


def with_local_bank(assignment: Assignment, use: Callable[[LocalBank], None]) -> None:
    """Collect the bank and call `use`.

    It is imported anew, so that no variable in it keeps an answer of an earlier run.
    """
    folder = str(assignment.bank) + os.sep
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(folder):
            del sys.modules[name]
    run_session(assignment, lambda plugin, items: use(LocalBank(assignment, plugin, items)))


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
