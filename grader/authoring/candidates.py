"""Candidate checks: scenarios worth comparing, with what is known of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from grader.authoring.argument_kinds import Kind
from grader.authoring.cases import cases_of
from grader.authoring.explore import Explorer, Known, TriedCall
from grader.authoring.native_reference import fingerprint, is_finite, is_plain
from grader.authoring.object_values import leaves
from grader.authoring.reference_source import Definition
from grader.authoring.scenario import SET, Ran, Scenario, Seen, Step

VALUES: Final = "values"
GRADIENT: Final = "gradient"
KEPT: Final = "kept"
_MOST_ATTRIBUTES: Final = 6
"""Of one object, that a check looks at."""
_MOST_SEEN: Final = 10


class Candidate(NamedTuple):
    """A check that might be written."""

    target: str
    """Contract name that it judges, a method with its class."""
    form: str
    """`values`, `gradient` or `kept`."""
    scenario: Scenario
    words: str
    """What is special about it."""
    cost: float
    """How much less a reader likes it."""
    uses: tuple[str, ...] = ()
    kept: str = ""
    """The variable that must be as it was afterwards."""
    backward: Backward | None = None


class Backward(NamedTuple):
    """A backward pass and one of its gradients."""

    forward: str
    backward: str
    args: tuple[str, ...]
    """Of the forward pass, as code."""
    dout: str
    gradient: str


class Pair(NamedTuple):
    """A function that works on what another one keeps."""

    forward: Known
    backward: Definition
    cache: str
    """The parameter that takes what was kept."""


def function_candidates(explorer: Explorer, known: Known) -> Iterator[Candidate]:
    """Candidates for a function, whatever was called before it."""
    name = known.call.definition.name
    uses = tuple(step.function for step in known.call.prefix.steps if step.function)
    for words, scenario, cost in cases_of(explorer, known):
        for candidate in compared(explorer, known, scenario, name, words, cost):
            yield candidate._replace(uses=uses)
    yield from _kept_arguments(explorer, known, name)
    yield from _fed_back(explorer, known, name)
    yield from _with_state(explorer, known, name)


def compared(
    explorer: Explorer, known: Known, scenario: Scenario, target: str, words: str, cost: float
) -> Iterator[Candidate]:
    """The candidate that compares all that can be seen in the end; none if nothing can be."""
    before = explorer.run(scenario._replace(steps=scenario.steps[:-1], seeded=True))
    named = explorer.called(known, scenario)
    if named is None or before is None:
        return
    scenario, ran = named
    seen = (*scenario.seen, *_attributes(explorer, scenario, before, ran))
    seen = (*seen, *_changed_arguments(scenario, ran, before))
    if not seen or not is_finite([each.value(ran.variables) for each in seen]):
        return
    scenario = scenario._replace(seen=seen, seeded=_is_random(explorer, scenario, seen))
    yield Candidate(target, VALUES, scenario, words, cost + (0.5 if scenario.seeded else 0.0))


def _is_random(explorer: Explorer, scenario: Scenario, seen: Sequence[Seen]) -> bool:
    """Whether what is seen depends on NumPy's generator."""
    import random

    found = []
    for seed in (1, 2, 3):
        np.random.seed(seed)
        random.seed(seed)
        ran = explorer.run(scenario._replace(seeded=False))
        found.append(
            None if ran is None else [fingerprint(each.value(ran.variables)) for each in seen]
        )
    return any(each != found[0] for each in found)


def _attributes(explorer: Explorer, scenario: Scenario, before: Ran, ran: Ran) -> Iterator[Seen]:
    """What the last step has changed in the objects that take part, and what is in new ones."""
    last = scenario.steps[-1]
    left, shown = _MOST_SEEN, set[Any]()
    for variable, value in ran.variables.items():
        if variable in ("np", "__builtins__") or is_plain(value):
            continue
        is_new = variable in last.results
        others = {id(other) for name, other in ran.variables.items() if name != variable}
        known = {} if is_new else dict(leaves(explorer, before.variables.get(variable)))
        count = 0
        for path, new in sorted(leaves(explorer, value, skipped=others), key=_says_least):
            same = path in known and fingerprint(known[path]) == fingerprint(new)
            nothing = is_new and (new is None or (isinstance(new, tuple | list) and not new))
            if same or nothing or not is_finite(new) or count >= _MOST_ATTRIBUTES or not left:
                continue
            print_of = ("shape", fingerprint(new)) if isinstance(new, tuple) else fingerprint(new)
            if isinstance(new, np.ndarray | tuple) and print_of in shown:
                continue
            shown |= {fingerprint(new), ("shape", getattr(new, "shape", None))}
            count, left = count + 1, left - 1
            label = re.sub(r"\[[^]]*\]", "", path).strip(".") or variable
            yield Seen(label, variable, path)


def _says_least(leaf: tuple[str, object]) -> tuple[bool, int]:
    """What is not an array or a real number says less, and what lies deep in an object."""
    path, value = leaf
    return not isinstance(value, np.ndarray | float), path.count(".") + path.count("[")


def _changed_arguments(scenario: Scenario, ran: Ran, before: Ran) -> Iterator[Seen]:
    """Arguments that a step changes: dicts, and whatever it gives no value for."""
    step = scenario.steps[-1]
    for _, code in step.args:
        old, new = before.variables.get(code), ran.variables.get(code)
        meant = not step.results or isinstance(new, dict)
        if (
            meant
            and code in dict(scenario.draws)
            and is_plain(new)
            and fingerprint(old) != fingerprint(new)
        ):
            yield Seen(code, code, kept=True)


def _kept_arguments(explorer: Explorer, known: Known, name: str) -> Iterator[Candidate]:
    """Each array that a function is given must be as it was afterwards."""
    named = explorer.called(known)
    if named is None:
        return
    scenario, ran = named
    draws = dict(scenario.draws)
    for _, code in scenario.steps[-1].args:
        before = explorer.run(scenario._replace(steps=scenario.steps[:-1], seeded=True))
        same = before and fingerprint(before.variables.get(code)) == fingerprint(
            ran.variables.get(code)
        )
        if code in draws and same:
            yield Candidate(name, KEPT, scenario, f"leaves {code} as it was", 0.2, kept=code)


def _fed_back(explorer: Explorer, known: Known, name: str) -> Iterator[Candidate]:
    """Several steps: what a function returns is what it is given next."""
    named = explorer.called(known)
    if named is None:
        return
    scenario, _ = named
    step = scenario.steps[-1]
    parameters = [p.name for p in known.call.definition.parameters]
    given = dict(zip(parameters, step.args, strict=False))
    fed = {
        result: parameter
        for result in step.results
        for parameter in parameters
        if result.rstrip("2") == parameter
        or result == f"next_{parameter}"
        or result == f"new_{parameter}"
    }
    if not fed:
        return
    steps, now = [step], dict(zip(fed.values(), fed, strict=True))
    for number in (2, 3):
        results = tuple(f"{result}_{number}" for result in step.results)
        args = []
        for parameter in parameters:
            if parameter in now:
                args.append((parameter, now[parameter]))
            elif parameter in given:
                args.append((parameter, given[parameter][1]))
        steps.append(step._replace(args=tuple(args), results=results))
        now = {parameter: f"{result}_{number}" for result, parameter in fed.items()}
    seen = tuple(
        Seen(each.label, f"{each.variable}_3")
        for each in scenario.seen
        if each.variable in step.results
    )
    chained = scenario._replace(steps=(*scenario.steps[:-1], *steps), seen=seen)
    if explorer.run(chained._replace(seeded=True)) is not None and seen:
        seeded = _is_random(explorer, chained, seen)
        yield Candidate(name, VALUES, chained._replace(seeded=seeded), "over three steps", 0.3)


def _with_state(explorer: Explorer, known: Known, name: str) -> Iterator[Candidate]:
    """Two calls with one dict, which the first one changes: as they are, and switched between."""
    named = explorer.called(known)
    states = [key for key, kind in known.found.choice.items() if kind.template.startswith("{")]
    if named is None or not states:
        return
    scenario, _ = named
    step = scenario.steps[-1]
    again = scenario._replace(steps=(*scenario.steps, step))
    yield from compared(explorer, known, again, name, "called twice", 0.3)
    used = known.found.choice[states[0]].template
    for kind in known.kinds[states[0]]:
        texts = re.findall(r"'(\w+)': '(\w+)'", kind.template)
        if texts and f"'{texts[0][1]}'" not in used:
            key, value = texts[0]
            switch = Step(SET, states[0], f'["{key}"]', (("", repr(value)),))
            switched = scenario._replace(steps=(*scenario.steps, switch, step))
            words = f"with {key} {value} afterwards"
            yield from compared(explorer, known, switched, name, words, 0.3)
            return


# Backward passes


def find_pairs(explorer: Explorer, known: dict[str, Known]) -> list[Pair]:
    """Functions that take what another one keeps for them."""
    pairs = []
    for definition in explorer.source.functions:
        keepers = [
            (forward, parameter.name)
            for forward in known.values()
            for parameter in definition.parameters
            if forward.call.definition.name != definition.name
            and parameter.name in forward.call.definition.returns[1:]
            and parameter.default is None
        ]
        if not keepers or definition.name.startswith("_"):
            continue
        forward, cache = max(
            keepers, key=lambda each: _likeness(each[0].call.definition, definition)
        )
        if _likeness(forward.call.definition, definition) > 0.5:
            pairs.append(Pair(forward, definition, cache))
    return pairs


def _likeness(forward: Definition, backward: Definition) -> float:
    expected = (
        backward.name.replace("backward", "forward").replace("bwd", "fwd").replace("grad", "")
    )
    return (
        difflib.SequenceMatcher(None, forward.name, expected).ratio()
        + (forward.module == backward.module) * 0.1
    )


def pair_call(explorer: Explorer, pair: Pair, scenario: Scenario) -> Known | None:
    """The backward pass after a forward pass."""
    named = explorer.called(pair.forward, scenario)
    if named is None:
        return None
    prefix, ran = named
    step = prefix.steps[-1]
    names = pair.forward.call.definition.returns
    if pair.cache not in names or len(step.results) != len(names):
        return None
    at = names.index(pair.cache)
    returns = list(step.returns or ())
    returns[at] = f"{pair.cache}*"
    prefix = prefix._replace(
        steps=(*prefix.steps[:-1], step._replace(returns=tuple(returns))),
        seen=tuple(each for each in prefix.seen if each.variable != step.results[at]),
    )
    kinds = explorer.source_kinds(pair.backward, (), pair.backward.doc)
    out = ran.variables[step.results[0]]
    shape = getattr(out, "shape", ())
    drawn = Kind(f"inputs.normal({', '.join(map(str, shape))})", -3.0)
    for parameter in pair.backward.parameters:
        if parameter.name != pair.cache and parameter.default is None:
            kinds[parameter.name] = [drawn, *kinds[parameter.name]]
            break
    call = TriedCall(
        pair.backward, prefix, function=pair.backward.name, pinned={pair.cache: step.results[at]}
    )
    return explorer.search(call, kinds)


def pair_candidates(explorer: Explorer, pair: Pair) -> Iterator[Candidate]:
    """The values of the backward pass, and each of its gradients against differences."""
    name = pair.backward.name
    forward = pair.forward.call.definition
    for words, scenario, cost in cases_of(explorer, pair.forward):
        known = pair_call(explorer, pair, scenario)
        if known is None:
            continue
        uses = (forward.name,)
        for candidate in compared(
            explorer, known, known.scenario(explorer), name, words, cost + 0.1
        ):
            yield candidate._replace(uses=uses)
            yield from _gradients(candidate, forward, pair.backward, words, cost)


def _gradients(
    candidate: Candidate, forward: Definition, backward: Definition, words: str, cost: float
) -> Iterator[Candidate]:
    scenario = candidate.scenario
    *_, before, last = scenario.steps
    names = last.results
    matches = sum(name == f"d{p.name}" for name, p in zip(names, forward.parameters, strict=False))
    if (
        matches < max(1, len(names) - 1)
        or scenario.seeded
        or len(scenario.steps) != 2
        or len(last.args) != 2
    ):
        return
    args = tuple(code for _, code in before.args)
    dout = last.args[0][1] if last.args[0][1] not in before.results else last.args[1][1]
    for name in names:
        judged = Backward(forward.name, backward.name, args, dout, name)
        yield candidate._replace(
            form=GRADIENT, backward=judged, uses=(forward.name,), cost=cost, words=words
        )
