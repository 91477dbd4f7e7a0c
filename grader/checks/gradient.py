"""Judging a backward pass.

The student's gradient is right if it equals the key's, or if it agrees with numerical differences
of the student's *own* forward pass: a backward that is right for a forward that is wrong keeps its
credit. Numerical differences are taken only where the key disagrees, since a gradient that equals
the key's needs no second witness. One that agrees with neither, after a forward that is wrong, may
be right code fed with a wrong cache: it is not judged rather than called wrong.

Code that lies while it is differentiated could make any gradient fit. So the derivative of a
forward that is right counts only if it is close to the key's; that of one that is wrong counts only
if the forward is found wrong by a check of its own (`CheckRun.settle`).

The directional derivative along dout is differentiated, L(x) = sum(out(x) * dout), entry by entry:
dL/dx_i = (L(x + h e_i) - L(x - h e_i)) / 2h, with h = 1e-5 (error of order h**2 from the formula
and eps/h from rounding, both near 1e-10). dout is never constant: with a constant one the input
gradients of what is normalized are zero, whatever factor they are wrong by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.checks.compare import GRADIENTS, NUMERICAL, as_array, assert_close, close
from grader.model.verdicts import CouldNotRun, NotJudged, Verdict, Wrong
from grader.student.proxy import Function, Student

Array = NDArray[np.float64]

STEP: Final = 1e-5
CONSISTENT: Final = 1e-6
"""Numerical gradients of a single layer are good to some 1e-8 of their scale."""
_FULL: Final = 400
"""Up to so many entries every one is differentiated; above, a seeded choice of them."""


def assert_backward(
    student: Student,
    reference: Student,
    *,
    forward: str,
    backward: str,
    args: Sequence[Any] | Mapping[str, Any],
    dout: Array | tuple[Array, ...],
    gradient: str,
    later: Sequence[Any] | None = None,
    usual_cache: Any = None,
    simpler: Sequence[Any] | None = None,
) -> None:
    """Check one gradient of a layer, on the cache of a fresh forward pass.

    Args:
        student, reference: whose code is judged, and the key.
        forward, backward: contract names; `backward` returns the gradients of what the contract
            calls `differentiable` in `forward`, or of its first arguments, in their order.
        args: of `forward`, away from every kink; by name where `differentiable` names some.
        dout: cotangent of the shape of `out`, never constant; of a layer with several outputs one
            for each. `backward` takes them in their order, and the cache.
        gradient: which gradient is judged (`dx`).
        later: arguments of a second forward pass, made before the backward pass of the first.
        usual_cache: the cache that templates suggest. A backward pass that is right on it needs no
            forward pass that runs.
        simpler: arguments for which a forward pass that does not run on `args` may run. A cache
            that holds nothing but them shows what the student keeps of `args`.

    Raises:
        Wrong: it is neither the key's nor that of the student's own forward.
        NotJudged: it is neither, but the forward is wrong too.
        Verdict: the backward did not run.
    """
    douts = dout if isinstance(dout, tuple) else (dout,)
    asked = _Asked(getattr(student, backward), douts, gradient)
    argument = _argument(student, forward, args, asked.position)
    args = list(args.values()) if isinstance(args, Mapping) else args
    *right_out, right_cache = getattr(reference, forward)(*args)
    expected = _Asked(getattr(reference, backward), douts, gradient).on(right_cache)
    try:
        out, cache = forward_pass(student, forward, args, backward)
        if later is not None:
            forward_pass(student, forward, later, backward)
    except NotJudged:
        if usual_cache is not None and _is_right(lambda: asked.on(usual_cache), expected):
            return
        kept = None if simpler is None else _kept_of(student, forward, simpler, args)
        if kept is None:
            raise
        assert_close(gradient, asked.on(kept), expected, tolerance=GRADIENTS, kind="gradient")
        return

    def is_right() -> bool:
        received = out if isinstance(dout, tuple) else (out,)
        return all(map(close, received, right_out))

    def numerical() -> Array | None:
        own = numerical_gradient(student, getattr(student, forward), args, argument, dout)
        if own is None or hands_on(own, expected, douts):
            return None
        return credible(student, forward, own, expected, right=is_right())

    with fair_to(backward, forward, is_right):
        assert_gradient(gradient, asked.on(cache), expected, numerical)


class _Asked(NamedTuple):
    """A backward pass, asked for one of its gradients."""

    function: Function
    douts: tuple[Array, ...]
    gradient: str

    @property
    def position(self) -> int:
        """Which of the values that it returns is the gradient."""
        return self.function.signature.returns.index(self.gradient)

    def on(self, cache: Any) -> Any:
        """The gradient, on a cache."""
        values = self.function(*self.douts, cache)
        return values[self.position] if len(self.function.signature.returns) > 1 else values


def _argument(
    student: Student, forward: str, args: Sequence[Any] | Mapping[str, Any], position: int
) -> int:
    """The place of the argument of `forward` that a gradient at some position belongs to."""
    named = student.contract[forward].differentiable
    return list(args).index(named[position]) if isinstance(args, Mapping) and named else position


def _is_right(answer: Callable[[], Any], expected: Array) -> bool:
    try:
        return close(answer(), expected, tolerance=GRADIENTS)
    except Verdict:
        return False


def _kept_of(student: Student, forward: str, simpler: Sequence[Any], args: Sequence[Any]) -> Any:
    """What the student's forward pass of `args` would keep; None if that cannot be told."""
    try:
        _, cache = getattr(student, forward)(*simpler, returns=("_", "value"))
        return _exchanged(cache, simpler, args)
    except (Verdict, LookupError):
        return None


def _exchanged(cache: Any, old: Sequence[Any], new: Sequence[Any]) -> Any:
    """A cache with each argument in it replaced by another; LookupError if it holds others."""
    if type(cache) in (list, tuple):  # a handle holds what cannot be looked into
        return type(cache)(_exchanged(item, old, new) for item in cache)
    if isinstance(cache, dict):
        return {key: _exchanged(item, old, new) for key, item in cache.items()}
    places = [i for i, value in enumerate(old) if np.array_equal(value, cache)]
    if len(places) != 1:
        raise LookupError
    return new[places[0]]


def forward_pass(
    student: Student, forward: str, args: Sequence[Any], backward: str
) -> tuple[Any, Any]:
    """`out` and cache of the student's forward pass, made to judge `backward`.

    Of a layer with several outputs `out` is all of them.

    Raises:
        NotJudged: the forward did not run.
    """
    try:
        *outs, cache = getattr(student, forward)(*args)
    except Verdict as verdict:
        text = f"{backward} cannot be judged because {forward} does not run: {verdict.message}"
        raise NotJudged(text, verdict.finding, because_of=forward) from None
    return outs[0] if len(outs) == 1 else tuple(outs), cache


@contextmanager
def fair_to(backward: str, forward: str, forward_is_right: Callable[[], bool]) -> Iterator[None]:
    """Not to judge a backward that fails inside the block, if the forward before it was wrong.

    Raises:
        NotJudged: in place of `Wrong` and `CouldNotRun`.
    """
    try:
        yield
    except (Wrong, CouldNotRun) as verdict:
        if forward_is_right():
            raise
        raise NotJudged(
            f"{backward} cannot be judged while {forward} is wrong, because it uses what "
            f"{forward} leaves in the cache. Observed: {verdict.message}",
            because_of=forward,
        ) from None


def assert_gradient(
    name: str,
    received: Any,
    expected: Array,
    numerical: Callable[[], Array | None],
    *,
    tolerance: float = GRADIENTS,
    call: str = "",
) -> None:
    """Check a gradient against the key, then against the student's own forward.

    Args:
        name: as the student knows it (`dx`).
        received: the student's gradient.
        expected: the key's.
        numerical: the numerical gradient of the student's own forward, None if it has none; only
            called if the key disagrees.
        tolerance: relative to the scale of the array.
        call: the call it came from.

    Raises:
        Wrong: neither agrees.
    """
    if close(received, expected, tolerance=tolerance):
        return
    own = _own_gradient(numerical)
    if own is not None and _says_something(own, expected):
        # Where the own forward all but agrees with the key (an eps in another place), the room
        # that numerical differences need elsewhere would let a wrong gradient pass.
        room = CONSISTENT if close(own, expected, tolerance=NUMERICAL) else NUMERICAL
        if close(received, own, tolerance=room):
            return
    assert_close(name, received, expected, tolerance=tolerance, call=call, kind="gradient")


def _own_gradient(numerical: Callable[[], Array | None]) -> Array | None:
    try:
        return numerical()
    except Verdict:
        return None


def _says_something(own: Array, expected: Array) -> bool:
    """A forward that ignores its argument fits a gradient of zero: no credit for that."""
    return bool(np.linalg.norm(own) > 1e-3 * np.linalg.norm(expected))


def credible(
    student: Student, forward: str, own: Array | None, expected: Array, *, right: bool
) -> Array | None:
    """The numerical gradient of the student's own forward, if it may stand in for the key's.

    Args:
        student: whose forward it is.
        forward: contract name, remembered where the gradient rests on a wrong forward.
        own: the numerical gradient, None if there is none.
        expected: the key's.
        right: whether the forward was right where it was differentiated.
    """
    if own is None or not np.isfinite(own).all():
        return None
    if right:
        return own if close(own, expected, tolerance=NUMERICAL) else None
    student.transcript.rests_on = forward
    return own


def hands_on(own: Array, expected: Array, douts: Sequence[Array]) -> bool:
    """A layer that hands its input on, and dout back, agrees with itself: no credit for that."""
    return any(_proportional(own, dout) and not _proportional(expected, dout) for dout in douts)


def _proportional(gradient: Array, dout: Array) -> bool:
    if gradient.size != dout.size:
        return False
    cosine = np.vdot(gradient, dout) / max(
        np.linalg.norm(gradient) * np.linalg.norm(dout), np.finfo(np.float64).tiny
    )
    return bool(abs(cosine) > 1 - 1e-6)


def numerical_gradient(
    student: Student,
    function: Function,
    args: Sequence[Any],
    position: int,
    dout: Array | float | tuple[Array, ...],
) -> Array | None:
    """d sum(out * dout) / d args[position] of the student's own function, by central differences.

    Args:
        student: whose function it is.
        function: returns `out` alone or first.
        args: where to differentiate; float64 arrays.
        position: which argument.
        dout: cotangent, of the shape of `out`; of several outputs one for each.

    Returns:
        Float64 of the shape of the argument; None where it is too large or `out` has another shape.
    """
    x = np.asarray(args[position], dtype=np.float64)
    if x.size > _FULL:
        return None
    judged = student.transcript.last  # the call that a finding shows is not one of these
    douts = dout if isinstance(dout, tuple) else (dout,)
    names = function.signature.returns
    outputs = [*names[: len(douts)], *("_" for _ in names[len(douts) :])]
    requests = []
    for point in neighbours(x):
        moved = list(args)
        moved[position] = point
        requests.append(function.request(*moved, returns=outputs))
    student.transcript.last = judged
    values = student.batch(requests, about=requests[0]["on"])
    whole = [value if len(outputs) > 1 else (value,) for value in values]
    parts = [central([value[i] for value in whole], x.shape, d) for i, d in enumerate(douts)]
    return None if any(part is None for part in parts) else np.asarray(sum(parts))  # type: ignore[arg-type]


def neighbours(x: Array) -> list[Array]:
    """Each entry a step ahead and a step behind, in turns."""
    points = []
    for index in np.ndindex(x.shape):
        for sign in (1, -1):
            point = x.copy()
            point[index] += sign * STEP
            points.append(point)
    return points


def central(outs: Sequence[Any], shape: tuple[int, ...], dout: Array | float) -> Array | None:
    """Central differences of what came at the `neighbours` of an array of that shape."""
    cotangent = np.asarray(dout)
    values = [as_array(out, "out") for out in outs]
    if any(value.size != cotangent.size for value in values):
        return None
    totals = np.array([np.vdot(value.reshape(cotangent.shape), cotangent) for value in values])
    gradient: Array = ((totals[0::2] - totals[1::2]) / (2 * STEP)).reshape(shape)
    return gradient
