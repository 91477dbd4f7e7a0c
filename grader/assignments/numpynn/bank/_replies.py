"""Reading what a student's network returned, as it came over the wall."""

from __future__ import annotations

from typing import Any

from grader.model.result import Finding
from grader.model.verdicts import Wrong


def pair_of(value: Any) -> tuple[Any, Any]:
    """What `loss(X, y)` returned, as it came over the wall."""
    if not isinstance(value, tuple) or len(value) != 2:
        raise Wrong("loss(X, y) should return the loss and the gradients.", Finding(kind="arity"))
    loss, grads = value
    return loss, grads


def shape_of(told: Any) -> tuple[int, ...]:
    """A shape, as the student's side tells it; empty if it is none."""
    sizes = told if isinstance(told, list) else []
    return tuple(sizes) if all(type(size) is int and size >= 0 for size in sizes) else ()


def kind_of(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
