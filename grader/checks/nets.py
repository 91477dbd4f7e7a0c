"""A student's network, under the contract's names for its parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grader.checks.compare import as_array
from grader.checks.gradient import STEP
from grader.checks.inputs import Inputs
from grader.result import Finding
from grader.verdicts import Wrong
from grader.wall.student import Request, Student

Array = NDArray[np.float64]
Shapes = dict[str, tuple[int, ...]]

_NAME: Final = re.compile(r"(W|b|gamma|beta)(\d+)")
_MOST_ENTRIES: Final = 24
"""Entries of one parameter that are differentiated numerically: a seeded choice above this."""


def two_layer_shapes(input_dim: int, hidden_dim: int, num_classes: int) -> Shapes:
    """The parameters of a `TwoLayerNet`."""
    return fully_connected_shapes([hidden_dim], input_dim, num_classes)


def fully_connected_shapes(
    hidden_dims: Sequence[int], input_dim: int, num_classes: int, normalization: str | None = None
) -> Shapes:
    """The parameters of a `FullyConnectedNet`: gamma and beta belong to hidden layers only."""
    sizes = [input_dim, *hidden_dims, num_classes]
    shapes: Shapes = {}
    for i, (fan_in, fan_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True), 1):
        shapes[f"W{i}"] = (fan_in, fan_out)
        shapes[f"b{i}"] = (fan_out,)
        if normalization and i < len(sizes) - 1:
            shapes[f"gamma{i}"] = shapes[f"beta{i}"] = (fan_out,)
    return shapes


def seeded_parameters(inputs: Inputs, shapes: Shapes, scale: float = 0.5) -> dict[str, Array]:
    """One array a parameter; gamma stays near 1, so that a norm keeps its layer alive."""
    return {
        name: inputs.normal(*shape, scale=scale, shift=1.0 if name.startswith("gamma") else 0.0)
        for name, shape in shapes.items()
    }


class Net:
    """A network behind the wall.

    Some students count from `W0`, keep biases of shape `(1, H)` or start them as the number 0: the
    contract's names and shapes are used here, and translated.
    """

    def __init__(self, student: Student, kind: str, *args: Any, **kwargs: Any) -> None:
        self._student = student
        self._kind = kind
        self._remote = getattr(student, kind)(*args, **kwargs)
        self._actual: dict[str, str] | None = None

    def parameters(self) -> dict[str, Any]:
        """The parameters as they are, by contract name.

        Raises:
            Wrong: `params` is no dict of arrays.
        """
        params = self._remote.params.read()
        if not isinstance(params, dict):
            text = f"{self._kind}.params should be a dict; it is a {type(params).__name__}."
            raise Wrong(text, Finding(kind="type", quantity="params"))
        shift = 1 if "W0" in params else 0
        names = {_shifted(name, shift): name for name in params}
        self._actual = names
        return {name: params[actual] for name, actual in names.items()}

    def set(self, values: Mapping[str, Array]) -> None:
        """Put parameters in place, in the student's own shape where that has the same size.

        Raises:
            Wrong: a parameter is not there.
        """
        current = self.parameters()
        requests = []
        for name, value in values.items():
            if name not in current:
                there = ", ".join(sorted(current)) or "nothing"
                text = f"{self._kind}.params has no {name!r}; it holds {there}."
                raise Wrong(text, Finding(kind="missing", quantity=f'params["{name}"]'))
            own = np.shape(current[name])
            fits = len(own) and int(np.prod(own)) == value.size
            requests.append(self._put(name, value.reshape(own) if fits else value))
        self._student.batch(requests, about=self._kind)

    def setup(self, **attributes: Any) -> None:
        """Set attributes of the model, such as `reg`."""
        requests = [getattr(self._remote, name).put(value) for name, value in attributes.items()]
        self._student.batch(requests, about=self._kind)

    def scores(self, X: Array) -> Any:
        """Scores `(N, C)`: `loss(X)`, which runs the net in test mode."""
        return self._remote.loss(X, returns=("scores",))

    def loss(self, X: Array, y: Any) -> tuple[float, dict[str, Any]]:
        """`loss(X, y)`: the loss, and the gradients by contract name.

        Raises:
            Wrong: the loss is no number, or the gradients no dict.
        """
        loss, grads = self._remote.loss(X, y, returns=("loss", "grads"))
        if not isinstance(grads, dict):
            text = f"{self._kind}.loss should return a dict of gradients; it is {_kind(grads)}."
            raise Wrong(text, Finding(kind="type", quantity="grads"))
        if self._actual is None:
            self.parameters()
        back = {actual: name for name, actual in (self._actual or {}).items()}
        return _number(loss), {back.get(name, name): value for name, value in grads.items()}

    def numerical(
        self, inputs: Inputs, name: str, value: Array, X: Array, y: Any
    ) -> tuple[Array, Array]:
        """Numerical gradient of the student's own loss, for a choice of one parameter's entries.

        Args:
            inputs: chooses the entries.
            name: contract name of the parameter; `set` must have been called.
            value: what the parameter holds now.
            X, y: the batch.

        Returns:
            The entries' flat indices, and the gradient there.
        """
        entries = np.arange(value.size)
        if value.size > _MOST_ENTRIES:
            entries = np.unique([inputs.integer(0, value.size) for _ in range(_MOST_ENTRIES)])
        requests: list[Request] = []
        for entry in entries:
            for sign in (1, -1):
                moved = value.copy()
                moved.flat[entry] += sign * STEP
                requests.append(self._put(name, moved))
                requests.append(self._remote.loss.call(X, y, returns=("loss", "_")))
        requests.append(self._put(name, value))
        values = self._student.batch(requests, about=self._kind)
        losses = np.array([_number(value[0]) for value in values[1::2]])
        return entries, (losses[0::2] - losses[1::2]) / (2 * STEP)

    def _put(self, name: str, value: Array) -> Request:
        actual = (self._actual or {}).get(name, name)
        return self._remote.params[actual].put(value)


def _shifted(name: str, shift: int) -> str:
    match = _NAME.fullmatch(name) if shift else None
    return f"{match[1]}{int(match[2]) + shift}" if match else name


def _number(loss: Any) -> float:
    array = as_array(loss, "loss")
    if array.size != 1:
        text = f"The loss should be a single number; it has shape {array.shape}."
        raise Wrong(text, Finding(kind="shape", quantity="loss"))
    return float(array.reshape(-1)[0])


def _kind(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
