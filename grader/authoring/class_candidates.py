"""Candidate checks of classes: objects made, methods called one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from grader.authoring.candidates import Candidate, compared
from grader.authoring.cases import cases_of
from grader.authoring.explore import OPERATORS, Explorer, Known
from grader.authoring.native_reference import fingerprint
from grader.authoring.reference_source import Definition
from grader.authoring.scenario import Scenario, Step

_MOST_PREFIXES: Final = 5
_DEPTH: Final = 2


class _Prefix(NamedTuple):
    """An object, and what was done to it."""

    scenario: Scenario
    receiver: str
    done: tuple[str, ...]


def class_candidates(explorer: Explorer, name: str) -> Iterator[Candidate]:
    """Candidates for a class and its methods."""
    methods = [
        method
        for method in explorer.source.methods(name).values()
        if not method.is_property and (not method.name.startswith("_") or method.name in OPERATORS)
    ]
    judged: set[str] = set()
    for at, (maker, start) in enumerate(_best_first(explorer, name, methods)):
        for candidate in _of_objects(explorer, maker, name, start, methods, judged, first=at == 0):
            judged.add(candidate.target)
            yield candidate


def _best_first(
    explorer: Explorer, name: str, methods: list[Definition]
) -> list[tuple[Known, _Prefix]]:
    """Ways to make an object, the ones on which most methods work first."""
    starts = [
        (maker, start) for maker in explorer.makers(name) if (start := made(explorer, maker, name))
    ]
    if len(starts) == 1:
        return starts
    works = {
        id(start): sum(
            explorer.method(m, start.scenario, start.receiver) is not None for m in methods
        )
        for _, start in starts
    }
    ordered = sorted(starts, key=lambda each: -works[id(each[1])])
    explorer.objects[name] = [maker for maker, _ in ordered]
    return ordered


def made(explorer: Explorer, maker: Known, name: str) -> _Prefix | None:
    """An object, with nothing done to it."""
    scenario = maker.scenario(explorer)
    variable = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_")
    variable = variable if variable not in dict(scenario.draws) else f"a_{variable}"
    *before, last = scenario.steps
    scenario = scenario._replace(steps=(*before, last._replace(results=(variable,))))
    return _Prefix(scenario, variable, ()) if explorer.run(scenario._replace(seeded=True)) else None


def _of_objects(
    explorer: Explorer,
    maker: Known,
    name: str,
    start: _Prefix,
    methods: list[Definition],
    judged: set[str],
    *,
    first: bool,
) -> Iterator[Candidate]:
    if first:
        yield from _construction(explorer, maker, name, start)
    prefixes, found = [start], dict[str, Known]()
    waiting = methods
    makes: list[tuple[Definition, Known]] = []
    for _ in range(_DEPTH + 1):
        fresh: list[_Prefix] = []
        for prefix in prefixes[:_MOST_PREFIXES]:
            for method in waiting:
                known = explorer.method(method, prefix.scenario, prefix.receiver)
                if known is None or (
                    method.name in found
                    and prefix.done[-1:] == (method.name,)
                    and len(prefix.done) > 1
                ):
                    continue
                target = f"{name}.{method.name}"
                new = method.name not in found
                if first or target not in judged:
                    yield from _calls(explorer, known, target, prefix, new)
                if new:
                    found[method.name] = known
                    if _changes(explorer, known, prefix.receiver):
                        fresh.append(_after(explorer, known, prefix, method))
                    elif _returns_object(explorer, known):
                        makes.append((method, known))
        prefixes = [prefix for prefix in fresh if prefix is not None]
        if not prefixes:
            break
    if first or not judged:
        further: list[_Prefix] = []
        for method, known in makes:
            for candidate in _of_results(explorer, name, method, known):
                yield candidate
                further.append(
                    _Prefix(
                        candidate.scenario._replace(seen=()),
                        start.receiver,
                        (method.name, candidate.target.rpartition(".")[2]),
                    )
                )
        for method in methods:
            for prefix in further[:_MOST_PREFIXES] if method.name not in found else ():
                late = explorer.method(method, prefix.scenario, prefix.receiver)
                if late is not None:
                    yield from _calls(explorer, late, f"{name}.{method.name}", prefix, True)
                    break


def _construction(
    explorer: Explorer, maker: Known, name: str, start: _Prefix
) -> Iterator[Candidate]:
    for words, scenario, cost in cases_of(explorer, maker):
        *before, last = scenario.steps
        yield from compared(
            explorer, maker, scenario._replace(steps=(*before, last)), name, words, cost + 1.0
        )


def _calls(
    explorer: Explorer, known: Known, target: str, prefix: _Prefix, thorough: bool
) -> Iterator[Candidate]:
    after = f"after {' and '.join(prefix.done)}" if prefix.done else ""
    for at, (words, scenario, cost) in enumerate(cases_of(explorer, known)):
        if at and not thorough:
            return
        words = " ".join(filter(None, (after, words)))
        yield from compared(explorer, known, scenario, target, words, cost + 0.1 * len(prefix.done))
    if thorough:
        for words, scenario, cost in _other_objects(explorer, known, prefix):
            yield from compared(explorer, known, scenario, target, f"{after} {words}".strip(), cost)


def _other_objects(
    explorer: Explorer, known: Known, prefix: _Prefix
) -> Iterator[tuple[str, Scenario, float]]:
    """The same calls of an object that was made with other options."""
    first = prefix.scenario.steps[0]
    maker = next(
        (m for m in explorer.makers(first.function) if m.call.function == first.function), None
    )
    if maker is None:
        return
    scenario = known.scenario(explorer)
    seen = {explorer.outcome(scenario)}
    for words, other, cost in cases_of(explorer, maker):
        at = next(
            (i for i, step in enumerate(scenario.steps) if step.results == (prefix.receiver,)), 0
        )
        *before, make = other.steps
        changed = make._replace(results=(prefix.receiver,))
        steps = (*scenario.steps[:at], *before, changed, *scenario.steps[at + 1 :])
        draws = {**dict(scenario.draws), **dict(other.draws)}
        sizes = other.sizes if words == "for other sizes" else scenario.sizes
        remade = scenario._replace(draws=tuple(draws.items()), steps=steps, sizes=sizes)
        outcome = explorer.outcome(remade)
        if outcome not in seen and outcome is not None:
            seen.add(outcome)
            yield f"of an object made {words}" if words else "", remade, cost + 0.2


def _changes(explorer: Explorer, known: Known, receiver: str) -> bool:
    scenario = known.scenario(explorer)._replace(seeded=True)
    before, after = (
        explorer.run(scenario._replace(steps=scenario.steps[:-1])),
        explorer.run(scenario),
    )
    if before is None or after is None:
        return False
    return bool(fingerprint(before.variables[receiver]) != fingerprint(after.variables[receiver]))


def _after(explorer: Explorer, known: Known, prefix: _Prefix, method: Definition) -> _Prefix:
    named = explorer.called(known)
    scenario = named[0] if named else known.scenario(explorer)
    return _Prefix(scenario._replace(seen=()), prefix.receiver, (*prefix.done, method.name))


def _returns_object(explorer: Explorer, known: Known) -> bool:
    ran = explorer.run(known.scenario(explorer)._replace(seeded=True))
    if ran is None:
        return False
    first = ran.result[0] if isinstance(ran.result, list) and ran.result else ran.result
    return explorer.reference.is_ours(first)


def _of_results(
    explorer: Explorer, name: str, method: Definition, known: Known
) -> Iterator[Candidate]:
    """Methods without arguments, called on what another method has returned."""
    named = explorer.called(known)
    if named is None:
        return
    scenario, ran = named
    if len(scenario.steps[-1].results) != 1:
        return
    (variable,) = scenario.steps[-1].results
    if isinstance(ran.result, list):
        return
    kind = type(ran.result).__name__
    for other in explorer.source.methods(kind).values():
        required = [p for p in other.parameters if p.default is None]
        if required or other.name.startswith("_") or other.is_property:
            continue
        for words, longer in _chains(explorer, name, scenario, variable, method):
            result = longer.steps[-1].results[0]
            follow = explorer.method(other, longer._replace(seen=()), result)
            if follow is not None:
                target = f"{kind}.{other.name}"
                yield from compared(explorer, follow, follow.scenario(explorer), target, words, 0.2)


def _chains(
    explorer: Explorer, name: str, scenario: Scenario, variable: str, method: Definition
) -> Iterator[tuple[str, Scenario]]:
    """The result itself, and the same method on it again: its object then counts twice."""
    spoken = method.name.strip("_")
    yield f"through {spoken}", scenario
    last = scenario.steps[-1]
    twice = last._replace(receiver=variable, results=(f"{variable}_2",))
    yield f"through {spoken} twice", scenario._replace(steps=(*scenario.steps, twice))
    own = [(key, last.receiver if code != last.receiver else code) for key, code in last.args]
    if own and own != list(last.args):
        shared = Step("", variable, last.method, tuple(own), (f"{variable}_2",), last.returns)
        yield (
            f"through {spoken} of an object used twice",
            scenario._replace(steps=(*scenario.steps, shared)),
        )
        graph = shared._replace(
            receiver=f"{variable}_2",
            args=tuple((key, variable if code == last.receiver else code) for key, code in own),
            results=(f"{variable}_3",),
        )
        yield (
            f"through a graph of {spoken}",
            scenario._replace(steps=(*scenario.steps, shared, graph)),
        )
