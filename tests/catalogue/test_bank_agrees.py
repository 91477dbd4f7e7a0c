"""Every mistake changes a result of its function, and the bank sees it; no variant changes any."""

from __future__ import annotations

import numpy as np
import pytest

from grader.assignment.catalogue import apply, load_mistakes, load_variants
from grader.assignment.folder import Assignment
from grader.model.result import CheckResult, Outcome
from tests.catalogue.judging import Court

_LAYOUT = Assignment.load("numpynn").layout
MISTAKES = load_mistakes(_LAYOUT.mistakes)
VARIANTS = {variant.id: variant for variant in load_variants(_LAYOUT.variants)}


FUNCTIONS = sorted({mistake.function for mistake in MISTAKES})


@pytest.fixture(scope="module")
def kills(court: Court, reference: dict[str, str]) -> dict[str, str]:
    """By mistake the check of its function that kills it; by function what kills the reference."""
    packages = {mistake.id: apply(reference, mistake) for mistake in MISTAKES}
    packages |= dict.fromkeys(FUNCTIONS, reference)
    functions = {mistake.id: mistake.function for mistake in MISTAKES}
    return court.first_kills(packages, functions | {name: name for name in FUNCTIONS})


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_check_of_its_function_kills_each_mistake(function: str, kills: dict[str, str]) -> None:
    mine = [mistake.id for mistake in MISTAKES if mistake.function == function]
    assert [name for name in mine if not kills[name]] == []


def test_the_reference_itself_survives(kills: dict[str, str]) -> None:
    """Or else the test above would show nothing."""
    assert {name: kills[name] for name in FUNCTIONS} == dict.fromkeys(FUNCTIONS, "")


@pytest.fixture(scope="module")
def judged(court: Court, reference: dict[str, str]) -> dict[str, list[CheckResult]]:
    """What every check says of each variant."""
    with pytest.MonkeyPatch.context() as patch:
        for old in ("float", "int"):  # which workers have, see grader.worker.compat
            patch.setattr(np, old, {"float": float, "int": int}[old], raising=False)
        return court.all_checks({name: apply(reference, each) for name, each in VARIANTS.items()})


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_passes_every_check(name: str, judged: dict[str, list[CheckResult]]) -> None:
    checks = judged[name]
    assert len(checks) >= 100
    assert [(c.id, c.message) for c in checks if c.outcome is not Outcome.PASSED] == []


def test_the_catalogue_is_as_large_as_promised(assignment: Assignment) -> None:
    assert len(MISTAKES) >= 400
    assert len(VARIANTS) >= 50
    assert {mistake.function for mistake in MISTAKES} == assignment.contract.keys() - {"sgd"}


def test_every_text_is_there_in_both_languages() -> None:
    texts = [
        (entry.id, text)
        for entry in MISTAKES
        for text in (entry.title, entry.explanation, entry.hint)
    ]
    texts += [(variant.id, variant.title) for variant in VARIANTS.values()]
    assert [name for name, text in texts if not (text.en.strip() and text.zh.strip())] == []


def test_no_explanation_says_the_title_again() -> None:
    assert [entry.id for entry in MISTAKES if entry.explanation == entry.title] == []


def test_no_two_entries_make_the_same_change(reference: dict[str, str]) -> None:
    packages = [apply(reference, mistake) for mistake in MISTAKES]
    packages += [apply(reference, variant) for variant in VARIANTS.values()]
    assert len({tuple(files.values()) for files in packages}) == len(packages)
