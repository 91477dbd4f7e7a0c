"""Checks that nothing leaks from one call, layer, parameter or net into another.

Code that keeps something in a module, in a class or in the default of an argument is right as long
as it is called once, and wrong in a net of several layers or at the second cell of a notebook. What
would be wrong without any other call as well is not judged here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from grader.assignments.numpynn.bank._nets import (
    BATCHNORM,
    LOSS,
    Case,
    fully_connected_case,
    more_batches,
    two_layer_case,
)
from grader.assignments.numpynn.bank._normalization import (
    TRAIN,
    arguments,
    features,
    parameters,
    read,
    samples,
    train,
)
from grader.assignments.numpynn.bank._student_net import Net
from grader.assignments.numpynn.bank._training import gradient_of
from grader.checks import (
    Inputs,
    NotJudged,
    Student,
    Visibility,
    Wrong,
    as_array,
    assert_backward,
    check,
    close,
)
from grader.checks.compare import GRADIENTS
from grader.model.result import Finding

Array = NDArray[np.float64]

SHAPE: Final = (4, 5)
PLAIN: Final[dict[str, Any]] = {}


@check(
    "affine_backward works on the cache that it is given",
    part="affine",
    targets="affine_backward",
    uses="affine_forward",
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_affine_backward_own_cache(student: Student, reference: Student, inputs: Inputs) -> None:
    """dx needs its weights, dw its x."""
    first, later = ((inputs.normal(4, 3), inputs.normal(3, 2), inputs.normal(2)) for _ in range(2))
    dout = inputs.normal(4, 2)
    for gradient in ("dx", "dw"):
        assert_backward(
            student,
            reference,
            forward="affine_forward",
            backward="affine_backward",
            args=first,
            dout=dout,
            gradient=gradient,
            later=later,
        )


@check(
    "batchnorm_backward works on the cache that it is given",
    part="batchnorm",
    targets="batchnorm_backward",
    uses="batchnorm_forward",
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_batchnorm_backward_own_cache(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_batchnorm(student, reference, inputs, "batchnorm_backward")


@check(
    "batchnorm_backward_alt works on the cache that it is given",
    part="batchnorm",
    targets="batchnorm_backward_alt",
    uses="batchnorm_forward",
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_batchnorm_backward_alt_own_cache(
    student: Student, reference: Student, inputs: Inputs
) -> None:
    _judge_batchnorm(student, reference, inputs, "batchnorm_backward_alt")


@check(
    "layernorm_backward works on the cache that it is given",
    part="layernorm",
    targets="layernorm_backward",
    uses="layernorm_forward",
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_layernorm_backward_own_cache(student: Student, reference: Student, inputs: Inputs) -> None:
    first, later = ((samples(inputs, 5, 4), *parameters(inputs, 4), PLAIN) for _ in range(2))
    assert_backward(
        student,
        reference,
        forward="layernorm_forward",
        backward="layernorm_backward",
        args=first,
        dout=inputs.normal(5, 4),
        gradient="dx",
        later=later,
    )


@check(
    "batchnorm_forward keeps the running averages of two layers apart",
    part="batchnorm",
    targets="batchnorm_forward",
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_batchnorm_forward_layers(student: Student, reference: Student, inputs: Inputs) -> None:
    mine, other, more = (features(inputs, 5, 3) for _ in range(3))
    right = train(reference, [mine, more], TRAIN)["running_mean"].read()
    alone = read(train(student, [mine, more], TRAIN), "running_mean")
    first, second = (student.keep("bn_param", TRAIN) for _ in range(2))
    for x, bn_param in ((mine, first), (other, second), (more, first)):
        student.batchnorm_forward(x, np.full(3, 2.0), np.ones(3), bn_param)
    _must_be_alike("running_mean", read(first, "running_mean"), alone, [right])


@check(
    "sgd_momentum without a config starts anew for each parameter",
    part="optimizers",
    targets="sgd_momentum",
    points=0.25,
)
def test_sgd_momentum_apart(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_rule(student, reference, inputs, "sgd_momentum")


@check(
    "rmsprop without a config starts anew for each parameter",
    part="optimizers",
    targets="rmsprop",
    points=0.25,
)
def test_rmsprop_apart(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_rule(student, reference, inputs, "rmsprop")


@check(
    "adam without a config starts anew for each parameter",
    part="optimizers",
    targets="adam",
    points=0.25,
)
def test_adam_apart(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_rule(student, reference, inputs, "adam")


@check(
    "The output of a TwoLayerNet depends only on its own parameters and the batch",
    part="two_layer_net",
    targets="TwoLayerNet",
    uses=LOSS,
    points=0.5,
)
def test_two_layer_net_apart(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_net(student, reference, inputs, two_layer_case(inputs), two_layer_case(inputs))


@check(
    "The output of a FullyConnectedNet depends only on its parameters, averages and batch",
    part="fully_connected_net",
    targets="FullyConnectedNet",
    uses=(*LOSS, *BATCHNORM),
    points=0.5,
)
def test_fully_connected_net_apart(student: Student, reference: Student, inputs: Inputs) -> None:
    mine, other = (fully_connected_case(inputs, [4, 3], "batchnorm") for _ in range(2))
    _judge_net(student, reference, inputs, mine, other)


@check(
    "Every TwoLayerNet starts with weights of its own",
    part="two_layer_net",
    targets="TwoLayerNet",
    uses=LOSS,
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_two_layer_net_drawn_anew(student: Student, inputs: Inputs) -> None:
    _must_draw_anew(student, two_layer_case(inputs))


@check(
    "Every FullyConnectedNet starts with weights of its own",
    part="fully_connected_net",
    targets="FullyConnectedNet",
    uses=LOSS,
    points=0.25,
    visibility=Visibility.HIDDEN,
)
def test_fully_connected_net_drawn_anew(student: Student, inputs: Inputs) -> None:
    _must_draw_anew(student, fully_connected_case(inputs, [4], None))


def _judge_batchnorm(student: Student, reference: Student, inputs: Inputs, backward: str) -> None:
    first, later = ((*arguments(inputs, 5, 4), TRAIN) for _ in range(2))
    assert_backward(
        student,
        reference,
        forward="batchnorm_forward",
        backward=backward,
        args=first,
        dout=inputs.normal(5, 4),
        gradient="dx",
        later=later,
    )


def _judge_rule(student: Student, reference: Student, inputs: Inputs, rule: str) -> None:
    """The same first step twice, and that of another parameter in between."""
    (w, dw), (other, dother) = (
        (inputs.normal(*SHAPE), inputs.clear_of_zero(*SHAPE, gap=1.0)) for _ in range(2)
    )
    rights = [getattr(reference, rule)(w, dw)[0]]
    if rule == "adam":
        later, _ = reference.adam(w, dw, {"t": 1})  # always asked: the key has no other questions
        rights += [later] * (student.reading("adam_t") == "1")  # whose template starts t at 1
    step = getattr(student, rule)
    first, _ = step(w, dw)
    step(other, dother)
    again, _ = step(w, dw)
    _must_be_alike("next_w", again, first, rights)


def _must_be_alike(name: str, again: Any, first: Any, rights: Sequence[Any]) -> None:
    """Compare an answer with that to the same question, asked before other calls were made."""
    before = as_array(first, name)
    if any(close(again, right) for right in rights):
        return
    if close(again, before):
        raise NotJudged(f"Not judged, because {name} is wrong without other calls, too.")
    text = f"{name} is another one after calls that have nothing to do with it."
    raise Wrong(text, Finding(kind="behaviour", quantity=name))


class _Given(NamedTuple):
    """What a net gives for a batch."""

    loss: float
    grads: dict[str, Array]

    @classmethod
    def by(cls, net: Net, case: Case) -> _Given:
        """What one net gives."""
        loss, grads = net.loss(case.batch)
        arrays = {
            name: gradient_of(net, name, grads, value.shape) for name, value in case.values.items()
        }
        return cls(loss, arrays)

    def fits(self, other: _Given) -> bool:
        """Whether loss and gradients are the same."""
        room = GRADIENTS * max(float(np.abs(each).max()) for each in other.grads.values())
        return close(self.loss, other.loss) and all(
            float(np.abs(gradient - other.grads[name]).max()) <= room
            for name, gradient in self.grads.items()
        )


def _judge_net(
    student: Student, reference: Student, inputs: Inputs, mine: Case, other: Case
) -> None:
    """A net before and after another one is made and used, and it is used for another batch."""
    (batch,) = more_batches(inputs, mine, 1)
    later = msgspec.structs.replace(mine, batch=batch)
    known = mine.expected(reference)
    right = _Given.by(known, mine)
    right_later = _Given.by(known, later)
    right_scores = known.scores(mine.batch.X)
    net = mine.received(student)
    first = _Given.by(net, mine)
    another = other.received(student)
    another.loss(batch)
    another.scores(batch.X)
    on_later = _Given.by(net, later)
    scores = net.scores(mine.batch.X)
    again = _Given.by(net, mine)
    if again.fits(right) and on_later.fits(right_later) and close(scores, right_scores):
        return
    fresh, alone = mine.received(student), mine.received(student)
    is_steady = again.fits(first) and on_later.fits(_Given.by(fresh, later))
    for batch in (mine.batch, later.batch):
        alone.loss(batch)
    if is_steady and close(scores, as_array(alone.scores(mine.batch.X), "scores")):
        text = f"Not judged, because {mine.kind} gives other values without other calls, too."
        raise NotJudged(text)
    text = (
        f"A {mine.kind} gives other values once another {mine.kind} was made and used, or it was "
        "used for another batch itself: something is kept from one call to the next."
    )
    raise Wrong(text, Finding(kind="behaviour", quantity="loss", call=net.call_of_loss))


def _must_draw_anew(student: Student, case: Case) -> None:
    first, second, third = (_drawn(student, case) for _ in range(3))
    if not first.size or np.ptp(first) == 0:
        raise NotJudged("Not judged, because W1 is not drawn at random.")
    if any(np.array_equal(second, each) for each in (first, third)):
        text = (
            f"Two {case.kind}s start with exactly the same weights. Is NumPy's generator seeded "
            "somewhere, so that it begins anew?"
        )
        raise Wrong(text, Finding(kind="behaviour", quantity='params["W1"]'))


def _drawn(student: Student, case: Case) -> np.ndarray:
    """The first weights of a net that is then used."""
    net = Net(student, case.kind, **case.settings)
    params = net.parameters()
    net.require("W1", params)
    weights = as_array(params["W1"], 'params["W1"]', call=net.call)
    net.loss(case.batch)
    return weights
