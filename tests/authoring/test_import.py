"""Assignments of nbgrader, otter and Gradescope: what comes over, and what is said of the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.folder import Assignment
from grader.authoring.completion import complete
from grader.authoring.import_assignment import Carried, import_assignment
from grader.checks import holds, raising
from grader.model.errors import InputError
from grader.model.result import Finding
from grader.model.verdicts import Wrong
from grader.student.proxy import Raised

SOLUTION = "### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"


def code(source: str, **about: Any) -> dict[str, Any]:
    output = about.pop("shown", None)
    outputs = [{"output_type": "execute_result", "data": {"text/plain": output}}] if output else []
    return {"cell_type": "code", "metadata": about, "source": source, "outputs": outputs}


def raw(source: str) -> dict[str, Any]:
    return {"cell_type": "raw", "metadata": {}, "source": source}


def notebook(path: Path, *cells: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    return path


def nbgrader(points: float = 0, *, solution: bool = False, name: str = "t") -> dict[str, Any]:
    return {"grade": points > 0, "solution": solution, "points": points, "grade_id": name}


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Carried:
    folder = tmp_path_factory.mktemp("nbgrader")
    written = {"cell_type": "markdown", "metadata": {"nbgrader": nbgrader(2, solution=True)}}
    path = notebook(
        folder / "Week 1.ipynb",
        code("import numpy as np\n%matplotlib inline\nfactor = 2"),
        code(f"def double(x):\n    {SOLUTION}\n", nbgrader=nbgrader(solution=True)),
        code("data = np.arange(3)"),
        code(
            "assert double(2) == 4\nassert list(double(data)) == [0, 2, 4]\n"
            "### BEGIN HIDDEN TESTS\nassert double(-1) == -2\n### END HIDDEN TESTS",
            nbgrader=nbgrader(3),
        ),
        code("try:\n    double(None)\nexcept TypeError:\n    pass\nelse:\n    assert False",
             nbgrader=nbgrader(1, name="refuses")),
        code("start = 1"),
        code("### BEGIN SOLUTION\ntotal = start\nfor k in data:\n    total += double(k)\n"
             "### END SOLUTION", nbgrader=nbgrader(solution=True)),
        code("assert total == 7", nbgrader=nbgrader(1, name="total")),
        code("total = 0"),
        code("assert total == 0", nbgrader=nbgrader(1, name="given")),
        {**written, "source": "Because."},
    )  # fmt: skip
    return import_assignment(folder / "week1", "nbgrader", path, complete)


def test_visible_and_hidden_tests_and_points(carried: Carried) -> None:
    assert (carried.checks, carried.hidden, carried.tests) == (4, 1, 5)
    assignment = Assignment.load(str(carried.folder))
    assert assignment.rubric.points == 5
    assert list(assignment.contract) == ["double", "cell_7"]
    bank = (carried.folder / "bank" / "week_1.py").read_text()
    assert "data = np.arange(3)" in bank
    assert "visibility=Visibility.HIDDEN" in bank
    assert "double = raising(student.double)" in bank


def test_what_does_not_come_over_is_listed_with_its_place(carried: Carried) -> None:
    left = {each.place: each.why for each in carried.left_out}
    assert left == {
        "Week 1.ipynb, cell 10": "it judges nothing that students write",
        "Week 1.ipynb, cell 11": "a written answer, which a person marks",
    }


def test_a_variable_that_is_computed_becomes_what_a_function_returns(carried: Carried) -> None:
    """The test sees the value that it saw in the notebook, not what a later cell makes of it."""
    bank = (carried.folder / "bank" / "week_1.py").read_text()
    assert "total = student.cell_7()\n    with holds():\n        assert total == 7" in bank
    (template,) = (carried.folder / "template").rglob("week_1.py")
    left = template.read_text().partition("def cell_7():")[2]
    assert "    start = 1\n    raise NotImplementedError(" in left
    assert "total +=" not in left


def test_a_value_that_needs_another_one(tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "lab.ipynb",
        code("a = 2  # SOLUTION"),
        code("# TEST\na", shown="2"),
        code("b = [a + k for k in range(2)]  # SOLUTION"),
        code("# TEST\nb", shown="[2, 3]"),
    )
    carried = import_assignment(tmp_path / "lab", "otter", path, complete)
    assert (carried.checks, carried.left_out) == (2, [])
    module = (tmp_path / "lab" / "reference" / "lab" / "lab.py").read_text()
    assert "    a = cell_1()\n    b = [a + k" in module


def test_no_solution_is_in_the_template(carried: Carried) -> None:
    (template,) = (carried.folder / "template").rglob("week_1.py")
    assert "2 * x" not in template.read_text()


def test_otter(tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "lab.ipynb",
        raw("# BEGIN QUESTION\nname: q1\npoints: 4"),
        raw("# BEGIN SOLUTION"),
        code("def double(x):\n    return 2 * x  # SOLUTION"),
        raw("# END SOLUTION"),
        raw("# BEGIN TESTS"),
        code("double(2)", shown="4"),
        code("# HIDDEN\ndouble(3) == 6", shown="True"),
        raw("# END TESTS"),
        raw("# END QUESTION"),
    )
    carried = import_assignment(tmp_path / "lab", "otter", path, complete)
    assert (carried.checks, carried.hidden, carried.left_out) == (2, 1, [])
    bank = (tmp_path / "lab" / "bank" / "lab.py").read_text()
    assert 'assert repr(double(2)) == "4"' in bank
    assert "assert double(3) == 6" in bank
    assert "points=2," in bank


def test_gradescope(tmp_path: Path) -> None:
    grader = tmp_path / "autograder"
    (grader / "solution").mkdir(parents=True)
    (grader / "tests").mkdir()
    (grader / "solution" / "counter.py").write_text(
        "class Counter:\n    def __init__(self):\n        self.n = 0\n\n"
        "    def add(self, k):\n        self.n += k\n        return self.n\n"
    )
    (grader / "tests" / "test_counter.py").write_text(
        "import unittest\nfrom gradescope_utils.autograder_utils.decorators import weight\n"
        "from counter import Counter\n\n\nclass TestCounter(unittest.TestCase):\n"
        "    def setUp(self):\n        self.counter = Counter()\n\n    @weight(5)\n"
        '    def test_add(self):\n        """Adds up"""\n        self.counter.add(2)\n'
        "        self.assertEqual(self.counter.add(3), 5)\n"
    )
    carried = import_assignment(tmp_path / "out", "gradescope", grader, complete)
    assert (carried.checks, carried.left_out) == (1, [])
    assert Assignment.load(str(carried.folder)).rubric.points == 5
    assert "add" in (carried.folder / "template" / "out" / "counter.py").read_text()


def test_a_given_cell_that_calls_what_students_write(tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "lab.ipynb",
        code("def double(x):\n    return 2 * x  # SOLUTION"),
        code("four = double(2)"),
        code("# TEST\nfour", shown="4"),
    )
    carried = import_assignment(tmp_path / "lab", "otter", path, complete)
    assert (carried.checks, carried.left_out) == (1, [])
    assert 'targets="double"' in (tmp_path / "lab" / "bank" / "lab.py").read_text()


def test_a_value_for_which_a_library_is_missing(tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "lab.ipynb",
        code("import no_such_library as lib"),
        code("a = lib.mean([2])  # SOLUTION"),
        code("# TEST\na", shown="2"),
        code("b = 4  # SOLUTION"),
        code("# TEST\nb", shown="4"),
    )
    carried = import_assignment(tmp_path / "lab", "otter", path, complete)
    assert [each.why for each in carried.left_out] == ["it needs a, which students compute"]
    assert carried.checks == 1


def test_nothing_to_carry_over(tmp_path: Path) -> None:
    path = notebook(tmp_path / "a.ipynb", code("x = 1"), code("# TEST\nx", shown="1"))
    with pytest.raises(
        InputError, match=r"none of its 1 tests can be carried over: a\.ipynb, cell"
    ):
        import_assignment(tmp_path / "out", "otter", path, complete)


def test_an_assertion_of_a_test_is_told_as_it_is_written() -> None:
    two = 1
    with pytest.raises(Wrong, match=r"^This does not hold: two == 2$"), holds():
        assert two == 2
    with pytest.raises(Wrong, match=r"^A hidden test fails\.$"), holds(hidden=True):
        assert two == 2


def test_exceptions_of_students_can_be_caught() -> None:
    def fails(_x: int) -> None:
        raise Raised("f raised ValueError: no", Finding(kind="exception"), "ValueError")

    with pytest.raises(ValueError, match="no"):
        raising(fails)(1)
    with pytest.raises(Raised), holds():
        raising(fails)(1)
