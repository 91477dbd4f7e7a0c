"""Judging gradients that a student's code keeps in its objects: `x.grad` after `loss.backward()`.

What is differentiated is written once, for the student's code and for the reference:

    def graph(code, x, w):
        a, b = code.Tensor(x), code.Tensor(w)
        return (a @ b).relu().sum(), {"x": a.grad, "w": b.grad}

    assert_autograd(student, reference, graph, {"x": x, "w": w}, forward="Tensor")

Of a module, its parameters: `{f"parameter {i}": p.grad for i, p in enumerate(net.parameters())}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grader.checks.compare import close
from grader.checks.gradient import (
    assert_gradient,
    central,
    credible,
    fair_to,
    hands_on,
    neighbours,
)
from grader.model.verdicts import NotJudged, Verdict
from grader.student.proxy import Remote, Student

Array = NDArray[np.float64]
Graph = Callable[..., tuple[Any, Mapping[str, Any]]]

_FULL: Final = 64
"""Entries of an array that is differentiated numerically: each builds the graph anew, twice."""


def assert_autograd(
    student: Student,
    reference: Student,
    graph: Graph,
    values: Mapping[str, Array],
    *,
    forward: str,
    data: str = "data",
    backward: str = "backward",
    dout: Array | None = None,
) -> None:
    """Check the gradients that a backward pass leaves in objects.

    As with `assert_backward`, a gradient is right if it is the key's, or that of the student's own
    forward pass where that is wrong.

    Args:
        student, reference: whose code is judged, and the key.
        graph: called with either of them and the `values`; returns the output, and where gradients
            will be, by name. Those of `values` are by the names that they have there.
        values: float64 arrays, away from every kink.
        forward: contract name of what is at fault if the output is wrong.
        data: attribute of the output that holds its array. An output that is an array is one.
        backward: method of the output that makes the gradients; empty if `graph` has made them.
        dout: what that method is given, of the shape of the output; nothing unless given.

    Raises:
        Wrong: a gradient is neither the key's nor that of the student's own forward.
        NotJudged: neither, but the output is wrong too.
        Verdict: the backward pass did not run.
    """
    right, places = graph(reference, **values)
    right_out = _value(right, data)
    _run_back(right, backward, dout)
    expected = {name: np.asarray(_read(place)) for name, place in places.items()}
    try:
        out, places = graph(student, **values)
        own_out = _value(out, data)
    except Verdict as verdict:
        text = f"The gradients cannot be judged because {forward} does not run: {verdict.message}"
        raise NotJudged(text, verdict.finding, because_of=forward) from None

    def is_right() -> bool:
        return close(own_out, right_out)

    def numerical(name: str) -> Array | None:
        own = _numerical(student, graph, values, name, data, dout)
        if own is None or (dout is not None and hands_on(own, expected[name], [dout])):
            return None
        return credible(student, forward, own, expected[name], right=is_right())

    with fair_to(f"{forward}.{backward}", forward, is_right):
        _run_back(out, backward, dout)
        for name, right_gradient in expected.items():
            received = _read(places.get(name))
            assert_gradient(f"{name}.grad", received, right_gradient, partial(numerical, name))


def _run_back(out: Any, backward: str, dout: Array | None) -> None:
    """Have the gradients made, by a method of the output if there is one."""
    if backward:
        getattr(out, backward)(*(() if dout is None else (dout,)), returns=("_",))


def _numerical(
    student: Student,
    graph: Graph,
    values: Mapping[str, Array],
    name: str,
    data: str,
    dout: Array | None,
) -> Array | None:
    if name not in values or np.size(values[name]) > _FULL:
        return None
    x = np.asarray(values[name], dtype=np.float64)
    judged = student.transcript.last
    outs = [_value(graph(student, **{**values, name: at})[0], data) for at in neighbours(x)]
    student.transcript.last = judged
    return central(outs, x.shape, 1.0 if dout is None else dout)


def _value(out: Any, data: str) -> Any:
    return getattr(out, data).read() if isinstance(out, Remote) else out


def _read(place: Any) -> Any:
    return place.read() if isinstance(place, Remote) else place
