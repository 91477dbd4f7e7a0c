"""The names that a student's network has for its parameters, found by what these are.

A net that calls b1 "B1", or counts from W0, is right but for the spelling. Which is which is told
by a net of the same kind in which every layer has a size of its own: a shape then belongs to one
layer. A bias, gamma and beta of one layer have the same shape, and are told apart by what they do
to the scores. Where two fit equally well nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from grader.assignments.numpynn.bank._parameters import Shapes
from grader.checks.compare import as_array

Array = NDArray[np.float64]
Names = dict[str, str]


class Probed(Protocol):
    """A network whose parameters are told apart."""

    @property
    def expected(self) -> Shapes:
        """Name to shape, as the contract has them."""

    @property
    def remote(self) -> Any:
        """The network itself, on the student's side."""

    def scores(self, X: Array, values: Mapping[str, Array] | None = None) -> Any:
        """The scores of `X`, of shape (N, C), with `values` for its parameters."""


"""Contract name to the student's."""

_SAMPLES: Final = np.array([[1.0], [3.0]])
"""Two of them, made as wide as the net takes: unlike each other, and positive."""


class Spelling:
    """The names of one network's parameters and gradients."""

    def __init__(self, expected: Shapes, told_apart: Callable[[Callable[[Probed], Names]], Names]):
        """`told_apart` asks a net of the same kind, whose layers all differ in size."""
        self.parameters: Names = {}
        self.gradients: Names = {}
        self._expected = expected
        self._told_apart = told_apart
        self._by_role: Names | None = None

    def of_parameters(self, params: Collection[str]) -> Names:
        """The student's name of each parameter that is there."""
        if self._expected.keys() <= set(params):
            self.parameters = {name: name for name in params}
        else:
            if self._by_role is None:
                self._by_role = self._told_apart(_parameter_names)
            self.parameters = _there(self._by_role, params)
        return self.parameters

    def of_gradients(self, grads: Collection[str]) -> Names:
        """The student's name of each gradient: as a rule that of its parameter."""
        if not self.gradients or not set(self.gradients.values()) <= set(grads):
            self.gradients = self._matched(set(grads))
        return self.gradients

    def _matched(self, grads: set[str]) -> Names:
        wanted = self._expected or self.parameters
        own = {name: self.parameters.get(name, name) for name in wanted}
        contract = {name: name for name in wanted}
        for names in (own, contract):
            if names and set(names.values()) <= grads:
                return _there(names, grads)
        if not self._expected:
            return _there(own, grads)
        return _there(self._told_apart(partial(_gradient_names, own)), grads)

    def slips(self) -> Names:
        """The parameters whose names are not the contract's; to count from 0 is another matter."""
        found = {name: self.parameters.get(name, name) for name in self._expected}
        if all(own == _counted_from_zero(name) for name, own in found.items()):
            return {}
        return {name: own for name, own in found.items() if own != name}


def _counted_from_zero(name: str) -> str:
    stem = name.rstrip("0123456789")
    return f"{stem}{int(name[len(stem) :]) - 1}"


def _there(names: Mapping[str, str], there: Collection[str]) -> Names:
    """The names that are there, and what else is under its own name."""
    found = {name: own for name, own in names.items() if own in there}
    taken = {*found, *found.values()}
    return found | {name: name for name in there if name not in taken}


def _parameter_names(probe: Probed) -> Names:
    """What the shapes tell, and for the rest the scores; the net's parameters are overwritten."""
    own = _squeezed(probe.remote.params.shapes())
    found, unclear = _by_shape(probe.expected, own, {})
    if found and all(theirs == _counted_from_zero(name) for name, theirs in found.items()):
        zero_based = {name: _counted_from_zero(name) for name in probe.expected}
        found, unclear = _by_shape(probe.expected, own, zero_based)
    for names, candidates in unclear:
        found |= _by_effect(probe, names, candidates, own)
    return found


def _gradient_names(parameters: Names, probe: Probed) -> Names:
    """What the shapes tell of gradients that are not called as their parameters are."""
    X, y = np.ones((2, probe.expected["W1"][0])), np.zeros(2, dtype=np.int64)
    _, grads = probe.remote.loss(X, y, returns=("_", "grads.shape"))
    found, unclear = _by_shape(probe.expected, _squeezed(grads), parameters)
    for names, candidates in unclear:
        found |= _by_affix(names, candidates, parameters, found)
    return found


def _by_affix(
    names: Sequence[str], candidates: Sequence[str], parameters: Names, found: Names
) -> Names:
    """The gradients called like those that are known: "dgamma1", where that of W1 is "dW1"."""
    known = [(parameters.get(name, name), given) for name, given in found.items()]
    affixes = {tuple(given.split(own, 1)) for own, given in known if own and own in given}
    matched: Names = {}
    for name in names:
        own = parameters.get(name, name)
        fitting = {before + own + after for before, after in affixes} & set(candidates)
        if len(fitting) == 1:
            matched[name] = fitting.pop()
    return matched


def _squeezed(told: Any) -> Shapes:
    """The shapes of a dict's arrays, as the student's side tells them, less axes of length 1."""
    if not isinstance(told, dict):
        return {}
    return {
        str(name): tuple(n for n in shape if n != 1)
        for name, shape in told.items()
        if isinstance(shape, list) and all(type(n) is int for n in shape)
    }


def _by_shape(
    expected: Shapes, own: Shapes, alias: Names
) -> tuple[Names, list[tuple[list[str], list[str]]]]:
    """What the shapes tell, and of each other shape the names on both sides."""
    found: Names = {}
    unclear = []
    for shape in set(expected.values()):
        names = [name for name in expected if expected[name] == shape]
        candidates = [name for name in own if own[name] == shape]
        known = {name: alias.get(name, name) for name in names}
        exact = {name: theirs for name, theirs in known.items() if theirs in candidates}
        found |= exact
        names = [name for name in names if name not in exact]
        candidates = [name for name in candidates if name not in exact.values()]
        if len(names) == len(candidates) == 1:
            found[names[0]] = candidates[0]
        elif names and candidates:
            unclear.append((names, candidates))
    return found, unclear


def _by_effect(
    probe: Probed,
    names: Sequence[str],
    candidates: Sequence[str],
    own: Shapes,
) -> Names:
    """Which of a layer's vectors is gamma, beta and the bias in front of both.

    With gamma 0 all samples have the same scores; then beta makes a difference, and the bias none.
    """
    sizes = set(probe.expected.values())  # others are the student's word, and may be anything
    values = {name: _start(shape) for name, shape in own.items() if shape in sizes}
    X = np.repeat(_SAMPLES, probe.expected["W1"][0], axis=1)
    X[1, 0] = 0.5

    def scores(changed: Mapping[str, Array]) -> Array:
        given = probe.scores(X, {**values, **changed})
        return as_array(given, "scores").real.astype(np.float64)

    def zeros(name: str) -> dict[str, Array]:
        return {name: np.zeros(own[name])}

    def moves(name: str, gamma: str) -> bool:
        # Not all alike: a norm in the next layer takes away what they have in common.
        other = {name: np.linspace(1.0, 2.0, own[name][0])}
        still, moved = scores(zeros(gamma)), scores(zeros(gamma) | other)
        return still.shape != moved.shape or not np.allclose(still, moved)

    gammas = [name for name in candidates if _rows_are_equal(scores(zeros(name)))]
    if len(gammas) != 1:
        return {}
    rest = [name for name in candidates if name != gammas[0]]
    roles = {"gamma": gammas, "beta": [name for name in rest if moves(name, gammas[0])]}
    roles["b"] = [name for name in rest if name not in roles["beta"]]
    wanted = {name: roles[name.rstrip("0123456789")] for name in names}
    return {name: fitting[0] for name, fitting in wanted.items() if len(fitting) == 1}


def _start(shape: tuple[int, ...]) -> Array:
    """Ones for a vector; weights of no pattern, which a norm might take away."""
    if len(shape) < 2:
        return np.ones(shape)
    return np.random.RandomState(0).uniform(0.5, 1.5, shape)


def _rows_are_equal(scores: Array) -> bool:
    return scores.ndim == 2 and bool(np.allclose(scores, scores[:1]))
