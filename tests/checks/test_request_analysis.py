"""What may be sent ahead: nothing that depends on an answer, or holds one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from grader.assignment.folder import Assignment
from grader.runner.answer_key import Key
from grader.runner.check_run import Recorder
from grader.runner.prefetch.independence import ROUNDS, noise
from grader.runner.prefetch.owed_answers import find_leaks
from grader.runner.prefetch.request_script import RecordedRequest, Recording, RequestRecorder
from grader.runner.recording import record_key
from grader.runner.reference import LocalCode, run_locally
from grader.student.trace import Exchange

RUBRIC: Final = """\
id = "tiny"
points = 10
bank = "bank"
reference = "reference/toy"

[title]
en = "Tiny"

[contract]
bend = "layers: out"
rule = "layers: next_w, config"
best = "layers: index"

[parts]
all = { title = { en = "All" }, points = 10 }
"""
REFERENCE: Final = """\
import numpy as np

def bend(x):
    return np.tanh(x) + 0.3 * x

def rule(w, dw, config):
    velocity = 0.9 * config.get("velocity", 0.0) - config["rate"] * dw
    return w + velocity, {**config, "velocity": velocity}

def best(x):
    return int(np.argmax(x))
"""
BANK: Final = """\
import numpy as np
from grader.checks import Wrong, assert_close, check

KEPT = {}

def _of(target="bend"):
    return check(f"{target}", part="all", targets=target)

@_of()
def test_two_questions(student, reference, inputs):
    x, y = inputs.normal(4), inputs.normal(4)
    for asked in (x, y):
        assert_close("out", student.bend(asked), reference.bend(asked))

@_of()
def test_what_stays_there(student, reference, inputs):
    x = inputs.normal(4)
    kept = student.keep("x", x)
    assert_close("out", student.bend(kept), reference.bend(x))

@_of()
def test_chain(student, reference, inputs):
    x = inputs.normal(4)
    out = student.bend(x)
    student.bend(out)
    assert_close("out", out, reference.bend(x))

@_of()
def test_rounded(student, inputs):
    student.bend(np.round(student.bend(inputs.normal(4)), 2))

@_of()
def test_coarse(student, inputs):
    student.bend(np.sign(student.bend(inputs.normal(40))))

@_of("best")
def test_an_index(student, inputs):
    x = inputs.normal(9)
    student.bend(x[student.best(x):])

@_of()
def test_branches(student, inputs):
    x = inputs.normal(40)
    far = np.abs(student.bend(x) - np.tanh(x) - 0.3 * x).max() > 1e-6
    student.bend(np.ones(3) if far else np.zeros(3))

@_of()
def test_until_it_is_near(student, inputs):
    x = inputs.normal(4)
    while np.abs(x).max() > 0.5:
        x = x - 0.1 * student.bend(x)

@_of()
def test_property(student, inputs):
    x = inputs.normal(4)
    if not np.all(student.bend(x) * x >= 0):
        raise Wrong("The sign is another.")
    student.bend(inputs.normal(4))

@_of()
def test_asks_the_reference_first(student, reference, inputs):
    x = reference.bend(inputs.normal(4))
    assert_close("out", student.bend(x), reference.bend(x))

@_of()
def test_keeps_an_answer(student, reference, inputs):
    x = inputs.normal(4)
    KEPT["out"] = student.bend(x)
    assert_close("out", KEPT["out"], reference.bend(x))

@_of()
def test_uses_what_was_kept(student, reference, inputs):
    x = KEPT.get("out", np.zeros(4))
    student.bend(inputs.normal(4))
    student.bend(x)

@_of("rule")
def test_computes_it_by_itself(student, reference, inputs):
    w, dw = inputs.normal(6), inputs.normal(6)
    config = {"rate": 0.05, "velocity": inputs.normal(6)}
    velocity = 0.9 * config["velocity"] - 0.05 * dw
    right, _ = reference.rule(w, dw, config)
    student.bend(np.round((w + velocity)[1:], 7))
    student.bend(inputs.normal(4))
    next_w, _ = student.rule(w, dw, config)
    assert_close("next_w", next_w, right)
"""
CHAINS: Final = (
    "chain",
    "rounded",
    "coarse",
    "an_index",
    "branches",
    "until_it_is_near",
    "property",
)


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    root = tmp_path_factory.mktemp("tiny")
    files = {
        "tiny.toml": RUBRIC,
        "bank/layers.py": BANK,
        "reference/toy/__init__.py": "",
        "reference/toy/layers.py": REFERENCE,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return Assignment.load(str(root / "tiny.toml"))


@pytest.fixture(scope="module")
def told() -> list[str]:
    return []


@pytest.fixture(scope="module")
def key(assignment: Assignment, told: list[str]) -> Key:
    return record_key(assignment, warn=told.append)


@pytest.mark.parametrize("check", ["two_questions", "what_stays_there"])
def test_what_depends_on_inputs_alone_may_be_sent_ahead(key: Key, check: str) -> None:
    analysis = key.requests[f"layers::{check}"]
    assert (analysis.independent, analysis.exact_zeros) == (2, False)


@pytest.mark.parametrize("check", CHAINS)
def test_what_depends_on_an_answer_may_not(key: Key, check: str) -> None:
    assert key.requests[f"layers::{check}"].independent == 1


@pytest.mark.parametrize("check", ["asks_the_reference_first", "uses_what_was_kept"])
def test_what_depends_on_other_answers_is_left_to_the_check(key: Key, check: str) -> None:
    assert f"layers::{check}" not in key.requests


def test_a_question_that_holds_an_answer_is_told_with_file_and_line(
    key: Key, assignment: Assignment, told: list[str]
) -> None:
    check = "layers::computes_it_by_itself"
    assert check not in key.requests
    line = BANK.split("def test_computes")[0].count("\n")
    kept, computed = told
    assert computed.startswith(f"{assignment.bank / 'layers.py'}:{line}: question 1 of {check} ")
    assert "holds an answer of rule that it asks for" in computed
    assert "an answer of bend that layers::keeps_an_answer asks for" in kept


def test_a_saved_key_has_the_analysis(key: Key, tmp_path: Path) -> None:
    key.save(tmp_path / "key")
    assert Key.load(tmp_path / "key").requests == key.requests


VALUES: Final[list[Any]] = [
    np.arange(6.0).reshape(2, 3), np.arange(6, dtype=np.int32), np.array([True, False, True]),
    np.float32(0.5), np.bool_(True), True, 3, 0.0, "text", np.arange(2) * 1j,
    {"a": np.ones(3), "b": [1.5, (2.5, None)]},
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_noise_has_the_form_of_the_value_and_nothing_else(value: Any) -> None:
    drawn = [noise(value, number) for number in range(ROUNDS)]
    assert str(drawn[0]) == str(noise(value, 0))
    assert len({str(each) for each in (value, *drawn)}) >= 2, "it would not be seen to depend"
    for each in drawn:
        assert type(each) is type(value)
        if isinstance(value, np.ndarray):
            assert (each.shape, each.dtype) == (value.shape, value.dtype)
        if isinstance(value, dict):
            assert each.keys() == value.keys()


def recordings(*pairs: tuple[Any, Any]) -> list[Recording]:
    """Questions and answers of one check."""
    return [
        Recording(
            RecordedRequest(b"", "f", None),
            Exchange({"op": "call", "args": [question]}, {"status": "ok", "value": answer}, "f"),
        )
        for question, answer in pairs
    ]


RANDOM: Final = np.random.RandomState(0)
X, OUT, GRAD = RANDOM.normal(size=(3, 4, 5))
OTHER: Final = RANDOM.normal(size=(7, 7))
OFF: Final = RANDOM.uniform(-4e-7, 4e-7, (4, 5))


@pytest.mark.parametrize(
    "held",
    [
        OUT, OUT + OFF, OUT[1], OUT[:, 1:], {"w": [OTHER, OUT[2:]]}, -OUT, X - OUT, OUT - X,
        X + OUT, np.concatenate([OTHER.ravel(), OUT[3]]), OUT[0, :3],
    ],
    ids=["same", "rounded", "row", "columns", "inside", "negative", "step", "other step", "sum",
         "among others", "three numbers"],
)  # fmt: skip
def test_an_answer_is_found_in_a_question(held: Any) -> None:
    own = recordings((OTHER, None), (held, None), (X, OUT))
    [leak] = find_leaks({"one": own}, {})
    assert (leak.check, leak.number, leak.owed_by) == ("one", 1, "one")
    apart = {"two": recordings((held, None)), "one": recordings((X, OUT))}
    assert [leak.owed_by for leak in find_leaks(apart, {})] == ["one"]


def test_a_lone_number_is_found() -> None:
    loss = np.float64(1.2345678)
    assert find_leaks({"one": recordings((loss + 1e-8, None), (X, loss))}, {})
    assert find_leaks({"one": recordings((loss, None)), "two": recordings((X, loss))}, {})
    assert not find_leaks({"one": recordings((loss + 1e-5, None), (X, loss))}, {})


@pytest.mark.parametrize(
    "pairs",
    [
        [(X, OUT), (OUT, GRAD)],
        [(X, np.maximum(X, 0)), (X[1], None)],
        [(X[1], None), (X, np.maximum(X, 0))],
        [(0.05, None), (X, 0.05)],
        [(np.ones(5), None), (X, np.ones((4, 5)))],
        [(OTHER, None), (X, OUT)],
        [(X + 2e-5 * np.sign(X), None), (X, OUT)],
    ],
    ids=["given before", "of the input", "of a later input", "setting", "ones", "others", "near"],
)
def test_nothing_is_found_where_nothing_is_owed(pairs: list[tuple[Any, Any]]) -> None:
    assert find_leaks({"one": recordings(*pairs)}, {}) == []


def test_only_what_is_sent_ahead_is_looked_at() -> None:
    own = {"one": recordings((OTHER, None), (OUT, None), (X, OUT))}
    assert find_leaks(own, {"one": 1}) == []


@pytest.mark.parametrize("name", ["numpynn"])
def test_no_question_of_a_shipped_bank_holds_an_answer_that_is_owed(name: str) -> None:
    assignment = Assignment.load(name)
    code = LocalCode(assignment.reference, assignment)
    asked = RequestRecorder(code.channel)
    run_locally(assignment, asked.channel, Recorder(code.channel), str(assignment.rubric.seed))
    assert sum(map(len, asked.recorded.values())) > 600
    assert find_leaks(asked.recorded, {}) == []
