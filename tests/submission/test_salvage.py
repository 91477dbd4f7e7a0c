"""The healthy functions of a broken file are kept, with their line numbers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from grader.submission import Submission
from grader.submission import parse as parse_module
from grader.submission import salvage as salvage_module
from tests.submission.samples import read, read_layers, remarks, write

BEFORE = '''\
import numpy as np
from .mine import *


def relu_forward(x):
    """
class of things
    """
    return np.maximum(x, 0), x


'''
AFTER = """\


@np.vectorize
def relu_backward(dout,
                  cache):
    return dout * (cache > 0)
"""


def _is_sound(submission: Submission, text: str) -> bool:
    """Whether what is run parses, with every healthy line in its place."""
    run = submission.files["layers.py"].text
    places = {node.name: node.lineno for node in ast.parse(run).body if hasattr(node, "name")}
    at = {name: 1 + text[: text.index(f"def {name}(")].count("\n") for name in places}
    return run.count("\n") == text.count("\n") and places == at


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        ("def svm_loss(x, y):\n    a = 1\n      b = 2\n    return a\n", 14, "unexpected indent"),
        ("def svm_loss(x, y):\n    a = 1\n  b = 2\n    return a\n", 14, "unindent does not match"),
        ("def svm_loss(x, y):\n    a = 1\nb = 2\n    return a\n", 15, "unexpected indent"),
        ("def svm_loss(x, y):\n    a = (1\n    return a\n", 13, "'(' was never closed"),
        ("def svm_loss(x, y):\n    a = “1”\n    return a\n", 13, "invalid character '“' (U+201C)"),
        ("def svm_loss(x, y)\n    a = 1\n    return a\n", 12, "expected ':'"),
        (
            "def svm_loss(x, y):\n",
            13,
            "expected an indented block after function definition on line 12",
        ),
        ('def svm_loss(x, y):\n    """Open.\n    return 1\n', 13, "unterminated triple-quoted"),
        ("def svm_loss(x, y):\n    if x:\n    return 1\n", 14, "expected an indented block"),
        ("def svm_loss(x, y):\n    a = 1\n<<<<<<< HEAD\n    return a\n", 14, "a merge conflict"),
        ("@np.f(\ndef svm_loss(x, y):\n    return 1\n", 12, "'(' was never closed"),
        ("def svm_loss(x, y):\n    a = 1\nreturn a\n", 14, "'return' outside function"),
        ("def svm_loss(x, x):\n    return 1\n", 12, "duplicate argument 'x'"),
        ("def svm_loss(x, y):\n    break\n", 13, "'break' outside loop"),
        ("async def svm_loss(x, y):\n    a = = 1\n", 13, "invalid syntax"),
        ("deff svm_loss(x, y):\n    return 1\n", 12, "invalid syntax"),
        ("function svm_loss(x, y):  # mine\n    if x:\n        y = 1\n", 12, "invalid syntax"),
    ],
)
def test_a_broken_function_costs_itself(tmp_path: Path, body: str, line: int, reason: str) -> None:
    text = BEFORE + body + AFTER
    submission = read_layers(tmp_path, text)
    assert set(submission.locations) == {"relu_forward", "relu_backward", "svm_loss"}
    assert list(submission.broken) == ["svm_loss"]
    assert submission.broken["svm_loss"].startswith(f"layers.py, line {line}: {reason}")
    assert "svm_loss" not in submission.todo
    assert submission.spans["svm_loss"].text == body.rstrip("\n")
    run = submission.files["layers.py"].text
    lines = text.split("\n")
    assert run.count("\n") == text.count("\n")
    assert run.split("\n")[:10] == lines[:10]
    assert run.split("\n")[-5:] == lines[-5:]


def test_a_line_too_far_to_the_right_is_told_with_what_to_do(tmp_path: Path) -> None:
    """A course's template was given out with ` pass` in place of `    pass`."""
    body = "def svm_loss(x, y):\n    loss = None\n     pass\n\n    return loss\n"
    submission = read_layers(tmp_path, BEFORE + body + AFTER)
    assert submission.broken == {
        "svm_loss": "layers.py, line 14: unexpected indent (this line starts further to the right "
        "than its block: indent it like the lines before it)"
    }
    assert submission.locations.keys() == {"relu_forward", "relu_backward", "svm_loss"}


def test_the_stub_raises_what_the_parser_said(tmp_path: Path) -> None:
    text = "def relu_forward(x): return x\ndef svm_loss(x, y):\n    return )\n"
    submission = read_layers(tmp_path, text)
    scope: dict[str, object] = {}
    exec(submission.files["layers.py"].text, scope)
    with pytest.raises(SyntaxError, match=r"layers.py, line 3: unmatched '\)'"):
        scope["svm_loss"](1, y=2)  # type: ignore[operator]


def test_several_broken_functions_cost_themselves(tmp_path: Path) -> None:
    text = BEFORE + "def svm_loss(x):\n  return (\n\ndef softmax_loss(x):\n  return )\n" + AFTER
    submission = read_layers(tmp_path, text)
    assert set(submission.broken) == {"svm_loss", "softmax_loss"}
    assert _is_sound(submission, text)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("%matplotlib inline", "invalid syntax (an IPython command, not Python: delete it)"),
        ("!pip install x", "invalid syntax (an IPython command, not Python: delete it)"),
        (">>>>>>> mine", "a merge conflict was left in"),
        ("x = = 1", "invalid syntax"),
    ],
)
def test_a_line_outside_any_function_is_left_out(tmp_path: Path, line: str, reason: str) -> None:
    text = f"{BEFORE}{line}\nK = 3\n{AFTER}"
    submission = read_layers(tmp_path, text)
    assert not submission.broken
    assert f"Left out layers.py, line 12: {reason}" in remarks(submission)
    assert "K = 3" in submission.files["layers.py"].text
    assert _is_sound(submission, text)


def test_a_definition_quoted_in_the_modules_docstring_is_text(tmp_path: Path) -> None:
    text = '\n"""Rules look like this:\n\ndef rule(w):\n\nand so on.\n"""\nimport numpy\n\n'
    text += "def relu_forward(x):\n    return x\n<<<<<<< HEAD\n"
    submission = read_layers(tmp_path, text)
    assert len(submission.notes) == 1
    assert submission.notes[0].startswith("Left out layers.py, line 12: a merge conflict")
    assert list(submission.locations) == ["relu_forward"]


NET = '''\
class FullyConnectedNet(object):
    """A net."""

    size = 3

    def __init__(self, dims):
        self.params = {"W1": dims.copy()}

    @property
    def depth(self):
        return 1

    def loss(self, X, y=None):
        scores = X +
        return scores

    def predict(self, X):
        return X
'''


def _net(tmp_path: Path, text: str) -> Submission:
    return read(write(tmp_path / "ann", {"fc_net.py": text}))


def test_a_broken_method_costs_itself(tmp_path: Path) -> None:
    submission = _net(tmp_path, NET)
    assert submission.broken == {"FullyConnectedNet.loss": "fc_net.py, line 14: invalid syntax"}
    assert not submission.todo
    (net,) = ast.parse(submission.files["fc_net.py"].text).body
    assert isinstance(net, ast.ClassDef)
    methods = {node.name: node.lineno for node in net.body if isinstance(node, ast.FunctionDef)}
    assert methods == {"__init__": 6, "depth": 10, "loss": 13, "predict": 17}
    assert submission.spans["FullyConnectedNet"].text == NET.rstrip("\n")


def test_the_last_method_broken_still_belongs_to_the_span(tmp_path: Path) -> None:
    text = NET[: NET.index("    def predict")].rstrip() + "\n"
    assert _net(tmp_path, text).spans["FullyConnectedNet"].last_line == 15


def test_a_method_at_the_wrong_depth_costs_itself(tmp_path: Path) -> None:
    text = NET.replace("X +\n", "X\n").replace("    def loss", "   def loss")
    submission = _net(tmp_path, text)
    assert list(submission.broken) == ["FullyConnectedNet.loss"]
    assert "unindent does not match" in submission.broken["FullyConnectedNet.loss"]
    assert "    def predict(self, X):\n        return X\n" in submission.files["fc_net.py"].text


def test_a_loop_that_slid_out_of_a_method_costs_this_method(tmp_path: Path) -> None:
    slid = "        self.n = 1\nfor k in range(3):\n            k\n"
    text = NET.replace("X +\n", "X\n").replace("dims.copy()}\n", "dims.copy()}\n" + slid)
    assert list(_net(tmp_path, text).broken) == ["FullyConnectedNet.__init__"]


def test_a_class_with_a_broken_head_is_broken(tmp_path: Path) -> None:
    submission = _net(tmp_path, NET.replace("(object):", "(object"))
    assert list(submission.broken) == ["FullyConnectedNet"]
    assert submission.broken["FullyConnectedNet"].startswith("fc_net.py, line 1: '(' was never")


def test_tabs_of_eight_columns_are_read_as_python_2_did(tmp_path: Path) -> None:
    text = "def relu_forward(x):\n        if 1:\n\t    x = 1\n\treturn x\n"
    submission = read_layers(tmp_path, text)
    assert not submission.broken
    assert submission.notes == [
        "layers.py: tabs and spaces are mixed; read with tabs of eight columns."
    ]
    assert "\t" not in submission.files["layers.py"].text
    assert submission.spans["relu_forward"].text == text.rstrip("\n")


def test_tabs_of_eight_columns_are_read_in_python_2_itself(tmp_path: Path) -> None:
    text = "def relu_forward(x):\n        if 1:\n\t    print x\n\treturn x\n"
    submission = read_layers(tmp_path, text)
    assert "read with tabs of eight columns" in remarks(submission)
    assert not submission.broken
    plain = read_layers(tmp_path / "plain", text.expandtabs(8))
    assert "tabs" not in remarks(plain)


def test_consistent_tabs_are_left_alone(tmp_path: Path) -> None:
    text = "def relu_forward(x):\n\tif 1:\n\t\tx = 1\n\treturn x\n"
    submission = read_layers(tmp_path, text)
    assert submission.files["layers.py"].text == text
    assert not submission.notes


def test_tabs_that_make_no_sense_cost_their_function(tmp_path: Path) -> None:
    text = "def svm_loss(x):\n    if 1:\n\tx = 1\n    return x\n  \ty = 1\n" + AFTER
    submission = read_layers(tmp_path, text)
    assert list(submission.broken) == ["svm_loss"]
    assert "relu_backward" in submission.locations


def test_a_broken_function_among_python_2(tmp_path: Path) -> None:
    text = (
        "def relu_forward(x):\n    print x\n    return xrange(3) / 2\n\n"
        "def svm_loss(x):\n    print x\n    return (\n"
    )
    submission = read_layers(tmp_path, text)
    assert submission.broken == {"svm_loss": "layers.py, line 8: a bracket is never closed"}
    assert "print(x)\n    return range(3) / 2" in submission.files["layers.py"].text
    assert submission.files["layers.py"].floor_division
    assert submission.python2


def test_a_broken_function_does_not_make_python_3_old(tmp_path: Path) -> None:
    text = (
        "from past.builtins import xrange\n"
        "def relu_forward(x):\n    return xrange(3)\n\ndef svm_loss(x):\n    return (\n"
    )
    submission = read_layers(tmp_path, text)
    assert not submission.python2
    assert not submission.files["layers.py"].floor_division


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 3000,
        "x = " + "-" * 200_000 + "1",
        "x = " + "a." * 60_000 + "a",
        "x = " + "1+" * 60_000 + "1",
        "x = " + "[" * 150 + "]" * 150 + "\n" + "if 1:\n" * 150,
        "def f(): pass\n" * 3000 + "(",
        "x = " + "9" * 6000,
        "\\\n" * 1000,
        "(\n" * 5000,
        "def f(:\n" * 1500,
        "x = [1]\n" * 20_000 + "(",
        "def f(x):\n    return x\n" * 200 + "a = = 1\n" * 900,
        "if 1:\n" + "".join(" " * depth + "if 1:\n" for depth in range(1, 120)) + "x = ",
    ],
    ids=range(13),
)
def test_hostile_text_does_not_bring_us_down(tmp_path: Path, text: str) -> None:
    files = {"layers.py": text, "optim.py": "def sgd(w):\n    return w\n"}
    assert read(write(tmp_path / "ann", files)).locations["sgd"] == "optim.py"


def test_taking_a_text_apart_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(salvage_module, "_MAX_EFFORT", 2_000)
    files = {"layers.py": BEFORE * 9 + "def f(", "optim.py": "def sgd(w):\n    return w\n"}
    notes = remarks(read(write(tmp_path / "ann", files)))
    assert "Left out: layers.py cannot be parsed, line" in notes
    assert "'(' was never closed" in notes


def test_text_made_to_exhaust_us_is_given_up_at_once(tmp_path: Path) -> None:
    files = {"layers.py": "x = " + "-" * 200_000 + "1\n", "optim.py": "def sgd(w):\n    return w\n"}
    assert "Left out: layers.py cannot be parsed" in remarks(read(write(tmp_path / "ann", files)))


@pytest.mark.parametrize("last", ["", "("], ids=["parses", "does not parse"])
def test_text_of_endless_length_is_not_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    monkeypatch.setattr(parse_module, "MAX_LINES", 100)
    files = {"layers.py": "x = [1]\n" * 101 + last, "optim.py": "def sgd(w):\n    return w\n"}
    notes = remarks(read(write(tmp_path / "ann", files)))
    assert "Left out: layers.py cannot be parsed: more than 100 lines" in notes
