"""Making the compiled catalogue of a kit: what each known mistake answers in the public checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from grader.assignment.plugin import CallForm
from grader.checks.random_values import Chance
from grader.diagnosis.answer_prints import AnswerPrint, of_interest, prints_of
from grader.diagnosis.causes import numbers_of
from grader.diagnosis.compiled_catalogue import CompiledCatalogue, MadeMistake, SaidOfMistake
from grader.diagnosis.mutated_package import Catalogue, Resolve, Version
from grader.diagnosis.observed_values import ABSENT, Readings, same
from grader.diagnosis.replay import ReplayedCheck, draws
from grader.model.errors import PluginError
from grader.model.result import Outcome
from grader.runner.answer_key import Key, LocalChannel
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.student.proxy import Student
from grader.student.trace import Traces
from grader.worker.dispatcher import Dispatcher

NUMBERS: Final = 4
"""So many wrong numbers a print must be made of: with fewer, what was answered could be guessed,
one guess after the other."""


_RUNS: Final = 10_000
"""Checks that are run for the mistakes of one function; some milliseconds each."""


class _Shown(NamedTuple):
    """What a mistake answers."""

    made: MadeMistake
    readings: dict[str, Readings]
    """By check that fails."""


class CatalogueCompiler:
    """Runs known mistakes through the public checks of a bank."""

    def __init__(
        self, catalogue: Catalogue, key: Key, form: CallForm, checks: Sequence[Check]
    ) -> None:
        """Run `checks`, which are public ones and collected, with the answers of `key`."""
        self._catalogue = catalogue
        self._key = key
        self._form = form
        self._checks = checks
        self._labels: dict[str, set[str]] = {}

    def compiled(self, salt: bytes) -> CompiledCatalogue:
        """The catalogue of what the mistakes answer; NumPy's generator stays as it is."""
        state = np.random.get_state()
        try:
            return self._compiled(salt)
        finally:
            np.random.set_state(state)

    def _compiled(self, salt: bytes) -> CompiledCatalogue:
        found = CompiledCatalogue(salt, [check.id for check in self._checks])
        for function in self._catalogue.functions:
            mine = [check for check in self._checks if check.targets[0] == function]
            versions = _most_usual(self._catalogue.of(function), len(mine)) if mine else []
            right = self._right(function, mine) if versions else {}
            shown = [each for version in versions if (each := self._shown(version, mine, right))]
            found.labels[function] = sorted(self._labels.get(function, ()))
            for each in shown:
                found.add(each.made, self._prints(each, salt))
        return found

    def _prints(self, shown: _Shown, salt: bytes) -> list[AnswerPrint]:
        """One for each check that tells enough of the mistake, or one for all if none does."""
        function = shown.made.said.function
        kept = {name: self._kept(mine, function) for name, mine in shown.readings.items()}
        if not shown.made.told:
            return prints_of(kept, salt)
        return [each for name in shown.made.told for each in prints_of({name: kept[name]}, salt)]

    def _right(self, function: str, checks: Sequence[Check]) -> dict[str, Readings]:
        """What the reference answers, by check."""
        resolve = self._catalogue.resolver()
        assert resolve is not None
        right = self._run(resolve, checks)
        cases = {check.id: right.case(check.id, self._form, self._catalogue) for check in checks}
        found = {name: case.student for name, case in cases.items() if case}
        self._labels[function] = {key.label for readings in found.values() for key in readings}
        return found

    def _shown(
        self, version: Version, checks: Sequence[Check], right: Mapping[str, Readings]
    ) -> _Shown | None:
        resolve = self._catalogue.resolver([version])
        mistake = self._catalogue.mistakes[version.id]
        if resolve is None:
            return None
        wrong = self._run(resolve, checks)
        fails = {check.id for check in checks if wrong.failed(check.id)}
        if not fails:
            return None
        readings, numbers = dict[str, Readings](), dict[str, set[float]]()
        for name in sorted(fails):
            case = wrong.case(name, self._form, self._catalogue)
            if case is None or self._is_drawn(case, resolve, mistake.function):
                continue
            mine = of_interest(case.student, mistake.function, self._catalogue.contract, None)
            self._labels[mistake.function] |= {key.label for key in mine}
            readings[name] = case.student
            numbers[name] = wrong_numbers(mine, right.get(name) or self._rerun(case))
        told = frozenset(name for name in readings if len(numbers[name]) >= NUMBERS)
        together = len(readings) == len(fails) and len(set().union(*numbers.values())) >= NUMBERS
        if not told and not together:
            return None
        said = SaidOfMistake(
            id=mistake.id,
            function=mistake.function,
            title=mistake.title_of(version.form),
            explanation=mistake.explanation_of(version.form),
            hint=mistake.hint,
            severity=mistake.severity.value,
        )
        given = numbers_of(version, self._catalogue)
        made = MadeMistake(said, given, frozenset(fails), told)
        return _Shown(made, readings)

    def _is_drawn(self, case: ReplayedCheck, resolve: Resolve, function: str) -> bool:
        """Whether an answer depends on what is drawn, which is another thing for everyone."""
        contract = self._catalogue.contract
        by_chance = any(isinstance(value, Chance) for value in case.student.values())
        if not by_chance and not draws(case.trace, contract):
            return False
        again = case.rerun(resolve, draw=1)
        mine, other = (
            prints_of({"": of_interest(readings, function, contract, None)}, b"")
            for readings in (case.student, again)
        )
        return mine != other

    def _rerun(self, case: ReplayedCheck) -> Readings:
        resolve = self._catalogue.resolver()
        assert resolve is not None
        return case.rerun(resolve)

    def _kept(self, readings: Readings, function: str) -> Readings:
        known = self._labels[function]
        return of_interest(readings, function, self._catalogue.contract, known)

    def _run(self, resolve: Resolve, checks: Iterable[Check]) -> _Ran:
        traces = Traces()
        channel = LocalChannel(Dispatcher(resolve, lambda _file: False))
        contract = self._catalogue.contract
        run = CheckRun(
            contract=contract,
            seed=self._key.seed,
            student=lambda _check: Student(channel, contract),
            reference=KeyReplayer(self._key),
            traces=traces,
        )
        with np.errstate(all="ignore"):
            outcomes = {check.id: run.run(check).outcome for check in checks}
        return _Ran(outcomes, traces)


def _most_usual(versions: Sequence[Version], checks: int) -> Sequence[Version]:
    """All versions, or the first of each mistake where running all would take too long."""
    if len(versions) * checks <= _RUNS:
        return versions
    first: dict[str, Version] = {}
    for version in versions:
        first.setdefault(version.id, version)
    return [*first.values()]


class _Ran(NamedTuple):
    outcomes: dict[str, Outcome]
    traces: Traces

    def failed(self, check: str) -> bool:
        return self.outcomes[check] in (Outcome.FAILED, Outcome.ERROR)

    def case(self, check: str, form: CallForm, catalogue: Catalogue) -> ReplayedCheck | None:
        trace = self.traces.get(check)
        try:
            return ReplayedCheck(trace, form, catalogue.contract) if trace else None
        except PluginError:  # a hook that cannot read it: then it gets no print
            return None


def wrong_numbers(wrong: Readings, right: Readings) -> set[float]:
    """The numbers that are wrong, but for more than need be known of one value."""
    numbers: set[float] = set()
    for key, value in wrong.items():
        if same(value, right.get(key, ABSENT)) or not isinstance(value, np.ndarray | float):
            continue
        numbers |= _different(value)
    return numbers


def _different(value: Any) -> set[float]:
    """Some of the different numbers in a value."""
    array = np.asarray(value)
    if array.dtype.kind != "f":
        return set()
    finite = array[np.isfinite(array) & (array != 0)]
    return {float(number) for number in np.unique(np.round(finite, 9))[: 2 * NUMBERS]}
