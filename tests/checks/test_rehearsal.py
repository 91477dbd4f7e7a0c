"""What is found out about the bank before a student is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from grader.assignment import Assignment
from grader.checks.inputs import on_grid
from grader.checks.key import Key
from grader.checks.plugin import CheckPlugin
from grader.checks.reference import LocalCode
from grader.checks.rehearsal import Listener, Rehearsed, independent, nudged, rehearse, spoken
from grader.checks.session import run_session
from grader.result import Dialect
from grader.wall import frames
from grader.wall.ahead import Script
from grader.wall.student import Student
from tests.checks import toy


def ask(student: Student) -> None:
    """Two requests that anybody gets, and one that depends on an answer."""
    student.square(np.ones(2))
    out = student.square(np.arange(3.0))
    student.square(out)
    student.square(np.ones(2))


def test_what_depends_on_an_answer_is_not_foreseen() -> None:
    plain, again = Listener(toy.channel), Listener(toy.channel, nudged)
    for listener in (plain, again):
        ask(Student(listener.channel("check"), toy.API))
    assert independent(plain, again) == {"check": 2}


def test_what_depends_on_an_answer_that_was_rounded_is_foreseen() -> None:
    plain, again = Listener(toy.channel), Listener(toy.channel, nudged)
    for listener in (plain, again):
        student = Student(listener.channel("check"), toy.API)
        student.square(on_grid(student.square(np.arange(3.0) / 7)))
    assert independent(plain, again) == {"check": 2}


def test_without_a_nudge_all_would_seem_foreseen() -> None:
    plain, again = Listener(toy.channel), Listener(toy.channel)
    for listener in (plain, again):
        ask(Student(listener.channel("check"), toy.API))
    assert independent(plain, again) == {"check": 4}


def test_a_check_that_did_not_run_again_foresees_nothing() -> None:
    plain = Listener(toy.channel)
    ask(Student(plain.channel("check"), toy.API))
    assert independent(plain, Listener(toy.channel)) == {"check": 0}


@pytest.fixture(scope="module")
def key() -> Key:
    return Key.load(Assignment.load().key_path)


@pytest.fixture(scope="module")
def rehearsed(key: Key) -> Mapping[str, Rehearsed]:
    assignment = Assignment.load()
    resolve = LocalCode(assignment.reference, assignment).resolve
    made: dict[str, Rehearsed] = {}

    def loop(plugin: CheckPlugin, items: list[pytest.Item]) -> None:
        made.update(rehearse(plugin, items, key, assignment.api, resolve))

    run_session(assignment, loop)
    return made


def requests(script: Script) -> list[dict[str, Any]]:
    return [frames.decode(cue.frame) for cue in script.cues]


def test_the_bank_is_foreseen_trainings_too(rehearsed: Mapping[str, Rehearsed]) -> None:
    assert len(rehearsed) > 240
    assert [check for check, each in rehearsed.items() if not each.script.whole] == []
    for check in ("training::adam_converges", "training::overfits_batchnorm"):
        assert len(rehearsed[check].script.cues) > 7


def test_answers_are_known_to_whatever_rounding_leaves_alone(
    rehearsed: Mapping[str, Rehearsed], key: Key
) -> None:
    known = {check for check, each in rehearsed.items() if each.script.known}
    assert known == key.steady.keys()
    assert len(known) > 0.95 * len(rehearsed)
    # Losses a step of 1e-5 apart, compared on the scale of a gradient that vanishes:
    assert "net_modes::dropout_gradients_batchnorm" not in known


def test_zeros_are_zeros_where_a_check_looks_for_them(key: Key) -> None:
    exact = {check for check, zeros in key.steady.items() if zeros}
    assert "dropout::dropout_forward_fraction[0.5]" in exact
    assert "layers::affine_forward_bias" not in exact
    assert all("dropout" in check for check in exact)


def test_what_passed_is_on_the_tape(rehearsed: Mapping[str, Rehearsed]) -> None:
    _, tape = rehearsed["layers::affine_forward_bias"]
    [exchange] = tape.exchanges
    assert exchange.about == "affine_forward"
    assert exchange.request["on"] == "affine_forward"
    out, _ = exchange.reply["value"]
    assert isinstance(out, np.ndarray)


def test_every_check_begins_with_no_objects_and_with_a_seed(
    rehearsed: Mapping[str, Rehearsed],
) -> None:
    for check, each in rehearsed.items():
        made = requests(each.script)
        fresh = [number for number, request in enumerate(made) if "fresh" in request]
        assert fresh == [0][: len(made)], check
        assert all("seed" in request for request in made[:1]), check


def test_an_older_dialect_is_spoken_to_in_its_own_words(
    rehearsed: Mapping[str, Rehearsed],
) -> None:
    old = spoken(rehearsed, Dialect(era="2016", dropout_p="drop"))
    check = "dropout::dropout_forward_fraction[0.25]"
    for each, p in ((rehearsed[check], 0.25), (old[check], 0.75)):
        assert requests(each.script)[0]["args"][1]["p"] == p
        assert each.tape.exchanges[0].request["args"][1]["p"] == p
        assert each.script.known == rehearsed[check].script.known
    nets = [
        request["kwargs"]
        for each in old.values()
        for request in requests(each.script)
        if request["op"] == "call" and request["on"] == "FullyConnectedNet"
    ]
    assert nets
    assert all("dropout" in settings and "normalization" not in settings for settings in nets)


def test_the_dialect_of_today_hears_the_same(rehearsed: Mapping[str, Rehearsed]) -> None:
    assert spoken(rehearsed, Dialect(era="2021", forced=True)) is rehearsed
