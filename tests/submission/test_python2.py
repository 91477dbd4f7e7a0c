"""Python 2 becomes Python 3 line for line; what is not Python 2 is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.submission import Submission
from grader.submission.parse import Unparsable
from grader.submission.python2 import convert
from tests.submission.samples import LAYERS, read, read_layers, remarks, write

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
    assert submission.dialect.python2


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


def test_division_floors_where_the_file_does_not_say_otherwise(tmp_path: Path) -> None:
    files = {
        "layers.py": HEAD + "    print x\n    return x\n",
        "optim.py": "from __future__ import division\n\n\ndef sgd(w):\n    return w / 2\n",
        "new.py": "def helper(x):\n    return f'{x / 2}'\n",
        "old.py": "def helper(x):\n    return x / 2\n",
    }
    submission = read(write(tmp_path / "ann", files))
    assert {name: file.floor_division for name, file in submission.files.items()} == {
        "layers.py": True,
        "optim.py": False,
        "new.py": False,
        "old.py": True,
    }
    assert "Written for Python 2 (layers.py uses print statements)" in remarks(submission)
    assert "layers.py uses print statements" in submission.dialect.evidence


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
    assert not submission.dialect.python2
    assert not submission.files["layers.py"].floor_division
    assert not submission.notes


def test_an_old_solver_tells_the_age_of_the_layers(tmp_path: Path) -> None:
    files = {"layers.py": LAYERS, "solver.py": "def train():\n    print 'epoch', 1\n"}
    submission = read(write(tmp_path / "ann", files))
    assert submission.dialect.python2
    assert submission.files["layers.py"].floor_division


def test_an_old_script_beside_it_does_not(tmp_path: Path) -> None:
    files = {"layers.py": LAYERS, "plots.py": "print 'hello'\n"}
    submission = read(write(tmp_path / "ann", files))
    assert not submission.dialect.python2
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
