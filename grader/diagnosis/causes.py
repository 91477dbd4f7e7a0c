"""What is said of a mistake that was found."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from grader.assignment.catalogue import Mistake
from grader.diagnosis.fitted_number import FittedNumber, in_words
from grader.diagnosis.found_mistake import FoundMistake
from grader.diagnosis.mutated_package import Catalogue, Version
from grader.model.result import Cause, SourceSpan


def cause_of(
    found: FoundMistake,
    mistake: Mistake,
    catalogue: Catalogue,
    lang: str,
    spans: Mapping[str, SourceSpan],
) -> Cause:
    """A mistake as the cause of a failed check."""
    span = spans.get(mistake.function)
    way = found.version.form
    explanation = mistake.explanation_of(way).in_language(lang)
    return Cause(
        id=mistake.id,
        kind="mistake",
        function=mistake.function,
        title=mistake.title_of(way).in_language(lang),
        explanation=explanation,
        fitted=in_words(numbers_of(found.version, catalogue) if found.exact else (), lang),
        hint=mistake.hint.in_language(lang),
        severity=mistake.severity.value,
        fit=found.fit,
        certain=found.certain,
        choice=found.choice,
        form=found.version.form,
        numbers=list(found.version.numbers),
        source=replace(span, text="") if span else None,
    )


def numbers_of(version: Version, catalogue: Catalogue) -> list[FittedNumber]:
    """The numbers in a version of a mistake that the mistake leaves open."""
    mistake = catalogue.mistakes[version.id]
    way = mistake.ways[version.form]
    return [
        FittedNumber(each.name, value, way.scale if way.scales == each.name else "")
        for each, value in zip(catalogue.parameters(version), version.numbers, strict=False)
    ]


def version_of(cause: Cause) -> Version:
    """The mistake in the form, and with the numbers, in which it was found."""
    return Version(cause.id, cause.form, tuple(cause.numbers))


def found_again(cause: Cause) -> FoundMistake:
    """What a cause was made of."""
    return FoundMistake(version_of(cause), cause.fit, cause.certain, cause.choice)
