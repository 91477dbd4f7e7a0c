"""Markers of solutions, of every convention that is understood: none may survive stripping."""

from __future__ import annotations

import json
import re

import pytest

from grader.assignment.solution_markers import has_marks, marked_lines
from grader.assignment.stripping import strip_notebook, strip_solutions
from grader.model.errors import InputError

STUB = 'raise NotImplementedError("TODO: f")  # your code goes here'
BANNER = "    " + "#" * 40


@pytest.mark.parametrize(
    "body",
    [
        "    ### BEGIN SOLUTION\n    return x + 1\n    ### END SOLUTION\n",
        "    # BEGIN SOLUTION\n    return x + 1\n    # END SOLUTION\n",
        "    # BEGIN SOLUTION NO PROMPT\n    return x + 1\n    # END SOLUTION\n",
        "    return x + 1 # SOLUTION\n",
        "    return x + 1  # SOLUTION NO PROMPT\n",
        "    # *****START OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****\n    return x + 1\n"
        "    # *****END OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****\n",
        "    ### START CODE HERE ###\n    return x + 1\n    ### END CODE HERE ###\n",
        "    ### BEGIN YOUR SOLUTION\n    return x + 1\n    ### END YOUR SOLUTION\n",
        f"{BANNER}\n    # TODO: add one.  #\n{BANNER}\n    return x + 1\n"
        f"{BANNER}\n    #   END OF YOUR CODE   #\n{BANNER}\n",
        "\t# BEGIN SOLUTION: add one.\n\treturn x + 1\n\t# END SOLUTION\n",
    ],
)
def test_no_solution_survives(body: str) -> None:
    text = "def f(x):\n" + body
    stripped = strip_solutions(text)
    assert "x + 1" not in stripped
    assert stripped.count(STUB) == 1
    compile(stripped, "stripped", "exec")
    assert has_marks(text)
    assert marked_lines(text)


def test_lines_in_a_row_leave_one_stub() -> None:
    text = "def f(x):\n    y = x + 1  # SOLUTION\n    z = 2 * y  # SOLUTION\n    return z\n"
    assert strip_solutions(text) == f"def f(x):\n    {STUB}\n    return z\n"


def test_what_students_get_instead_is_kept() -> None:
    text = (
        "def f(x):\n    # BEGIN SOLUTION NO PROMPT\n    return x + 1\n    # END SOLUTION\n"
        '    """ # BEGIN PROMPT\n    return ...\n    """ # END PROMPT\n'
    )
    assert strip_solutions(text) == f"def f(x):\n    {STUB}\n    return ...\n"


def test_hidden_tests_leave_nothing() -> None:
    text = "assert f(1) == 2\n### BEGIN HIDDEN TESTS\nassert f(2) == 3\n### END HIDDEN TESTS\n"
    assert strip_solutions(text) == "assert f(1) == 2\n"


def test_banners_that_follow_each_other_end_each_other() -> None:
    todo = f"{BANNER}\n    # TODO: more  #\n{BANNER}\n"
    end = f"{BANNER}\n    # END OF YOUR CODE  #\n{BANNER}\n"
    stripped = strip_solutions(f"def f(x):\n{todo}    y = x + 1\n{todo}    return y\n{end}")
    assert "x + 1" not in stripped
    assert "return y" not in stripped


def test_a_marker_inside_a_string_is_none() -> None:
    text = 'def f(x):\n    """Write\n\n    # BEGIN SOLUTION\n    """\n    return x\n'
    assert strip_solutions(text) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# BEGIN SOLUTON\nx = 1\n# END SOLUTION\n", "m.py:1: '# BEGIN SOLUTON' looks like"),
        ("# BEGIN SOLUTION\nx = 1\n# END SOLUTON\n", "m.py:3: '# END SOLUTON' looks like"),
        ("x = 1  # SOLUTOIN\n", "m.py:1: the comment 'SOLUTOIN' looks like a marker"),
        ("### BEGIN HIDDEN TESTS\nassert 1\n", "m.py:1: what begins here"),
        ("# ***START OF YOUR CODE***\nx = 1\n", "m.py:1: what begins here"),
        ("#" * 20 + "\n# TODO: x\n" + "#" * 20 + "\nx = 1\n", "m.py:2: no banner with END OF"),
        ("# begin solution\nx = 1\n# end solution\n", "m.py:1: '# begin solution' looks like"),
    ],
)
def test_what_is_not_understood_is_an_error(text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        strip_solutions(text, "m.py")


def test_cells_of_nbgrader_are_stripped() -> None:
    source = "def f(x):\n    ### BEGIN SOLUTION\n    return x + 1\n    ### END SOLUTION\n"
    about = {"nbgrader": {"grade": False, "solution": True, "grade_id": "f"}}
    code = {"cell_type": "code", "metadata": about, "source": source, "outputs": []}
    text = {"cell_type": "markdown", "metadata": about, "source": "Because."}
    given = {"cell_type": "code", "metadata": {}, "source": "y = x + 1  # SOLUTION", "outputs": []}
    notebook = {"cells": [code, text, given], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    stripped = strip_notebook(json.dumps(notebook))
    assert "x + 1" not in stripped
    assert "Because" not in stripped
    assert "y = ..." in stripped
