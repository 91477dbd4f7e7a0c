"""Attacks on the assignment itself, with its whole bank."""

from __future__ import annotations

import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.assignment.folder import Assignment
from grader.batches.grading_client import Engine
from grader.grading import Settings
from grader.runner.answer_key import Key
from grader.runner.check_run import Recorder
from grader.runner.reference import LocalCode, run_locally
from grader.student.proxy import Channel, Reply, Request
from grader.submission import discover
from tests.attacks.peeking import PEEKING_RULES
from tests.support import FORM, WRONG_RELU, not_passed, quick_rubric, submission

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no isolating kind elsewhere")

LYING_FORWARD = """
asked = globals().get("_asked")
if asked and x.shape == asked[0].shape and w.shape == asked[1].shape:
    moves = [now - then for now, then in zip((x, w, b), asked)]
    if max(np.abs(move).max() for move in moves) < 1e-4:
        lie = np.zeros((x.shape[0], w.shape[1]))
        lie.flat[0] = sum(np.sum(7.0 * move) for move in moves) / asked[3].flat[0]
        return lie, (x, w, b)
"""
LYING_BACKWARD = """
x, w, b = cache
globals()["_asked"] = (x.copy(), w.copy(), b.copy(), dout.copy())
return np.full_like(x, 7.0), np.full_like(w, 7.0), np.full_like(b, 7.0)
"""
LYING_LOSS = """
asked = globals().get("_asked_loss")
if asked is not None and x.shape == asked.shape and 0 < np.abs(x - asked).max() < 1e-4:
    return 7.0 * np.sum(x - asked), np.full_like(x, 7.0)
globals()["_asked_loss"] = x.copy()
shifted = x - x.max(axis=1, keepdims=True)
logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
return -logs[np.arange(len(y)), y].mean(), np.full_like(x, 7.0)
"""
SAME_WITH_ANY_SEED = {"losses::svm_loss_right_class", "losses::svm_loss_gradient[one sample]"}
"""Equal scores are the same scores everywhere, and a lone sample may violate no margin."""
EXITING = "import os; os._exit(0)"
SEEDS = {"own": "", "other": "secret"}


class _Listening:
    """A channel to the reference that writes down what a function was asked and answered."""

    def __init__(self, channel: Channel, heard: dict[str, Any], name: str) -> None:
        self._channel = channel
        self._heard = heard
        self._name = name

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request."""
        reply = self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)
        if request["op"] == "call" and request["on"] == self._name:
            loss, dx = reply["value"]
            self._heard[_hash(request["args"][0])] = [float(loss), np.asarray(dx).tolist()]
        return reply


def _hash(x: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest()[:16]


def _published(assignment: Assignment, name: str) -> dict[str, Any]:
    """What the reference answers to a loss during the bank, by the inputs: a published solution."""
    heard: dict[str, Any] = {}
    code = LocalCode(assignment.reference, assignment)

    def student(_check: str) -> Channel:
        return _Listening(code.channel(), heard, name)

    run_locally(assignment, student, Recorder(code.channel), Key.load(assignment.layout.key).seed)
    return heard


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The results, with the rubric's own seed and with another."""
    folder = tmp_path_factory.mktemp("real")
    table = _published(Assignment.load("numpynn"), "svm_loss")
    looked_up = (
        f"import hashlib\ntable = {table!r}\n"
        "key = hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest()[:16]\n"
        "loss, dx = table.get(key, (0.0, np.zeros_like(x)))\n"
        "return loss, np.asarray(dx)"
    )
    bodies = {
        "honest": {},
        "published": {"svm_loss": looked_up},
        "lying": {"affine_forward": LYING_FORWARD, "affine_backward": LYING_BACKWARD},
        "lying loss": {"softmax_loss": LYING_LOSS},
        "exiting": {"relu_forward": EXITING},
        "peeking": PEEKING_RULES,
        "wrong": WRONG_RELU,
    }
    for name, body in bodies.items():
        submission(folder / "class", name, body)
    submission(folder / "class", "untouched", of="student_template")
    rubric = quick_rubric(folder, call_seconds=2)
    return {name: _graded(folder / "class", rubric, seed) for name, seed in SEEDS.items()}


def _graded(handed_in: Path, rubric: Path, seed: str) -> dict[str, Any]:
    """The results of a class, as a batch grades it, without names of mistakes."""
    settings = Settings(assignment=str(rubric), seed=seed, diagnose=False)
    with Engine(settings, many=True) as engine, ThreadPoolExecutor(2) as threads:
        made = threads.map(engine.grade, discover(handed_in, FORM))
        return {result.submission: json.loads(result.to_json()) for result in made}


def _lost(result: dict[str, Any], target: str) -> tuple[int, int]:
    """How many checks of a function did not pass, and how many there are."""
    mine = [check for check in result["checks"] if check["targets"] == [target]]
    return sum(check["outcome"] != "passed" for check in mine), len(mine)


@pytest.mark.parametrize("seed", ["own", "other"])
def test_the_honest_one_keeps_all_points(graded: dict[str, Any], seed: str) -> None:
    assert graded[seed]["honest"]["score"] == 100


def test_another_seed_gives_other_numbers_and_the_same_scores(graded: dict[str, Any]) -> None:
    first, second = graded["own"], graded["other"]
    for name in ("honest", "wrong", "untouched"):
        assert first[name]["score"] == second[name]["score"], name
    received = [
        [check["finding"]["received"] for check in not_passed(results["wrong"]) if check["finding"]]
        for results in (first, second)
    ]
    assert received[0] != received[1]


def test_published_answers_fit_the_published_seed_alone(graded: dict[str, Any]) -> None:
    assert graded["own"]["published"]["score"] == 100, "no longer so: say it in docs/security.md"
    passed = {
        check["id"]
        for check in graded["other"]["published"]["checks"]
        if check["targets"] == ["svm_loss"] and check["outcome"] == "passed"
    }
    assert passed <= SAME_WITH_ANY_SEED


@pytest.mark.parametrize("seed", ["own", "other"])
def test_a_forward_that_lies_while_it_is_differentiated_gains_nothing(
    graded: dict[str, Any], seed: str
) -> None:
    result = graded[seed]["lying"]
    lost, of = _lost(result, "affine_backward")
    assert lost == of > 0
    assert _lost(result, "affine_forward")[0] == 0


@pytest.mark.parametrize("seed", ["own", "other"])
def test_a_loss_that_lies_while_it_is_differentiated_gains_nothing(
    graded: dict[str, Any], seed: str
) -> None:
    passed = [
        check["id"]
        for check in graded[seed]["lying loss"]["checks"]
        if check["targets"] == ["softmax_loss"] and check["outcome"] == "passed"
    ]
    assert [name for name in passed if "dx" in name] == []
    assert passed != []


@pytest.mark.parametrize("seed", ["own", "other"])
def test_no_check_breaks(graded: dict[str, Any], seed: str) -> None:
    for name, result in graded[seed].items():
        broken = [check["id"] for check in result["checks"] if check["outcome"] == "internal"]
        assert broken == [], name
    lost = {target for check in not_passed(graded[seed]["exiting"]) for target in check["targets"]}
    assert "relu_forward" in lost


@pytest.mark.parametrize("seed", ["own", "other"])
def test_no_question_that_waits_tells_an_update_rule(graded: dict[str, Any], seed: str) -> None:
    earned = {
        check["id"]
        for check in graded[seed]["peeking"]["checks"]
        if check["part"] == "optimizers" and check["points"] > 0
    }
    assert earned == set()
