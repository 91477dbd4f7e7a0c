"""The student template: in step with the reference, and without a line of its solutions."""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from grader.assignment.folder import Assignment
from grader.assignment.stripping import (
    build_template,
    strip_solutions,
    template_differences,
)
from grader.model.contract import ContractEntry
from grader.model.errors import InputError
from grader.submission.unfinished import is_left, left_methods

STUDENTS_WRITE = {
    "numpynn/layers.py": {
        *("affine_forward", "affine_backward", "relu_forward", "relu_backward"),
        *("softmax_loss", "svm_loss"),
        *("batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt"),
        *("layernorm_forward", "layernorm_backward", "dropout_forward", "dropout_backward"),
    },
    "numpynn/optim.py": {"sgd_momentum", "rmsprop", "adam"},
    "numpynn/classifiers/fc_net.py": {
        *("TwoLayerNet.__init__", "TwoLayerNet.loss"),
        *("FullyConnectedNet.__init__", "FullyConnectedNet.loss"),
    },
}
GIVEN = ["__init__", "solver", "gradient_check", "data_utils", "layer_utils"]
SOLUTION = re.compile(r"# BEGIN SOLUTION.*?# END SOLUTION", re.DOTALL)

MODULE = '''\
"""Sums."""

# BEGIN SOLUTION
from helpers import add
# END SOLUTION


def total(a, b):
    """Add."""
    # BEGIN SOLUTION: add `a`
    #   and `b`.
    result = add(a, b)
    # END SOLUTION
    return result


class Box:
    def get(self):
        if self:
            # BEGIN SOLUTION: give it.
            return self._get()
            # END SOLUTION
        return None

    # BEGIN SOLUTION
    def _get(self):
        return 1

    # END SOLUTION


END = 1
'''
RULE = "# " + "-" * 94
STRIPPED = f'''\
"""Sums."""


def total(a, b):
    """Add."""
    {RULE}
    # TODO: add `a` and `b`.
    {RULE}
    raise NotImplementedError("TODO: total")  # your code goes here
    return result


class Box:
    def get(self):
        if self:
            {RULE[:-8]}
            # TODO: give it.
            {RULE[:-8]}
            raise NotImplementedError("TODO: Box.get")  # your code goes here
        return None


END = 1
'''


@pytest.fixture
def template(root: Path) -> Path:
    """Return the committed template."""
    return root / "student_template" / "numpynn"


@pytest.fixture
def package(template: Path, tmp_path: Path) -> Iterator[Callable[[str], ModuleType]]:
    """Return what imports a module of the template, which goes by another name here."""
    shutil.copytree(template / "numpynn", tmp_path / "untouched")
    sys.path.insert(0, str(tmp_path))
    yield lambda name: importlib.import_module(f"untouched.{name}")
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.split(".")[0] == "untouched"]:
        del sys.modules[name]


def test_template_is_in_step(root: Path, template: Path) -> None:
    differences = template_differences(root / "reference" / "numpynn", template)
    remedy = "run: make template"
    assert not differences, "\n".join([*differences, remedy])


def left(path: Path) -> set[str]:
    """Return the functions and methods of networks that the harness takes for untouched."""
    names = set()
    contract = Assignment.load("numpynn").contract
    for node in ast.parse(path.read_text()).body:
        entry = contract.get(getattr(node, "name", ""), ContractEntry("", ()))
        if isinstance(node, ast.FunctionDef) and is_left(node, entry):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef) and not entry.given:
            names |= {f"{node.name}.{method}" for method in left_methods(node, entry)}
    return names


def test_students_write_what_the_assignment_says(template: Path) -> None:
    for name, functions in STUDENTS_WRITE.items():
        assert left(template / name) == functions
    for name in GIVEN:
        assert left(template / "numpynn" / f"{name}.py") == set()


def test_nothing_is_unfinished_in_the_reference(root: Path) -> None:
    for path in (root / "reference" / "numpynn").rglob("*.py"):
        assert left(path) == set()


@pytest.mark.parametrize("name", STUDENTS_WRITE)
def test_no_line_of_a_solution_is_in_the_template(name: str, root: Path, template: Path) -> None:
    source = (root / "reference" / "numpynn" / name).read_text()
    given = set(map(str.strip, SOLUTION.sub("", source).splitlines()))
    solutions = [
        line.strip()
        for block in SOLUTION.findall(source)
        for line in block.splitlines()
        if not line.strip().startswith("#")
    ]
    secret = set(solutions) - given
    assert len(secret) > 10
    lines = set(map(str.strip, (template / name).read_text().splitlines()))
    assert lines & secret == set()
    assert "SOLUTION" not in (template / name).read_text()


@pytest.mark.parametrize("name", STUDENTS_WRITE)
def test_what_is_given_stays_as_it_is(name: str, root: Path, template: Path) -> None:
    def outline(folder: Path) -> dict[str, tuple[str, str | None]]:
        tree = ast.parse((folder / name).read_text())
        return {
            node.name: (ast.unparse(node.args), ast.get_docstring(node))
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_hidden")
        }

    assert outline(template) == outline(root / "reference" / "numpynn")


def test_every_stub_raises_and_names_its_function(package: Callable[[str], ModuleType]) -> None:
    x = np.ones((2, 2))
    calls: dict[str, tuple[Any, ...]] = {
        "layers.affine_forward": (x, x, x[0]),
        "layers.relu_backward": (x, x),
        "layers.softmax_loss": (x, [0, 1]),
        "layers.batchnorm_forward": (x, x[0], x[0], {"mode": "train"}),
        "layers.layernorm_forward": (x, x[0], x[0], {}),
        "layers.dropout_forward": (x, {"mode": "test", "p": 0.5}),
        "optim.adam": (x, x),
        "classifiers.fc_net.FullyConnectedNet": ([2],),
    }
    for path, arguments in calls.items():
        module, name = path.rsplit(".", 1)
        with pytest.raises(NotImplementedError, match=f"^TODO: {name}"):
            getattr(package(module), name)(*arguments)


def test_what_is_given_works_in_the_template(package: Callable[[str], ModuleType]) -> None:
    w, config = package("optim").sgd(np.ones(2), np.ones(2), {"learning_rate": 0.25})
    np.testing.assert_array_equal(w, [0.75, 0.75])
    assert config == {"learning_rate": 0.25}
    with pytest.raises(ValueError, match="mode"):
        package("layers").batchnorm_forward(np.ones((2, 2)), 1, 0, {"mode": "?"})
    assert package("gradient_check").rel_error(np.ones(2), np.ones(2)) == 0
    assert package("data_utils").generate_split(3, split=0)[0].shape == (3, 3, 32, 32)
    assert package("solver").Solver


def test_example_in_the_readme_runs(template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readme = (template / "README.md").read_text()
    (example,) = re.findall(r"```python\n(import numpy.*?)```", readme, re.DOTALL)
    exec(example, {})
    assert float(capsys.readouterr().out) < 1e-8


def test_stripping() -> None:
    assert strip_solutions(MODULE) == STRIPPED


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1\n# END SOLUTION\n", "m.py:2: '# END SOLUTION' ends what nothing has begun"),
        ("# BEGIN SOLUTION\nx = 1\n", "m.py:1: what begins here, '# BEGIN SOLUTION', has no end"),
        ("# BEGIN SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION\n", "m.py:1: what begins here"),
        ("# BEGIN SOLUTION add\n# END SOLUTION\n", "m.py:1: '# BEGIN SOLUTION add' looks like a"),
        ("x = 1\nx = = 2\n", "m.py:2: invalid syntax"),
    ],
)
def test_wrong_markers_are_refused(source: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        strip_solutions(source, "m.py")


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Return the folders of a small reference and of the template built from it."""
    reference, out = tmp_path / "reference", tmp_path / "template"
    (reference / "numpynn" / "sub").mkdir(parents=True)
    for name in ("sums.py", "sub/more.py"):
        (reference / "numpynn" / name).write_text(MODULE)
    build_template(reference, out)
    return reference, out


def test_differences(pair: tuple[Path, Path]) -> None:
    reference, out = pair
    assert template_differences(reference, out) == []

    (out / "numpynn/sums.py").write_text(STRIPPED.replace("return result", "return a + b"))
    (out / "numpynn/sub/more.py").unlink()
    (out / "numpynn/extra.py").write_text("")
    assert template_differences(reference, out) == [
        "numpynn/extra.py: not in the reference",
        "numpynn/sub/more.py: missing from the template",
        "numpynn/sums.py: line 10 differs from the stripped reference",
    ]


def test_no_reference(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no package"):
        build_template(tmp_path, tmp_path / "out")
