"""Files that students get complete, which stand in where one was not handed in."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignment.folder import Assignment
from grader.assignment.stripping import strip_solutions
from grader.model.errors import RubricError
from tests.support import RUBRICS, SOLUTION, TEMPLATE


def _extended(folder: Path, given: str) -> Assignment:
    rubrics = RUBRICS
    text = (rubrics / "numpynn.toml").read_text().replace('given = ["data_utils"', given)
    reference = SOLUTION / "numpynn"
    path = folder / "mine.toml"
    path.write_text(f'reference = "{reference}"\n{text}')
    return Assignment.load(str(path))


def test_given_files_are_those_of_the_template() -> None:
    given = Assignment.load("numpynn").given_files
    template = TEMPLATE / "numpynn"
    assert given.keys() == {"data_utils", "gradient_check", "layer_utils", "solver"}
    for module, text in given.items():
        assert text == (template / f"{module}.py").read_text() == strip_solutions(text)


@pytest.mark.parametrize("module", ["layers", "classifiers.fc_net"])
def test_no_file_with_a_solution_can_be_given(tmp_path: Path, module: str) -> None:
    assignment = _extended(tmp_path, f'given = ["{module}"')
    with pytest.raises(RubricError, match=f"holds a solution.*Take '{module}' out of `given`"):
        _ = assignment.given_files


def test_a_given_file_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match=r"mine\.toml: key `given`: cannot read .*nothing\.py"):
        _ = _extended(tmp_path, 'given = ["nothing"').given_files
