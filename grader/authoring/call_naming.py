"""Names for what the calls of a scenario return, and for the variables that hold arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from grader.authoring.native_reference import is_plain
from grader.authoring.reference_source import Definition
from grader.authoring.scenario import Scenario, Seen, Step

_RESERVED: Final = frozenset(
    {"student", "reference", "inputs", "np", "side", "expected", "received", "run"}
)

_MOST_LISTED: Final = 4


class ResultNames(NamedTuple):
    """What a call's results are called, asked for by, and which are looked at."""

    results: tuple[str, ...]
    returns: tuple[str, ...]
    seen: tuple[Seen, ...]


def result_names(definition: Definition, result: Any, scenario: Scenario) -> ResultNames:
    """Names for what the last step of a scenario returns; plain values are looked at."""
    used = set(dict(scenario.draws)) | {name for step in scenario.steps for name in step.results}
    names = definition.returns
    if isinstance(result, tuple) and 1 < len(result) <= 8:
        if len(names) != len(result):
            names = tuple(f"value{at}" for at in range(1, len(result) + 1))
        variables = _fresh(names, used)
        returns = tuple(
            name if is_plain(value) else f"{name}*"
            for name, value in zip(names, result, strict=True)
        )
        seen = tuple(
            Seen(name, variable)
            for name, variable, value in zip(names, variables, result, strict=True)
            if is_plain(value)
        )
        return ResultNames(variables, returns, seen)
    label = names[0] if len(names) == 1 else _label(definition)
    (variable,) = _fresh((label,), used)
    if is_plain(result):
        return ResultNames((variable,), (label,), (Seen(label, variable),))
    return ResultNames((variable,), (f"{label}*",), ())


NOTHING: Final = ResultNames((), ("_",), ())


def _label(definition: Definition) -> str:
    name = definition.name.strip("_")
    return "value" if definition.name.startswith("__") else name


def _fresh(names: Sequence[str], used: Iterable[str]) -> tuple[str, ...]:
    taken = set(used)
    made = []
    for name in names:
        made.append(unused(name, taken))
        taken.add(made[-1])
    return tuple(made)


def unused(name: str, used: Iterable[str]) -> str:
    """A name like this one that no variable has."""
    taken = {*used, *_RESERVED}
    candidate, number = name, 2
    while candidate in taken or not candidate.isidentifier():
        candidate, number = (
            f"{name}{number}" if name.isidentifier() else f"value{number}",
            number + 1,
        )
    return candidate


def taken_names(draws: Mapping[str, str], steps: Iterable[Step]) -> set[str]:
    """Names that some variable of a scenario has."""
    return {result for step in steps for result in step.results} | set(draws)


def variable_for(name: str, template: str, draws: dict[str, str], steps: Sequence[Step]) -> str:
    """The variable that holds a drawn argument: one that is there already, or a new one."""
    if draws.get(name) == template:
        return name
    variable = unused(name, taken_names(draws, steps))
    draws[variable] = template
    return variable


def listed(names: Sequence[str]) -> str:
    """`a, b and c`; of very many the first ones."""
    names = [*names[:_MOST_LISTED], "more"] if len(names) > _MOST_LISTED + 1 else names
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
