"""Objects in a state that a check has chosen: weights drawn, gradients put in.

What a constructor leaves is often near zero, or nothing yet. A loss of such weights says little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from grader.authoring.call_naming import listed, taken_names, unused
from grader.authoring.explore import Explorer, Known
from grader.authoring.native_reference import fingerprint
from grader.authoring.scenario import SET, Scenario, Step

_MOST_PLACES: Final = 10
_LARGEST: Final = 2000
"""Numbers in an array that is put in."""


class _Place(NamedTuple):
    """Where in an object an array goes."""

    variable: str
    path: str
    shape: tuple[int, ...]
    is_empty: bool
    """Whether nothing is there yet."""

    @property
    def name(self) -> str:
        """What it is called, in the object or the dict."""
        return "_".join(re.findall(r"[A-Za-z_]\w*", self.path)[-2:])


class GivenState(NamedTuple):
    """A scenario whose objects were given values."""

    scenario: Scenario
    words: str


def given_state(
    explorer: Explorer, scenario: Scenario, calls: Sequence[Known]
) -> GivenState | None:
    """The scenario with values put into its objects; None where that changes nothing.

    Args:
        explorer: knows the package.
        scenario: makes the objects.
        calls: what is called on them next; a value that none of these accepts is left out.
    """
    ran = explorer.run(scenario._replace(seeded=True))
    if ran is None:
        return None
    drawn = {fingerprint(ran.variables.get(name)) for name, _ in scenario.draws}
    places = [
        place
        for variable, value in ran.variables.items()
        if explorer.reference.is_ours(value)
        for place in _places(explorer, variable, value, drawn)
    ]
    before = _outcomes(explorer, scenario, calls)
    taken: list[_Place] = []
    filled = [place for place in places if not place.is_empty][:_MOST_PLACES]
    empty = [place for place in places if place.is_empty][:_MOST_PLACES]
    for group in (filled, *([place] for place in (*filled, *empty))):
        if group and not set(group) <= set(taken):
            after = _outcomes(explorer, _with(scenario, [*taken, *group]), calls)
            if _is_accepted(before, after, makes_possible=group[0].is_empty):
                taken, before = [*taken, *group], after
    if not taken:
        return None
    names = dict.fromkeys(re.findall(r"\w+", place.path)[0] for place in taken)
    return GivenState(_with(scenario, taken), f"with {listed(list(names))} given")


def _is_accepted(before: list[Any], after: list[Any], *, makes_possible: bool) -> bool:
    """Whether all calls still work, and one of them does something else, or now something."""
    pairs = list(zip(before, after, strict=True))
    if any(old is not None and new is None for old, new in pairs):
        return False
    return any(
        new is not None and (old is None if makes_possible else new != old) for old, new in pairs
    )


def _outcomes(explorer: Explorer, scenario: Scenario, calls: Sequence[Known]) -> list[Any]:
    return [explorer.outcome(rebased(known, scenario).scenario(explorer)) for known in calls]


def rebased(known: Known, prefix: Scenario) -> Known:
    """The same call after other steps."""
    return known._replace(call=known.call._replace(prefix=prefix))


def _places(
    explorer: Explorer, variable: str, value: object, drawn: set[Any], inside: str = ""
) -> Iterator[_Place]:
    held = {name: each for name, each in vars(value).items() if not name.startswith("_")}
    shapes = [each.shape for each in held.values() if _is_real(each)]
    for name, each in held.items():
        for path, array in _arrays(f"{inside}.{name}", each):
            if fingerprint(array) not in drawn:
                yield _Place(variable, path, array.shape, False)
        if each is None and shapes:
            yield _Place(variable, f"{inside}.{name}", shapes[0], True)
        if explorer.reference.is_ours(each) and not inside:
            yield from _places(explorer, variable, each, drawn, f".{name}")


def _arrays(path: str, value: object) -> Iterator[tuple[str, Any]]:
    items: list[tuple[str, object]] = [(path, value)]
    if isinstance(value, dict):
        items = [(f'{path}["{key}"]', each) for key, each in value.items() if _is_word(key)]
    elif isinstance(value, list):
        items = [(f"{path}[{at}]", each) for at, each in enumerate(value)]
    yield from ((where, each) for where, each in items if _is_real(each))


def _is_word(key: object) -> bool:
    return isinstance(key, str) and key.isidentifier()


def _is_real(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size <= _LARGEST


def _with(scenario: Scenario, places: list[_Place]) -> Scenario:
    draws, steps = dict(scenario.draws), list(scenario.steps)
    for place in places:
        name = unused(place.name, taken_names(draws, steps))
        draws[name] = f"inputs.normal({', '.join(map(str, place.shape))})"
        steps.append(Step(SET, place.variable, place.path, (("", name),)))
    return scenario._replace(draws=tuple(draws.items()), steps=tuple(steps))
