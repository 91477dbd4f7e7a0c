"""What two right sides share of dropout, although each draws masks of its own.

Which entries are dropped is chance; how many, and what becomes of the others, is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grader.assignment.plugin import Answered
from grader.checks.random_values import Chance, Range, Share
from grader.model.call import Call

Array = NDArray[np.float64]

_EXACT: Final = 1e-6
_LAYER: Final = "dropout_forward"
_BACKWARD: Final = "dropout_backward"


def same_random(
    call: Call, values: Mapping[str, Any], earlier: Sequence[Answered]
) -> Mapping[str, Any]:
    """By label, what can be compared; nothing where nothing was drawn."""
    if call.name == _LAYER:
        return dict(_of_layer(call, values, earlier))
    if call.name == _BACKWARD:
        return dict(_of_backward(call, values, earlier))
    grads = values.get("grads")
    if isinstance(grads, dict) and call.args and len(np.atleast_1d(call.args[0])) == 1:
        return dict(_entering(grads))
    return {}


def _of_layer(
    call: Call, values: Mapping[str, Any], earlier: Sequence[Answered]
) -> Iterator[tuple[str, Any]]:
    if not _draws(call, values):
        return
    x, out = call.args[0], values["out"]
    before = (each.values["out"] for each in earlier if _draws(each.call, each.values))
    yield from _masked(x, out, next((mask for mask in before if _alike(mask, out)), None))


def _of_backward(
    call: Call, values: Mapping[str, Any], earlier: Sequence[Answered]
) -> Iterator[tuple[str, Any]]:
    dout: Any = call.args[0]
    dx: Any = values.get("dx")  # missing of a call that raised
    forward = next((each for each in earlier if each.call.name == _LAYER), None)
    if forward is None or not _draws(forward.call, forward.values):
        return
    out = forward.values["out"]
    if _alike(dout, dx) and _alike(dout, out):
        yield from _through_mask(dout, dx, out)


def _draws(call: Call, values: Mapping[str, Any]) -> bool:
    """Whether a call of the layer draws: it should, or has dropped something all the same."""
    if call.name != _LAYER:
        return False
    x: Any = call.args[0] if call.args else None
    out: Any = values.get("out")
    if not _alike(x, out):
        return False
    param = call.args[1] if len(call.args) > 1 else None
    training = isinstance(param, dict) and param.get("mode") == "train"
    return training or bool(((out == 0) & (x != 0)).any() and np.any(out))


def _alike(a: Any, b: Any) -> bool:
    return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.shape == b.shape


def _masked(x: Array, out: Array, before: Array | None) -> Iterator[tuple[str, Any]]:
    """What a dropout layer did to `x`, but for which entries it dropped.

    Args:
        x: what went in.
        out: what came out.
        before: what came out of the call before, of the same shape.
    """
    with np.errstate(all="ignore"):
        ratio = out / x
    kept = ratio != 0
    drawn = kept
    if kept.ndim == 2 and min(kept.shape) >= 10:
        alike = tuple(bool((kept.all(n) | ~kept.any(n)).mean() > 0.5) for n in (0, 1))
        some = kept.any() and not kept.all()
        yield "whole rows or columns", alike if some else (False, False)
        if some and any(alike):
            drawn = kept.any(alike.index(True))
    yield "share kept", Share(int(drawn.sum()), drawn.size)
    yield "factor of what is kept", Range.of(ratio[kept])
    if before is not None:
        yield "the mask of the call before", bool(np.array_equal(kept, before != 0))


def _through_mask(dout: Array, dx: Array, out: Array) -> Iterator[tuple[str, Any]]:
    """What a dropout layer's backward pass did to `dout`, where `out` was kept and where not."""
    with np.errstate(all="ignore"):
        ratio = dx / dout
    yield "factor of what was kept", Range.of(ratio[out != 0])
    yield "factor of what was dropped", Range.of(ratio[out == 0])


class _Kept(Chance, frozen=True):
    """What came through a mask."""

    values: Array

    def like(self, other: object) -> bool:
        """As much was kept, and what both kept is the same."""
        if not isinstance(other, _Kept) or self.values.shape != other.values.shape:
            return False
        both = (self.values != 0) & (other.values != 0)
        scale = float(np.abs(other.values).max(initial=0.0))
        near = np.abs(self.values - other.values)[both].max(initial=0.0) <= _EXACT * scale
        return bool(near) and self._share().like(other._share())

    def _share(self) -> Share:
        return Share(int(np.count_nonzero(self.values)), self.values.size)


def _entering(grads: Mapping[str, Any]) -> Iterator[tuple[str, Chance]]:
    """What entered the layers of a network, of one sample: dW is its outer product with db.

    What enters the second layer has passed one mask; of what enters the others only the share that
    is not 0 can be compared, since it depends on the masks before.
    """
    layer = 2
    while f"W{layer}" in grads and f"b{layer}" in grads:
        dw, db = (np.asarray(grads[f"{name}{layer}"]) for name in ("W", "b"))
        db = db.reshape(-1)
        if dw.ndim == 2 and dw.shape[1] == db.size and dw.dtype.kind == "f" and db.any():
            kept = _Kept((dw @ db / float(db @ db)).astype(np.float64))
            yield f"what enters layer {layer}", kept if layer == 2 else kept._share()
        layer += 1
