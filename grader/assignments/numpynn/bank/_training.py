"""Training nets: by hand with the gradients that they give, and by the Solver that was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.assignments.numpynn.bank._forward import hidden_units
from grader.assignments.numpynn.bank._parameters import Parameters, Shapes
from grader.assignments.numpynn.bank._student_net import Batch, Net
from grader.checks import Inputs, Student, Wrong, as_array
from grader.model.result import Finding

Array = NDArray[np.float64]
Rule = Callable[[Array, Array, Any], tuple[Any, Any]]

STEPS: Final = 8
"""Of a lesson."""
DRAWN: Final = 5
"""Samples in each of its batches."""
LAG: Final = 2.0
"""By which the score of a lesson's class is behind at first. With the rates below, the first step
takes between 5% and 95% of that off, and after the last one the class leads by 1 and more."""


class Descent(NamedTuple):
    """Steps down the gradient of a whole batch, of a size that gradients do not change.

    Their length is the rate, in units of the spread that weights start with, and falls to nothing;
    so few steps are enough, with every seed. That gradients are of the right size is for others to
    judge.
    """

    rate: float
    steps: int

    def run(self, net: Net, start: Parameters, batch: Batch) -> Parameters:
        """The parameters at its end; `start` must have been set before.

        Raises:
            Wrong: a gradient is missing or does not fit.
        """
        values = dict(start)
        velocity = {name: np.zeros_like(value) for name, value in values.items()}
        for number in range(self.steps):
            rate = self.rate * (1 - number / self.steps)
            _, grads = net.step(values, batch)
            for name, value in values.items():
                way = _unit(gradient_of(net, name, grads, value.shape))
                velocity[name] = _MOMENTUM * velocity[name] - rate * spread(value.shape) * way
                values[name] = value + velocity[name]
        return values


_MOMENTUM: Final = 0.5
_FLAT: Final = 1e-8
"""A gradient as small is 0 but for rounding, and leads nowhere."""


def _unit(gradient: Array) -> Array:
    size = float(np.sqrt(np.mean(gradient**2)))
    return gradient / max(size, _FLAT)


def spread(shape: tuple[int, ...]) -> float:
    """Standard deviation with which weights start, so that relus neither fade nor flood."""
    return float(np.sqrt(2 / shape[0]))


def gradient_of(net: Net, name: str, grads: Mapping[str, Any], shape: tuple[int, ...]) -> Array:
    """One gradient, in a shape.

    Raises:
        Wrong: it is missing, does not fit, or is not finite.
    """
    return _fitting(net.gradient(name, grads), f'grads["{name}"]', shape, net.call_of_loss)


def sgd(w: Array, dw: Array, config: dict[str, Any]) -> tuple[Array, dict[str, Any]]:
    """A step of plain gradient descent."""
    return w - config["learning_rate"] * dw, config


def _fitting(value: Any, what: str, shape: tuple[int, ...], call: str = "") -> Array:
    array = as_array(value, what, call=call)
    if array.size != np.prod(shape) or not np.isfinite(array).all():
        text = f"{what} does not fit its parameter, or is not finite."
        raise Wrong(text, Finding(kind="shape", quantity=what, call=call))
    return array.reshape(shape).astype(np.float64)


class Lesson(NamedTuple):
    """One sample, over and over: whatever batches a Solver draws, what it learns is the same.

    The sample's class comes last at first, and first at the end. The sample is the validation data
    as well, and of the parameters that were tried a Solver keeps those that do best there.
    """

    values: Parameters
    """To begin with."""
    batch: Batch
    """As large as those that are drawn."""
    rate: float

    def taught(
        self, side: Student, net: Net, update_rule: str = "sgd", **config: float
    ) -> dict[str, Any]:
        """The parameters after the Solver of that side was run."""
        X, y = (np.repeat(part[:1], STEPS * DRAWN, axis=0) for part in self.batch)
        settings: dict[str, Any] = {
            "update_rule": update_rule,
            "optim_config": {"learning_rate": self.rate, **config},
            "batch_size": DRAWN,
            "num_epochs": 1,
            "print_every": 1000,
            "verbose": False,
        }
        data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
        with side.allow(cpu_seconds=30.0):
            side.Solver(net.remote, data, **settings).train(returns=("_",))
        return net.parameters()

    def by_hand(self, net: Net, rule: Rule, **config: float) -> Parameters:
        """The parameters after the same steps, made here with the net's gradients.

        Raises:
            Wrong: a gradient or a step is missing or does not fit.
        """
        values = dict(self.values)
        configs: dict[str, Any] = {
            name: {"learning_rate": self.rate, **config} for name in self.values
        }
        for _ in range(STEPS):
            _, grads = net.step(values, self.batch)
            for name, value in values.items():
                gradient = gradient_of(net, name, grads, value.shape)
                next_w, configs[name] = rule(value, gradient, configs[name])
                values[name] = _fitting(next_w, name, value.shape)
        return values

    def room(self, right: Mapping[str, Array]) -> dict[str, float]:
        """How far off a parameter may be: little, beside the way that it went."""
        ways = {name: float(np.abs(right[name] - old).max()) for name, old in self.values.items()}
        least = _LEAST_WAY * max(ways.values())
        return {name: _OFF * max(way, least) for name, way in ways.items()}


_OFF: Final = 1e-3
_LEAST_WAY: Final = 1e-2
"""A parameter that hardly moves is judged by this share of the longest way."""


def lesson(inputs: Inputs, shapes: Shapes) -> Lesson:
    """A lesson for a net with parameters of these shapes, and without normalization."""
    values: Parameters = {
        name: inputs.normal(*shape, scale=0.7 * shape[0] ** -0.5)
        if name.startswith("W") else np.zeros(shape)
        for name, shape in shapes.items()
    }  # fmt: skip
    last = len(shapes) // 2
    dim, classes = shapes["W1"][0], shapes[f"b{last}"][0]
    x, label = inputs.normal(1, dim, scale=0.3), inputs.integer(0, classes)
    h = x
    for layer in range(1, last):
        h = hidden_units(values, layer, h, None)
    scores = (h @ values[f"W{last}"])[0]
    values[f"b{last}"] = inputs.rounded(-LAG * (np.arange(classes) == label) - scores)
    rate = inputs.rounded(np.array([0.25 * LAG / (1 + np.sum(h**2))]))
    batch = Batch(np.repeat(x, DRAWN, axis=0), np.full(DRAWN, label, dtype=np.int64))
    return Lesson(values, batch, float(rate[0]))
