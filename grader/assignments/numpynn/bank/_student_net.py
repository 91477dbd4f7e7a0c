"""A student's network, under the contract's names for its parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.assignments.numpynn.bank._parameter_names import Names, Probed, Spelling
from grader.assignments.numpynn.bank._parameters import (
    Parameters,
    Shapes,
    shapes_of,
    with_sizes_of_their_own,
)
from grader.assignments.numpynn.bank._replies import kind_of, pair_of, shape_of
from grader.checks.compare import GRADIENTS, NUMERICAL, as_array, assert_close
from grader.checks.gradient import STEP, assert_gradient, credible
from grader.model.result import Finding
from grader.model.verdicts import Verdict, Wrong
from grader.student.proxy import Remote, Request, Student, describe_call
from grader.student.remote import call_request, put_request, update_request

Array = NDArray[np.float64]

_VANISHING: Final = 1e-8
"""A gradient so much smaller than the others is 0 but for rounding: that of a bias in front of a
batch norm. It is compared on their scale."""
_SMALL: Final = 1e-4
"""A gradient so much smaller than the largest is judged on this share of its scale."""
_FURTHEST: Final = 3
"""So many entries are differentiated first, since most wrong gradients agree with nothing."""


class Batch(NamedTuple):
    """Samples and their labels."""

    X: Array
    y: NDArray[np.int64]


class Net:
    """A network behind the wall.

    Some students count from `W0`, call a bias `B1`, keep biases of shape `(1, H)` or start them as
    the number 0: the contract's names and shapes are used here, and translated.
    """

    def __init__(self, student: Student, kind: str, *args: Any, **kwargs: Any) -> None:
        self.call = describe_call(kind, args, kwargs)
        """The call that made it, for the report."""
        self.remote: Remote = getattr(student, kind)(*args, **kwargs)
        self._student = student
        self._kind = kind
        self._settings = kwargs
        self.expected = shapes_of(kind, kwargs)
        """Shapes of the parameters that the contract asks for, where the settings tell."""
        self.spelling = Spelling(self.expected, self._told_apart)
        """The student's names for parameters and gradients."""
        self._shapes: Shapes = {}
        self.seed: int | None = None
        """Of NumPy's generator on the student's side, before each loss; None to leave it alone."""
        # One template sets bn_param[mode] where bn_param["mode"] is meant, in code that is not the
        # student's: there the modes are set from here.
        confused = student.reading("net_modes") == "confused"
        self._sets_modes = confused and kwargs.get("normalization") == "batchnorm"

    @classmethod
    def known(cls, side: Student, values: Mapping[str, Array], kind: str, **kwargs: Any) -> Net:
        """A network of the reference's: its parameters need not be looked at to be set."""
        net = cls(side, kind, **kwargs)
        net.spelling.parameters = {name: name for name in values}
        net._send([net._put(values)])
        return net

    def parameters(self) -> dict[str, Any]:
        """The parameters as they are, by contract name.

        Raises:
            Wrong: `params` is no dict.
        """
        return self._by_contract(self.remote.params.read())

    def set(self, values: Mapping[str, Array]) -> None:
        """Put parameters in place, in the student's own shape where that has the same size.

        Their own values are not looked at: these are drawn at random, and everybody's are others.

        Raises:
            Wrong: a parameter is not there.
        """
        shapes = self._by_contract(self.remote.params.shapes())
        for name, value in values.items():
            self.require(name, shapes)
            own = shape_of(shapes[name])
            self._shapes[name] = own if own and math.prod(own) == value.size else value.shape
        self._send([self._put(values)])

    def _by_contract(self, params: Any) -> dict[str, Any]:
        if not isinstance(params, dict):
            text = f"{self._kind}.params should be a dict; it is {kind_of(params)}."
            raise Wrong(text, Finding(kind="type", quantity="params", call=self.call))
        params = {str(name): value for name, value in params.items()}
        names = self.spelling.of_parameters(params)
        return {name: params[own] for name, own in names.items()}

    def _told_apart(self, find: Callable[[Probed], Names]) -> Names:
        """The names found on a net of the same kind whose layers all differ in size."""
        judged = self._student.transcript.last  # the call that a finding shows is not one of these
        try:
            return find(Net(self._student, self._kind, **with_sizes_of_their_own(self._settings)))
        except Verdict:
            return {}
        finally:
            self._student.transcript.last = judged

    def require(self, name: str, current: Mapping[str, Any]) -> None:
        """Raise `Wrong` if `params` does not hold a parameter."""
        if name not in current:
            there = ", ".join(sorted(current)) or "nothing"
            text = f"{self._kind}.params has no {name!r}; it holds {there}."
            quantity = f'params["{name}"]'
            raise Wrong(text, Finding(kind="missing", quantity=quantity, call=self.call))

    def scores(self, X: Array, values: Mapping[str, Array] | None = None) -> Any:
        """Scores `(N, C)`: `loss(X)`, which runs the net in test mode.

        Args:
            X: the samples.
            values: of parameters, put in place first; `set` must have been called before.
        """
        self._set_modes("test")
        if values is None:
            return self.remote.loss(X, returns=("scores",))
        return self._send(
            [self._put(values), call_request(self.remote.loss, X, returns=("scores",))]
        )[1]

    def loss(self, batch: Batch) -> tuple[float, dict[str, Any]]:
        """`loss(X, y)`: the loss, and the gradients by contract name.

        Raises:
            Wrong: the loss is no number, or the gradients no dict.
        """
        self._set_modes("train")
        if self.seed is not None:
            self._student.seed(self.seed)
        loss, grads = self.remote.loss(*batch, returns=("loss", "grads"))
        return self._number(loss), self._named(grads)

    def step(self, values: Mapping[str, Array], batch: Batch) -> tuple[float, dict[str, Any]]:
        """`set` and `loss` in one request, for training; `set` must have been called before."""
        self._set_modes("train")
        loss_call = call_request(self.remote.loss, *batch, returns=("loss", "grads"))
        loss, grads = pair_of(self._send([self._put(values), loss_call])[1])
        return self._number(loss), self._named(grads)

    def losses(
        self, points: Iterable[Mapping[str, Array]], values: Mapping[str, Array], batch: Batch
    ) -> Array:
        """The loss at each of several points, in one request.

        Args:
            points: what some parameters hold there; all others have theirs of `values`.
            values: what the parameters hold now, and hold again afterwards.
            batch: where the loss is taken.
        """
        self._set_modes("train")
        loss: Request = call_request(self.remote.loss, *batch, returns=("loss", "_"))
        if self.seed is not None:
            loss["seed"] = self.seed
        requests: list[Request] = []
        moved: Mapping[str, Array] = {}
        for point in points:
            back = {name: values[name] for name in moved if name not in point}
            requests += [self._put({**back, **point}), loss]
            moved = point
        requests.append(self._put({name: values[name] for name in moved}))
        asked = zip(requests, self._send(requests), strict=True)
        return np.array([self._number(pair_of(value)[0]) for made, value in asked if made is loss])

    def numerical(
        self,
        name: str,
        values: Mapping[str, Array],
        batch: Batch,
        entries: Sequence[int] | None = None,
    ) -> Array:
        """Numerical gradient of the student's own loss.

        Args:
            name: contract name of the parameter; `set` must have been called.
            values: what the parameters hold now, and hold again afterwards.
            batch: where the loss is taken.
            entries: flat indices of the entries wanted; all by default.

        Returns:
            The gradient in the shape of the parameter, or of the entries in a row.
        """
        value = values[name]
        points = []
        for index in range(value.size) if entries is None else entries:
            for sign in (1, -1):
                moved = value.copy()
                moved.flat[index] += sign * STEP
                points.append({name: moved})
        gradient = _slopes(self.losses(points, values, batch))
        return gradient.reshape(value.shape) if entries is None else gradient

    def agrees(
        self,
        grads: Mapping[str, Any],
        directions: Sequence[Mapping[str, Array]],
        values: Mapping[str, Array],
        batch: Batch,
    ) -> bool:
        """Whether gradients fit the student's own loss along some directions.

        A wrong gradient that fits along a direction drawn at random would be a coincidence, and a
        direction costs two losses where the whole gradient costs two for each entry.

        Args:
            grads: the student's gradients.
            directions: where to, of every parameter at once.
            values: what the parameters hold now, and hold again afterwards.
            batch: what the gradients were computed for.

        Raises:
            Wrong: there is no gradient of a parameter.
        """
        given = {name: as_array(self.gradient(name, grads), name) for name in values}
        if any(
            array.size != values[name].size or not np.isfinite(array).all()
            for name, array in given.items()
        ):
            return False
        points = [
            {name: values[name] + step * way[name] for name in values}
            for way in directions
            for step in (STEP, -STEP)
        ]
        slopes = _slopes(self.losses(points, values, batch))
        sizes = [float(np.abs(array).max()) for array in given.values()]
        least = NUMERICAL * max(min(sizes), _SMALL * max(sizes))
        sums = [sum(float(np.vdot(given[name], way[name])) for name in given) for way in directions]
        return bool(np.all(np.abs(slopes - np.array(sums)) <= least))

    def assert_gradients(
        self,
        names: Iterable[str],
        grads: Mapping[str, Any],
        expected: Mapping[str, Array],
        values: Parameters,
        batch: Batch,
        *,
        loss_is_right: bool,
    ) -> None:
        """Check gradients against the key's, then against the student's own loss.

        Args:
            names: contract names of the parameters whose gradients are judged.
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
            received = self.gradient(name, grads)
            if np.abs(right).max() < _VANISHING * largest:
                self._assert_vanishes(label, received, right, largest)
                continue
            assert_gradient(
                label,
                received,
                right,
                partial(self._credible, name, received, right, values, batch, loss_is_right),
                call=self.call_of_loss,
            )

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

    @property
    def call_of_loss(self) -> str:
        """The call of its `loss`, for the report."""
        return f"{self.call}.loss(X, y)"

    @property
    def call_of_scores(self) -> str:
        """The call that gives its scores, for the report."""
        return f"{self.call}.loss(X)"

    def _credible(
        self,
        name: str,
        received: Any,
        right: Array,
        values: Parameters,
        batch: Batch,
        loss_is_right: bool,
    ) -> Array | None:
        own = self._own_gradient(name, received, right, values, batch)
        return credible(self._student, self._kind, own, right, right=loss_is_right)

    def _own_gradient(
        self, name: str, received: Any, right: Array, values: Parameters, batch: Batch
    ) -> Array | None:
        """The numerical gradient, None if where the student is furthest off it does not agree."""
        array = as_array(received, name, call=self.call_of_loss)
        if array.size != right.size or not np.isfinite(array).all():
            return None
        flat = array.astype(np.float64).reshape(-1)
        furthest = np.argsort(-np.abs(flat - right.reshape(-1)))[:_FURTHEST]
        own = self.numerical(name, values, batch, furthest.tolist())
        if np.any(np.abs(own - flat[furthest]) > 2 * NUMERICAL * np.abs(flat).max()):
            return None
        return self.numerical(name, values, batch)

    def _assert_vanishes(self, label: str, received: Any, right: Array, scale: float) -> None:
        assert_close(
            label,
            received,
            np.zeros_like(right),
            scale=scale,
            tolerance=GRADIENTS,
            call=self.call_of_loss,
            kind="gradient",
        )

    def _named(self, grads: Any) -> dict[str, Any]:
        if not isinstance(grads, dict):
            text = f"{self._kind}.loss should return a dict of gradients; it is {kind_of(grads)}."
            raise Wrong(text, Finding(kind="type", quantity="grads", call=self.call_of_loss))
        if not self.spelling.parameters:
            self._by_contract(self.remote.params.shapes())
        grads = {str(name): value for name, value in grads.items()}
        names = self.spelling.of_gradients(grads)
        return {name: grads[own] for name, own in names.items()}

    def _number(self, loss: Any) -> float:
        array = as_array(loss, "loss", call=self.call_of_loss)
        if array.size != 1 or array.dtype.kind == "c":
            text = f"The loss should be a single number; it has shape {array.shape}."
            raise Wrong(text, Finding(kind="shape", quantity="loss", call=self.call_of_loss))
        return float(array.reshape(-1)[0])

    def _set_modes(self, mode: str) -> None:
        if not self._sets_modes:
            return
        try:
            layers = len(self.remote.bn_params.read())
            self._send([put_request(self.remote.bn_params[i]["mode"], mode) for i in range(layers)])
        except (Verdict, TypeError):
            self._sets_modes = False  # no such list: the student handles modes in another way

    def _put(self, values: Mapping[str, Array]) -> Request:
        names = self.spelling.parameters
        items = {
            names.get(name, name): value.reshape(self._shapes.get(name, value.shape))
            for name, value in values.items()
        }
        return update_request(self.remote.params, items)

    def _send(self, requests: Sequence[Request]) -> list[Any]:
        return self._student.batch(requests, about=self._kind)


def _slopes(losses: Array) -> Array:
    """Central differences of losses a step ahead and a step behind, in turns."""
    return np.asarray((losses[0::2] - losses[1::2]) / (2 * STEP))
