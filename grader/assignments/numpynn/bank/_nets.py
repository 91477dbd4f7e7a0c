"""What the checks of both networks share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from grader.assignments.numpynn.bank._forward import before_relu
from grader.assignments.numpynn.bank._parameters import (
    Parameters,
    Shapes,
    fully_connected_shapes,
    seeded_parameters,
)
from grader.assignments.numpynn.bank._student_net import Array, Batch, Net
from grader.checks import Inputs, Student, Wrong, as_array, assert_close, close
from grader.checks.compare import VALUES
from grader.model.result import Finding

FORWARD: Final = ("affine_forward", "relu_forward", "affine_relu_forward")
LOSS: Final = (
    *FORWARD,
    "softmax_loss",
    "affine_backward",
    "relu_backward",
    "affine_relu_backward",
)
BATCHNORM: Final = ("batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt")
LAYERNORM: Final = ("layernorm_forward", "layernorm_backward")
DROPOUT: Final = ("dropout_forward", "dropout_backward")

REG: Final = 3.14
_STD_OFF: Final = 0.1
"""Of weight_scale. With 5000 weights and more the standard deviation is good to 1% (one sigma) and
the mean to 1.4%: a right initialisation is out by 10% less than once in 10**11."""
_KINK: Final = 0.01
"""A thousand times the step of numerical gradients."""
_CLEARED: Final[dict[bytes, Parameters]] = {}
"""Biases, by the bytes of all that was drawn for a net: every submission is asked the same."""
_KEPT: Final = 500
_ROUNDING: Final = 1e-10
"""Of the whole penalty: less than that is left of a loss from which another was taken."""


class Case(msgspec.Struct, frozen=True):
    """A network with given parameters, and a batch for it."""

    kind: str
    settings: dict[str, Any]
    values: Parameters
    batch: Batch

    def expected(self, reference: Student) -> Net:
        """The reference's network."""
        return Net.known(reference, self.values, self.kind, **self.settings)

    def received(self, student: Student) -> Net:
        """The student's network, with the parameters in place."""
        net = Net(student, self.kind, **self.settings)
        net.set(self.values)
        return net

    def set(self, **settings: Any) -> Case:
        """The same case with other settings."""
        return msgspec.structs.replace(self, settings={**self.settings, **settings})


def two_layer_case(inputs: Inputs, shape: Sequence[int] = (4, 5), **settings: Any) -> Case:
    """A `TwoLayerNet` of 6 hidden units for a batch of that shape, and 3 classes."""
    dims = {"input_dim": int(np.prod(shape[1:])), "hidden_dim": 6, "num_classes": 3}
    shapes = fully_connected_shapes([6], dims["input_dim"], 3)
    values = seeded_parameters(inputs, shapes, scale=0.7)
    batch = Batch(inputs.normal(*shape), inputs.labels(shape[0], 3))
    return Case("TwoLayerNet", {**dims, **settings}, _clear(inputs, values, batch, None), batch)


def fully_connected_case(
    inputs: Inputs,
    hidden_dims: Sequence[int],
    normalization: str | None,
    shape: Sequence[int] = (7, 5),
    classes: int = 5,
    **settings: Any,
) -> Case:
    """A `FullyConnectedNet` in float64 for a batch of that shape.

    With as many samples of each class, the gradient of the last bias can vanish for other losses.
    """
    settings = {
        "hidden_dims": list(hidden_dims),
        "input_dim": int(np.prod(shape[1:])),
        "num_classes": classes,
        "normalization": normalization,
        "dtype": np.float64,
        **settings,
    }
    shapes = fully_connected_shapes(hidden_dims, settings["input_dim"], classes, normalization)
    values = seeded_parameters(inputs, shapes, scale=0.7)
    batch = Batch(inputs.normal(*shape), inputs.labels(shape[0], classes))
    values = _clear(inputs, values, batch, normalization)
    return Case("FullyConnectedNet", settings, values, batch)


def _clear(
    inputs: Inputs, values: Parameters, batch: Batch, normalization: str | None
) -> Parameters:
    """The parameters with other biases, so that nothing is near the kink of a relu.

    Each class has scores of both signs, so that a relu on the scores shows, too.
    """
    drawn = b"".join(array.tobytes() for array in (*values.values(), batch.X))
    if drawn not in _CLEARED:
        if len(_CLEARED) >= _KEPT:
            _CLEARED.clear()
        _CLEARED[drawn] = _clear_biases(inputs, values, batch, normalization)
    return {**values, **_CLEARED[drawn]}


def _clear_biases(
    inputs: Inputs, values: Parameters, batch: Batch, normalization: str | None
) -> Parameters:
    """The biases that are other ones."""
    h, changed = batch.X.reshape(len(batch.y), -1), {}
    last = sum(name.startswith("W") for name in values)
    bias = "b" if normalization is None else "beta"
    for layer in range(1, last):
        a = before_relu(values, layer, h, normalization)
        near = np.abs(a).min(axis=0) < _KINK
        if near.any():
            shift = np.where(near, inputs.rounded(_widest_gap(a)), 0.0)
            changed[f"{bias}{layer}"] = values[f"{bias}{layer}"] - shift
            a = a - shift
        h = np.maximum(a, 0)
    changed[f"b{last}"] = inputs.rounded(-_widest_gap(h @ values[f"W{last}"]))
    return changed


def _widest_gap(columns: Array) -> Array:
    """The middle of the widest gap between the values of each column."""
    if len(columns) < 2:
        return np.asarray(columns[0] - 1.0)
    ordered = np.sort(columns, axis=0)
    at = np.diff(ordered, axis=0).argmax(axis=0)
    each = np.arange(ordered.shape[1])
    return np.asarray((ordered[at, each] + ordered[at + 1, each]) / 2)


def more_batches(inputs: Inputs, case: Case, count: int) -> list[Batch]:
    """Batches like that of the case, with other means and variances."""
    n, *rest = case.batch.X.shape
    return [
        Batch(inputs.normal(n, *rest, scale=1.5, shift=0.5), inputs.labels(n, 3))
        for _ in range(count)
    ]


def assert_shapes(net: Net, shapes: Shapes) -> None:
    """Check that every parameter is there, in its shape; a vector may be `(1, H)` or a number."""
    params = net.parameters()
    for name, shape in shapes.items():
        net.require(name, params)
        own = as_array(params[name], f'params["{name}"]', call=net.call).shape
        forgiven = len(shape) == 1 and own in ((), (1,), (1, *shape))
        if own != shape and not forgiven:
            finding = Finding(
                kind="shape",
                quantity=f'params["{name}"]',
                call=net.call,
                received=str(own),
                expected=str(shape),
            )
            raise Wrong(f'params["{name}"] has shape {own}; it should be {shape}.', finding)


def assert_names(net: Net, said: Mapping[str, str] = {}) -> None:
    """Check that the parameters are called as the contract says, but for what was `said` before."""
    slips = {k: own for k, own in net.spelling.slips().items() if said.get(k) != own}
    if slips:
        listed = ", ".join(f'{name} "{own}"' for name, own in sorted(slips.items()))
        text = f"In params this net calls {listed}. All other checks go by these names."
        raise Wrong(text, Finding(kind="spelling", quantity="params", call=net.call))


def assert_initial_weights(net: Net, names: Sequence[str], scale: float) -> None:
    """Check mean and standard deviation of weight matrices of 5000 elements and more."""
    params = net.parameters()
    for name in names:
        net.require(name, params)
        weights = as_array(params[name], f'params["{name}"]', call=net.call)
        mean, std = float(weights.mean()), float(weights.std())
        if not abs(std - scale) < _STD_OFF * scale:
            _refuse_initial(net, name, f"its standard deviation is {std:.3g}", scale)
        if not abs(mean) < _STD_OFF * scale:
            _refuse_initial(net, name, f"its mean is {mean:.3g}", scale)


def _refuse_initial(net: Net, name: str, what: str, scale: float) -> None:
    text = f'params["{name}"] does not start with mean 0 and weight_scale={scale:g}: {what}.'
    raise Wrong(text, Finding(kind="values", quantity=f'params["{name}"]', call=net.call))


def assert_initial_value(net: Net, names: Sequence[str], value: float) -> None:
    """Check that parameters start with one value everywhere."""
    params = net.parameters()
    for name in names:
        net.require(name, params)
        array = as_array(params[name], f'params["{name}"]', call=net.call)
        if array.dtype.kind not in "biuf" or np.any(np.abs(array - value) > VALUES):
            text = f'params["{name}"] should start with {value:g} everywhere.'
            raise Wrong(text, Finding(kind="values", quantity=f'params["{name}"]', call=net.call))


def assert_penalty(student: Student, case: Case) -> None:
    """Check the L2 penalty in the loss, parameter by parameter.

    A parameter p that is doubled raises the penalty 0.5 * reg * sum(p**2) by three times itself.
    What it does to the rest of the loss is taken from the same network with reg 0, so that other
    mistakes do not show here.
    """
    net, plain = (case.set(reg=reg).received(student) for reg in (REG, 0.0))
    if _penalties_add_up(net, plain, case):
        return
    values = case.values
    points = [*({name: 2.0 * p} for name, p in values.items()), {}]
    *doubled, added = _added(net, plain, points, case)
    right = {name: _penalty(name, p) for name, p in values.items()}
    total = sum(right.values())
    for name, more in zip(values, doubled, strict=True):
        raised = (more - added) / 3
        raised = raised if abs(raised) > _ROUNDING * total else 0.0
        what = f"the L2 penalty on {name}"
        assert_close(what, raised, right[name], scale=total, call=net.call_of_loss)
    assert_close("the L2 penalty in the loss", added, total, call=net.call_of_loss)


def _penalties_add_up(net: Net, plain: Net, case: Case) -> bool:
    """Whether the penalty is right where each parameter is scaled by a factor of its own."""
    scaled = {name: (1.2 + 0.1 * i) * p for i, (name, p) in enumerate(case.values.items())}
    received = _added(net, plain, [scaled, {}], case)
    right = [sum(_penalty(*item) for item in p.items()) for p in (scaled, case.values)]
    return close(received, np.array(right))


def _added(net: Net, plain: Net, points: Sequence[Mapping[str, Array]], case: Case) -> Array:
    """What `reg` adds to the loss at some points."""
    losses, without = (side.losses(points, case.values, case.batch) for side in (net, plain))
    return losses - without


def _penalty(name: str, value: Any) -> float:
    return 0.5 * REG * float(np.sum(value**2)) if name.startswith("W") else 0.0


def assert_keys(net: Net, case: Case) -> None:
    """Check that `grads` holds one gradient for each parameter, and nothing else."""
    _, grads = net.loss(case.batch)
    params = net.parameters()
    for name in case.values:
        net.require(name, params)
        net.gradient(name, grads)
        own, given = net.spelling.parameters[name], net.spelling.gradients[name]
        if given not in (own, name):  # else it is the parameter that is misspelt
            text = f'The gradient of params["{own}"] is called grads["{given}"]; it should be '
            text += f'grads["{own}"]. All other checks go by this name.'
            quantity = f'grads["{own}"]'
            raise Wrong(text, Finding(kind="spelling", quantity=quantity, call=net.call_of_loss))
    extra = sorted(set(grads) - set(params))
    if extra:
        text = f"grads holds {', '.join(extra)}, but params has no such entry."
        raise Wrong(text, Finding(kind="values", quantity="grads", call=net.call_of_loss))


def judge_gradients(
    student: Student, reference: Student, case: Case, names: Sequence[str] = ()
) -> None:
    """Check the gradients of some parameters, or of all."""
    right, expected = case.expected(reference).loss(case.batch)
    net = case.received(student)
    loss, grads = net.loss(case.batch)
    net.assert_gradients(
        names or list(case.values),
        grads,
        expected,
        case.values,
        case.batch,
        loss_is_right=close(loss, right),
    )


def judge_loss(student: Student, reference: Student, case: Case) -> None:
    """Check the loss of a batch."""
    expected, _ = case.expected(reference).loss(case.batch)
    net = case.received(student)
    received, _ = net.loss(case.batch)
    assert_close("loss", received, expected, call=net.call_of_loss)


def judge_scores(student: Student, reference: Student, case: Case) -> None:
    """Check the scores of a batch."""
    expected = case.expected(reference).scores(case.batch.X)
    net = case.received(student)
    assert_close("scores", net.scores(case.batch.X), expected, call=net.call_of_scores)


def of_kind(kind: str, values: Mapping[str, Any]) -> list[str]:
    """The parameters W1, W2, ... for the kind W."""
    return [name for name in values if name.rstrip("0123456789") == kind]
