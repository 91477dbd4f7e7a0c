"""What is found out about the bank before a student is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from grader.assignment import Assignment
from grader.checks.key import Key
from grader.checks.plugin import CheckPlugin
from grader.checks.reference import LocalCode
from grader.checks.rehearsal import Listener, independent, rehearse, spoken
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
    plain, nudged = Listener(toy.channel), Listener(toy.channel, nudge=True)
    for listener in (plain, nudged):
        ask(Student(listener.channel("check"), toy.API))
    assert independent(plain, nudged) == {"check": 2}


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
def scripts() -> Mapping[str, Script]:
    assignment = Assignment.load()
    key = Key.load(assignment.key_path)
    resolve = LocalCode(assignment.reference, assignment).resolve
    made: dict[str, Script] = {}

    def loop(plugin: CheckPlugin, items: list[pytest.Item]) -> None:
        made.update(rehearse(plugin, items, key, assignment.api, resolve))

    run_session(assignment, loop)
    return made


def requests(script: Script) -> list[dict[str, Any]]:
    return [frames.decode(cue.frame) for cue in script.cues]


def test_most_of_the_bank_is_foreseen_and_trainings_are_not(scripts: Mapping[str, Script]) -> None:
    whole = [check for check, script in scripts.items() if script.whole]
    assert len(whole) > 0.85 * len(scripts)
    trainings = [scripts[check] for check in scripts if check.endswith("_converges")]
    assert [len(script.cues) for script in trainings] == [1, 1]
    assert not any(script.whole for script in trainings)


def test_every_check_begins_with_no_objects_and_with_a_seed(scripts: Mapping[str, Script]) -> None:
    for check, script in scripts.items():
        made = requests(script)
        fresh = [number for number, request in enumerate(made) if "fresh" in request]
        assert fresh == [0][: len(made)], check
        assert all("seed" in request for request in made[:1]), check


def test_an_older_dialect_is_spoken_to_in_its_own_words(scripts: Mapping[str, Script]) -> None:
    old = spoken(scripts, Dialect(era="2016", dropout_p="drop"))
    check = "dropout::dropout_forward_fraction[0.25]"
    params = [requests(table[check])[0]["args"][1]["p"] for table in (scripts, old)]
    assert params == [0.25, 0.75]
    nets = [
        request["kwargs"]
        for script in old.values()
        for request in requests(script)
        if request["op"] == "call" and request["on"] == "FullyConnectedNet"
    ]
    assert nets
    assert all("dropout" in settings and "normalization" not in settings for settings in nets)


def test_the_dialect_of_today_hears_the_same(scripts: Mapping[str, Script]) -> None:
    assert spoken(scripts, Dialect(era="2021", forced=True)) is scripts
