"""What a kit knows of mistakes: it names whoever makes one, and tells nobody else anything."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

from grader.assignment.folder import Assignment
from grader.assignment.plugin import CallForm
from grader.diagnosis.catalogue_compiler import CatalogueCompiler, tells
from grader.diagnosis.compiled_catalogue import CompiledCatalogue, PrintExplainer
from grader.diagnosis.mutated_package import Catalogue, Resolve
from grader.diagnosis.observed_values import ValueKey
from grader.model.result import Visibility
from grader.runner.answer_key import Key, LocalChannel
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.runner.reference import reference_files
from grader.runner.session import run_session
from grader.student.proxy import Student
from grader.student.trace import Traces
from grader.worker.dispatcher import Dispatcher

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
        return {cause.id for check in told for cause in check.causes if cause.kind == "mistake"}

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
    assert named > len(versions) / 3  # the others show in hidden checks, or as another one does


def test_nothing_is_named_of_what_is_right_or_wrong_in_an_unknown_way(clinic: Clinic) -> None:
    right = clinic.catalogue.resolver()
    assert right is not None
    assert clinic.named(right) == set()

    def odd(x: Any, y: Any) -> Any:
        loss, dx = right("softmax_loss")(x, y)
        return loss, dx + 0.01 * np.cos(x)

    assert clinic.named(clinic.with_function("softmax_loss", odd)) == set()


def test_a_mistake_is_named_however_it_is_written(clinic: Clinic) -> None:
    def summed(x: Any, y: Any) -> Any:
        odds = np.exp(x - np.max(x))
        p = odds / odds.sum(1)[:, None]
        picked = p[range(len(y)), y]
        return -np.log(picked).mean(), p - np.eye(x.shape[1])[y]

    found = clinic.named(clinic.with_function("softmax_loss", summed))
    assert found == {"softmax-gradient-summed"}


def test_nobody_can_read_it_who_has_not_made_the_mistake(clinic: Clinic) -> None:
    data = clinic.compiled.encode()
    for mistake in clinic.catalogue.mistakes.values():
        for text in (mistake.id, mistake.title.en, mistake.hint.en, mistake.explanation.zh):
            assert len(text) < 8 or text.encode() not in data
    assert all(len(name) == 12 for name in clinic.compiled.prints)


def test_a_lone_number_gets_no_print() -> None:
    """Who knows the check could try numbers until one opens a sentence."""
    lone, several = ValueKey(0, 0, "f", "loss"), ValueKey(0, 0, "f", "dx")
    assert not tells({lone: 2.5}, {lone: 1.5})
    assert not tells({several: np.full(9, 2.5)}, {several: np.full(9, 1.5)})
    assert tells({several: np.arange(9.0) + 0.25}, {several: np.arange(9.0)})
