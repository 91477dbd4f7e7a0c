"""Packages of ours before the bank, in this process."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

from grader.assignment.catalogue import write_package
from grader.assignment.folder import Assignment
from grader.model.result import CheckResult, Outcome
from grader.runner.answer_key import Key
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.runner.reference import LocalCode
from grader.runner.session import run_session
from grader.student.proxy import Student

AT_FAULT = {Outcome.FAILED, Outcome.ERROR}
Judge = Callable[[str, list[Check], CheckRun], list[CheckResult]]
"""From a package's name, the checks and what runs them to the results that are asked for."""


class Court:
    """Has packages judged by the bank."""

    def __init__(self, assignment: Assignment, key: Key, folder: Path) -> None:
        self._assignment = assignment
        self._key = key
        self._folder = folder

    def all_checks(self, packages: Mapping[str, Mapping[str, str]]) -> dict[str, list[CheckResult]]:
        """What every check says of each package."""
        return self._hold(packages, _everything)

    def first_kills(
        self, packages: Mapping[str, Mapping[str, str]], functions: Mapping[str, str]
    ) -> dict[str, str]:
        """For each package the first check of its function that finds it at fault, or nothing."""

        def judge(name: str, checks: list[Check], run: CheckRun) -> list[CheckResult]:
            for check in checks:
                if functions[name] not in check.targets:
                    continue
                result = run.run_all([check])[-1]
                if result.outcome in AT_FAULT:
                    return [result]
            return []

        verdicts = self._hold(packages, judge)
        return {name: results[0].id if results else "" for name, results in verdicts.items()}

    def _hold(
        self, packages: Mapping[str, Mapping[str, str]], judge: Judge
    ) -> dict[str, list[CheckResult]]:
        verdicts: dict[str, list[CheckResult]] = {}

        def loop(checks: list[Check]) -> None:
            for name, files in packages.items():
                write_package(files, self._folder / name)
                verdicts[name] = judge(name, checks, self._run(self._folder / name))

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # mistakes overflow and divide by zero
            run_session(self._assignment, loop)
        assert verdicts.keys() == packages.keys(), "the bank did not run to its end"
        return verdicts

    def _run(self, package: Path) -> CheckRun:
        code = LocalCode(package, self._assignment)
        return CheckRun(
            contract=self._assignment.contract,
            seed=self._key.seed,
            student=lambda _check: Student(code.channel(), self._assignment.contract),
            reference=KeyReplayer(self._key),
        )


def _everything(_name: str, checks: list[Check], run: CheckRun) -> list[CheckResult]:
    return run.run_all(checks)
