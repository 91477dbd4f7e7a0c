"""A worker that answers the whole bank with nonsense: a check gets a verdict, we never break.

What ends in `internal` costs no points, so that a hostile worker could rid itself of checks.
"""

from __future__ import annotations

import random
import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest

from grader.assignment import Assignment
from grader.checks.key import Key
from grader.checks.plugin import CheckPlugin
from grader.checks.reference import LocalCode
from grader.checks.run import Player, Run
from grader.checks.session import run_session
from grader.result import CheckResult, Outcome
from grader.wall.student import Channel, Reply, Request, Student
from grader.wall.wire import Handle

ROUNDS = 6
NONSENSE: tuple[Any, ...] = (
    None, True, 0, -1, 2**62, float("nan"), float("inf"), "", "text", [], (), {}, {"a": 1}, {1: 2},
    {None: {}}, np.zeros(0), np.zeros((0, 3)), np.zeros((2,) * 20), np.int8(3), np.zeros(3, bool),
    np.zeros((3, 4), complex), np.full((3, 4), np.nan), np.float32, Handle(7), [[1], [1, 2]],
    [None, "x"], (1, 2, 3), {"W1": None}, {"W1": "x"}, [1.5] * 5, ["a"] * 5, np.float16(1),
    np.uint64(2**63), np.array(5), [np.zeros(3)], {"loss": np.zeros(2)}, np.full((3, 4), 1e308),
    np.array(1 + 2j), np.zeros((500, 300)),
)  # fmt: skip


class Liar:
    """Passes requests on and spoils some of the answers."""

    def __init__(self, channel: Channel, chance: random.Random, share: float) -> None:
        self._channel = channel
        self._chance = chance
        self._share = share

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        reply = self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)
        if reply.get("status") == "ok" and self._chance.random() < self._share:
            reply = {**reply, "value": self._spoiled(reply["value"])}
        return reply

    def _spoiled(self, value: Any) -> Any:
        chance = self._chance
        if chance.random() < 0.35:
            return chance.choice(NONSENSE)
        if isinstance(value, tuple):
            return tuple(self._spoiled(part) if chance.random() < 0.6 else part for part in value)
        if isinstance(value, list):
            return [self._spoiled(part) if chance.random() < 0.3 else part for part in value]
        if isinstance(value, dict):
            kept = [(key, part) for key, part in value.items() if chance.random() < 0.9]
            return {key: self._spoiled(p) if chance.random() < 0.5 else p for key, p in kept}
        if isinstance(value, np.ndarray) and value.ndim:
            return chance.choice(_distortions(value))
        return chance.choice(NONSENSE)


def _distortions(array: np.ndarray) -> list[Any]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kinds = [array.astype(kind) for kind in (complex, "i1", "f2", bool)]
        huge = array * 1e300 * 1e300
    return [*kinds, huge, array.ravel(), array.T, array[:0], array.tolist(), array[..., None]]


@pytest.mark.filterwarnings("ignore")
def test_no_answer_breaks_a_check() -> None:
    assignment = Assignment.load("numpynn")
    code = LocalCode(assignment.reference, assignment)
    key = Key.load(assignment.key_path)
    results: list[CheckResult] = []

    def lying(chance: random.Random, share: float, _check: str) -> Student:
        return Student(Liar(code.channel(), chance, share), assignment.api)

    def loop(plugin: CheckPlugin, items: list[Any]) -> None:
        for seed in range(ROUNDS):
            chance = random.Random(seed)
            share = (0.02, 0.1, 0.3, 1.0)[seed % 4]
            run = Run(
                api=assignment.api,
                seed=key.seed,
                student=partial(lying, chance, share),
                reference=Player(key),
            )
            results.extend(plugin.run_all(items, run))

    run_session(assignment, loop)
    broken = {f"{r.id}: {r.message}" for r in results if r.outcome is Outcome.INTERNAL}
    assert not broken
    assert sum(result.outcome is not Outcome.PASSED for result in results) > 50 * ROUNDS
