"""Our notebooks are what the course asks for, and the stripped ones are in step."""

from __future__ import annotations

import json
import re
from typing import Any

import nbformat
import pytest

from grader.assignment.folder import Assignment
from grader.assignment.stripping import strip_notebook, template_differences
from grader.model.errors import InputError
from tests.support import REPOSITORY, SOLUTION, TEMPLATE

NAMES = ("FullyConnectedNets", "BatchNormalization", "Dropout")
ROLES = {"text", "given", "check", "experiment", "answer", "written"}
ASKED = {
    "FullyConnectedNets": [
        *("affine_forward", "affine_backward", "relu_forward", "relu_backward"),
        *("affine_relu_forward", "affine_relu_backward", "softmax_loss", "svm_loss"),
        *("TwoLayerNet", "FullyConnectedNet", "sgd_momentum", "rmsprop", "adam"),
    ],
    "BatchNormalization": [
        *("batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt"),
        *("layernorm_forward", "layernorm_backward", "FullyConnectedNet"),
    ],
    "Dropout": ["dropout_forward", "dropout_backward", "FullyConnectedNet"],
}
QUESTIONS = {"FullyConnectedNets": 3, "BatchNormalization": 4, "Dropout": 3}


def _content(folder: str, name: str) -> dict[str, Any]:
    path = REPOSITORY / folder / "numpynn" / f"{name}.ipynb"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize("folder", ["reference", "student_template"])
@pytest.mark.parametrize("name", NAMES)
def test_they_are_valid_and_every_cell_has_a_role(folder: str, name: str) -> None:
    content = _content(folder, name)
    nbformat.validate(content)
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    about = [cell["metadata"]["grader"] for cell in content["cells"]]
    assert {one["role"] for one in about} <= ROLES
    assert [cell.get("outputs", []) for cell in content["cells"]] == [[]] * len(about)
    ids = {cell["id"] for cell in content["cells"]}
    assert {one["needs"] for one in about if "needs" in one} <= ids


@pytest.mark.parametrize("name", NAMES)
def test_all_that_is_asked_for_is_there_and_can_be_self_checked(name: str) -> None:
    cells = _content("reference", name)["cells"]
    checks = [cell for cell in cells if cell["metadata"]["grader"]["role"] == "check"]
    functions = {
        function for cell in checks for function in cell["metadata"]["grader"]["functions"]
    }
    assert functions == set(ASKED[name])
    text = "".join("".join(cell["source"]) for cell in checks)
    offered = set(re.findall(r'"(\w+)"', "".join(re.findall(r"grader\.check\(.*\)", text))))
    assert functions - offered <= {"affine_relu_forward", "affine_relu_backward"}
    written = [cell for cell in cells if cell["metadata"]["grader"]["role"] == "written"]
    assert len(written) == QUESTIONS[name]


def test_the_template_is_in_step() -> None:
    reference, template = SOLUTION, TEMPLATE
    assert template_differences(reference, template) == []


def test_nothing_of_a_solution_is_left() -> None:
    for name in NAMES:
        solved, stripped = (_content(folder, name) for folder in ("reference", "student_template"))
        text = json.dumps(stripped)
        given = json.dumps("\n".join("".join(cell["source"]) for cell in stripped["cells"]))
        assert "SOLUTION" not in text
        for cell in solved["cells"]:
            source = "".join(cell["source"])
            if cell["metadata"]["grader"]["role"] == "written":
                assert source.split("answer:**")[1][5:60] not in text
            for solution in re.findall(r"# BEGIN SOLUTION.*?# END SOLUTION", source, re.DOTALL):
                code = [line for line in solution.splitlines() if not line.startswith("#")]
                assert code
                assert json.dumps("\n".join(code[:2]))[1:-1] not in given


def test_the_rubric_names_cells_that_are_there() -> None:
    rules = Assignment.load("numpynn-notebooks").rubric.notebooks
    assert rules is not None
    for name, rule in rules.files.items():
        cells = _content("student_template", name)["cells"]
        ids = {cell["id"] for cell in cells}
        asked = {cell["metadata"]["grader"].get("question") for cell in cells} - {None}
        assert set(rule.answers) == asked
        assert {value.needs for value in rule.values.values() if value.needs} <= ids
        figures = {value.path for value in rule.values.values() if value.kind == "figure"}
        assert figures <= ids


def test_markers_that_do_not_match_are_reported() -> None:
    cell = {
        "cell_type": "code", "id": "a", "metadata": {"grader": {"role": "answer"}},
        "source": ["# BEGIN SOLUTION: x\n", "y = 1"], "outputs": [],
    }  # fmt: skip
    with pytest.raises(InputError, match=r"nb, cell a:1: what begins here, .* has no end"):
        strip_notebook(json.dumps({"cells": [cell]}), "nb")
    with pytest.raises(InputError, match="not one of our notebooks"):
        strip_notebook("[]", "nb")
