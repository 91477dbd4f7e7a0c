"""What is said of a mistake that was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from grader.assignment.catalogue import Mistake
from grader.diagnosis.found_mistake import FoundMistake
from grader.diagnosis.mutated_package import Catalogue, Version
from grader.model.result import Cause, SourceSpan
from grader.model.rubric import Text

_NUMBER: Final = Text("Your answers fit {name} = {value}.", "你的结果符合 {name} = {value}。")


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
    parameters = catalogue.parameters(found.version) if found.exact else []
    fitted = []
    for parameter, value in zip(parameters, found.version.numbers, strict=False):
        scale = f" {mistake.ways[way].scale}" if mistake.ways[way].scales == parameter.name else ""
        told = f"{value:.6g}{scale}"
        fitted.append(_NUMBER.in_language(lang).format(name=parameter.name, value=told))
    return Cause(
        id=mistake.id,
        kind="mistake",
        function=mistake.function,
        title=mistake.title_of(way).in_language(lang),
        explanation=explanation,
        fitted=("" if lang == "zh" else " ").join(fitted),
        hint=mistake.hint.in_language(lang),
        severity=mistake.severity.value,
        fit=found.fit,
        certain=found.certain,
        choice=found.choice,
        form=found.version.form,
        numbers=list(found.version.numbers),
        source=replace(span, text="") if span else None,
    )


def version_of(cause: Cause) -> Version:
    """The mistake in the form, and with the numbers, in which it was found."""
    return Version(cause.id, cause.form, tuple(cause.numbers))


def found_again(cause: Cause) -> FoundMistake:
    """What a cause was made of."""
    return FoundMistake(version_of(cause), cause.fit, cause.certain, cause.choice)
