"""Python 2 becomes Python 3 line for line; what is not Python 2 is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.model.contract import Contract, EntryTable
from grader.submission import Submission, load, single
from grader.submission.parse import Unparsable
from grader.submission.python2 import convert
from tests.submission.samples import DECLARED, LAYERS, read, read_layers, remarks, write
from tests.support import FORM

HEAD = "import numpy as np\n\n\ndef relu_forward(x):\n"


def _text(submission: Submission) -> str:
    return submission.files["layers.py"].text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("print 'shape', x", "print('shape', x)"),
        ("print", "print()"),
        ("print x,", "print(x, end=' ')"),
        ("for i in xrange(3): pass", "for i in range(3): pass"),
        ("y = range(3) + [1]", "y = list(range(3)) + [1]"),
        ("for k, v in x.iteritems(): pass", "for k, v in x.items(): pass"),
        ("k = x.keys()[0]", "k = list(x.keys())[0]"),
        ("k = x.has_key(1)", "k = 1 in x"),
        ("k = `x`", "k = repr(x)"),
        ("k = 1 <> 2", "k = 1 != 2"),
        ("k = 0777", "k = 0o777"),
        ("k = u'a'", "k = 'a'"),
        ("raise ValueError, 'no'", "raise ValueError('no')"),
        ("exec 'k = 1'", "exec('k = 1')"),
        ("k = map(int, x)", "k = list(map(int, x))"),
        ("k = zip(x, x)[0]", "k = list(zip(x, x))[0]"),
        ("k = sorted(x, key=lambda (a, b): b)", "k = sorted(x, key=lambda a_b: a_b[1])"),
        ("k = raw_input()", "k = input()"),
        ("k = unicode(x)", "k = str(x)"),
        ("k = sys.maxint", "k = sys.maxsize"),
    ],
)
def test_old_forms_are_rewritten_in_their_line(tmp_path: Path, old: str, new: str) -> None:
    with_sign = f"{HEAD}    {old}\n    for i in xrange(2): pass\n    return x\n"
    submission = read_layers(tmp_path, with_sign)
    assert _text(submission).split("\n")[4] == f"    {new}"
    assert submission.python2


def test_a_caught_exception_keeps_its_lines(tmp_path: Path) -> None:
    body = (
        "    try:\n        pass\n    except ValueError, error:\n        print error\n    return x\n"
    )
    text = _text(read_layers(tmp_path, HEAD + body))
    assert text.split("\n")[6] == "    except ValueError as error:"
    assert text.count("\n") == (HEAD + body).count("\n")


def test_reduce_is_imported_without_a_new_line(tmp_path: Path) -> None:
    future = "from __future__ import division"
    text = f'"""About."""\n{future}\n{HEAD}    return reduce(np.add, x), x\n'
    lines = _text(read_layers(tmp_path, text)).split("\n")
    assert lines[2] == "from functools import reduce; import numpy as np"
    assert len(lines) == len(text.split("\n"))


def test_arguments_that_are_tuples_are_too_much(tmp_path: Path) -> None:
    text = f"{HEAD}    return x\n\n\ndef helper((a, b)):\n    print a\n"
    submission = read_layers(tmp_path, text)
    assert "relu_forward" in submission.locations
    assert "helper cannot be parsed: layers.py, line 8" in remarks(submission)


def test_division_floors_in_files_that_cannot_be_python_3(tmp_path: Path) -> None:
    files = {
        "layers.py": HEAD + "    print x\n    return x\n",
        "optim.py": "from __future__ import division\n\n\ndef sgd(w):\n    return w / 2\n",
        "new.py": "def helper(x):\n    return f'{x / 2}'\n",
        "plain.py": "def helper(x):\n    return x / 2\n",
        "old.py": "def helper(x):\n    print x / 2\n",
    }
    submission = read(write(tmp_path / "ann", files))
    assert {name: file.floor_division for name, file in submission.files.items()} == {
        "layers.py": True,
        "optim.py": False,
        "new.py": False,
        "plain.py": False,
        "old.py": True,
    }
    assert submission.notes[0] == (
        "layers.py uses print statements (line 5): converted from Python 2 line for line; "
        "/ between integers floors."
    )
    assert "layers.py uses print statements (line 5)" in submission.python2


@pytest.mark.parametrize(
    "body",
    [
        "for i in xrange(2): pass\n    return x * (1 / len(x))",
        "for k, v in x.iteritems(): pass\n    return v / 2",
        "return raw_input() / 2",
        "half = int(len(x) / 2)\n    return x[:half], xrange(half)",
        "return {lr / 2: x[lr / 2] for lr in x}, x[0] / 2.0, xrange(x / 2.0)",
        "return np.reshape(x / 2, (1, 2)), np.full((2,), x / 2), xrange(2)",
        "n = len(x)\n    return {'rate': n / 2, 'decay': 0.5}, xrange(2)",
        "return {'n': 10, 'p': 1 / 2}, {'half': len(x) / 2}, xrange(2)",
    ],
)
def test_old_names_alone_do_not_floor(tmp_path: Path, body: str) -> None:
    submission = read_layers(tmp_path, f"{HEAD}    {body}\n")
    assert submission.python2
    assert not submission.files["layers.py"].floor_division
    assert submission.notes[0].endswith("line for line; / divides as in Python 3.")


@pytest.mark.parametrize(
    "body",
    [
        "return xrange(len(x) / 2)",
        "n = x.shape[0] / 2\n    return x[:n], xrange(2)",
        "N, D = x.shape\n    n = (N - D) / 2 + 1\n    return np.zeros((n, n)), xrange(2)",
        "return x.reshape(2, x.size / 2), xrange(2)",
        "return [x[i / 2] for i in xrange(2)]",
        "return x[max(len(x) / 2, 1)], xrange(2)",
        "n = len(x)\n    n /= 2\n    return xrange(n)",
        "n = x.shape[2]\n    return {'stride': 1, 'pad': (n - 1) / 2}, xrange(2)",
    ],
)
def test_a_quotient_used_as_a_whole_number_does(tmp_path: Path, body: str) -> None:
    """Python 3 would have raised there, so that the file cannot be Python 3."""
    submission = read_layers(tmp_path, f"{HEAD}    {body}\n")
    assert submission.files["layers.py"].floor_division
    assert "floors (used as a whole number in line " in submission.notes[0]


@pytest.mark.parametrize(
    "line",
    ["print(x, end='')", "first, *rest = x", "y = [*x]", "y = {**x}"],
)
def test_what_python_2_cannot_parse_is_not_floored(tmp_path: Path, line: str) -> None:
    body = f"    {line}\n    return xrange(len(x) / 2)\n"
    assert not read_layers(tmp_path, HEAD + body).files["layers.py"].floor_division


def test_in_python_3_it_is_the_students_mistake(tmp_path: Path) -> None:
    submission = read_layers(tmp_path, f"{HEAD}    return range(len(x) / 2)\n")
    assert not submission.files["layers.py"].floor_division
    assert submission.notes == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("print >>x, 'a'", "print('a', file=x)"),
        ("print ('%d') % 3", "print(('%d') % 3)"),
    ],
)
def test_print_statements_that_python_3_can_parse(tmp_path: Path, old: str, new: str) -> None:
    submission = read_layers(tmp_path, f"{HEAD}    {old}\n    return x\n")
    assert _text(submission).split("\n")[4] == f"    {new}"
    assert submission.notes[0].startswith("layers.py uses print statements (line 5): converted")


@pytest.mark.parametrize(
    "line",
    [
        "from builtins import range\nfrom past.builtins import xrange",
        "from six.moves import xrange",
        "try:\n    xrange\nexcept NameError:\n    xrange = range",
        "xrange = range",
        "from past.builtins import *",
    ],
)
def test_python_3_that_knows_old_names_is_left_alone(tmp_path: Path, line: str) -> None:
    text = f"{line}\n{LAYERS}\n\ndef sgd(w):\n    for i in xrange(3): pass\n"
    submission = read_layers(tmp_path, text)
    assert _text(submission) == text
    assert not submission.python2
    assert not submission.files["layers.py"].floor_division
    assert not submission.notes


@pytest.mark.parametrize("old", ["print 'epoch', 1", "for i in xrange(3): pass"])
def test_a_given_file_tells_the_template_but_not_the_student(tmp_path: Path, old: str) -> None:
    files = {"layers.py": LAYERS, "solver.py": f"def train():\n    {old}\n    return 7 / 2\n"}
    submission = read(write(tmp_path / "ann", files))
    assert not submission.python2
    assert not submission.files["layers.py"].floor_division
    assert submission.files["solver.py"].floor_division == old.startswith("print")
    assert [note for note in submission.notes if note.startswith("layers.py")] == []


def test_among_python_2_a_quotient_alone_tells(tmp_path: Path) -> None:
    layers = f"{HEAD}    return x[: len(x) / 2]\n"
    files = {"layers.py": layers, "solver.py": "def train():\n    print 'epoch', 1\n"}
    given = EntryTable("solver", "solver*", given=True)
    contract = Contract.parse({**DECLARED, "Solver": given})
    submission = load(single(write(tmp_path / "ann", files)), contract=contract, form=FORM)
    assert submission.files["layers.py"].floor_division
    assert submission.notes[0] == (
        "layers.py is Python 2; / between integers floors (used as a whole number in line 5)."
    )


def test_words_in_a_comment_do_not_make_a_broken_file_old(tmp_path: Path) -> None:
    comment = '    """\n    print the loss\n    """\n'
    text = f"{HEAD}{comment}    return x / 2\n\ndef sgd(x):\n    return (\n"
    submission = read_layers(tmp_path, text)
    assert not submission.files["layers.py"].floor_division
    assert not submission.python2


def test_an_old_script_beside_it_does_not(tmp_path: Path) -> None:
    files = {"layers.py": LAYERS, "plots.py": "print 'hello'\n"}
    submission = read(write(tmp_path / "ann", files))
    assert not submission.python2
    assert submission.files["plots.py"].text == "print('hello')\n"


def test_a_file_without_a_last_line_end_stays_without(tmp_path: Path) -> None:
    assert _text(read_layers(tmp_path, HEAD + "    print x")).endswith("    print(x)")


@pytest.mark.parametrize(
    "text",
    ["def f(:\n", "x = (((", "print " + "(" * 5000, "x" * 1_000_001, '"""'],
)
def test_what_is_no_python_at_all_is_refused(text: str) -> None:
    with pytest.raises(Unparsable):
        convert(text)


def test_a_home_that_cannot_be_written_to_is_no_obstacle() -> None:
    code = "from grader.submission.python2 import convert; print(convert('print 1\\n'), end='')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HOME": "/dev/null/home", "XDG_CACHE_HOME": "/dev/null/cache"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("print(1)\n", "")
