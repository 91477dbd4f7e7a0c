"""A student's network behind the wall, with parameters that are given to it from here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.checks import Student, Wrong, as_array, assert_close, assert_gradient, credible
from grader.checks.compare import GRADIENTS, NUMERICAL
from grader.checks.gradient import STEP
from grader.model.result import Finding
from grader.student.proxy import Remote, Request, describe_call
from grader.student.remote import call_request, update_request

Array = NDArray[np.float64]

_VANISHING: Final = 1e-8
"""A gradient so much smaller than the others is 0 but for rounding, and compared on their scale."""
_FURTHEST: Final = 3
"""So many entries are differentiated first, since most wrong gradients agree with nothing."""


class ImageBatch(NamedTuple):
    """Images and their labels."""

    X: Array
    y: NDArray[np.int64]


class RemoteNet:
    """A network that keeps its parameters in `params`, where a bias may have another shape."""

    def __init__(self, student: Student, kind: str, **settings: Any) -> None:
        self.call = describe_call(kind, (), settings)
        """The call that made it, for the report."""
        self.remote: Remote = getattr(student, kind)(**settings)
        self._student = student
        self._kind = kind
        self._shapes: dict[str, tuple[int, ...]] = {}

    @classmethod
    def known(
        cls, side: Student, values: Mapping[str, Array], kind: str, **settings: Any
    ) -> RemoteNet:
        """A network of the reference's: its parameters need not be looked at to be set."""
        net = cls(side, kind, **settings)
        net._send([net._put(values)])
        return net

    @property
    def call_of_loss(self) -> str:
        """The call of its `loss`, for the report."""
        return f"{self.call}.loss(X, y)"

    @property
    def call_of_scores(self) -> str:
        """The call that gives its scores, for the report."""
        return f"{self.call}.loss(X)"

    def parameters(self) -> dict[str, Any]:
        """The parameters as they are.

        Raises:
            Wrong: `params` is not a dict.
        """
        return self._named(self.remote.params.read())

    def set(self, values: Mapping[str, Array]) -> None:
        """Put parameters in place, in the student's own shape where that has the same size.

        Raises:
            Wrong: a parameter is not there.
        """
        shapes = self._named(self.remote.params.shapes())
        for name, value in values.items():
            self.require(name, shapes)
            own = _shape(shapes[name])
            self._shapes[name] = own if own and math.prod(own) == value.size else value.shape
        self._send([self._put(values)])

    def require(self, name: str, current: Mapping[str, Any]) -> None:
        """Raise `Wrong` if `params` does not hold a parameter."""
        if name not in current:
            there = ", ".join(sorted(current)) or "nothing"
            text = f"{self._kind}.params has no {name!r}; it holds {there}."
            raise Wrong(text, Finding(kind="missing", quantity=f'params["{name}"]', call=self.call))

    def scores(self, X: Array) -> Any:
        """`loss(X)`: the scores."""
        return self.remote.loss(X, returns=("scores",))

    def loss(self, batch: ImageBatch) -> tuple[float, dict[str, Any]]:
        """`loss(X, y)`: the loss and the gradients.

        Raises:
            Wrong: the loss is not a number, or the gradients are not a dict.
        """
        return self._answer(self.remote.loss(*batch, returns=("loss", "grads")))

    def step(self, values: Mapping[str, Array], batch: ImageBatch) -> tuple[float, dict[str, Any]]:
        """`set` and `loss` in one request; `set` must have been called before."""
        asked = call_request(self.remote.loss, *batch, returns=("loss", "grads"))
        return self._answer(self._send([self._put(values), asked])[1])

    def losses(
        self,
        points: Iterable[Mapping[str, Array]],
        values: Mapping[str, Array],
        batch: ImageBatch,
    ) -> Array:
        """The loss at each of several points, in one request.

        Args:
            points: what some parameters hold there; all others have theirs of `values`.
            values: what the parameters hold now, and hold again afterwards.
            batch: where the loss is taken.
        """
        asked = call_request(self.remote.loss, *batch, returns=("loss", "_"))
        requests: list[Request] = []
        for point in points:
            requests += [self._put({**values, **point}), asked]
        requests.append(self._put(values))
        answers = self._send(requests)[1:-1:2]
        return np.array([self._number(_pair(answer)[0]) for answer in answers])

    def gradient(self, name: str, grads: Mapping[str, Any]) -> Any:
        """The student's gradient of one parameter.

        Raises:
            Wrong: there is none.
        """
        if name not in grads:
            there = ", ".join(sorted(grads)) or "nothing"
            text = f'loss(X, y) gives no gradient for params["{name}"]; grads holds {there}.'
            quantity = f'grads["{name}"]'
            raise Wrong(text, Finding(kind="missing", quantity=quantity, call=self.call_of_loss))
        return grads[name]

    def assert_gradients(
        self,
        names: Iterable[str],
        grads: Mapping[str, Any],
        expected: Mapping[str, Array],
        values: Mapping[str, Array],
        batch: ImageBatch,
        *,
        loss_is_right: bool,
    ) -> None:
        """Check gradients against the key's, then against the student's own loss.

        Args:
            names: the parameters whose gradients are judged.
            grads: the student's gradients.
            expected: the key's, of all parameters.
            values: what the parameters hold.
            batch: what the gradients were computed for.
            loss_is_right: whether the loss that came with them is the key's.

        Raises:
            Wrong: a gradient is missing, or agrees with neither.
        """
        largest = max(float(np.abs(gradient).max()) for gradient in expected.values())
        for name in names:
            label, right = f'grads["{name}"]', np.asarray(expected[name])
            received, call = self.gradient(name, grads), self.call_of_loss
            if np.abs(right).max() < _VANISHING * largest:
                assert_close(
                    label, received, np.zeros_like(right), scale=largest, tolerance=GRADIENTS,
                    call=call, kind="gradient",
                )  # fmt: skip
                continue
            own = partial(self._credible, name, received, right, values, batch, loss_is_right)
            assert_gradient(label, received, right, own, call=call)

    def _credible(
        self,
        name: str,
        received: Any,
        right: Array,
        values: Mapping[str, Array],
        batch: ImageBatch,
        loss_is_right: bool,
    ) -> Array | None:
        own = self._own_gradient(name, received, right, values, batch)
        return credible(self._student, self._kind, own, right, right=loss_is_right)

    def _own_gradient(
        self,
        name: str,
        received: Any,
        right: Array,
        values: Mapping[str, Array],
        batch: ImageBatch,
    ) -> Array | None:
        """The numerical gradient, None if where the student is furthest off it does not agree."""
        array = as_array(received, name, call=self.call_of_loss)
        if array.size != right.size or not np.isfinite(array).all():
            return None
        flat = array.astype(np.float64).reshape(-1)
        furthest = np.argsort(-np.abs(flat - right.reshape(-1)))[:_FURTHEST]
        own = self._numerical(name, values, batch, furthest.tolist())
        if np.any(np.abs(own - flat[furthest]) > 2 * NUMERICAL * np.abs(flat).max()):
            return None
        return self._numerical(name, values, batch, range(right.size)).reshape(right.shape)

    def _numerical(
        self,
        name: str,
        values: Mapping[str, Array],
        batch: ImageBatch,
        entries: Sequence[int],
    ) -> Array:
        """The gradient of the student's own loss for some entries of a parameter."""
        points = []
        for index in entries:
            for sign in (1, -1):
                moved = values[name].copy()
                moved.flat[index] += sign * STEP
                points.append({name: moved})
        losses = self.losses(points, values, batch)
        return np.asarray((losses[0::2] - losses[1::2]) / (2 * STEP))

    def _named(self, params: Any) -> dict[str, Any]:
        if not isinstance(params, dict):
            text = f"{self._kind}.params should be a dict; it is {_kind_of(params)}."
            raise Wrong(text, Finding(kind="type", quantity="params", call=self.call))
        return {str(name): value for name, value in params.items()}

    def _answer(self, value: Any) -> tuple[float, dict[str, Any]]:
        loss, grads = _pair(value)
        if not isinstance(grads, dict):
            text = f"{self._kind}.loss should return a dict of gradients; it is {_kind_of(grads)}."
            raise Wrong(text, Finding(kind="type", quantity="grads", call=self.call_of_loss))
        return self._number(loss), {str(name): gradient for name, gradient in grads.items()}

    def _number(self, loss: Any) -> float:
        array = as_array(loss, "loss", call=self.call_of_loss)
        if array.size != 1 or array.dtype.kind == "c":
            text = f"The loss should be a single number; it has shape {array.shape}."
            raise Wrong(text, Finding(kind="shape", quantity="loss", call=self.call_of_loss))
        return float(array.reshape(-1)[0])

    def _put(self, values: Mapping[str, Array]) -> Request:
        items = {
            name: value.reshape(self._shapes.get(name, value.shape))
            for name, value in values.items()
        }
        return update_request(self.remote.params, items)

    def _send(self, requests: Sequence[Request]) -> list[Any]:
        return self._student.batch(requests, about=self._kind)


def _pair(value: Any) -> tuple[Any, Any]:
    """What `loss(X, y)` returned, as it came over the wall."""
    if not isinstance(value, tuple) or len(value) != 2:
        raise Wrong("loss(X, y) should return the loss and the gradients.", Finding(kind="arity"))
    loss, grads = value
    return loss, grads


def _shape(told: Any) -> tuple[int, ...]:
    """A shape, as the student's side tells it; empty if it is none."""
    sizes = told if isinstance(told, list) else []
    return tuple(sizes) if all(type(size) is int and size >= 0 for size in sizes) else ()


def _kind_of(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
