"""A kit's bank has all that public checks need, and nothing of what only hidden ones do."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from grader.model.errors import InputError
from grader.selfcheck.public_bank import BankFunction, public_bank

SHOWN = "def test_shown(): assert {}\n"
HIDDEN = BankFunction("layers", "test_hidden")


def stripped(folder: Path, **modules: str) -> dict[str, str]:
    """The modules of a bank without `test_hidden` of its module `layers`."""
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(dedent(text), encoding="utf-8")
    return public_bank(folder, {HIDDEN})


def test_constants_and_fixtures_of_hidden_checks_alone_are_left_out(tmp_path: Path) -> None:
    bank = stripped(
        tmp_path,
        layers="""\
            import pytest
            from math import tau, pi
            SECRET = {"trap": tau}
            CASES = {"plain": pi}
            @pytest.fixture
            def trap(): return SECRET
            @pytest.fixture
            def plain(): return CASES
            def test_hidden(trap): assert trap
            def test_shown(plain): assert plain
            """,
    )
    assert bank.keys() == {"layers.py"}
    assert "plain" in bank["layers.py"]
    assert "from math import pi\n" in bank["layers.py"]
    for gone in ("SECRET", "trap", "tau", "hidden"):
        assert gone not in bank["layers.py"]


def test_what_is_filled_later_is_filled_if_it_is_needed(tmp_path: Path) -> None:
    bank = stripped(
        tmp_path,
        layers="""\
            CASES = {}
            LISTED = []
            SECRET = {}
            HUSHED = []
            for number in range(3):
                CASES[number] = number
            LISTED.append("one")
            SECRET["trap"] = 1
            HUSHED.extend(["trap"])
            def test_hidden(): assert SECRET and HUSHED
            def test_shown(): assert len(CASES) == 3 and LISTED == ["one"]
            """,
    )
    run(bank["layers.py"])
    for gone in ("SECRET", "HUSHED", "trap"):
        assert gone not in bank["layers.py"]


def run(text: str) -> None:
    """Run a module and its public check."""
    names: dict[str, object] = {}
    exec(text, names)
    test = names["test_shown"]
    assert callable(test)
    test()


def test_what_helpers_import_for_others_is_kept(tmp_path: Path) -> None:
    bank = stripped(
        tmp_path,
        layers="from ._all import model\ndef test_hidden(): pass\n" + SHOWN.format("model"),
        _all="from ._models import model as model, secret\n",
        _models="def model(): pass\ndef secret(): pass\n",
    )
    assert bank["_all.py"] == "from ._models import model as model\n"
    assert "def model" in bank["_models.py"]
    assert "secret" not in "".join(bank.values())


def test_modules_imported_as_such_are_kept(tmp_path: Path) -> None:
    bank = stripped(
        tmp_path,
        layers="import bank._nets as nets\ndef test_hidden(): pass\n" + SHOWN.format("nets.one"),
        _nets="one = 1\n",
        conftest="secret = 1\n",
    )
    assert bank["_nets.py"] == "one = 1\n"
    assert "conftest.py" not in bank, "banks are collected without"


def test_annotations_that_are_text_are_needed(tmp_path: Path) -> None:
    bank = stripped(
        tmp_path,
        layers="class Case: pass\ndef test_hidden(): pass\n"
        "def test_shown(case: 'list[Case]' = ()) -> 'Case | None': pass\n",
    )
    assert "class Case" in bank["layers.py"]


def test_lists_lose_what_is_hidden(tmp_path: Path) -> None:
    bank = stripped(
        tmp_path,
        layers="""\
            def test_hidden(): pass
            def test_easy(): pass
            FIRST = [test_hidden, test_easy]
            def test_shown(): assert FIRST == [test_easy]
            """,
        nets="""\
            from .layers import test_hidden as values
            def test_hidden(): pass
            LATER = (values, test_hidden)
            def test_shown(): assert LATER == (test_hidden,)
            """,
    )
    run(bank["layers.py"])
    run(bank["nets.py"])  # there a public check has the same name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def test_hidden(): pass\n" + SHOWN.format("test_hidden() is None"), "line 2: .*public"),
        ("from math import *\ndef test_hidden(): pass\n", r"imports \* from math"),
        ("test_hidden = print\n", "test_hidden holds hidden checks"),
    ],
)
def test_what_cannot_be_left_out_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        stripped(tmp_path, layers=text)
