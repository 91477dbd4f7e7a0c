"""Cases of a call that works: other sizes, edge values, options, several steps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from grader.authoring.argument_kinds import Kind
from grader.authoring.argument_search import Choice, substitutes
from grader.authoring.explore import Explorer, Known
from grader.authoring.scenario import Scenario

_SOME: Final = 12
_MANY: Final = 60
_COUNTED: Final = re.compile(r"(n|num|number|count|n_\w+|num_\w+)")
_EDGES: Final = (
    ("of whole numbers", "np.round(2 * {0})", 0.4),
    ("of large numbers", "40 * {0}", 0.4),
    ("of positive numbers", "np.abs({0})", 0.3),
    ("of negative numbers", "-np.abs({0})", 0.5),
    ("far from zero", "{0} + 5", 0.5),
    ("of huge numbers", "900 * {0}", 0.6),
    ("of small numbers", "0.01 * {0}", 0.6),
    ("of zeros", "0 * {0}", 0.9),
)
"""In words, as code of the argument, and how much less readable that makes a check."""


class Case(NamedTuple):
    """Arguments for a call, and what is special about them."""

    words: str
    scenario: Scenario
    cost: float


def cases_of(explorer: Explorer, known: Known) -> Iterator[Case]:
    """The call itself, and what may be made of it."""
    choice, sizes = known.found.choice, known.sizes
    yield Case("", known.scenario(explorer), 0.0)
    for words, other in options(explorer, known):
        yield Case(words, known.scenario(explorer, other), 0.2)
    yield Case("for other sizes", known.scenario(explorer, sizes=sizes.other()), 0.3)
    yield from _numbers_of_samples(explorer, known)
    for name, kind in choice.items():
        if kind.template.isdigit() and _COUNTED.fullmatch(name):
            other = {**choice, name: Kind(str(_MANY))}
            yield Case(f"with {name}={_MANY}", known.scenario(explorer, other), 0.5)
    attempt = explorer.attempt(known.call, sizes)
    required = {name: known.kinds[name] for name in choice}
    for name, other in substitutes(known.found, required, attempt, 3):
        kind = other[name]
        yield Case(_in_words(name, kind), known.scenario(explorer, other), 0.5 + 0.2 * kind.cost)
    yield from _more_axes(explorer, known)
    yield from _edges(explorer, known)


def _numbers_of_samples(explorer: Explorer, known: Known) -> Iterator[Case]:
    """One sample and several, in all calls or in the last one."""
    counts = [("a single {}sample", 1), ("more {}samples", _SOME)]
    if _decides(explorer, known):
        counts.append(("many {}samples", _MANY))
    settled = _after_as_it_was(known) if known.call.prefix.draws else None
    for words, count in counts:
        sizes = known.sizes.samples(count)
        spoken = f"for {words}"
        yield Case(spoken.format(""), known.scenario(explorer, sizes=sizes), 0.4)
        if settled is not None:
            scenario = settled.scenario(explorer, sizes=sizes)
            yield Case(spoken.format("new "), scenario, 0.45)


def _decides(explorer: Explorer, known: Known) -> bool:
    """Whether a call returns whole numbers: a decision shows little of what it is made by."""
    ran = explorer.run(known.scenario(explorer)._replace(seeded=True))
    first = ran.result if ran else None
    return isinstance(first, np.ndarray) and first.dtype.kind in "iub"


def _after_as_it_was(known: Known) -> Known:
    """The call, with the sizes of what was drawn before it settled."""
    call = known.call
    return known._replace(call=call._replace(prefix=call.prefix.filled()))


def options(explorer: Explorer, known: Known) -> Iterator[tuple[str, Choice]]:
    """Each option given another value than its default, alone and with one other."""
    singles: list[tuple[str, Kind]] = []
    base = known.found.choice
    defaults = {p.name: p.default for p in known.call.definition.parameters}
    for parameter in known.call.definition.parameters:
        if (
            parameter.default is None
            or parameter.name in base
            or parameter.name in known.call.pinned
        ):
            continue
        taken = 0
        for kind in known.kinds[parameter.name]:
            if kind.template == defaults[parameter.name] or taken >= 3:
                continue
            other = {**base, parameter.name: kind}
            if explorer.outcome(known.scenario(explorer, other)) not in (None, known.found.outcome):
                taken += 1
                singles.append((parameter.name, kind))
                yield _in_words(parameter.name, kind), other
    telling = [each for at, each in enumerate(singles) if _is_telling(singles, at)]
    for at, (name, kind) in enumerate(telling[:4]):
        for other_name, other_kind in telling[at + 1 :]:
            if name != other_name:
                second = _in_words(other_name, other_kind).partition(" ")[2]
                words = f"{_in_words(name, kind)} and {second}"
                yield words, {**base, name: kind, other_name: other_kind}


def _is_telling(singles: list[tuple[str, Kind]], at: int) -> bool:
    """Whether an option is tried with others: the first of each, and every text."""
    name, kind = singles[at]
    return kind.template.startswith("'") or name not in {earlier for earlier, _ in singles[:at]}


def _edges(explorer: Explorer, known: Known) -> Iterator[Case]:
    choice = known.found.choice
    numeric = [name for name, kind in choice.items() if kind.is_numeric_array]
    for words, code, cost in _EDGES:
        for name in numeric[:3]:
            other = {**choice, name: Kind(code.format(choice[name].template))}
            yield Case(f"for {name} {words}", known.scenario(explorer, other), cost)


def _more_axes(explorer: Explorer, known: Known) -> Iterator[Case]:
    choice = known.found.choice
    for name, kind in choice.items():
        if kind.with_more_axes:
            other = {**choice, name: Kind(kind.with_more_axes)}
            yield Case(f"for {name} of three axes", known.scenario(explorer, other), 0.3)


def _in_words(name: str, kind: Kind) -> str:
    texts = re.findall(r"'(\w+)': '(\w+)'", kind.template)
    if kind.template.startswith("{") and texts:
        return f"with {texts[0][0]} {texts[0][1]}"
    if kind.template.startswith(("lambda", "np.")):
        return f"with a function as {name}"
    if kind.is_variable or kind.template.startswith("@"):
        return f"for another kind of {name}"
    return f"with {name}={kind.template}" if "<" not in kind.template else f"for another {name}"
