"""Packages of ours before some checks of the bank, diagnosed in this process."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from grader.assignment.catalogue import Patch, patched, read_package
from grader.assignment.folder import Assignment
from grader.assignment.plugin import CallForm
from grader.diagnosis.diagnose import diagnose
from grader.diagnosis.mutated_package import Catalogue
from grader.model.result import CheckResult, Outcome
from grader.runner.answer_key import Key, LocalChannel
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer, Recorder
from grader.runner.memory_package import MemoryPackage
from grader.runner.reference import LocalCode
from grader.runner.session import run_session
from grader.student.proxy import Student
from grader.student.trace import Traces
from grader.worker.dispatcher import Dispatcher

SEED = "4711"
AT_FAULT = {Outcome.FAILED, Outcome.ERROR}


class Patient(NamedTuple):
    """A package, and the checks that look at it."""

    files: dict[str, str]
    checks: tuple[str, ...]
    """Contract names, or beginnings of check ids."""
    lang: str = "en"
    work: int = 100_000


class Clinic:
    """Makes packages of the reference, and has them graded and diagnosed."""

    def __init__(self) -> None:
        self.assignment = Assignment.load("numpynn")
        self.catalogue = Catalogue(self.assignment.layout, self.assignment.contract)
        self.files = read_package(self.assignment.reference)

    def patient(self, *checks: str, mistakes: tuple[str, ...] = (), **more: Any) -> Patient:
        """A package with mistakes of the catalogue in it."""
        patches = [patch for name in mistakes for patch in self.catalogue.mistakes[name].patches()]
        return Patient(patched(self.files, patches), checks, **more)

    def changed(self, function: str, old: str, new: str, *checks: str, file: str = "layers.py",
                **more: Any) -> Patient:  # fmt: skip
        """A package with a change that the catalogue does not know."""
        patch = Patch(file=file, old=old, new=new, function=function)
        return Patient(patched(self.files, [patch]), checks or (function,), **more)

    def examine(self, patients: Mapping[str, Patient]) -> dict[str, list[CheckResult]]:
        """The failed checks of each, with their causes."""
        found: dict[str, list[CheckResult]] = {}

        def loop(checks: list[Check]) -> None:
            wanted = {name: _asked(checks, patient.checks) for name, patient in patients.items()}
            every = [c for c in checks if any(c in asked for asked in wanted.values())]
            key = self._key(every)
            for name, patient in patients.items():
                found[name] = self._one(wanted[name], patient, key)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # mistakes overflow and divide by zero
            run_session(self.assignment, loop)
        return found

    def _key(self, checks: list[Check]) -> Key:
        code = LocalCode(self.assignment.reference, self.assignment)
        recorder = Recorder(code.channel)
        self._run(code.channel, recorder, None).run_all(checks)
        return Key(SEED, "", recorder.answers())

    def _one(self, asked: list[Check], patient: Patient, key: Key) -> list[CheckResult]:
        package = MemoryPackage(patient.files, self.assignment.contract)
        traces = Traces()
        run = self._run(
            lambda: LocalChannel(Dispatcher(package.resolve, lambda _file: False)),
            KeyReplayer(key),
            traces,
        )
        checks = run.run_all(asked)
        told = diagnose(
            checks, traces, Traces(), self.catalogue, CallForm(None, self.assignment.plugin),
            lang=patient.lang, work=patient.work,
        )  # fmt: skip
        package.drop()
        return [check for check in told if check.outcome in AT_FAULT]

    def _run(self, channel: Callable[[], Any], reference: Any, traces: Traces | None) -> CheckRun:
        contract = self.assignment.contract
        return CheckRun(
            contract=contract,
            seed=SEED,
            student=lambda _check: Student(channel(), contract),
            reference=reference,
            traces=traces,
        )


def _asked(every: list[Check], checks: tuple[str, ...]) -> list[Check]:
    return [
        check for check in every if set(check.targets) & set(checks) or check.id.startswith(checks)
    ]


def named(checks: list[CheckResult]) -> list[list[str]]:
    """Ids of the mistakes named for each check."""
    return [[cause.id for cause in check.causes if cause.kind == "mistake"] for check in checks]
