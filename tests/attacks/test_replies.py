"""Replies that no honest worker sends pass no check of the bank and break none: a broken one costs
nothing, so that whoever could break checks at will would gain points."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import pytest

from grader.assignment.folder import Assignment
from grader.model.result import CheckResult, Outcome
from grader.protocol.wire import Handle
from grader.runner.answer_key import Key
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.runner.reference import LocalCode
from grader.runner.session import run_session
from grader.student.proxy import Channel, Reply, Request, Student

ODD: Final[tuple[Any, ...]] = (
    None, True, 0, -(2**63), 2**63 - 1, 0.0, float("nan"), float("inf"), 1e308, "", "1.0",
    "x" * 1000, [], [1.0], [[1.0], [2.0, 3.0]], [None], ["a"] * 5, (), (1.0,), (1, 2, 3, 4), {},
    {"W1": 1.0}, {"W1": "x"}, {"loss": np.zeros(2)}, {1: 2}, {None: None}, {None: {}},
    Handle(0), Handle(2**62), np.float32, np.bool_(True), np.int8(3), np.float16(7.0),
    np.complex128(1j), np.uint64(2**64 - 1), np.array(7), np.array(1 + 2j), np.zeros(0),
    np.zeros((0, 3)), np.zeros((1,) * 32), np.zeros((2,) * 20), np.zeros((4, 5), dtype=bool),
    np.zeros((3, 4), dtype=np.uint8), np.full((4, 5), np.nan), np.full((5,), np.inf),
    np.full((4, 5), 1e300), np.ones((4, 5), dtype=np.complex128), [np.zeros(3)],
    np.full((4, 5), 6e4, dtype=np.float16), np.full((2, 2), -(2**63)), np.ones(100_000),
    {"learning_rate": "x", "velocity": [[1], [2, 3]], "W1": np.ones(3), "b1": None, "mode": 1},
)  # fmt: skip
"""Values that cross the wall, and that a check may not expect."""


class Corrupting:
    """A channel that puts something odd into some replies."""

    def __init__(self, channel: Channel, draw: random.Random, share: float) -> None:
        self._channel = channel
        self._draw = draw
        self._share = share

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request."""
        if self._draw.random() < self._share and request["op"] != "seed":
            return self._odd(request, about)
        return self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)

    def _odd(self, request: Request, about: str) -> Reply:
        if self._draw.random() < 0.3:
            return {"status": "ok", "value": self._draw.choice(ODD)}
        reply = self._channel.ask(request, about=about)
        return {**reply, "value": self._spoilt(reply.get("value"))}

    def _spoilt(self, value: Any) -> Any:
        """The value with some of it replaced, left out, or changed in shape, kind or size."""
        if isinstance(value, (list, tuple)) and value and not isinstance(value, Handle):
            places = self._some(range(len(value)))
            parts = [self._spoilt(v) if i in places else v for i, v in enumerate(value)]
            return type(value)(parts)
        if isinstance(value, dict) and value and self._draw.random() < 0.8:
            keys = self._some(value)
            spoilt = {key: self._spoilt(v) if key in keys else v for key, v in value.items()}
            if self._draw.random() < 0.2:
                del spoilt[self._draw.choice(list(spoilt))]
            return spoilt
        if isinstance(value, np.ndarray) and self._draw.random() < 0.6:
            return self._draw.choice(_CHANGES)(value)
        return self._draw.choice(ODD)

    def _some(self, places: Iterable[Any]) -> list[Any]:
        """One or more of them."""
        every = list(places)
        return self._draw.sample(every, self._draw.randint(1, len(every)))


class Inventing(Corrupting):
    """A channel in whose replies nothing is true."""

    def _odd(self, request: Request, about: str) -> Reply:
        """One odd value, or as many as a function might return."""
        values = tuple(self._draw.choices(ODD, k=self._draw.randint(1, 3)))
        return {"status": "ok", "value": values if len(values) > 1 else values[0]}


_CHANGES: Final[tuple[Callable[[Any], Any], ...]] = (
    lambda array: array.reshape(-1),
    lambda array: array[..., None],
    lambda array: array.T,
    lambda array: array.tolist(),
    lambda array: array.astype(np.float16),
    lambda array: array.astype(np.complex128),
    lambda array: array.astype(bool),
    lambda array: array[:0],
    lambda array: array * np.nan,
    lambda array: array * 1e308 * 10,
    lambda array: array.astype(np.int8),
    lambda array: array.reshape(-1)[:1],
    lambda array: np.concatenate([array.reshape(-1)] * 2),
    lambda array: list(array.astype(str).reshape(-1)),
)


@pytest.fixture(scope="module")
def bank() -> Callable[..., list[CheckResult]]:
    """Runs the whole bank on the reference, its replies corrupted."""
    assignment = Assignment.load("numpynn")
    key = Key.load(assignment.layout.key)
    code = LocalCode(assignment.reference, assignment)

    def run(seed: int, share: float, kind: type[Corrupting] = Corrupting) -> list[CheckResult]:
        draw = random.Random(seed)

        def student(_check: str) -> Student:
            return Student(kind(code.channel(), draw, share), assignment.contract)

        found: list[CheckResult] = []

        def loop(checks: list[Check]) -> None:
            one = CheckRun(
                contract=assignment.contract,
                seed=key.seed,
                student=student,
                reference=KeyReplayer(key),
            )
            found.extend(one.run_all(checks))

        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run_session(assignment, loop)
        return found

    return run


def broken(results: list[CheckResult]) -> list[tuple[str, str]]:
    """Checks that failed as our own fault."""
    return [(one.id, one.message) for one in results if one.outcome is Outcome.INTERNAL]


@pytest.mark.parametrize("share", [0.05, 0.2, 1.0])
@pytest.mark.parametrize("seed", range(2))
def test_odd_replies_break_no_check(bank: Any, seed: int, share: float) -> None:
    results = bank(seed, share)
    assert broken(results) == []
    lost = [one for one in results if one.outcome is not Outcome.PASSED]
    assert len(lost) > 10, "nothing was corrupted"


@pytest.mark.parametrize("seed", range(2))
def test_invented_replies_pass_no_check(bank: Any, seed: int) -> None:
    results = bank(seed, 1.0, Inventing)
    assert [one.id for one in results if one.outcome is Outcome.PASSED] == []
    assert broken(results) == []


@pytest.mark.attacks_full
@pytest.mark.parametrize("seed", range(2, 400))
def test_many_odd_replies_break_no_check(bank: Any, seed: int) -> None:
    assert broken(bank(seed, [0.03, 0.1, 0.3, 1.0][seed % 4])) == []
    test_invented_replies_pass_no_check(bank, seed)
