"""What templates leave to be done is told by syntax trees, without the templates' text."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from grader.assignment.folder import Assignment
from grader.assignment.layout import shipped_ids
from grader.assignment.template_digests import FILE, Function, recorded_digests, tree_digest
from grader.model.composition import load_composition
from grader.model.errors import InputError
from grader.submission import load, single
from tests.batch.toy import LAYERS, hand_in
from tests.support import RUBRICS
from tests.verify.toy import SCALE, SHIFT, make

_SHOWN = '''\
def scale(x, w):
    """Return x * w."""
    out = x.astype(float) + 0.0 * w  # of the right shape: go on from here
    return out


'''
"""Computes something, so that its statements alone say nothing."""


def _function(text: str) -> Function:
    (node,) = ast.parse(text).body
    assert isinstance(node, Function)
    return node


@pytest.mark.parametrize(
    "same",
    [
        "def f(x, w):\n    '''Of mine.'''\n    # mine\n    return (x * w)",
        "def f(x: int, w: float) -> float:\n    return x * w",
        "def f(x, w):\n    return x * \\\n        w\n",
    ],
)
def test_texts_comments_and_layout_make_no_difference(same: str) -> None:
    assert tree_digest(_function(same)) == tree_digest(_function("def f(x, w):\n    return x * w"))


@pytest.mark.parametrize(
    "other", ["def f(x, w):\n    return w * x", "def f(x, v):\n    return x * v", "def f(x, w): 0"]
)
def test_statements_and_parameters_do(other: str) -> None:
    assert tree_digest(_function(other)) != tree_digest(_function("def f(x, w):\n    return x * w"))


def _assignment(folder: Path, shown: str) -> Assignment:
    """The toy, in whose template `scale` is `shown` and `shift` is complete."""
    path = make(folder, SCALE, SHIFT).path
    template = folder / "template" / "toy"
    template.mkdir(parents=True)
    rest = LAYERS.partition("def shift")
    text = f"import numpy as np\n\n\n{shown}{rest[1]}{rest[2]}"
    (template / "layers.py").write_text(text, encoding="utf-8")
    return Assignment.load(str(path))


def _left(assignment: Assignment, folder: Path, layers: str) -> list[str]:
    path = hand_in(folder, "ann", layers)
    submission = load(single(path.parents[1]), contract=assignment.contract, form=assignment.form)
    return list(submission.todo)


def test_what_is_as_in_the_assignments_template_is_left(tmp_path: Path) -> None:
    assignment = _assignment(tmp_path, _SHOWN)
    rest = LAYERS.partition("def shift")
    untouched = _SHOWN.replace("# of the right shape: go on from here", "") + rest[1] + rest[2]
    assert _left(assignment, tmp_path / "a", untouched) == ["scale"]
    begun = untouched.replace("0.0 * w", "0.5 * w")
    assert _left(assignment, tmp_path / "b", begun) == []
    assert _left(assignment, tmp_path / "c", LAYERS) == []


def test_what_the_reference_has_too_is_never_left(tmp_path: Path) -> None:
    """A template may give a function complete without saying so."""
    assignment = _assignment(tmp_path, _SHOWN)
    assert assignment.contract["shift"].templates == frozenset()
    assert len(assignment.contract["scale"].templates) == 1


def test_those_of_other_releases_are_recorded(tmp_path: Path) -> None:
    _assignment(tmp_path, "").path.with_name("releases.py").write_text("RELEASES = ()\n")
    digest = tree_digest(_function(_SHOWN))
    (tmp_path / FILE).write_text(f'{{"scale": ["{digest}"]}}', encoding="utf-8")
    assignment = Assignment.load(str(tmp_path / "toy.toml"))
    before = assignment.digest
    rest = LAYERS.partition("def shift")
    assert _left(assignment, tmp_path / "a", _SHOWN + rest[1] + rest[2]) == ["scale"]
    (tmp_path / FILE).write_text("{}", encoding="utf-8")
    assert Assignment.load(str(tmp_path / "toy.toml")).digest != before


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("[3]", encoding="utf-8")
    with pytest.raises(InputError, match=f"{FILE}: not a file of template digests"):
        recorded_digests(tmp_path / FILE)


@pytest.mark.parametrize("name", shipped_ids())
def test_no_solution_of_ours_is_called_left(name: str) -> None:
    if load_composition(RUBRICS / f"{name}.toml") is not None:
        return
    assignment = Assignment.load(name)
    submission = load(
        single(assignment.reference),
        contract=assignment.contract,
        form=assignment.form,
        plugin=assignment.plugin,
    )
    assert submission.todo == []
    known = recorded_digests(assignment.layout.plugin / FILE)
    assert set(known) <= set(assignment.contract.targets)
    assert {"affine_forward", "batchnorm_backward"} <= set(known)
