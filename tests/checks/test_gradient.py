"""Judging backward passes: by the key, by the student's own forward, or not at all."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from grader.checks.gradient import (
    assert_backward,
    assert_gradient,
    fair_to,
    numerical_gradient,
)
from grader.checks.inputs import Inputs
from grader.model.verdicts import CouldNotRun, NotDone, NotJudged, Verdict, Wrong
from grader.runner.answer_key import RecordingChannel
from grader.student.proxy import Student
from tests.checks.toy import API, channel, scale_backward, scale_forward, student


def judge(
    who: Student, gradient: str = "dx", reference: Student | None = None, **options: Any
) -> None:
    inputs = Inputs(1, "toy")
    x, w, dout = inputs.clear_of_zero(4, 3), inputs.clear_of_zero(4, 3), inputs.normal(4, 3)
    assert_backward(
        who,
        reference or student(),
        forward="scale_forward",
        backward="scale_backward",
        args=(x, w),
        dout=dout,
        gradient=gradient,
        **options,
    )


def cubed(x: Any, w: Any) -> Any:
    """A wrong forward."""
    return w * x**3, (x, w)


def cubed_backward(dout: Any, cache: Any) -> Any:
    """The backward that fits it."""
    x, w = cache
    return 3 * dout * w * x**2, dout * x**3


@pytest.mark.parametrize("gradient", ["dx", "dw"])
def test_right_pair_passes(gradient: str) -> None:
    judge(student(), gradient)


@pytest.mark.parametrize("gradient", ["dx", "dw"])
def test_consistent_pair_keeps_its_credit(gradient: str) -> None:
    judge(student(scale_forward=cubed, scale_backward=cubed_backward), gradient)


def test_wrong_backward_of_a_right_forward_is_wrong() -> None:
    def twice(dout: Any, cache: Any) -> Any:
        dx, dw = scale_backward(dout, cache)
        return 2 * dx, dw

    with pytest.raises(Wrong, match=r"The gradient dx is wrong .*twice") as caught:
        judge(student(scale_backward=twice))
    assert caught.value.finding is not None
    assert caught.value.finding.kind == "gradient"
    judge(student(scale_backward=twice), "dw")


def test_small_fault_is_not_excused_by_the_room_of_numerical_differences() -> None:
    def nearly(dout: Any, cache: Any) -> Any:
        dx, dw = scale_backward(dout, cache)
        return dx * (1 + 2e-5), dw

    with pytest.raises(Wrong):
        judge(student(scale_backward=nearly))


def test_pair_that_is_consistently_a_little_off_passes() -> None:
    def forward(x: Any, w: Any) -> Any:
        return w * x**2 * (1 + 2e-5), (x, w)

    def backward(dout: Any, cache: Any) -> Any:
        dx, dw = scale_backward(dout, cache)
        return dx * (1 + 2e-5), dw * (1 + 2e-5)

    judge(student(scale_forward=forward, scale_backward=backward))


def test_backward_that_fits_nothing_after_a_wrong_forward_is_not_judged() -> None:
    who = student(scale_forward=cubed, scale_backward=lambda dout, cache: (dout, dout))
    with pytest.raises(NotJudged, match="while scale_forward is wrong"):
        judge(who)


def test_backward_that_cannot_run_after_a_wrong_forward_is_not_judged() -> None:
    with pytest.raises(NotJudged, match="scale_forward is wrong"):
        judge(student(scale_forward=lambda x, w: (None, None)))


def test_backward_that_cannot_run_after_a_right_forward_is_to_blame() -> None:
    def broken(dout: Any, cache: Any) -> Any:
        raise KeyError("x")

    with pytest.raises(CouldNotRun, match="scale_backward raised KeyError"):
        judge(student(scale_backward=broken))


def test_forward_that_does_not_run_leaves_the_backward_unjudged() -> None:
    def broken(x: Any, w: Any) -> Any:
        raise ValueError("no")

    with pytest.raises(NotJudged, match="because scale_forward does not run"):
        judge(student(scale_forward=broken))


def test_backward_left_to_do_stays_so() -> None:
    def todo(dout: Any, cache: Any) -> Any:
        raise NotImplementedError

    with pytest.raises(NotDone):
        judge(student(scale_backward=todo))


def test_zero_gradient_of_a_constant_forward_gets_no_credit() -> None:
    who = student(
        scale_forward=lambda x, w: (np.ones_like(x), (x, w)),
        scale_backward=lambda dout, cache: (0 * dout, 0 * dout),
    )
    with pytest.raises(NotJudged):
        judge(who)


def test_gradient_of_the_wrong_number_of_values_is_wrong() -> None:
    with pytest.raises(Wrong, match="returned 3 values"):
        judge(student(scale_backward=lambda dout, cache: (dout, dout, dout)))


def test_second_forward_comes_between() -> None:
    kept: list[Any] = []

    def forward(x: Any, w: Any) -> Any:
        kept[:] = [x, w]
        return scale_forward(x, w)

    who = student(scale_forward=forward, scale_backward=lambda d, _: scale_backward(d, kept))
    judge(who)
    with pytest.raises(Wrong):
        judge(who, later=(np.ones((4, 3)), np.ones((4, 3))))


def test_key_is_asked_whatever_the_student_answers() -> None:
    """A recorded key only answers the requests that it was recorded for, in their order."""

    def asked(who: Student) -> int:
        recording = RecordingChannel(channel())
        with suppress(Verdict):
            judge(who, reference=Student(recording, API))
        return len(recording.answers)

    broken = student(scale_forward=lambda x, w: 1 / 0)
    assert asked(student()) == asked(broken) == asked(student(scale_forward=cubed)) == 2


def test_assert_gradient_takes_no_numerical_gradient_if_the_key_agrees() -> None:
    def never() -> Any:
        raise AssertionError("not needed")

    assert_gradient("dx", np.ones(3), np.ones(3), never)
    with pytest.raises(AssertionError, match="not needed"):
        assert_gradient("dx", np.zeros(3), np.ones(3), never)


def test_assert_gradient_without_a_numerical_gradient_goes_by_the_key() -> None:
    def fails() -> Any:
        raise CouldNotRun("no")

    for numerical in (lambda: None, fails):
        with pytest.raises(Wrong, match="zero everywhere"):
            assert_gradient("dx", np.zeros(3), np.arange(3.0), numerical)


def test_fair_to_lets_other_verdicts_through() -> None:
    with pytest.raises(NotDone), fair_to("b", "f", lambda: False):
        raise NotDone("later")
    with pytest.raises(Wrong), fair_to("b", "f", lambda: True):
        raise Wrong("no")
    with pytest.raises(NotJudged, match="Observed: no"), fair_to("b", "f", lambda: False):
        raise Wrong("no")


def test_numerical_gradient() -> None:
    x, dout = np.linspace(-1.0, 2.0, 6).reshape(2, 3), np.arange(6.0).reshape(2, 3)
    who = student()
    assert numerical_gradient(who, who.square, (x,), 0, dout) == pytest.approx(2 * x * dout)
    own = numerical_gradient(who, who.scale_forward, (x, dout), 1, dout)
    assert own == pytest.approx(x**2 * dout)


def test_numerical_gradient_is_none_where_it_makes_no_sense() -> None:
    who = student()
    assert numerical_gradient(who, who.square, (np.ones(401),), 0, np.ones(401)) is None
    assert numerical_gradient(who, who.square, (np.ones(3),), 0, np.ones(4)) is None


def test_kept_object_is_the_one_that_the_student_writes_into() -> None:
    def count(box: dict[str, Any]) -> Any:
        box["total"] = box.get("total", 0) + box["step"]
        return box["total"]

    who = student(count=count)
    box = who.keep("box", {"step": 2})
    assert [who.count(box), who.count(box)] == [2, 4]
    assert who.transcript.call == "count({'step': 2})"
    box["step"].write(10)
    assert who.count(box) == 14
    assert box.read() == {"step": 10, "total": 14}
