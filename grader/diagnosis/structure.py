"""The kind of an error, seen in the values alone, where no known mistake fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.diagnosis.evidence import Evidence
from grader.diagnosis.mutated_package import Resolve
from grader.diagnosis.observed_values import ABSENT, ValueKey, same
from grader.model.result import Cause
from grader.model.rubric import Text
from grader.protocol.wire import Handle
from grader.student.proxy import Request

Array = NDArray[Any]


class ErrorKind(NamedTuple):
    """A kind of error, in words."""

    id: str
    title: Text
    explanation: Text
    hint: Text

    def cause(self, function: str, lang: str) -> Cause:
        """It as the cause of a failed check."""
        return Cause(
            id=f"structure:{self.id}",
            kind="structure",
            function=function,
            title=self.title.in_language(lang),
            explanation=self.explanation.in_language(lang),
            hint=self.hint.in_language(lang),
        )


PUBLISHED: Final = ErrorKind(
    "constant-answer",
    Text("The answer does not depend on the input", "结果与输入无关"),
    Text(
        "Different inputs got exactly the same numbers back.",
        "不同的输入得到了完全相同的数。",
    ),
    Text(
        "Which of your inputs does each number in the result come from?",
        "结果里的每个数来自哪些输入？",
    ),
)
SQUARE: Final = ErrorKind(
    "square-only",
    Text("Right for square inputs only", "只对方阵正确"),
    Text(
        "It works where both axes have the same length, and nowhere else.",
        "两个轴长度相同时正确，其他情况都不对。",
    ),
    Text(
        "Write the shape beside each array. Which two axes can only be confused if they are "
        "equally long?",
        "在每个数组旁写下形状。哪两个轴只有在等长时才会被混淆而不报错？",
    ),
)
STEP: Final = ErrorKind(
    "one-step-off",
    Text("Off by one step", "差了一步"),
    Text(
        "The values are right, but belong to the step before or after.",
        "数值正确，但属于前一步或后一步。",
    ),
    Text(
        "In what order is the state updated, used and stored within one call?",
        "一次调用中，状态的更新、使用和保存按什么次序进行？",
    ),
)
NUMERICAL: Final = ErrorKind(
    "numerical-gradient",
    Text("The gradient is computed by differences", "梯度是用差分算出来的"),
    Text(
        "Its error is that of numerical differentiation, which is slow and inexact.",
        "其误差正是数值微分的误差；数值微分既慢又不精确。",
    ),
    Text(
        "Numerical gradients are for checking. What does the chain rule give?",
        "数值梯度只用于检验。链式法则给出什么？",
    ),
)
SINGLE: Final = ErrorKind(
    "single-precision",
    Text("Computed in single precision", "用单精度计算"),
    Text(
        "The values are right to about seven digits: they become float32 somewhere.",
        "数值约有七位正确：某处变成了 float32。",
    ),
    Text("Which dtype does each array in your function have?", "函数中每个数组的 dtype 是什么？"),
)
WHOLE: Final = ErrorKind(
    "whole-numbers",
    Text("The values are whole numbers", "结果全是整数"),
    Text("Everything after the decimal point is lost.", "小数部分全部丢失了。"),
    Text(
        "Is an integer array or an integer division involved?",
        "是否用了整数数组或整数除法？",
    ),
)
DOUBLE_ONLY: Final = ErrorKind(
    "double-only",
    Text("Right for float64 inputs only", "只对 float64 输入正确"),
    Text("With float32 inputs the result is different.", "输入为 float32 时结果就不同。"),
    Text(
        "Which constants or steps of your function assume double precision?",
        "函数中哪些常数或步骤假定了双精度？",
    ),
)

_STEPS: Final = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


def kind_of(evidence: Evidence, others: Sequence[Evidence], resolve: Resolve) -> ErrorKind | None:
    """The kind of error in one failed case of a function, or None.

    Args:
        evidence: the failed case.
        others: further cases of the same function, passed ones among them.
        resolve: the reference.
    """
    if _constant([evidence, *others]):
        return PUBLISHED
    wrong = list(_wrong_arrays(evidence))
    if wrong and all(_rounded_to(np.float32, *pair) for pair in wrong):
        return SINGLE
    if wrong and all(_whole(*pair) for pair in wrong):
        return WHOLE
    if _one_step_off(evidence, resolve):
        return STEP
    if _differences(evidence, resolve):
        return NUMERICAL
    every = [call for each in (evidence, *others) for call in _calls(each)]
    if _only(every, _is_square):
        return SQUARE
    if _only(every, _is_double):
        return DOUBLE_ONLY
    return None


class _Call(NamedTuple):
    """A call of the function at fault."""

    exchange: int
    request: Request
    right: bool


def _calls(evidence: Evidence) -> Iterator[_Call]:
    wrong = {key.exchange for key in evidence.wrong}
    for index, request in enumerate(evidence.case.requests):
        if request["op"] == "call" and request["on"] == evidence.function:
            yield _Call(index, request, index not in wrong)


def _only(calls: Sequence[_Call], holds: Any) -> bool:
    """Whether calls are right just where something holds of the arguments."""
    told = [(call.right, holds(call.request)) for call in calls]
    both = {right for right, _ in told} == {True, False}
    return both and all(right == fits for right, fits in told)


def _is_square(request: Request) -> bool:
    arrays = [value for value in request["args"] if isinstance(value, np.ndarray)]
    shapes = [value.shape for value in arrays if value.ndim >= 2]
    return bool(shapes) and all(len(set(shape)) == 1 for shape in shapes)


def _is_double(request: Request) -> bool:
    arrays = [value for value in request["args"] if isinstance(value, np.ndarray)]
    return all(value.dtype == np.float64 for value in arrays if value.dtype.kind == "f")


def _wrong_arrays(evidence: Evidence) -> Iterator[tuple[Array, Array]]:
    """The student's and the right values of what is wrong, as far as these are arrays alike."""
    for key in evidence.wrong:
        received, right = (side.get(key, ABSENT) for side in (evidence.student, evidence.right))
        if isinstance(received, np.ndarray | float) and isinstance(right, np.ndarray | float):
            a, b = np.asarray(received), np.asarray(right)
            if a.shape == b.shape and a.dtype.kind in "iuf" and a.size:
                yield a, b


def _rounded_to(kind: type[np.float32], received: Array, right: Array) -> bool:
    if received.dtype == kind or right.dtype == kind:
        return False
    near = np.abs(received - right).max() <= 1e-4 * np.abs(right).max()
    return bool(near and np.array_equal(received, received.astype(kind)))


def _whole(received: Array, right: Array) -> bool:
    if not np.isfinite(received).all() or not received.any():
        return False
    near = np.abs(received - right).max() <= 1.0
    whole = np.array_equal(received, np.round(received))
    return bool(near and whole and not np.array_equal(right, np.round(right)))


def _constant(evidences: Sequence[Evidence]) -> bool:
    """Whether calls with different inputs give the same numbers, where they should not."""
    met: dict[str, list[tuple[Any, Any]]] = {}
    for evidence in evidences:
        for call in _calls(evidence):
            for key in evidence.student:
                if key.exchange == call.exchange and key.inner == 0:
                    pair = evidence.student[key], evidence.right.get(key, ABSENT)
                    met.setdefault(key.label, []).append(pair)
    return any(_all_alike(pairs) for pairs in met.values())


def _all_alike(pairs: Sequence[tuple[Any, Any]]) -> bool:
    plain = [pair for pair in pairs if all(isinstance(v, np.ndarray | float) for v in pair)]
    if len(plain) < 2 or not np.any(plain[0][0]):
        return False
    rights = [right for _, right in plain]
    varied = not any(same(rights[0], other) for other in rights[1:])
    return varied and all(_identical(plain[0][0], mine) for mine, _ in plain[1:])


def _identical(a: Any, b: Any) -> bool:
    return np.shape(a) == np.shape(b) and bool(np.array_equal(a, b, equal_nan=True))


def _one_step_off(evidence: Evidence, resolve: Resolve) -> bool:
    """Whether an update rule is a step behind or ahead of the reference, call for call."""
    calls = [call for call in _calls(evidence) if len(call.request["args"]) == 3]
    if len(calls) < 3:
        return False
    following = evidence.entry.returns[0]
    mine = [
        evidence.student.get(ValueKey(c.exchange, 0, evidence.function, following)) for c in calls
    ]
    w, _, config = calls[0].request["args"]
    config = dict(config) if isinstance(config, dict) else {}
    rights = []
    for call in calls:
        w, config = resolve(evidence.function)(np.array(w), call.request["args"][1], config)
        rights.append(w)
    if any(value is None for value in mine) or same(mine[-1], rights[-1]):
        return False
    behind = all(same(a, b) for a, b in zip(mine[1:], rights[:-1], strict=True))
    ahead = all(same(a, b) for a, b in zip(mine[:-1], rights[1:], strict=True))
    return behind or ahead


def _differences(evidence: Evidence, resolve: Resolve) -> bool:
    """Whether a wrong gradient is what differences of the forward function give, just so."""
    backward = evidence.function
    forward = evidence.entry.backward_of
    if forward in ("", backward):
        return False
    for key in evidence.wrong:
        request = evidence.case.requests[key.exchange]
        received, right = evidence.student.get(key), np.asarray(evidence.right.get(key))
        if request.get("on") != backward or key.label != evidence.entry.returns[0]:
            continue
        args = _forward_args(evidence, forward, request["args"][1])
        if args is None or not isinstance(received, np.ndarray):
            continue
        if received.shape == right.shape and received.size <= 200:
            return _is_numerical(resolve(forward), args, request["args"][0], received, right)
    return False


def _forward_args(evidence: Evidence, forward: str, cache: Any) -> list[Any] | None:
    """The arguments of the forward call that gave a cache."""
    pairs = zip(evidence.case.requests, evidence.case.trace.exchanges, strict=True)
    for request, exchange in pairs:
        value = exchange.reply.get("value")
        if request.get("on") != forward or not isinstance(value, tuple):
            continue
        if any(isinstance(part, Handle) and part == cache for part in value):
            return list(request["args"])
    return None


def _is_numerical(function: Any, args: list[Any], dout: Array, received: Array, right: Any) -> bool:
    """The error of differences is a small one, and the same as ours for one of the usual steps."""
    scale = float(np.abs(right).max())
    error = np.abs(received - right).max()
    if not 0 < error <= 0.05 * scale:
        return False
    for step in _STEPS:
        for central in (True, False):
            ours = _numerical(function, args, dout, step, central)
            if np.abs(ours - received).max() <= 1e-2 * error:
                return True
    return False


def _numerical(function: Any, args: list[Any], dout: Array, step: float, central: bool) -> Array:
    x = args[0]
    gradient = np.zeros(x.shape)

    def value(index: int, by: float) -> float:
        moved = x.astype(np.float64)
        moved.flat[index] += by
        rest = [dict(arg) if isinstance(arg, dict) else arg for arg in args[1:]]
        return float(np.sum(function(moved, *rest)[0] * dout))

    for index in range(x.size):
        low = value(index, -step if central else 0.0)
        gradient.flat[index] = (value(index, step) - low) / (2 * step if central else step)
    return gradient
