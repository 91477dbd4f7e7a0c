"""What the diagnosis is made of: traces, comparisons, packages in memory."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from grader.assignment.plugin import CallForm
from grader.checks.random_values import Drawn, Range, Share
from grader.diagnosis.mutated_package import Version
from grader.diagnosis.observed_values import ABSENT, ReplyReader, same
from grader.diagnosis.replay import ReplayedCheck
from grader.model.call import Call
from grader.model.result import Outcome
from grader.protocol.wire import Handle
from grader.runner.memory_package import MemoryPackage
from grader.student import trace as trace_module
from grader.student.proxy import SHAPES, Request
from grader.student.trace import Exchange, Trace, Traces
from tests.diagnosis.clinic import Clinic
from tests.releases import form_of

A = np.array([[1.0, -2.0], [3.0, 4.0]])


class Echo:
    """A channel that answers everything."""

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Any:
        return {"status": "ok", "value": None}


def ask(channel: Any, times: int = 1, **request: Any) -> None:
    for _ in range(times):
        channel.ask({"op": "call", **request}, about="f")


def exchange(**request: Any) -> Exchange:
    return Exchange({"op": "call", **request}, {"status": "ok", "value": None}, "f")


def test_a_trace_ends_at_its_bounds() -> None:
    for long in (
        [exchange()] * (trace_module.MAX_EXCHANGES + 5),
        [exchange(requests=[{}] * 50)] * 5,
        [exchange(args=[np.zeros(trace_module.MAX_BYTES // 16)])] * 5,
    ):
        trace = Trace("one")
        for one in long:
            trace.add(one)
        assert trace.ended
        assert 0 < len(trace.exchanges) < len(long)
        assert trace.exchanges == long[: len(trace.exchanges)]


def test_failed_traces_are_kept_and_some_of_the_passed() -> None:
    traces = Traces()
    ends = [Outcome.FAILED, Outcome.ERROR, Outcome.PASSED, Outcome.SKIPPED, Outcome.INTERNAL]
    for number, outcome in enumerate(ends):
        ask(traces.watch(f"check{number}", Echo()))
        traces.close(f"check{number}", ["f"], outcome)
    assert [trace.check for trace in traces] == ["check0", "check1", "check2"]
    assert [trace.failed for trace in traces] == [True, True, False]
    for number in range(200):
        ask(traces.watch(f"other[{number}]", Echo()))
        traces.close(f"other[{number}]", ["f"], Outcome.PASSED)
    assert len(list(traces)) == 5, "two of each check"


def test_all_traces_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_module, "MAX_TOTAL", 3000)
    traces = Traces()
    for number in range(10):
        ask(traces.watch(f"check{number}", Echo()), args=[np.zeros(100)])
        traces.close(f"check{number}", ["f"], Outcome.FAILED)
    kept = [trace for trace in traces if trace.exchanges]
    assert 0 < len(kept) < 6


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        (A, A * (1 + 1e-8), True),
        (A, A * (1 + 1e-4), False),
        (A, A.T, False),
        (A, A.reshape(1, 2, 2, 1), True),
        (A, A.reshape(4), False),
        (np.zeros(3), np.full(3, 1e-14), True),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True),
        (np.array([1.0, np.nan]), np.array([1.0, np.inf]), False),
        (np.array([1.0, -np.inf]), np.array([1.0, np.inf]), False),
        (A.astype(np.float32), A * (1 + 1e-5), True),
        (A, A + 0j, False),
        (2, 2.0, True),
        (2.0, None, False),
        (None, None, True),
        ("raised ValueError", "raised ValueError", True),
        ("raised ValueError", "raised TypeError", False),
        (ABSENT, ABSENT, True),
        (ABSENT, 0.0, False),
        (Share(1, 2), 0.5, False),
        ([[1.0], [2.0, 3.0]], A, False),
    ],
)
def test_same(a: Any, b: Any, alike: bool) -> None:
    assert same(a, b) is alike


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        (Share(250, 1000), Share(270, 1000), True),
        (Share(250, 1000), Share(750, 1000), False),
        (Share(0, 1000), Share(1, 1000), False),
        (Share(0, 10), Share(2, 10), True),
        (Share(5, 0), Share(5, 0), False),
        (Range(2.0, 2.0), Range(2.0, 2.0 + 1e-9), True),
        (Range(2.0, 2.0), Range(1.0, 2.0), False),
        (Range(), Range(), True),
        (Range(), Share(1, 2), False),
    ],
)
def test_chance(a: Any, b: Any, alike: bool) -> None:
    assert a.like(b) is alike


def test_weights_drawn_by_other_generators_are_alike() -> None:
    one, other = (np.random.default_rng(n).normal(0, 0.1, (60, 90)) for n in (1, 2))
    uniform = np.random.default_rng(3).uniform(0, 0.1 * 12**0.5, (60, 90))
    assert Drawn.of(one).like(Drawn.of(other))
    assert not Drawn.of(one).like(Drawn.of(other * 1.2))
    assert not Drawn.of(one).like(Drawn.of(uniform)), "the same spread, but no sign"
    assert not Drawn.of(one).like(Drawn.of(np.zeros((60, 90))))
    assert Drawn.of(np.zeros(4)).like(Drawn.of(np.zeros((1, 4))))
    assert not Drawn.of(np.zeros(4)).like(Drawn.of(np.ones(4)))


def test_a_package_lives_in_memory_and_goes(clinic: Clinic) -> None:
    before = set(sys.modules)
    package = MemoryPackage(clinic.files, clinic.assignment.contract)
    net = package.resolve("TwoLayerNet")(input_dim=4, hidden_dim=3, num_classes=2)
    assert net.loss(np.ones((2, 4))).shape == (2, 2)
    assert set(sys.modules) - before
    package.drop()
    assert set(sys.modules) == before


def test_mistakes_that_overlap_make_no_package(clinic: Clinic) -> None:
    resolver = clinic.catalogue.resolver
    assert resolver([Version("affine-dw-mean"), Version("affine-db-mean")])
    assert resolver([Version("affine-db-mean"), Version("affine-db-wrong-axis")]) is None


def test_a_net_uses_the_wrong_layer(clinic: Clinic) -> None:
    values = []
    for ids in ([], [Version("relu-minimum")]):
        resolve = clinic.catalogue.resolver(ids)
        assert resolve is not None
        np.random.seed(1)
        net = resolve("TwoLayerNet")(input_dim=4, hidden_dim=3, num_classes=2, weight_scale=1.0)
        values.append(net.loss(np.ones((2, 4))))
    assert not np.allclose(*values)


CALLS = [
    ("dropout_forward", [A, {"p": 0.25, "mode": "train"}], {}),
    ("FullyConnectedNet", [[3, 4]], {"dropout_keep_ratio": 0.25, "seed": 3}),
    ("FullyConnectedNet", [[3, 4]], {"dropout_keep_ratio": 1, "normalization": "batchnorm"}),
    ("adam", [A, A, {"t": 3}], {}),
]


@pytest.mark.parametrize("release", ["cs231n-2016", "cs231n-2017", "cs231n-2018", "cs231n-2021"])
@pytest.mark.parametrize("p", ["keep", "drop"])
@pytest.mark.parametrize(("name", "args", "kwargs"), CALLS)
def test_a_call_in_the_form_of_a_release_is_understood(
    release: str, p: str, name: str, args: list[Any], kwargs: dict[str, Any]
) -> None:
    form = form_of(release, dropout_p=p, net_dropout=p)
    theirs = form.adapt(Call(name, args, kwargs))
    given = repr(theirs)
    back = form.adapt_back(theirs)
    assert repr(list(back.args)) == repr(args)
    assert {"dropout_keep_ratio": 1, **back.kwargs} == {"dropout_keep_ratio": 1, **kwargs}
    assert repr(theirs) == given, "what was given is not changed"


def test_arguments_are_copied(clinic: Clinic) -> None:
    """A mistake that writes into its input must not spoil the trace for the next."""
    x = A.copy()
    request = {"op": "call", "on": "relu_forward", "path": [], "args": [x], "kwargs": {},
               "returns": ["out", "cache*"]}  # fmt: skip
    trace = Trace("one", ("relu_forward",), True, [Exchange(request, {"status": "absent"}, "f")])

    def spoil(name: str) -> Any:
        def relu_forward(x: Any) -> Any:
            x *= 0
            return x, None

        return relu_forward

    ReplayedCheck(trace, CallForm(), clinic.assignment.contract).rerun(spoil)
    assert np.array_equal(x, A)


def test_shapes_are_told_for_the_next_request_and_are_no_evidence() -> None:
    """Biases of shape (1, H) are another way to write it, not a mistake to be explained."""
    request: dict[str, Any] = {"op": "get", "on": Handle(1), "path": ["params"]}
    reply = {"status": "ok", "value": {"b1": [1, 7]}}
    read = [
        ReplyReader().read(0, "TwoLayerNet", {**request, "returns": [returns]}, reply, reply)
        for returns in (SHAPES, "value")
    ]
    assert read[0] == {}
    assert read[1]
