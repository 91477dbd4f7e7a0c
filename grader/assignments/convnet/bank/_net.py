"""A `ThreeLayerConvNet` with given parameters, and what can be computed of it on this side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from grader.assignments.convnet.bank._remote_net import ImageBatch, RemoteNet
from grader.checks import Inputs, Student, Wrong, as_array, assert_close, close
from grader.model.result import Finding

Array = NDArray[np.float64]
Parameters = dict[str, Array]
Shapes = dict[str, tuple[int, ...]]

NET: Final = "ThreeLayerConvNet"
PART: Final = "three_layer_net"
WEIGHTS: Final = ("W1", "W2", "W3")
BIASES: Final = ("b1", "b2", "b3")
FORWARD: Final = (
    "affine_forward", "relu_forward", "affine_relu_forward", "conv_relu_forward",
    "conv_relu_pool_forward", "conv_forward_naive", "max_pool_forward_naive",
    "conv_forward_fast", "max_pool_forward_fast",
)  # fmt: skip
LOSS: Final = (
    *FORWARD, "softmax_loss", "affine_backward", "relu_backward", "affine_relu_backward",
    "conv_relu_backward", "conv_relu_pool_backward", "conv_backward_naive",
    "max_pool_backward_naive", "conv_backward_fast", "max_pool_backward_fast",
)  # fmt: skip
REG: Final = 3.14

_STD_OFF: Final = 0.1
"""Of weight_scale. With 5000 weights and more the standard deviation is good to 1% (one sigma) and
the mean to 1.4%: a right initialization is out by 10% less than once in 10**11."""
_KINK: Final = 0.002
"""Two hundred times the step of numerical gradients, and ten times what it moves a value by."""
_ROUNDING: Final = 1e-10
"""Of the whole penalty: less than that is left of a loss from which another was taken."""
_KNOWN: Final[dict[bytes, int]] = {}
"""How often a case is drawn anew until it is clear of kinks, by the bytes of the first."""
_KEPT: Final = 500


class NetCase(msgspec.Struct, frozen=True):
    """A network with given parameters, and a batch for it."""

    settings: dict[str, Any]
    values: Parameters
    batch: ImageBatch

    def expected(self, reference: Student) -> RemoteNet:
        """The reference's network."""
        return RemoteNet.known(reference, self.values, NET, **self.settings)

    def received(self, student: Student) -> RemoteNet:
        """The student's network, with the parameters in place."""
        net = RemoteNet(student, NET, **self.settings)
        net.set(self.values)
        return net

    def set(self, **settings: Any) -> NetCase:
        """The same case with other settings."""
        return msgspec.structs.replace(self, settings={**self.settings, **settings})


def case_of(
    inputs: Inputs,
    image: tuple[int, int, int] = (2, 6, 6),
    filter_size: int = 3,
    samples: int = 3,
    **settings: Any,
) -> NetCase:
    """A network in float64 of 3 filters, 6 hidden units and 4 classes.

    It is drawn anew until no relu and no maximum is near a kink.
    """
    settings = {**settings_of(image, filter_size), **settings}
    drawn = _draw(inputs, settings, samples)
    key = b"".join(array.tobytes() for array in (*drawn[0].values(), drawn[1].X))
    known, redrawn = _KNOWN.get(key), 0
    while redrawn < known if known is not None else not _is_clear(*drawn):
        drawn = _draw(inputs, settings, samples)
        redrawn += 1
    if len(_KNOWN) >= _KEPT:
        _KNOWN.clear()
    _KNOWN[key] = redrawn
    return NetCase(settings, *drawn)


def settings_of(image: tuple[int, int, int], filter_size: int = 3) -> dict[str, Any]:
    """Arguments of a small net."""
    return {
        "input_dim": image,
        "num_filters": 3,
        "filter_size": filter_size,
        "hidden_dim": 6,
        "num_classes": 4,
        "dtype": np.float64,
    }


def shapes_of(settings: Mapping[str, Any]) -> Shapes:
    """Shapes of the parameters."""
    channels, height, width = settings["input_dim"]
    filters, size = settings["num_filters"], settings["filter_size"]
    hidden, classes = settings["hidden_dim"], settings["num_classes"]
    return {
        "W1": (filters, channels, size, size),
        "b1": (filters,),
        "W2": (filters * (height // 2) * (width // 2), hidden),
        "b2": (hidden,),
        "W3": (hidden, classes),
        "b3": (classes,),
    }


def batch_like(inputs: Inputs, case: NetCase) -> ImageBatch:
    """Another batch for the same net."""
    return _batch(inputs, case.settings, len(case.batch.y))


def _draw(
    inputs: Inputs, settings: Mapping[str, Any], samples: int
) -> tuple[Parameters, ImageBatch]:
    values = {
        name: inputs.normal(*shape, scale=spread(shape) if name in WEIGHTS else 0.3)
        for name, shape in shapes_of(settings).items()
    }
    return values, _batch(inputs, settings, samples)


def _batch(inputs: Inputs, settings: Mapping[str, Any], samples: int) -> ImageBatch:
    X = inputs.normal(samples, *settings["input_dim"])
    return ImageBatch(X, inputs.labels(samples, settings["num_classes"]))


def spread(shape: tuple[int, ...]) -> float:
    """Standard deviation of weights for which relus neither fade nor flood."""
    fan_in = int(np.prod(shape[1:])) if len(shape) == 4 else shape[0]
    return float(np.sqrt(2 / fan_in))


class Activations(msgspec.Struct, frozen=True):
    """What a network computes."""

    convolved: Array
    """(N, F, H, W)"""
    windows: Array
    """After the relu, one row of four for each window of the pool."""
    hidden: Array
    """(N, M), before the relu."""
    scores: Array


def activations(values: Mapping[str, Array], X: Array) -> Activations:
    """Run a network on images."""
    w = values["W1"]
    pad = (w.shape[2] - 1) // 2
    padded = np.pad(X, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    under = sliding_window_view(padded, w.shape[2:], axis=(2, 3))
    convolved = np.tensordot(under, w, axes=((1, 4, 5), (1, 2, 3))) + values["b1"]
    convolved = convolved.transpose(0, 3, 1, 2)
    n, f, height, width = convolved.shape
    tiles = np.maximum(convolved, 0).reshape(n, f, height // 2, 2, width // 2, 2)
    windows = tiles.transpose(0, 1, 2, 4, 3, 5).reshape(n, f, height // 2, width // 2, 4)
    hidden = windows.max(axis=-1).reshape(n, -1) @ values["W2"] + values["b2"]
    scores = np.maximum(hidden, 0) @ values["W3"] + values["b3"]
    return Activations(convolved, windows, hidden, scores)


def training_loss(values: Mapping[str, Array], batch: ImageBatch) -> float:
    """Softmax loss of a batch, without penalty."""
    scores = activations(values, batch.X).scores
    shifted = scores - scores.max(axis=1, keepdims=True)
    right = shifted[np.arange(len(batch.y)), batch.y]
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - right))


def _is_clear(values: Parameters, batch: ImageBatch) -> bool:
    """Whether no relu and no maximum is near a kink, and a relu on the scores would show."""
    found = activations(values, batch.X)
    second, first = np.moveaxis(np.sort(found.windows, axis=-1)[..., 2:], -1, 0)
    return bool(
        np.abs(found.convolved).min() > _KINK
        and np.abs(found.hidden).min() > _KINK
        and (first - second)[first > 0].min() > _KINK
        and (found.hidden > 0).any(axis=0).all()
        and np.abs(found.scores).min() > _KINK
        and (found.scores > 0).sum(axis=1).min() > 1
        and (found.scores < 0).any()
    )


def judge_scores(student: Student, reference: Student, case: NetCase) -> None:
    """Check the scores of a batch."""
    expected = case.expected(reference).scores(case.batch.X)
    net = case.received(student)
    assert_close("scores", net.scores(case.batch.X), expected, call=net.call_of_scores)


def judge_loss(student: Student, reference: Student, case: NetCase) -> None:
    """Check the loss of a batch."""
    expected, _ = case.expected(reference).loss(case.batch)
    net = case.received(student)
    received, _ = net.loss(case.batch)
    assert_close("loss", received, expected, call=net.call_of_loss)


def judge_gradients(
    student: Student, reference: Student, case: NetCase, names: Sequence[str]
) -> None:
    """Check the gradients of some parameters."""
    right, expected = case.expected(reference).loss(case.batch)
    net = case.received(student)
    loss, grads = net.loss(case.batch)
    net.assert_gradients(
        names, grads, expected, case.values, case.batch, loss_is_right=close(loss, right)
    )


def assert_shapes(net: RemoteNet, names: Sequence[str], shapes: Shapes) -> None:
    """Check that parameters are there, in their shapes; a bias may be `(1, F)` or a number."""
    params = net.parameters()
    for name in names:
        net.require(name, params)
        shape = shapes[name]
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


def assert_initial_weights(net: RemoteNet, names: Sequence[str], scale: float) -> None:
    """Check mean and standard deviation of weights, of which there are 5000 and more."""
    params = net.parameters()
    for name in names:
        net.require(name, params)
        weights = as_array(params[name], f'params["{name}"]', call=net.call)
        mean, std = float(weights.mean()), float(weights.std())
        if not abs(std - scale) < _STD_OFF * scale:
            raise _not_initial(net, name, f"its standard deviation is {std:.3g}", scale)
        if not abs(mean) < _STD_OFF * scale:
            raise _not_initial(net, name, f"its mean is {mean:.3g}", scale)


def _not_initial(net: RemoteNet, name: str, what: str, scale: float) -> Wrong:
    text = f'params["{name}"] does not start with mean 0 and weight_scale={scale:g}: {what}.'
    return Wrong(text, Finding(kind="values", quantity=f'params["{name}"]', call=net.call))


def assert_penalty(student: Student, case: NetCase) -> None:
    """Check the L2 penalty in the loss, parameter by parameter.

    A parameter p that is doubled raises the penalty 0.5 * reg * sum(p**2) by three times itself.
    What it does to the rest of the loss is taken from the same network with reg 0, so that other
    mistakes do not show here.
    """
    net, plain = (case.set(reg=reg).received(student) for reg in (REG, 0.0))
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


def _added(
    net: RemoteNet, plain: RemoteNet, points: Sequence[Mapping[str, Array]], case: NetCase
) -> Array:
    """What `reg` adds to the loss at some points."""
    losses, without = (side.losses(points, case.values, case.batch) for side in (net, plain))
    return losses - without


def _penalty(name: str, value: Array) -> float:
    return 0.5 * REG * float(np.sum(value**2)) if name in WEIGHTS else 0.0


def gradient_of(
    net: RemoteNet, name: str, grads: Mapping[str, Any], shape: tuple[int, ...]
) -> Array:
    """One gradient, in the shape of its parameter.

    Raises:
        Wrong: it is missing, does not fit, or is not finite.
    """
    what = f'grads["{name}"]'
    array = as_array(net.gradient(name, grads), what, call=net.call_of_loss)
    if array.size != np.prod(shape) or not np.isfinite(array).all():
        text = f"{what} does not fit its parameter, or is not finite."
        raise Wrong(text, Finding(kind="shape", quantity=what, call=net.call_of_loss))
    return array.reshape(shape).astype(np.float64)
