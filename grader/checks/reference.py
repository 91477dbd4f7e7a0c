"""Running our own reference: in this process, without a wall, to record the answer key."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Container
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from grader.assignment import Assignment, digest
from grader.checks.agreement import require_reference, require_returned
from grader.checks.key import Key, LocalChannel
from grader.checks.plugin import CheckPlugin, check_id
from grader.checks.rehearsal import Listener, independent, nudged
from grader.checks.run import Player, Recorder, Run
from grader.checks.session import run_session
from grader.errors import InputError, InternalError
from grader.result import CheckResult, Outcome, Visibility
from grader.rubric import Rubric
from grader.wall.alike import moved
from grader.wall.student import Channel, Student
from grader.wall.worker import Dispatcher

_TRIES: Final = 3
"""Runs of the bank, each with answers that are off by rounding in another way."""


class LocalCode:
    """A package of ours, imported in this process under a private name."""

    def __init__(self, folder: Path, assignment: Assignment) -> None:
        self._folder = folder
        self._api = assignment.api
        self._name = f"_gradewall_{digest([], str(folder))[:12]}"

    def resolve(self, name: str) -> Any:
        """The contract's function or class."""
        return getattr(self._module(self._api[name].module), name)

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


def record_key(
    assignment: Assignment, seed: str | None = None, *, public_only: bool = False
) -> Key:
    """Run the bank on the reference and record its answers.

    Args:
        assignment: whose bank and reference.
        seed: of the inputs; the rubric's unless given.
        public_only: leave out what the self-check does not ask.

    Raises:
        InternalError: the reference fails a check of its own, which names the check.
        RubricError: the reference is not there, or lacks what the contract names.
    """
    require_reference(assignment)
    seed = str(assignment.rubric.seed) if seed is None else seed
    code = LocalCode(assignment.reference, assignment)
    recorder, plain = Recorder(code.channel), Listener(code.channel)
    results = run_locally(assignment, plain.channel, recorder, seed)
    bad = [result for result in results if result.outcome is not Outcome.PASSED]
    if bad:
        require_returned(assignment, recorder.refused())
        lines = [f"{result.id}: {result.outcome.value}: {result.message}" for result in bad[:10]]
        raise InternalError("The reference fails checks of its own bank: " + "; ".join(lines))
    answers = recorder.answers()
    if public_only:
        public = {result.id for result in results if _is_public(assignment.rubric, result)}
        answers = {check: rows for check, rows in answers.items() if check in public}
    key_digest = assignment.bank_digest + assignment.reference_digest
    key = Key(seed, key_digest, answers, public_only)
    if not public_only:
        again = Listener(code.channel, nudged)
        run_locally(assignment, again.channel, Player(key), seed)
        key.foreseen = independent(plain, again)
        key.steady = _steady(assignment, code, key)
    return key


def _steady(assignment: Assignment, code: LocalCode, key: Key) -> dict[str, bool]:
    """The checks that pass whenever answers are off by rounding, as far as a few tries tell."""
    random = np.random.RandomState(0)
    steady: dict[str, bool] = {}
    unsteady = set(key.foreseen)
    for zeros in (False, True):
        student = Listener(code.channel, partial(moved, random=random, zeros=zeros))
        passed = set(unsteady)
        for _ in range(_TRIES):
            results = run_locally(assignment, student.channel, Player(key), key.seed, only=passed)
            passed = {check.id for check in results if check.outcome is Outcome.PASSED}
        steady |= dict.fromkeys(sorted(passed), zeros)
        unsteady -= passed
    return steady


def _is_public(rubric: Rubric, result: CheckResult) -> bool:
    return rubric.visibility(result.id, result.part, result.visibility) is Visibility.PUBLIC


def run_locally(
    assignment: Assignment,
    student: Callable[[str], Channel],
    reference: Recorder | Player,
    seed: str,
    only: Container[str] | None = None,
) -> list[CheckResult]:
    """The bank over code of ours, in this process.

    Args:
        assignment: whose bank.
        student, reference: what a check asks.
        seed: of the inputs.
        only: ids of the checks that are run, if not all.
    """
    run = Run(
        api=assignment.api,
        seed=seed,
        student=lambda check: Student(student(check), assignment.api),
        reference=reference,
    )
    results: list[CheckResult] = []

    def loop(plugin: CheckPlugin, items: list[Any]) -> None:
        chosen = [item for item in items if only is None or check_id(item) in only]
        results.extend(plugin.run_all(chosen, run))

    run_session(assignment, loop)
    return results
