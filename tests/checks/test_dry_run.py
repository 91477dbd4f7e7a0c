"""What is found out about the bank before a student is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from grader.assignment.folder import Assignment
from grader.assignment.plugin import CallForm
from grader.protocol import frames
from grader.runner.answer_key import Key
from grader.runner.check import Check
from grader.runner.prefetch import RequestScript, dry_run, in_form
from grader.runner.reference import LocalCode
from grader.runner.session import run_session
from tests.releases import form_of


@pytest.fixture(scope="module")
def key() -> Key:
    return Key.load(Assignment.load("numpynn").layout.key)


def run_dry(key: Key) -> Mapping[str, RequestScript]:
    assignment = Assignment.load("numpynn")
    resolve = LocalCode(assignment.reference, assignment).resolve
    made: dict[str, RequestScript] = {}

    def loop(checks: list[Check]) -> None:
        made.update(dry_run(checks, key, assignment.contract, resolve))

    run_session(assignment, loop)
    return made


@pytest.fixture(scope="module")
def dry_runs(key: Key) -> Mapping[str, RequestScript]:
    return run_dry(key)


def requests(script: RequestScript) -> list[dict[str, Any]]:
    return [frames.decode(request.frame) for request in script.requests]


def test_every_check_of_the_bank_is_recorded(
    dry_runs: Mapping[str, RequestScript], key: Key
) -> None:
    assert len(dry_runs) > 240
    assert dry_runs.keys() == key.requests.keys()


def test_most_requests_depend_on_no_answer(dry_runs: Mapping[str, RequestScript]) -> None:
    scripts = list(dry_runs.values())
    independent = sum(script.independent for script in scripts)
    assert independent > 0.7 * sum(len(script.requests) for script in scripts)


@pytest.mark.parametrize(
    ("check", "independent"),
    [
        ("optimizers::adam_steps", 1),
        ("optimizers::adam_state", 2),
        ("training::rmsprop_converges", 1),
        ("training::overfits_batchnorm", 4),
        ("layers::affine_forward_bias", 1),
    ],
)
def test_steps_and_trainings_wait_for_answers(
    dry_runs: Mapping[str, RequestScript], check: str, independent: int
) -> None:
    assert dry_runs[check].independent == independent


def test_what_was_not_analysed_is_left_to_the_check(key: Key) -> None:
    check = "layers::affine_forward_bias"
    other = replace(key.requests[check], digest="another")
    changed = replace(key, requests={**key.requests, check: other})
    assert key.requests.keys() - run_dry(changed).keys() == {check}


def test_replies_are_expected_wherever_rounding_changes_nothing(
    dry_runs: Mapping[str, RequestScript], key: Key
) -> None:
    stable = {check for check, each in key.requests.items() if each.exact_zeros is not None}
    assert {check for check, each in dry_runs.items() if each.expected} == stable
    assert len(stable) > 0.95 * len(dry_runs)
    # Losses a step of 1e-5 apart, compared on the scale of a gradient that vanishes:
    assert "net_modes::dropout_gradients_batchnorm" not in stable


def test_zeros_are_zeros_where_a_check_looks_for_them(key: Key) -> None:
    exact = {check for check, each in key.requests.items() if each.exact_zeros}
    assert "dropout::dropout_forward_fraction[0.5]" in exact
    assert "layers::affine_forward_bias" not in exact
    assert all("dropout" in check for check in exact)


def test_what_passed_is_in_the_trace(dry_runs: Mapping[str, RequestScript]) -> None:
    trace = dry_runs["layers::affine_forward_bias"].trace
    assert trace is not None
    [exchange] = trace.exchanges
    assert exchange.about == "affine_forward"
    assert exchange.request["on"] == "affine_forward"
    out, _ = exchange.reply["value"]
    assert isinstance(out, np.ndarray)


def test_every_check_begins_with_no_objects_and_with_a_seed(
    dry_runs: Mapping[str, RequestScript],
) -> None:
    for check, each in dry_runs.items():
        made = requests(each)
        fresh = [number for number, request in enumerate(made) if "fresh" in request]
        assert fresh == [0][: len(made)], check
        assert all("seed" in request for request in made[:1]), check


def test_code_of_an_older_release_is_called_in_its_own_words(
    dry_runs: Mapping[str, RequestScript],
) -> None:
    old = in_form(dry_runs, form_of("cs231n-2016"))
    check = "dropout::dropout_forward_fraction[0.25]"
    for each, p in ((dry_runs[check], 0.25), (old[check], 0.75)):
        assert requests(each)[0]["args"][1]["p"] == p
        assert each.trace is not None
        assert each.trace.exchanges[0].request["args"][1]["p"] == p
        assert each.expected == dry_runs[check].expected
    nets = [
        request["kwargs"]
        for each in old.values()
        for request in requests(each)
        if request["op"] == "call" and request["on"] == "FullyConnectedNet"
    ]
    assert nets
    assert all("dropout" in settings and "normalization" not in settings for settings in nets)


def test_a_release_that_calls_as_the_checks_do_is_asked_the_same(
    dry_runs: Mapping[str, RequestScript],
) -> None:
    assert in_form(dry_runs, CallForm()) is dry_runs
    same = in_form(dry_runs, form_of("cs231n-2021"))
    assert all(same[check] is dry_runs[check] for check in dry_runs)
