"""Parameters and gradients under other names cost one check, and are known by what they are."""

from __future__ import annotations

import ast
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from grader.assignment.folder import Assignment
from grader.assignments.numpynn.bank._parameter_names import Spelling
from grader.assignments.numpynn.bank._parameters import fully_connected_shapes
from grader.model.result import CheckResult
from tests.bank.nets import FILE
from tests.bank.patches import LOST, Change, assert_costs, grade

if TYPE_CHECKING:
    from grader.assignments.numpynn.bank._student_net import Net

TWO, FULL = "TwoLayerNet", "FullyConnectedNet"
MODULES = ["two_layer_net", "fully_connected_net", "net_modes", "training"]


def renamed(net: str, name: str, *pairs: tuple[str, str]) -> Change:
    """The reference's net with texts replaced wherever they stand in it."""
    source = (Assignment.load("numpynn").reference / FILE).read_text(encoding="utf-8")
    [node] = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == net
    ]
    text = ast.get_source_segment(source, node) or ""
    for old, new in pairs:
        assert old in text, f"{name}: {old}"
        text = text.replace(old, new)
    return Change(f"{net}: {name}", FILE, definitions=text, costs=frozenset({net}))


CAPITALS = (('f"b{layer}"', 'f"B{layer}"'), ('f"b{last}"', 'f"B{last}"'))
NORMS = (("gamma{layer}", "g{layer}"), ("beta{layer}", "shift_{layer}"))
SLIPS = {
    "two_layer_net::parameters": [
        renamed(TWO, "B1", ('"b1"', '"B1"'), ('"b2"', '"B2"')),
        renamed(TWO, "words", ('"W1"', '"hidden"'), ('"b1"', '"shift"'), ('"W2"', '"out"')),
        renamed(TWO, "B1, and b1 in grads", ('params["b1"]', 'params["B1"]'),
                ('for name in ("W1", "b1"', 'for name in ("W1", "B1"')),
    ],
    "two_layer_net::gradient_keys": [
        renamed(TWO, "db1 in grads", ('grads["b1"]', 'grads["db1"]')),
        renamed(TWO, "dW1 in grads", ('grads["', 'grads["d'), ("grads[name]", 'grads["d" + name]')),
    ],
    "fully_connected_net::parameters": [renamed(FULL, "B1", *CAPITALS)],
    "fully_connected_net::parameters_batchnorm": [
        renamed(FULL, "gama1", ("gamma{layer}", "gama{layer}")),
        renamed(FULL, "g1 and shift_1", *NORMS),
    ],
    "fully_connected_net::gradient_keys": [
        renamed(FULL, "dW1, dgamma1 in grads", ('grads[f"', 'grads[f"d')),
    ],
}  # fmt: skip
ALL = [(check, change) for check, changes in SLIPS.items() for change in changes]
WRONG = renamed(
    TWO,
    "B1, and twice the penalty",
    ('"b1"', '"B1"'),
    ('"b2"', '"B2"'),
    ("loss += 0.5 * self.reg", "loss += self.reg"),
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CheckResult]]:
    changes = [*(change for _, change in ALL), WRONG]
    return grade(changes, MODULES, tmp_path_factory.mktemp("names"))


def lost(results: list[CheckResult]) -> list[str]:
    return [check.id for check in results if check.outcome in LOST]


@pytest.mark.parametrize(("check", "change"), ALL, ids=str)
def test_a_slip_of_spelling_costs_one_check(
    check: str, change: Change, graded: dict[str, list[CheckResult]]
) -> None:
    results = graded[change.name]
    assert_costs(change, results)
    assert lost(results) == [check]


def test_what_is_wrong_under_other_names_is_found(graded: dict[str, list[CheckResult]]) -> None:
    assert lost(graded[WRONG.name]) == ["two_layer_net::parameters", "two_layer_net::penalty"]


def test_the_names_are_shown(graded: dict[str, list[CheckResult]]) -> None:
    said = {check.id: check.message for check in graded[f"{TWO}: B1"]}
    assert 'b1 "B1", b2 "B2"' in said["two_layer_net::parameters"]
    said = {check.id: check.message for check in graded[f"{FULL}: g1 and shift_1"]}
    assert 'beta1 "shift_1", gamma1 "g1"' in said["fully_connected_net::parameters_batchnorm"]


def test_who_counts_from_zero_and_has_no_gamma_has_the_rest_known() -> None:
    told = {"W0": [3, 5], "b0": [5], "W1": [5, 6], "b1": [6], "W2": [6, 4], "b2": [4]}
    probe = cast("Net", SimpleNamespace(
        expected=fully_connected_shapes([5, 6], 3, 4, "batchnorm"),
        remote=SimpleNamespace(params=SimpleNamespace(shapes=lambda: told)),
    ))  # fmt: skip
    spelling = Spelling(probe.expected, lambda find: find(probe))
    known = spelling.of_parameters(told)
    assert known == {"W1": "W0", "b1": "b0", "W2": "W1", "b2": "b1", "W3": "W2", "b3": "b2"}


@pytest.mark.parametrize(
    "told", [None, {}, {"": [3, 5]}, {"w": [10**12], "v": ["a"], "u": None}, {"b": [[5]]}]
)
def test_odd_answers_about_shapes_tell_nothing(told: Any) -> None:
    remote = SimpleNamespace(
        params=SimpleNamespace(shapes=lambda: told), loss=lambda *_, **__: (None, told)
    )
    expected = fully_connected_shapes([5, 6], 3, 4, "batchnorm")
    probe = cast("Net", SimpleNamespace(expected=expected, remote=remote))
    spelling = Spelling(expected, lambda find: find(probe))
    there = list(told or {})
    assert spelling.of_parameters(there).keys() <= {*there, "W1"}
    assert spelling.of_gradients(there).keys() <= {*there, "W1"}
