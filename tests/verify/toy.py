"""An instructor's own assignment: two functions, a bank, and what may lie beside them."""

from __future__ import annotations

import re
from pathlib import Path

from grader.assignment.folder import Assignment
from grader.verify.proof import Proof
from grader.verify.prove import Wanted
from tests import small_process

RUBRIC = """\
id = "toy"
points = 4
bank = "bank"
reference = "reference/toy"

[title]
en = "Toy"

[contract]
scale = "layers: out"
shift = "layers: out"

[parts]
scale = { title = { en = "Scale" }, points = 2 }
shift = { title = { en = "Shift" }, points = 2 }
"""

LAYERS = '''\
"""A toy."""

import numpy as np


def scale(x, w):
    """Return x * w."""
    out = x * w
    return out


def shift(x, b):
    """Return x + 2 * b, for every sample."""
    return helper(x, b)


def helper(x, b):
    return x + 2 * b
'''

HEAD = """\
import numpy as np
from grader.checks import assert_close, check
"""

SCALE = """

@check("scale multiplies", part="scale", targets="scale")
def test_scale(student, reference, inputs):
    x, w = inputs.normal(3, 4), inputs.normal(4)
    expected = reference.scale(x, w)
    assert_close("out", student.scale(x, w), expected)
"""

SHIFT = """

@check("shift adds", part="shift", targets="shift")
def test_shift(student, reference, inputs):
    x, b = inputs.normal(3, 4), inputs.normal(4)
    expected = reference.shift(x, b)
    assert_close("out", student.shift(x, b), expected)
"""

WEAK_SHIFT = """

@check("shift keeps the shape", part="shift", targets="shift")
def test_shift_shape(student, inputs):
    x, b = inputs.normal(3, 4), inputs.normal(4)
    assert_close("shape", np.array(np.shape(student.shift(x, b))), np.array([3, 4]))
"""

IDLE = """

@check("scale returns something", part="scale", targets="scale")
def test_idle(student, inputs):
    student.scale(inputs.normal(3, 4), inputs.normal(4))
"""

FLAKY = """

@check("scale is lucky", part="scale", targets="scale")
def test_flaky(student, inputs):
    first = student.scale(inputs.normal(1), np.ones(1))
    assert_close("sign", np.sign(first), np.ones(1))
"""

LUCKY = """

@check("scale multiplies one number", part="scale", targets="scale")
def test_lucky(student, reference, inputs):
    x, w = np.ones(1), inputs.normal(1)
    expected = reference.scale(x, w)
    assert_close("out", student.scale(x, w), expected)
"""

STRAY = """

@check("shift of a scaled x", part="shift", targets="shift")
def test_stray(student, reference, inputs):
    x, b = inputs.normal(3, 4), inputs.normal(4)
    expected = reference.shift(reference.scale(x, b), b)
    assert_close("out", student.shift(student.scale(x, b), b), expected)
"""


def make(folder: Path, *checks: str, layers: str = LAYERS, rubric: str = RUBRIC) -> Assignment:
    """The assignment, in a folder, with these checks; parts that none belongs to are left out."""
    empty = [name for name in ("scale", "shift") if not any(f'part="{name}"' in c for c in checks)]
    for name in empty:
        rubric = re.sub(rf"^{name} = \{{ title.*\n", "", rubric, flags=re.MULTILINE)
        rubric = rubric.replace("\npoints = 4\n", "\npoints = 2\n")
    (folder / "bank").mkdir()
    (folder / "bank" / "layers.py").write_text(HEAD + "".join(checks), encoding="utf-8")
    package = folder / "reference" / "toy"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "layers.py").write_text(layers, encoding="utf-8")
    (folder / "toy.toml").write_text(rubric, encoding="utf-8")
    return Assignment.load(str(folder / "toy.toml"))


def proof_of(assignment: Assignment, *, seeds: int = 0, catalogue_seeds: int = 0) -> Proof:
    """The proof of its bank."""
    wanted = Wanted(seeds=seeds, catalogue_seeds=catalogue_seeds, jobs=4)
    return small_process.proof_of(assignment, wanted)


def add_mistake(folder: Path, function: str, old: str, new: str) -> None:
    """Put a mistake into the catalogue beside the reference."""
    entries = folder / "reference" / "mistakes" / function
    entries.mkdir(parents=True)
    texts = "".join(f'[{key}]\nen = "x"\n' for key in ("title", "explanation", "hint"))
    text = f'function = "{function}"\nseverity = "major"\n{texts}'
    text += f'[[patch]]\nfile = "layers.py"\nold = "{old}"\nnew = "{new}"\n'
    (entries / f"{function}-wrong.toml").write_text(text, encoding="utf-8")


def changes(proof: Proof, names: list[str]) -> set[tuple[str, str]]:
    """What some mutants change."""
    return {(v.subject.old, v.subject.new) for v in proof.verdicts if v.subject.id in names}
