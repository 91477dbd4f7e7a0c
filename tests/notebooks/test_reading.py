"""Notebooks of any age and state are read, converted, or refused in one line."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from grader.model.errors import InputError
from grader.notebooks.cell_notes import note_old_uses
from grader.notebooks.kernel_queue import KernelPool
from grader.submission.notebook_cells import Cell, Notebook, make_runnable, read_notebook
from grader.submission.pasted_code import why_unparsable
from grader.submission.restored_cells import restore
from grader.worker.bridges import Use
from tests.notebooks.books import as_json, outcomes, printed, run


def test_nbformat_3_and_python_2_run_like_their_modern_twin(pool: KernelPool) -> None:
    old = [
        "from cs231n.layers import three\nd = {'a': 7}",
        "for k, v in d.iteritems():\n    print k, v / 2, three() / 2",
        "print sum(xrange(4))\nhalf = 3\nhalf /= 2\nprint half",
    ]
    new = [
        "from cs231n.layers import three\nd = {'a': 7}",
        "for k, v in d.items():\n    print(k, v // 2, three() // 2)",
        "print(sum(range(4)))\nhalf = 3\nhalf //= 2\nprint(half)",
    ]
    twins = []
    for sources, version in ((old, 3), (new, 4)):
        made = read_notebook(as_json(list(sources), nbformat=version), "x.ipynb")
        assert made.python2 == (version == 3)
        twins.append(run(pool, made))
    assert outcomes(twins[0]) == outcomes(twins[1]) == ["ok"] * 3
    assert [printed(cell) for cell in twins[0]] == [printed(cell) for cell in twins[1]]


@pytest.mark.parametrize(
    ("version", "kernel", "source", "old"),
    [
        ("3.6.1", "python3", "print half", False),
        ("2.7.12", "python3", "print(half)", True),
        ("2.7.12", "python2", "half", True),
        ("", "python2", "half", True),
        ("", "python3", "print half", True),
        ("", "", '"""\nprint the loss\n"""', False),
    ],
)
def test_the_kernel_says_which_python_ran_it(
    version: str, kernel: str, source: str, old: bool
) -> None:
    metadata = {"kernelspec": {"name": kernel}, "language_info": {"version": version}}
    content = json.loads(as_json([source])) | {"metadata": metadata}
    assert read_notebook(json.dumps(content).encode(), "x.ipynb").python2 == old


def test_only_a_students_own_cells_divide_as_python_2_did(pool: KernelPool) -> None:
    """What is put back is ours, and Python 3; a function divides as the cell that defines it."""
    own = "half = lambda n: n / 2\nn = 7\nn /= 2\nprint half(7), n"
    given = Cell(
        id="given", code=True, role="check", source="m = 7\nm /= 2\nprint(half(7), 7 / 2, m)"
    )
    answer = Cell(id="answer", code=True, role="answer", source="print(3 / 2)\n# your code")
    release = Notebook(path="x.ipynb", cells=[given, answer])
    cells = [
        Cell(id="own", code=True, source=own),
        replace(given, source="print half(7) / 2"),
        replace(answer),
    ]
    made = make_runnable(Notebook(path="x.ipynb", cells=cells, python2=True))
    assert [cell.floors for cell in made.cells] == [True] * 3
    restored = restore(made, release)
    assert len(restored.notes) == 1
    ran = run(pool, restored)
    assert [printed(cell) for cell in ran] == ["3 3\n", "3 3.5 3.5\n", "1.5\n"]


def test_a_notebook_may_ask_python_2_for_true_division(pool: KernelPool) -> None:
    """Also in a cell that is put back."""
    given = Cell(id="given", code=True, role="given", source="import os")
    asks = replace(given, source="from __future__ import division\nimport os")
    own = Cell(id="own", code=True, source="print 7 / 2")
    book = make_runnable(Notebook(path="x.ipynb", cells=[asks, own], python2=True))
    ran = run(pool, restore(book, Notebook(path="x.ipynb", cells=[given])))
    assert printed(ran[1]) == "3.5\n"


def test_old_imports_work(pool: KernelPool) -> None:
    source = (
        "from __future__ import print_function\nfrom builtins import range\n"
        "from past.builtins import xrange\nprint(list(xrange(2)))"
    )
    assert printed(run(pool, read_notebook(as_json([source]), "x.ipynb"))[0]) == "[0, 1]\n"


def test_what_older_numpy_understood_works_in_cells(pool: KernelPool) -> None:
    source = (
        "import numpy as np, collections\nfrom layers import old\n"
        "a = np.array([2.5])\nb = np.zeros(1)\nb[0] = a\n"
        "print(float(a), '%d' % a, b, np.float(1), a.ptp(), old(a))\n"
        "print(np.sum(x for x in [1, 2]), np.array([[1], [2, 3]])[0])\n"
        "print(isinstance({}, collections.Mapping), 1 if np.ones(2) == None else 2)"
    )
    files = {"layers.py": "import numpy as np\ndef old(a):\n    return np.product(int(a))\n"}
    made = read_notebook(as_json([source, "print(np.float(2))"]), "x.ipynb")
    uses: list[Use] = []
    ran = run(pool, made, lambda values: uses.extend(values.uses()), files=files)
    noted = note_old_uses(ran, made, uses)
    assert printed(ran[0]) == "2.5 2 [2.5] 1.0 0.0 2\n3 [1]\nTrue 2\n"
    notes = [[note.partition(" is")[0] for note in cell.notes] for cell in noted]
    assert notes == [
        [
            "an array with one element used as a number (line 5)",
            "ndarray.ptp (line 6)",
            "np.float (line 6)",
            "an array of sequences of different lengths (line 7)",
            "np.sum of a generator (line 7)",
            "collections.Mapping (line 8)",
            "comparing an array with None as a whole (line 8)",
        ],
        ["np.float (line 1)"],
    ]


def test_magics_survive_the_conversion() -> None:
    made = read_notebook(as_json(["%matplotlib inline\nprint 'a'\n!ls"]), "x.ipynb")
    assert made.cells[0].run == "%matplotlib inline\nprint('a')\n!ls"


def test_a_line_that_begins_with_a_percent_sign_may_be_python() -> None:
    source = "print 'a %d' \\\n    % 3\nx = ('%d'\n     % 4)"
    made = read_notebook(as_json([source]), "x.ipynb")
    assert made.cells[0].broken == ""
    assert "% 3" in made.cells[0].run


def test_services_that_are_not_here_are_passed_over() -> None:
    made = read_notebook(as_json(["from google.colab import drive\ndrive.mount('/x')"]), "x.ipynb")
    assert made.cells[0].skip


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("a = 1\nb = “text”", "line 2 holds a curly quote (“)"),
        ("x = 3 – 1", "line 1 holds a dash (–)"),
        ("x = 3 − 1", "line 1 holds a typographic minus sign (−)"),
        ("# fine\nx =\u00a01", "line 2 holds a non-breaking space"),
        ("f（1）", "line 1 holds a wide bracket （"),
        ("def f():\nreturn 1", "Was the indentation lost"),
        ("x = (", "line 1: '(' was never closed"),
    ],
)
def test_what_does_not_parse_is_explained(source: str, said: str) -> None:
    assert said.replace("bracket （", "bracket (（)") in why_unparsable(source)


@pytest.mark.parametrize(
    ("source", "skipped"),
    [
        ("%cd data\n!./fetch.sh\n%cd ..", True),
        ("# !./fetch.sh\nx = 1", False),
        ("!python setup.py build_ext --inplace", True),
        ("%cd cs231n\n!bash get_data.sh\n%cd ..", True),
        ("!ls\nx = 1", False),
        ("!curl http://example.org", False),
        ("# nothing", False),
    ],
)
def test_what_only_prepares_the_machine_is_passed_over(source: str, skipped: bool) -> None:
    assert bool(read_notebook(as_json([source]), "x.ipynb").cells[0].skip) is skipped


@pytest.mark.parametrize(
    "source",
    ["cd cs231n/", "cat = 1", "ls", "x = '“'  # –", "%%bash\nfi )(", "!ls (\nx = 1", "len?"],
)
def test_what_is_right_is_not_explained(source: str) -> None:
    assert why_unparsable(source) == ""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not json",
        b"{}",
        b"[1]",
        b'{"nbformat": 4}',
        b'{"nbformat": "x", "cells": []}',
        b'{"nbformat": 9, "nbformat_minor": 0, "cells": [], "metadata": {}}',
        b"\xff\xfe\x00",
        b'{\n<<<<<<< HEAD\n"cells": []\n>>>>>>> x\n}',
    ],
)
def test_what_is_no_notebook_is_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_notebook(data, "x.ipynb")
    assert str(caught.value).startswith("x.ipynb: ")
    assert len(str(caught.value).splitlines()) == 1


def test_damaged_cells_do_no_harm() -> None:
    content = (
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": [], "cells": [1, null, {}, '
        b'{"cell_type": "code", "source": 3, "metadata": 4, "outputs": [5]}]}'
    )
    assert len(read_notebook(content, "x.ipynb").cells) == 4


def test_text_is_text_whoever_wrote_it() -> None:
    made = read_notebook(as_json([("markdown", "# *Mine*"), "x = 1"]), "x.ipynb")
    assert [cell.role for cell in made.cells] == ["text", "own"]
