"""What of a module's first level is kept when only its definitions are loaded."""

from __future__ import annotations

import ast

import pytest

from grader.protocol import toplevel


@pytest.mark.parametrize(
    "text",
    [
        "def f(x=1):\n    return train()\n",
        "class A(object):\n    '''Doc.'''\n    n = 3\n    def f(self):\n        return g()\n",
        "import os, sys\nfrom a import *\n",
        "'''Doc.'''\nEPS = 1e-5\nNAMES: list = ['a', EPS * 2]\nx, y = 1, 2\npass\n",
        "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle\n",
        "if EPS > 1:\n    EPS = 1\nelse:\n    def f(): pass\n",
    ],
)
def test_what_only_defines(text: str) -> None:
    body = ast.parse(text).body
    assert not toplevel.acts(body)
    assert all(toplevel.defines(statement, frozenset()) for statement in body)


@pytest.mark.parametrize(
    "text",
    [
        "train()\n",
        "x = train()\n",
        "x = [f(i) for i in range(9)]\n",
        "while True: pass\n",
        "for i in x: pass\n",
        "with open('f') as f: pass\n",
        "x += 1\n",
        "if train(): x = 1\n",
        "try:\n    train()\nexcept Exception:\n    pass\n",
        "assert train()\n",
        "import os; os._exit(0)\n",
    ],
)
def test_what_acts_is_not_among_the_definitions(text: str) -> None:
    body = ast.parse(text).body
    assert toplevel.acts(body)
    assert not all(toplevel.defines(statement, frozenset()) for statement in body)


@pytest.mark.parametrize(
    "text",
    [
        "@register(now())\ndef f(): pass\n",
        "def f(x=train()): pass\n",
        "def f(*, x=train()): pass\n",
        "class A(make()): pass\n",
        "class A:\n    train()\n",
    ],
)
def test_a_definition_that_acts_is_announced_and_kept_all_the_same(text: str) -> None:
    body = ast.parse(text).body
    assert toplevel.acts(body)
    assert all(toplevel.defines(statement, frozenset()) for statement in body)


def test_what_functions_read_is_computed_for_them() -> None:
    text = "rng = make()\nloss = train()\ndef f(x):\n    return rng.normal(x)\n"
    body = ast.parse(text).body
    used = toplevel.names_used(body)
    assert [toplevel.defines(statement, used) for statement in body] == [True, False, True]


@pytest.mark.parametrize(
    ("text", "numbers", "left"),
    [
        ("a = 1\nfor i in x:\n    go(i)\nb = 2\n", [1], "a = 1\npass\n\nb = 2\n"),
        ("import sys; sys.exit(0)\nb = 2", [1], "import sys; pass\nb = 2"),
        ("go(); b = 'ä'; go('ö')", [0, 2], "pass; b = 'ä'; pass"),
        ("@wrap\n@wrap2\ndef f():\n    pass\ng = 1\n", [0], "pass\n\n\n\ng = 1\n"),
        ("x = go('''\n''')\n", [0], "pass\n\n"),
        ("a = 1\n", [], "a = 1\n"),
    ],
)
def test_statements_are_taken_out_line_for_line(text: str, numbers: list[int], left: str) -> None:
    body = ast.parse(text).body
    assert toplevel.without(text, [body[number] for number in numbers]) == left


def test_modules_that_functions_import_are_known_by_their_last_name() -> None:
    text = (
        "import top\n"
        "def f():\n    from .helpers import a\n    import pkg.more as m\n"
        "class C:\n    def g(self):\n        from . import sister, b\n"
    )
    assert toplevel.imported_later(text, ast.parse(text)) == {"helpers", "more", "sister", "b"}
    assert toplevel.imported_later("import top\n", ast.parse("import top\n")) == set()
