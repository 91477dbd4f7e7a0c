"""What a kit knows of mistakes: it names whoever makes one, and tells nobody else anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from msgspec.structs import replace

from grader.assignment.catalogue import read_package
from grader.assignment.folder import Assignment
from grader.assignment.plugin import CallForm
from grader.diagnosis.answer_prints import AnswerPrint
from grader.diagnosis.catalogue_compiler import NUMBERS, CatalogueCompiler, wrong_numbers
from grader.diagnosis.compiled_catalogue import CompiledCatalogue, MadeMistake, PrintExplainer
from grader.diagnosis.mutated_package import Catalogue, Resolve
from grader.diagnosis.observed_values import ValueKey
from grader.model.result import Cause, Visibility
from grader.runner.answer_key import Key, LocalChannel
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.runner.memory_package import MemoryPackage
from grader.runner.reference import reference_files
from grader.runner.session import run_session
from grader.student.proxy import Student
from grader.student.trace import Traces
from grader.worker.dispatcher import Dispatcher
from tests.diagnosis.restyled_mistakes import RESTYLED

FUNCTIONS = ("softmax_loss", "affine_backward")


class Clinic(NamedTuple):
    """The public checks of some functions, with what a kit knows of their mistakes."""

    assignment: Assignment
    catalogue: Catalogue
    key: Key
    checks: Sequence[Check]
    compiled: CompiledCatalogue

    def named(self, resolve: Resolve) -> set[str]:
        """The mistakes that are named for a package."""
        return {cause.id for cause in self.causes(resolve)}

    def causes(self, resolve: Resolve) -> list[Cause]:
        """The same, as they are told in each check."""
        traces = Traces()
        channel = LocalChannel(Dispatcher(resolve, lambda _file: False))
        run = CheckRun(
            contract=self.assignment.contract,
            seed=self.key.seed,
            student=lambda _check: Student(channel, self.assignment.contract),
            reference=KeyReplayer(self.key),
            traces=traces,
        )
        with np.errstate(all="ignore"):
            results = run.run_all(self.checks)
        explainer = PrintExplainer(self.compiled, self.assignment.contract)
        form = CallForm(None, self.assignment.plugin)
        told = explainer.explain(results, traces, Traces(), form, lang="en", spans={})
        return [cause for check in told for cause in check.causes if cause.kind == "mistake"]

    def with_loss(self, change: Callable[[float], float]) -> Resolve:
        """The reference with another loss, and the right gradient."""
        right = self.catalogue.resolver()
        assert right is not None

        def changed(x: Any, y: Any) -> Any:
            loss, dx = right("softmax_loss")(x, y)
            return change(loss), dx

        return self.with_function("softmax_loss", changed)

    def with_function(self, name: str, function: Any) -> Resolve:
        """The reference with another function."""
        right = self.catalogue.resolver()
        assert right is not None
        return lambda wanted: function if wanted == name else right(wanted)


@pytest.fixture(scope="module")
def clinic() -> Clinic:
    assignment = Assignment.load("numpynn")
    files, names = reference_files(assignment), assignment.package_names
    catalogue = Catalogue(assignment.layout, assignment.contract, files, names)
    key = Key.load(assignment.layout.key)
    found: list[Clinic] = []

    def collected(every: Sequence[Check]) -> None:
        checks = [
            check
            for check in every
            if check.targets[0] in FUNCTIONS and check.visibility is Visibility.PUBLIC
        ]
        form = CallForm(None, assignment.plugin)
        compiled = CatalogueCompiler(catalogue, key, form, checks).compiled(b"salt")
        read = SimpleNamespace(read_bytes=compiled.encode)
        found.append(Clinic(assignment, catalogue, key, checks, CompiledCatalogue.load(read)))  # type: ignore[arg-type]

    run_session(assignment, collected)
    return found[0]


def test_a_known_mistake_is_named_or_nothing_is(clinic: Clinic) -> None:
    versions = [version for name in FUNCTIONS for version in clinic.catalogue.of(name)]
    named = 0
    for version in versions:
        resolve = clinic.catalogue.resolver([version])
        if resolve is not None:
            found = clinic.named(resolve)
            assert found <= {version.id}
            named += bool(found)
    assert named > 0.65 * len(versions)  # the others show in hidden checks, or in too few numbers


def test_nothing_is_named_of_what_is_right_or_wrong_in_an_unknown_way(clinic: Clinic) -> None:
    right = clinic.catalogue.resolver()
    assert right is not None
    assert clinic.named(right) == set()

    def odd(x: Any, y: Any) -> Any:
        loss, dx = right("softmax_loss")(x, y)
        return loss, dx + 0.01 * np.cos(x)

    assert clinic.named(clinic.with_function("softmax_loss", odd)) == set()


@pytest.mark.parametrize("name", [n for n, each in RESTYLED.items() if each.function in FUNCTIONS])
def test_a_mistake_is_named_however_it_is_written(clinic: Clinic, name: str) -> None:
    restyled = RESTYLED[name]
    files = read_package(clinic.assignment.reference)
    files[restyled.file] += restyled.code
    package = MemoryPackage(files, clinic.assignment.contract)
    assert clinic.named(package.resolve) == {name}


def test_nobody_can_read_it_who_has_not_made_the_mistake(clinic: Clinic) -> None:
    data = clinic.compiled.encode()
    for mistake in clinic.catalogue.mistakes.values():
        for text in (mistake.id, mistake.title.en, mistake.hint.en, mistake.explanation.zh):
            assert len(text) < 8 or text.encode() not in data


def test_few_numbers_get_no_print(clinic: Clinic) -> None:
    """Who knows the check could try numbers until one opens a sentence."""
    lone, several = ValueKey(0, 0, "f", "loss"), ValueKey(0, 0, "f", "dx")
    assert len(wrong_numbers({lone: 2.5}, {lone: 1.5})) < NUMBERS
    assert len(wrong_numbers({several: np.full(9, 2.5)}, {several: np.full(9, 1.5)})) < NUMBERS
    assert len(wrong_numbers({several: np.arange(9.0) + 0.25}, {several: np.arange(9.0)})) > NUMBERS
    written_in = clinic.with_loss(lambda _loss: 2.3)
    assert clinic.named(written_in) == set()


def test_few_numbers_in_each_of_many_checks_are_enough(clinic: Clinic) -> None:
    assert clinic.named(clinic.with_loss(lambda loss: -loss)) == {"softmax-loss-sign"}


class Doubtful(CompiledCatalogue):
    """A catalogue in which every mistake has a twin."""

    def opened(self, print_: AnswerPrint) -> Iterator[MadeMistake]:
        for made in super().opened(print_):
            yield made
            yield made._replace(said=replace(made.said, id=f"{made.said.id}-twin"))


def test_mistakes_that_answer_alike_are_offered_together(clinic: Clinic) -> None:
    """As in a report: one of them was made, the first of the catalogue most likely."""
    fields = {name: getattr(clinic.compiled, name) for name in clinic.compiled.__struct_fields__}
    resolve = clinic.with_loss(lambda loss: -loss)
    causes = clinic._replace(compiled=Doubtful(**fields)).causes(resolve)
    told = [(cause.id, cause.certain, cause.choice) for cause in causes[:2]]
    assert told == [("softmax-loss-sign", False, 1), ("softmax-loss-sign-twin", False, 1)]
    assert all(cause.certain for cause in clinic.causes(resolve))


def test_the_number_is_told_that_the_answers_fit(clinic: Clinic) -> None:
    half = clinic.with_loss(lambda loss: loss / 2)
    assert "Your answers fit" in clinic.causes(half)[0].words
