"""The bank in memory, ready to judge packages of ours."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from grader.assignment.catalogue import write_package
from grader.assignment.folder import Assignment
from grader.model.result import CheckResult
from grader.runner.answer_key import Key
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer, Recorder, Reference
from grader.runner.reference import LocalCode
from grader.student.proxy import Student
from grader.verify.observation import Observation, telling
from grader.worker import compat

Tell = Callable[[CheckResult], None]


class InMemoryBank:
    """The collected checks, and the reference's recorded answers."""

    def __init__(
        self,
        assignment: Assignment,
        checks: Sequence[Check],
        folder: Path,
    ) -> None:
        """Get ready.

        Args:
            assignment: whose bank and reference.
            checks: of its bank.
            folder: for packages that are judged; whoever made it removes it.
        """
        self.seed = str(assignment.rubric.seed)
        self.checks = {check.id: check for check in checks}
        self._assignment = assignment
        self._folder = folder
        self._keys: dict[str, Key] = {}
        """By seed."""

    def observe(self, files: Mapping[str, str]) -> tuple[Observation, list[CheckResult]]:
        """Run the bank on the reference, looking on, and record its answers for `judge`."""
        recorder = Recorder(LocalCode(self._assignment.reference, self._assignment).channel)
        code = self._code(telling(files), "observed")
        observation = Observation(self._assignment.contract)
        observation.watch()
        for name in self._assignment.contract:
            code.resolve(name)
        results = self._judged(code, recorder, self.checks, begun=observation.begin)
        self._keys[self.seed] = Key(self.seed, "", recorder.answers())
        return observation, results

    def record(self, seed: str) -> None:
        """Record the reference's answers for another seed, for `judge`."""
        code = LocalCode(self._assignment.reference, self._assignment)
        recorder = Recorder(code.channel)
        self._judged(code, recorder, self.checks, seed=seed)
        self._keys[seed] = Key(seed, "", recorder.answers())

    def judge(
        self, files: Mapping[str, str], checks: Sequence[str], tell: Tell, seed: str = ""
    ) -> None:
        """Judge a package by some checks against the recorded answers; tell results as they come.

        Only ever called in a process of its own: it gives NumPy the names that it once had.
        """
        compat.install()
        sys.dont_write_bytecode = True
        code = self._code(files, str(os.getpid()))
        reference = KeyReplayer(self._keys[seed or self.seed])
        self._judged(code, reference, checks, seed=seed, told=tell)

    def judge_reference(self, seed: str) -> list[CheckResult]:
        """The reference before the whole bank, its answers recorded for another seed meanwhile."""
        code = LocalCode(self._assignment.reference, self._assignment)
        return self._judged(code, Recorder(code.channel), self.checks, seed=seed)

    def _code(self, files: Mapping[str, str], name: str) -> LocalCode:
        write_package(files, self._folder / name)
        return LocalCode(self._folder / name, self._assignment)

    def _judged(
        self,
        code: LocalCode,
        reference: Reference,
        checks: Sequence[str] | Mapping[str, object],
        *,
        seed: str = "",
        begun: Callable[[str], None] = lambda _check: None,
        told: Tell = lambda _result: None,
    ) -> list[CheckResult]:
        run = _WatchedRun(self._assignment, code, reference, seed or self.seed, begun, told)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # mistakes overflow and divide by zero
            return run.run_all(self.checks[check] for check in checks)


class _WatchedRun(CheckRun):
    """A run over code of ours that tells of each check when it begins and when it has ended."""

    def __init__(
        self,
        assignment: Assignment,
        code: LocalCode,
        reference: Reference,
        seed: str,
        begun: Callable[[str], None],
        told: Tell,
    ) -> None:
        super().__init__(
            contract=assignment.contract,
            seed=seed,
            student=lambda _check: Student(code.channel(), assignment.contract),
            reference=reference,
        )
        self._begun = begun
        self._told = told

    def run(self, check: Check) -> CheckResult:
        """Run one check, and tell."""
        self._begun(check.id)
        result = super().run(check)
        self._told(result)
        return result
