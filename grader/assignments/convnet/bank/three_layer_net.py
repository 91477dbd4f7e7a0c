"""Checks of `ThreeLayerConvNet`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import pytest

from grader.assignments.convnet.bank._net import (
    BIASES,
    FORWARD,
    LOSS,
    NET,
    PART,
    REG,
    WEIGHTS,
    Array,
    NetCase,
    assert_initial_weights,
    assert_penalty,
    assert_shapes,
    batch_like,
    case_of,
    gradient_of,
    judge_gradients,
    judge_loss,
    judge_scores,
    settings_of,
    shapes_of,
    spread,
    training_loss,
)
from grader.assignments.convnet.bank._remote_net import ImageBatch, RemoteNet
from grader.checks import (
    Inputs,
    NotJudged,
    Student,
    Visibility,
    Wrong,
    as_array,
    assert_close,
    check,
    close,
)
from grader.checks.compare import GRADIENTS, NUMERICAL
from grader.model.result import Finding

CASES: Final[dict[str, tuple[tuple[int, int, int], int]]] = {
    "3x3 filters": ((2, 6, 6), 3),
    "5x5 filters": ((3, 4, 4), 5),
    "wide images": ((2, 4, 6), 3),
}
"""Size of an image, and of a filter."""
PARAMETERS: Final = (*WEIGHTS, *BIASES)
REGS: Final = (REG, 0.0)

SAMPLES: Final = 30
STEPS: Final = 15
RATE: Final = 0.06
MOMENTUM: Final = 0.6
LEARNT: Final = 0.4
"""Loss that training gets below, from 1.4 and more. In 3000 trainings a right net never ended above
0.3, and in 500 one of which only the last layer learns never below 0.6."""


@check("ThreeLayerConvNet has W and b for every layer", part=PART, targets=NET)
def test_parameters(student: Student) -> None:
    _judge_shapes(student, (2, 6, 6), 3)


@pytest.mark.parametrize("case", ["5x5 filters", "wide images"])
@check(
    "The parameters fit other filters, and images that are not square",
    part=PART,
    targets=NET,
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_parameters_fit(student: Student, case: str) -> None:
    _judge_shapes(student, *CASES[case])


@pytest.mark.parametrize("scale", [None, 0.05], ids=["default", "0.05"])
@check(
    "ThreeLayerConvNet draws its weights with standard deviation weight_scale",
    part=PART,
    targets=NET,
    points=0.5,
)
def test_initial_weights(student: Student, scale: float | None) -> None:
    settings = {
        "input_dim": (4, 8, 8),
        "num_filters": 64,
        "filter_size": 5,
        "hidden_dim": 80,
        "num_classes": 80,
    }
    more = {} if scale is None else {"weight_scale": scale}
    net = RemoteNet(student, NET, **settings, **more)
    assert_initial_weights(net, WEIGHTS, scale or 1e-3)


@check("ThreeLayerConvNet starts with zero biases", part=PART, targets=NET, points=0.5)
def test_initial_biases(student: Student) -> None:
    net = RemoteNet(student, NET, **settings_of((2, 6, 6)))
    params = net.parameters()
    for name in BIASES:
        net.require(name, params)
        if np.any(as_array(params[name], f'params["{name}"]', call=net.call) != 0):
            text = f'params["{name}"] should start with 0 everywhere.'
            raise Wrong(text, Finding(kind="values", quantity=f'params["{name}"]', call=net.call))


@check(
    "Every ThreeLayerConvNet starts with weights of its own",
    part=PART,
    targets=NET,
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_drawn_anew(student: Student) -> None:
    first, second = (_first_weights(student) for _ in range(2))
    if not first.size or np.ptp(first) == 0:
        raise NotJudged("Not judged, because W1 is not drawn at random.")
    if np.array_equal(first, second):
        text = (
            "Two nets start with exactly the same weights. Is NumPy's generator seeded somewhere, "
            "so that it begins anew?"
        )
        raise Wrong(text, Finding(kind="behaviour", quantity='params["W1"]'))


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@check("The parameters have the dtype asked for", part=PART, targets=NET, points=0.25)
def test_dtype(student: Student, dtype: Any) -> None:
    net = RemoteNet(student, NET, **{**settings_of((2, 4, 4)), "dtype": dtype})
    params = net.parameters()
    net.require("W1", params)
    for name, value in params.items():
        own = as_array(value, f'params["{name}"]', call=net.call).dtype
        if own != dtype:
            text = f'params["{name}"] has dtype {own}; it should be {np.dtype(dtype)}.'
            finding = Finding(kind="dtype", quantity=f'params["{name}"]', call=net.call)
            raise Wrong(text, finding)


@pytest.mark.parametrize("case", CASES)
@check("ThreeLayerConvNet.loss(X) gives the scores", part=PART, targets=NET, uses=FORWARD)
def test_scores(student: Student, reference: Student, inputs: Inputs, case: str) -> None:
    judge_scores(student, reference, case_of(inputs, *CASES[case]))


@check(
    "ThreeLayerConvNet.loss(X, y) gives the softmax loss",
    part=PART,
    targets=NET,
    uses=LOSS,
)
def test_loss(student: Student, reference: Student, inputs: Inputs) -> None:
    judge_loss(student, reference, case_of(inputs))


@check(
    "The loss includes 0.5 * reg * sum(W**2) for all three weights, and nothing for the biases",
    part=PART,
    targets=NET,
    uses=LOSS,
)
def test_penalty(student: Student, inputs: Inputs) -> None:
    assert_penalty(student, case_of(inputs, (2, 4, 4)))


@check(
    "grads holds one gradient for each parameter, and nothing else",
    part=PART,
    targets=NET,
    uses=LOSS,
    points=0.5,
)
def test_gradient_keys(student: Student, inputs: Inputs) -> None:
    case = case_of(inputs, (2, 4, 4))
    net = case.received(student)
    _, grads = net.loss(case.batch)
    for name in case.values:
        net.gradient(name, grads)
    extra = sorted(set(grads) - set(net.parameters()))
    if extra:
        text = f"grads holds {', '.join(extra)}, but params has no such entry."
        raise Wrong(text, Finding(kind="values", quantity="grads", call=net.call_of_loss))


@pytest.mark.parametrize("name", PARAMETERS)
@check("ThreeLayerConvNet.loss gives the gradients", part=PART, targets=NET, uses=LOSS)
def test_gradients(student: Student, reference: Student, inputs: Inputs, name: str) -> None:
    judge_gradients(student, reference, case_of(inputs), [name])


@pytest.mark.parametrize("name", PARAMETERS)
@check(
    "ThreeLayerConvNet.loss gives the gradients with 5x5 filters, too",
    part=PART,
    targets=NET,
    uses=LOSS,
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_gradients_large_filters(
    student: Student, reference: Student, inputs: Inputs, name: str
) -> None:
    judge_gradients(student, reference, case_of(inputs, *CASES["5x5 filters"]), [name])


@pytest.mark.parametrize("name", PARAMETERS)
@check(
    "The gradients include those of the penalty",
    part=PART,
    targets=NET,
    uses=LOSS,
    points=0.5,
)
def test_penalty_gradients(student: Student, reference: Student, inputs: Inputs, name: str) -> None:
    """The difference to those of the same net with reg 0."""
    case = case_of(inputs)
    right = _added_by_penalty([case.set(reg=reg).expected(reference) for reg in REGS], case, name)
    nets = [case.set(reg=reg).received(student) for reg in REGS]
    added = _added_by_penalty(nets, case, name)
    what, call = f'what reg adds to grads["{name}"]', nets[0].call_of_loss
    scale = REG * float(np.abs(case.values[name]).max())
    assert_close(what, added, right, scale=scale, call=call, kind="gradient")


@check(
    "The output of a ThreeLayerConvNet depends only on its own parameters and the batch",
    part=PART,
    targets=NET,
    uses=LOSS,
    points=0.5,
)
def test_apart(student: Student, reference: Student, inputs: Inputs) -> None:
    """A net before and after another one is made and used, on another batch, and with other
    parameters in the place of its own."""
    mine, other = case_of(inputs, (2, 4, 4)), case_of(inputs, (2, 4, 4))
    later = msgspec.structs.replace(mine, batch=batch_like(inputs, mine))
    known = mine.expected(reference)
    rights = [_Given.by(known, case) for case in (mine, later)]
    rights.append(_Given.by(other.expected(reference), other))
    net = mine.received(student)
    first = _Given.by(net, mine)
    another = other.received(student)
    another.loss(later.batch)
    another.scores(later.batch.X)
    answers = [_Given.by(net, case) for case in (mine, later)]
    net.set(other.values)
    answers.append(_Given.by(net, other))
    if all(answer.fits(right) for answer, right in zip(answers, rights, strict=True)):
        return
    fresh = [first, *(_Given.by(case.received(student), case) for case in (later, other))]
    if all(answer.fits(alone) for answer, alone in zip(answers, fresh, strict=True)):
        text = f"Not judged, because {NET} gives other values without other calls, too."
        raise NotJudged(text)
    text = (
        f"A {NET} gives other values once another was made and used, it was used for another batch "
        "itself, or other parameters were put in place: something is kept from call to call."
    )
    raise Wrong(text, Finding(kind="behaviour", quantity="loss", call=net.call_of_loss))


@check(
    f"ThreeLayerConvNet overfits {SAMPLES} images",
    part=PART,
    targets=NET,
    uses=LOSS,
)
def test_overfits(student: Student, inputs: Inputs) -> None:
    """The steps are made here, and so is the loss of the parameters to which they lead: a net that
    remembers the labels that it was shown has not learnt."""
    settings = {**settings_of((2, 6, 6)), "num_filters": 8, "hidden_dim": 20}
    shapes = shapes_of(settings)
    batch, other = (
        ImageBatch(inputs.normal(SAMPLES, 2, 6, 6), inputs.labels(SAMPLES, 4)) for _ in range(2)
    )
    start = {
        name: inputs.normal(*shape, scale=spread(shape) if name in WEIGHTS else 0.0)
        for name, shape in shapes.items()
    }
    net = RemoteNet(student, NET, **settings)
    net.set(start)
    values = _descend(net, start, batch)
    with np.errstate(all="ignore"):
        loss, right = training_loss(values, batch), training_loss(values, other)
    said, grads = net.step(values, other)
    if not close(said, right, tolerance=NUMERICAL):
        raise NotJudged(f"Not judged, because {net.call_of_loss} is wrong in itself.")
    _, again = net.step(values, other)
    if not _are_same(net, grads, again, values):
        text = f"Not judged, because the gradients of {net.call_of_loss} differ from call to call."
        raise NotJudged(text)
    if not loss < LEARNT:
        text = (
            f"After {STEPS} steps along the gradients that the net gave, the parameters do not fit "
            f"the {SAMPLES} images: the loss is {loss:.3g}; below {LEARNT} was expected."
        )
        raise Wrong(text, Finding(kind="values", quantity="loss", call=net.call_of_loss))


class _Given(NamedTuple):
    """What a net gives for a batch."""

    scores: Any
    loss: float
    grads: dict[str, Array]

    @classmethod
    def by(cls, net: RemoteNet, case: NetCase) -> _Given:
        """What one net gives."""
        scores = as_array(net.scores(case.batch.X), "scores")
        loss, grads = net.loss(case.batch)
        arrays = {
            name: gradient_of(net, name, grads, value.shape) for name, value in case.values.items()
        }
        return cls(scores, loss, arrays)

    def fits(self, other: _Given) -> bool:
        """Whether scores, loss and gradients are the same."""
        room = GRADIENTS * max(float(np.abs(each).max()) for each in other.grads.values())
        return (
            close(self.scores, other.scores)
            and close(self.loss, other.loss)
            and all(
                float(np.abs(gradient - other.grads[name]).max()) <= room
                for name, gradient in self.grads.items()
            )
        )


def _judge_shapes(student: Student, image: tuple[int, int, int], filter_size: int) -> None:
    settings = settings_of(image, filter_size)
    net = RemoteNet(student, NET, **settings)
    assert_shapes(net, PARAMETERS, shapes_of(settings))


def _first_weights(student: Student) -> Array:
    net = RemoteNet(student, NET, **settings_of((3, 4, 4)))  # some fix the number of channels
    params = net.parameters()
    net.require("W1", params)
    weights = as_array(params["W1"], 'params["W1"]', call=net.call)
    net.scores(np.zeros((1, 3, 4, 4)))
    return weights


def _added_by_penalty(nets: Sequence[RemoteNet], case: NetCase, name: str) -> Array:
    """The difference of one gradient with and without penalty."""
    shape = case.values[name].shape
    with_reg, without = (gradient_of(net, name, net.loss(case.batch)[1], shape) for net in nets)
    return with_reg - without


def _descend(net: RemoteNet, start: dict[str, Array], batch: ImageBatch) -> dict[str, Array]:
    """The parameters after some steps, whose length the size of the gradients does not change."""
    values = dict(start)
    velocity = {name: np.zeros_like(value) for name, value in values.items()}
    for number in range(STEPS):
        rate = RATE * (1 - number / STEPS)
        _, grads = net.step(values, batch)
        for name, value in values.items():
            way = _unit(gradient_of(net, name, grads, value.shape))
            length = rate * (spread(value.shape) if name in WEIGHTS else 0.05)
            velocity[name] = MOMENTUM * velocity[name] - length * way
            values[name] = value + velocity[name]
    return values


def _unit(gradient: Array) -> Array:
    size = float(np.sqrt(np.mean(gradient**2)))
    return gradient / max(size, 1e-8)


def _are_same(net: RemoteNet, grads: Any, again: Any, values: dict[str, Array]) -> bool:
    """Whether gradients say the same. Such as add up are a momentum, by which a net may learn."""
    pairs = (
        [gradient_of(net, name, found, value.shape) for found in (grads, again)]
        for name, value in values.items()
    )
    return all(close(one, other, tolerance=NUMERICAL) for one, other in pairs)
