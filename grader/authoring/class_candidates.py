"""Candidate checks of classes: objects made, methods called one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple

from grader.authoring.argument_kinds import OTHER_FORMS, varied
from grader.authoring.argument_search import substitutes
from grader.authoring.candidates import Candidate, compared
from grader.authoring.cases import Case, cases_of, options
from grader.authoring.explore import Explorer, Known
from grader.authoring.given_state import given_state, rebased
from grader.authoring.object_evidence import OPERATORS
from grader.authoring.reference_source import Definition
from grader.authoring.result_candidates import result_candidates
from grader.authoring.scenario import Scenario

_MOST_PREFIXES: Final = 5
_DEPTH: Final = 2
_MOST_OPTIONS: Final = 2
_MOST_OTHERS: Final = 6
"""Other arguments of a method, after which those are tried that have not worked yet."""
_LATE_SECONDS: Final = 0.5


class _Prefix(NamedTuple):
    """An object, and what was done to it."""

    scenario: Scenario
    receiver: str
    done: tuple[str, ...]
    given: str = ""
    """In words, what was put into it."""

    @property
    def words(self) -> str:
        """In words, what was done."""
        after = f"after {' and '.join(self.done)}" if self.done else ""
        return " ".join(filter(None, (self.given, after)))


def class_candidates(explorer: Explorer, name: str) -> Iterator[Candidate]:
    """Candidates for a class and its methods."""
    methods = [
        method
        for method in explorer.source.methods(name).values()
        if not method.is_property and (not method.name.startswith("_") or method.name in OPERATORS)
    ]
    judged: set[str] = set()
    for at, (maker, start) in enumerate(_best_first(explorer, name, methods)):
        if at == 0:
            yield from _construction(explorer, maker, name)
        calls = _ObjectCalls(explorer, name, start, methods, judged, first=at == 0)
        for candidate in calls.candidates():
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
    explorer.prefer(name, [maker for maker, _ in ordered])
    return ordered


def made(explorer: Explorer, maker: Known, name: str) -> _Prefix | None:
    """An object, with nothing done to it."""
    scenario = maker.scenario(explorer)
    variable = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_")
    variable = variable if variable not in dict(scenario.draws) else f"a_{variable}"
    *before, last = scenario.steps
    scenario = scenario._replace(steps=(*before, last._replace(results=(variable,))))
    return _Prefix(scenario, variable, ()) if explorer.run(scenario._replace(seeded=True)) else None


class _ObjectCalls:
    """The methods of an object that was made in one way, called one after the other."""

    def __init__(
        self,
        explorer: Explorer,
        name: str,
        start: _Prefix,
        methods: list[Definition],
        judged: set[str],
        *,
        first: bool,
    ) -> None:
        """Nothing is called yet.

        Args:
            explorer: knows the package.
            name: of the class.
            start: makes the object.
            methods: that are called.
            judged: targets that have candidates; of an object that is not the first, others
                are wanted.
            first: whether it is made in the best way.
        """
        self._explorer = explorer
        self._name = name
        self._starts = [start]
        self._methods = methods
        self._judged = judged
        self._first = first
        self._found: dict[tuple[str, str], Known] = {}
        """Calls that work, by method and what was given to the object."""
        self._makers: list[tuple[Definition, Known]] = []
        """Those that return objects."""

    def candidates(self) -> Iterator[Candidate]:
        """Candidates for the methods."""
        yield from self._in_rounds()
        if self._first:
            yield from self._of_missing()
        if self._first or not self._judged:
            yield from self._of_results()

    def _in_rounds(self) -> Iterator[Candidate]:
        """Each method of the object as it was made, then after those that change it."""
        prefixes = self._starts[:1]
        for depth in range(_DEPTH + 1):
            fresh: list[_Prefix] = []
            for prefix in prefixes[:_MOST_PREFIXES]:
                for method in self._methods:
                    yield from self._of_method(method, prefix, fresh)
            if depth == 0:
                self._starts += _given(self._explorer, self._starts[0], self._methods, self._found)
                fresh[:0] = self._starts[1:]
            prefixes = fresh

    def _of_method(
        self, method: Definition, prefix: _Prefix, fresh: list[_Prefix]
    ) -> Iterator[Candidate]:
        """Candidates for a method; what else it makes possible is added to `fresh`."""
        known = _call(self._explorer, method, prefix, self._found)
        repeated = prefix.done[-1:] == (method.name,) and len(prefix.done) > 1
        at = method.name, prefix.given
        new = at not in self._found
        if known is None or (repeated and not new):
            return
        target = f"{self._name}.{method.name}"
        if self._first or target not in self._judged:
            yield from _calls(self._explorer, known, target, prefix, new)
        if not new:
            return
        self._found[at] = known
        if self._explorer.changes(known, prefix.receiver):
            fresh.append(_after(self._explorer, known, prefix, method))
        elif not prefix.given and _returns_object(self._explorer, known):
            self._makers.append((method, known))

    def _of_missing(self) -> Iterator[Candidate]:
        """Methods that have not worked yet, after one that has, with other arguments for that one.

        What a first method accepts need not be what the next one can work with.
        """
        working = {method for method, _ in self._found}
        missing = [method for method in self._methods if method.name not in working]
        for method in self._methods if missing else ():
            known = self._found.get((method.name, ""))
            if known is not None and known.call.prefix.steps == self._starts[0].scenario.steps:
                for other in _with_other_arguments(self._explorer, known):
                    for start in reversed(self._starts):
                        yield from self._after_other(method, other, start, missing)

    def _after_other(
        self, method: Definition, other: Known, start: _Prefix, missing: list[Definition]
    ) -> Iterator[Candidate]:
        """The missing methods after a call of one that works with these arguments."""
        explorer = self._explorer
        call = rebased(other, start.scenario)
        if explorer.outcome(call.scenario(explorer)) is None:
            return
        prefix = _after(explorer, call, start, method)
        for late in missing:
            at = late.name, start.given
            if at in self._found:
                continue
            works = explorer.method(late, prefix.scenario, prefix.receiver, _LATE_SECONDS)
            if works is not None:
                self._found[at] = works
                yield from _calls(explorer, call, f"{self._name}.{method.name}", start, False)
                yield from _calls(explorer, works, f"{self._name}.{late.name}", prefix, True)

    def _of_results(self) -> Iterator[Candidate]:
        """Methods of what was returned, and what works on the object only after these."""
        further: list[_Prefix] = []
        for method, known in self._makers:
            for candidate in result_candidates(self._explorer, method.name, known):
                yield candidate
                done = (method.name, candidate.target.rpartition(".")[2])
                scenario = candidate.scenario._replace(seen=())
                further.append(_Prefix(scenario, self._starts[0].receiver, done))
        for method in self._methods:
            if (method.name, "") not in self._found:
                yield from self._after_results(method, further[:_MOST_PREFIXES])

    def _after_results(self, method: Definition, prefixes: list[_Prefix]) -> Iterator[Candidate]:
        for prefix in prefixes:
            late = self._explorer.method(method, prefix.scenario, prefix.receiver)
            if late is not None:
                target = f"{self._name}.{method.name}"
                yield from _calls(self._explorer, late, target, prefix, True)
                return


def _with_other_arguments(explorer: Explorer, known: Known) -> Iterator[Known]:
    """A call with other arguments that it accepts, those of another form first."""
    required = {
        key: varied([*known.kinds[key], *(OTHER_FORMS if kind.is_drawn else ())])
        for key, kind in known.found.choice.items()
        if key in known.kinds
    }
    attempt = explorer.attempt(known.call, known.sizes)
    for _, choice in islice(substitutes(known.found, required, attempt, _MOST_OTHERS), 12):
        yield known._replace(found=known.found._replace(choice=choice))


def _given(
    explorer: Explorer,
    start: _Prefix,
    methods: list[Definition],
    found: Mapping[tuple[str, str], Known],
) -> Iterator[_Prefix]:
    """The object in a state that the check has chosen."""
    calls = list(found.values())
    for method in methods:
        if (method.name, "") not in found and not any(p.default is None for p in method.parameters):
            calls.append(explorer.bare(method, start.scenario, start.receiver))
    given = given_state(explorer, start.scenario, calls)
    if given is not None:
        yield start._replace(scenario=given.scenario, given=given.words)


def _call(
    explorer: Explorer,
    method: Definition,
    prefix: _Prefix,
    found: Mapping[tuple[str, str], Known],
) -> Known | None:
    """Arguments for a method; the same as for the object as it was made, where these do."""
    plain = found.get((method.name, ""))
    if prefix.given and not prefix.done and plain is not None and not plain.call.prefix.seen:
        known = rebased(plain, prefix.scenario)
        outcome = explorer.outcome(known.scenario(explorer))
        if outcome is not None:
            return known._replace(found=known.found._replace(outcome=outcome))
    return explorer.method(method, prefix.scenario, prefix.receiver)


def _construction(explorer: Explorer, maker: Known, name: str) -> Iterator[Candidate]:
    for words, scenario, cost in cases_of(explorer, maker):
        yield from compared(explorer, maker, scenario, name, words, cost + 1.0)


def _calls(
    explorer: Explorer, known: Known, target: str, prefix: _Prefix, thorough: bool
) -> Iterator[Candidate]:
    cost = 0.1 * len(prefix.done) + (0.1 if prefix.given else 0.0)
    for at, case in enumerate(cases_of(explorer, known)):
        if at and not thorough:
            return
        words = f"{prefix.words} {case.words}".strip()
        yield from compared(explorer, known, case.scenario, target, words, case.cost + cost)
    for words, variant in _with_options(explorer, known) if thorough else ():
        for case in _other_objects(explorer, variant, prefix):
            said = " ".join(filter(None, (prefix.words, case.words, words)))
            yield from compared(explorer, variant, case.scenario, target, said, case.cost + cost)


def _with_options(explorer: Explorer, known: Known) -> Iterator[tuple[str, Known]]:
    """The call, and the same with options."""
    yield "", known
    for words, choice in islice(options(explorer, known), _MOST_OPTIONS):
        yield words, known._replace(found=known.found._replace(choice=choice))


def _other_objects(explorer: Explorer, known: Known, prefix: _Prefix) -> Iterator[Case]:
    """The same calls of an object that was made with other options."""
    scenario = known.scenario(explorer)
    at = next((i for i, s in enumerate(scenario.steps) if s.results == (prefix.receiver,)), 0)
    made = scenario.steps[at].function
    maker = next((m for m in explorer.makers(made) if m.call.function == made), None)
    if maker is None:
        return
    seen = {explorer.outcome(scenario)}
    for words, other, cost in cases_of(explorer, maker):
        *before, make = other.steps
        changed = make._replace(results=(prefix.receiver,))
        first = scenario.steps[: max(0, at - len(before))]
        steps = (*first, *before, changed, *scenario.steps[at + 1 :])
        draws = {**dict(scenario.draws), **dict(other.draws)}
        sizes = other.sizes if words == "for other sizes" else scenario.sizes
        remade = scenario._replace(draws=tuple(draws.items()), steps=steps, sizes=sizes)
        outcome = explorer.outcome(remade)
        if outcome not in seen and outcome is not None:
            seen.add(outcome)
            yield Case(f"of an object made {words}" if words else "", remade, cost + 0.2)


def _after(explorer: Explorer, known: Known, prefix: _Prefix, method: Definition) -> _Prefix:
    named = explorer.called(known)
    scenario = named[0] if named else known.scenario(explorer)
    done = (*prefix.done, method.name)
    return prefix._replace(scenario=scenario._replace(seen=()), done=done)


def _returns_object(explorer: Explorer, known: Known) -> bool:
    ran = explorer.run(known.scenario(explorer)._replace(seeded=True))
    if ran is None:
        return False
    first = ran.result[0] if isinstance(ran.result, list) and ran.result else ran.result
    return explorer.reference.is_ours(first)
