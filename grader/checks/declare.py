"""Declaring a check: an ordinary pytest function with a decorator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from grader.model.result import Visibility

_ATTRIBUTE: Final = "__check__"

F = TypeVar("F", bound=Callable[..., None])


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a check before it runs."""

    title: str
    """One line for the student: what is asked."""
    part: str
    """Id of the rubric's part that it counts for."""
    targets: tuple[str, ...]
    """Contract names that it judges."""
    uses: tuple[str, ...] = ()
    """Contract names that it calls without judging them."""
    if_asked: tuple[str, ...] = ()
    """Contract names that it neither judges nor calls, but that it makes sense with alone. A
    release that leaves out one of these, or of `uses`, does not ask for the check."""
    unless_open: str = ""
    """A reading of the submission's release: where it is `open`, the template does not say what the
    check is about, and the check does not count."""
    points: float = 1.0
    """Weight within its part."""
    visibility: Visibility = Visibility.PUBLIC
    needs: tuple[str, ...] = ()
    """Names of the check functions that must pass first."""


def check(
    title: str,
    *,
    part: str,
    targets: str | Sequence[str],
    uses: str | Sequence[str] = (),
    if_asked: str | Sequence[str] = (),
    unless_open: str = "",
    points: float = 1.0,
    visibility: Visibility = Visibility.PUBLIC,
    needs: Sequence[Callable[..., None]] = (),
) -> Callable[[F], F]:
    """Make a pytest function a check; see `Spec` for the arguments.

    `needs` takes the check functions themselves, so that a wrong name fails when the bank loads.
    """
    spec = Spec(
        title=title,
        part=part,
        targets=_names(targets),
        uses=_names(uses),
        if_asked=_names(if_asked),
        unless_open=unless_open,
        points=points,
        visibility=visibility,
        needs=tuple(function.__name__ for function in needs),
    )

    def mark(function: F) -> F:
        setattr(function, _ATTRIBUTE, spec)
        return function

    return mark


def spec_of(function: Any) -> Spec | None:
    """The declaration of a pytest function, None if it is no check."""
    return getattr(function, _ATTRIBUTE, None)


def _names(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
