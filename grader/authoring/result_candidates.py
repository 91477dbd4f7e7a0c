"""Candidate checks of what a call returns: an object, whose own methods are called next.

The backward pass of an automatic differentiation starts at a result, and ends at the arguments.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from grader.authoring.argument_kinds import SCALAR
from grader.authoring.argument_search import substitutes
from grader.authoring.candidates import Candidate, compared
from grader.authoring.cases import options
from grader.authoring.explore import Explorer, Known
from grader.authoring.object_evidence import OBJECT
from grader.authoring.scenario import Scenario, Step

_MOST_OPTIONS: Final = 3
_MOST_OTHERS: Final = 3
"""Objects of other shapes, in place of each argument."""


def result_candidates(explorer: Explorer, name: str, known: Known) -> Iterator[Candidate]:
    """Methods without arguments, called on what a function or a method has returned.

    Args:
        explorer: knows the package.
        name: of the function or the method.
        known: the call.
    """
    named = explorer.called(known)
    if named is None:
        return
    scenario, ran = named
    if len(scenario.steps[-1].results) != 1 or not explorer.reference.is_ours(ran.result):
        return
    (variable,) = scenario.steps[-1].results
    kind = type(ran.result).__name__
    for other in explorer.source.methods(kind).values():
        required = [p for p in other.parameters if p.default is None]
        if required or other.name.startswith("_") or other.is_property or other.is_static:
            continue
        target = f"{kind}.{other.name}"
        for at, (words, longer) in enumerate(_chains(explorer, known, scenario, variable, name)):
            result = longer.steps[-1].results[0]
            follow = explorer.method(other, longer._replace(seen=()), result)
            if follow is None:
                continue
            yield from compared(explorer, follow, follow.scenario(explorer), target, words, 0.2)
            if not explorer.changes(follow, result):
                break
            for said, choice in islice(options(explorer, follow), 1 if at == 0 else 0):
                chosen = follow.scenario(explorer, choice)
                yield from compared(explorer, follow, chosen, target, f"{words} {said}", 0.3)


def _chains(
    explorer: Explorer, known: Known, scenario: Scenario, variable: str, name: str
) -> Iterator[tuple[str, Scenario]]:
    """The result itself, and the same call on it again: its object then counts twice."""
    spoken = name.strip("_")
    yield f"through {spoken}", scenario
    yield from _of_other_objects(explorer, known, spoken)
    if not scenario.steps[-1].receiver:
        yield from _of_function(explorer, known, scenario, variable, spoken)
        return
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
    if not last.args:
        yield from _times_its_object(explorer, known, scenario, variable, spoken)


def _of_other_objects(
    explorer: Explorer, known: Known, spoken: str
) -> Iterator[tuple[str, Scenario]]:
    """The same of objects of other shapes, some of which have to be spread over the others."""
    wanted = {
        name: [each for each in known.kinds[name] if each.template.startswith(OBJECT)]
        for name, kind in known.found.choice.items()
        if kind.template.startswith(OBJECT)
    }
    attempt = explorer.attempt(known.call, known.sizes)
    for name, choice in substitutes(known.found, wanted, attempt, _MOST_OTHERS):
        other = explorer.called(known, known.scenario(explorer, choice))
        if other is not None and len(other[0].steps[-1].results) == 1:
            yield f"through {spoken} for another kind of {name}", other[0]


def _times_its_object(
    explorer: Explorer, known: Known, scenario: Scenario, variable: str, spoken: str
) -> Iterator[tuple[str, Scenario]]:
    """The result times the object: the object counts twice, and its result not just once."""
    last = scenario.steps[-1]
    if "__mul__" not in explorer.source.methods(known.call.definition.owner):
        return
    positive = tuple(
        (name, f"abs({code})" if code == SCALAR else code) for name, code in scenario.draws
    )
    times = Step("", variable, "__mul__", (("", last.receiver),), (f"{variable}_2",), last.returns)
    yield (
        f"through {spoken} times its object",
        scenario._replace(draws=positive, steps=(*scenario.steps, times)),
    )


def _of_function(
    explorer: Explorer, known: Known, scenario: Scenario, variable: str, spoken: str
) -> Iterator[tuple[str, Scenario]]:
    """A function of its own result, with its other arguments as they were; and with options."""
    last, drawn = scenario.steps[-1], dict(scenario.draws)
    objects = {name for step in scenario.steps[:-1] for name in step.results} - set(drawn)
    places = [at for at, (_, code) in enumerate(last.args) if code in objects]
    for at in places[:2]:
        args = [
            (key, variable if place == at else code) for place, (key, code) in enumerate(last.args)
        ]
        again = last._replace(args=tuple(args), results=(f"{variable}_2",))
        yield f"through {spoken} twice", scenario._replace(steps=(*scenario.steps, again))
    for words, choice in islice(options(explorer, known), _MOST_OPTIONS):
        other = explorer.called(known, known.scenario(explorer, choice))
        if other is not None and len(other[0].steps[-1].results) == 1:
            yield f"through {spoken} {words}", other[0]
