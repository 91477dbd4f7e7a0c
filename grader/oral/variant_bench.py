"""Running versions of a student's code behind the wall, on the calls of public checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from grader.grading.context import GradingContext, call_limits
from grader.model.submission import Submission
from grader.protocol.wire import Handle
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.sandbox.sandboxes import Sandbox
from grader.student.channel import WorkerChannel
from grader.student.loading import Loading
from grader.student.proxy import Reply, Request, Student
from grader.student.time_limit import TimeLimit
from grader.student.trace import Traces
from grader.student.transcript import describe

_SECONDS: Final = 60
"""That one version may take for all its checks."""
_MOST_CHECKS: Final = 4
_TRIED: Final = 12


class ObservedCall(NamedTuple):
    """A call of a student's function, and what came of it."""

    request: Request
    reply: Reply

    def described(self, name: str, parameters: Sequence[str]) -> str:
        """The call as a student would write it, arrays by their shapes."""
        args = self.request.get("args", [])
        kwargs = self.request.get("kwargs", {})
        named = [f"{key}={_described(value)}" for key, value in zip(parameters, args, strict=False)]
        rest = [_described(value) for value in args[len(parameters) :]]
        named += [*rest, *(f"{key}={_described(value)}" for key, value in kwargs.items())]
        return f"{name}({', '.join(named)})"

    @property
    def has_objects(self) -> bool:
        """Whether it is given an object that stays behind the wall."""
        values = [*self.request.get("args", []), *self.request.get("kwargs", {}).values()]
        return any(isinstance(value, Handle) for value in values)

    def shapes(self, parameters: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """Of the arrays that it is given, by the names of the parameters."""
        named = dict(zip(parameters, self.request.get("args", []), strict=False))
        named |= self.request.get("kwargs", {})
        return {key: v.shape for key, v in named.items() if isinstance(v, np.ndarray)}


def _described(value: Any) -> str:
    if isinstance(value, Handle):
        return "..."
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    text = describe(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


Calls = Mapping[str, Sequence[ObservedCall]]
"""By id of a check, the calls of one function in it."""


class VariantBench:
    """Runs a submission, and versions of it with one change."""

    def __init__(self, context: GradingContext, submission: Submission, sandbox: Sandbox) -> None:
        self._context = context
        self._submission = submission
        self._sandbox = sandbox
        self.runs = 0
        """Versions that were run."""

    def checks_of(self, name: str) -> tuple[list[Check], Calls]:
        """Public checks that call a function on different inputs, and what they see of it.

        Checks are left out in which it fails, or gives something else when it is run again.
        """
        owner = name.partition(".")[0]
        open_to_all, _ = self._context.in_order(None)
        about = [check for check in open_to_all if {name, owner} & {*check.targets, *check.uses}][
            :_TRIED
        ]
        first, second = self.calls(None, about, name), self.calls(None, about, name)
        chosen: dict[str, Check] = {}
        for check in about:
            calls, again = first[check.id], second[check.id]
            steady = bool(calls) and all(
                one.reply.get("status") == "ok" and same(one.reply, other.reply)
                for one, other in zip(calls, again, strict=False)
            )
            if steady and len(calls) == len(again):
                chosen.setdefault(repr(calls[0].request), check)
        checks = list(chosen.values())[:_MOST_CHECKS]
        return checks, {check.id: first[check.id] for check in checks}

    def calls(self, changed: Mapping[str, str] | None, checks: Sequence[Check], name: str) -> Calls:
        """The calls of a function that some checks make of a version of the submission.

        Args:
            changed: text by file in place of what was submitted; None for nothing.
            checks: what is run.
            name: of the function in the contract.
        """
        self.runs += changed is not None
        files = {
            path: replace(file, text=(changed or {}).get(path, file.text))
            for path, file in self._submission.files.items()
        }
        submission = replace(self._submission, files=files)
        assignment, traces = self._context.assignment, Traces()
        known = assignment.contract, assignment.rubric.gradient_checkers
        with WorkerChannel(
            self._sandbox,
            submission,
            limits=self._context.limits,
            calls=call_limits(assignment),
            loading=Loading(submission, *known),
            time_limit=TimeLimit(_SECONDS),
        ) as channel:

            def student(check: str) -> Student:
                watched = traces.watch(check, channel)
                return Student(watched, assignment.contract, self._context.form(submission))

            run = CheckRun(
                contract=assignment.contract,
                seed=self._context.seed,
                student=student,
                reference=KeyReplayer(self._context.key),
            )
            for check in checks:
                run.run(check)
        return {check.id: list(_of(traces, check.id, name)) for check in checks}


def _of(traces: Traces, check: str, name: str) -> list[ObservedCall]:
    """The calls of a function in a check: of a method, on whatever object."""
    trace = traces.get(check)
    _, _, method = name.partition(".")
    found = []
    for each in trace.exchanges if trace else []:
        request = each.request
        if request.get("op") != "call":
            continue
        path = request.get("path") or []
        is_method = bool(method) and path[-1:] == [method]
        if is_method or (not method and request.get("on") == name and not path):
            found.append(ObservedCall(request, each.reply))
    return found


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same, numbers up to rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        skipped = ("stdout", "warnings", "bridged", "calls")
        keys = one.keys() | other.keys()
        return all(same(one.get(k), other.get(k)) for k in keys if k not in skipped)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray) or are_numbers(one, other):
        return are_numbers(one, other) and _same_numbers(np.asarray(one), np.asarray(other))
    return bool(one == other)


def are_numbers(*values: Any) -> bool:
    """Whether values are numbers or arrays of them."""
    return all(isinstance(value, np.ndarray | np.generic | int | float) for value in values)


def _same_numbers(one: NDArray[Any], other: NDArray[Any]) -> bool:
    if one.shape != other.shape:
        return False
    if one.dtype.kind in "fc" and other.dtype.kind in "fc":
        return bool(np.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True))
    return bool(np.array_equal(one, other))
