"""What lies in the assignment's folder fits together."""

from __future__ import annotations

import json

from grader.assignment.catalogue import (
    apply,
    load_mistakes,
    load_variants,
    patched,
    read_package,
)
from grader.assignment.folder import Assignment
from grader.assignment.stripping import template_differences

ASSIGNMENT = Assignment.load("convnet")
LAYOUT = ASSIGNMENT.layout
MISTAKES, VARIANTS = load_mistakes(LAYOUT.mistakes), load_variants(LAYOUT.variants)
FILES = read_package(ASSIGNMENT.reference)


def test_the_template_is_the_reference_without_its_solutions() -> None:
    assert template_differences(LAYOUT.solution, LAYOUT.template) == []


def test_there_are_as_many_as_were_promised() -> None:
    assert len(MISTAKES) >= 80
    assert len(VARIANTS) >= 25


def test_every_form_of_a_mistake_fits() -> None:
    for mistake in MISTAKES:
        made = [patched(FILES, mistake.patches(form)) for form in range(len(mistake.forms))]
        assert FILES not in made
        assert len({json.dumps(files, sort_keys=True) for files in made}) == len(made), mistake.id
        assert mistake.function in ASSIGNMENT.contract


def test_every_variant_fits() -> None:
    for variant in VARIANTS:
        assert apply(FILES, variant) != FILES


def test_all_texts_are_there_in_both_languages() -> None:
    rubric = ASSIGNMENT.rubric
    texts = [rubric.title, *(part.title for part in rubric.parts.values()), *rubric.hints.values()]
    for mistake in MISTAKES:
        texts += [mistake.title, mistake.explanation, mistake.hint]
    texts += [variant.title for variant in VARIANTS]
    for text in texts:
        assert text.en
        assert text.zh, text.en
