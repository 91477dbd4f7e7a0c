"""Mutants of a package: where they are made, and how they are named."""

from __future__ import annotations

import ast
import difflib

import pytest

from grader.assignment.catalogue import read_package
from grader.assignment.folder import Assignment
from grader.model.contract import Contract
from grader.verify.mutants import Mutant, make_mutants
from grader.verify.observation import Observation, see, telling
from grader.verify.source_pieces import changed_places, segments, spliced, text_of

CONTRACT = Contract.parse({"f": "layers: out", "Net": "layers: net*"})
FILES = {
    "layers.py": '''\
import numpy as np


def f(x, w, b):
    """Return 1 + 1."""
    if len(x) == 0:
        raise ValueError("1 + 1" + str(-1))
    out = (x +  # what is added
           w)  # é: columns are counted in bytes
    out += 2 * b
    for row in out:
        row -= 1
    return out


class Net:
    def loss(self, X):
        return X * 2


def given(x):
    return x + 1
''',
}


@pytest.fixture(scope="module")
def mutants() -> list[Mutant]:
    return make_mutants(FILES, Observation(CONTRACT))


def changes(mutants: list[Mutant], operator: str) -> list[tuple[str, str]]:
    return [(m.subject.old, m.subject.new) for m in mutants if m.subject.operator == operator]


def test_ids_name_function_operator_and_ordinal(mutants: list[Mutant]) -> None:
    names = [mutant.subject.id for mutant in mutants]
    assert len(set(names)) == len(names)
    assert {"f:arithmetic:1", "f:arithmetic:2", "Net.loss:arithmetic:1"} <= set(names)
    assert names == [mutant.subject.id for mutant in make_mutants(FILES, Observation(CONTRACT))]


def test_only_the_contracts_functions_are_changed(mutants: list[Mutant]) -> None:
    assert {mutant.subject.functions for mutant in mutants} == {("f",), ("Net",)}


def test_docstrings_and_errors_are_left_alone(mutants: list[Mutant]) -> None:
    assert not any("Return" in mutant.subject.old for mutant in mutants)
    assert not any("raise" in mutant.subject.old for mutant in mutants)


def test_statements_are_dropped(mutants: list[Mutant]) -> None:
    assert changes(mutants, "drop") == [
        ("out += 2 * b", "pass"), ("for row in out: ...", "pass"), ("row -= 1", "pass"),
    ]  # fmt: skip


def test_conditions_are_negated(mutants: list[Mutant]) -> None:
    assert changes(mutants, "condition") == [
        ("len(x) == 0", "not len(x) == 0"), ("len(x) == 0", "True"), ("len(x) == 0", "False"),
    ]  # fmt: skip


def test_a_mutant_differs_in_its_statement_alone(mutants: list[Mutant]) -> None:
    before = FILES["layers.py"].splitlines()
    for mutant in mutants:
        after = mutant.text.splitlines()
        ast.parse(mutant.text)
        changed = [line for line in difflib.ndiff(before, after) if line.startswith(("- ", "+ "))]
        assert 0 < len(changed) <= 4, mutant.subject.id
    wide = next(mutant for mutant in mutants if mutant.subject.new == "out = x - w")
    assert "    out = x - w  # é: columns are counted in bytes\n" in wide.text


def test_our_reference_gives_enough_and_only_inside_solutions() -> None:
    assignment = Assignment.load("numpynn")
    files = read_package(assignment.reference)
    made = make_mutants(files, Observation(assignment.contract))
    assert len(made) >= 500
    given = {"sgd", "Solver", "affine_relu_forward", "affine_relu_backward"}
    owners = {name for mutant in made for name in mutant.subject.functions}
    assert owners == assignment.contract.keys() - given
    for mutant in made:
        lines = files[mutant.subject.file].splitlines()[: mutant.subject.line - 1]
        marks = [line for line in lines if "BEGIN SOLUTION" in line or "END SOLUTION" in line]
        assert "BEGIN" in marks[-1], mutant.subject.id


def test_variables_of_one_kind_are_exchanged() -> None:
    observed = Observation(CONTRACT)
    observed.leave(("layers.py", "f"), {"x": 1.0, "w": 2.0, "b": 1, "out": 2.0})
    observed.leave(("layers.py", "f"), {"x": 1.0, "w": 2.0, "b": 3.0, "out": 1})
    assert observed.alike(("layers.py", "f"), "x") == ["w"]
    found = changes(make_mutants(FILES, observed), "variable")
    assert ("out = x + w", "out = w + w") in found
    assert not any("b" in new and "b" not in old for old, new in found)


def test_a_telling_package_says_what_is_entered() -> None:
    observed = Observation(CONTRACT)
    observed.watch()
    observed.begin("first")
    (text,) = telling({"layers.py": FILES["layers.py"]}).values()
    namespace = {"__name__": "layers"}
    exec(compile(text, "/somewhere/layers.py", "exec"), namespace)
    f = namespace["f"]
    assert callable(f)
    with pytest.raises(ValueError, match="1"):
        f([], 1, 2)
    assert observed.reaching({("layers.py", "f")}) == {"first"}
    assert observed.reaching({("layers.py", "given")}) == set()
    assert observed.alike(("layers.py", "f"), "w") == ["b"]
    see("layers.py", "given")
    assert observed.reaching({("layers.py", "given")}) == {"first"}


def test_looking_at_variables_runs_nothing_of_the_package() -> None:
    observed = Observation(CONTRACT)
    observed.watch()
    source = """
class Net:
    @property
    def shape(self):
        self.asked = getattr(self, "asked", 0) + 1
        return (self.asked,)
"""
    (text,) = telling({"layers.py": source}).values()
    namespace: dict[str, type] = {}
    exec(text, namespace)
    assert getattr(namespace["Net"](), "shape") == (1,)  # noqa: B009


@pytest.mark.parametrize(
    ("old", "new", "places"),
    [
        ("X * 2", "X * 3", {("layers.py", "Net.loss")}),
        ("# what is added", "# another comment", set()),
        ("def f(x, w, b)", "def f(x, w, b=1)", None),
        ("import numpy as np", "import math", None),
        ("def given", "def other", None),
    ],
)
def test_where_two_packages_differ(old: str, new: str, places: set[tuple[str, str]] | None) -> None:
    text = FILES["layers.py"]
    assert old in text
    assert changed_places(FILES, {"layers.py": text.replace(old, new)}) == places


def test_a_segment_is_replaced_where_it_stands() -> None:
    text = "if (a and\n    b):  # why\n    pass\n"
    (segment,) = segments(ast.parse(text).body)
    assert text_of(segment) == "a and b"
    assert spliced(text, segment.node, "c") == "if (c):  # why\n    pass\n"
