"""Declaring checks."""

from __future__ import annotations

from grader.checks.declare import check, spec_of
from grader.model.result import Visibility


@check("first", part="affine", targets="affine_forward")
def first() -> None: ...


@check(
    "second",
    part="relu",
    targets=["relu_forward", "relu_backward"],
    uses="affine_forward",
    points=2.5,
    visibility=Visibility.HIDDEN,
    needs=[first],
    if_asked="affine_backward",
)
def second() -> None: ...


def test_defaults() -> None:
    spec = spec_of(first)
    assert spec is not None
    assert (spec.title, spec.part, spec.targets) == ("first", "affine", ("affine_forward",))
    assert (spec.uses, spec.needs, spec.points) == ((), (), 1.0)
    assert spec.visibility is Visibility.PUBLIC
    assert spec.if_asked == ()


def test_everything_given() -> None:
    spec = spec_of(second)
    assert spec is not None
    assert spec.targets == ("relu_forward", "relu_backward")
    assert (spec.uses, spec.needs) == (("affine_forward",), ("first",))
    assert (spec.points, spec.visibility) == (2.5, Visibility.HIDDEN)
    assert spec.if_asked == ("affine_backward",)


def test_function_that_is_no_check() -> None:
    assert spec_of(test_defaults) is None
    assert spec_of(print) is None
