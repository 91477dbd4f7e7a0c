"""What is said of a rubric that does not fit itself, its bank or its reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignment.folder import Assignment
from grader.model.errors import RubricError
from grader.model.rubric import load_rubric
from grader.model.rubric_fault import line_of
from grader.runner.recording import record_key

RUBRIC = """\
id = "toy"
points = 20
bank = "bank"
reference = "reference/toy"
[title]
en = "Toy"
[contract]
double = "layers: out"
halve = "layers: out"
[parts]
up = { title = { en = "Up" }, points = 15 }
down = { title = { en = "Down" }, points = 5 }
"""
BANK = """\
from grader.checks import check


@check("double", part="up", targets="double")
def test_double(student, reference, inputs):
    reference.double(2.0)


@check("halve", part="down", targets="halve")
def test_halve(student, reference, inputs):
    reference.halve(2.0)
"""
REFERENCE = "def double(x):\n    return 2 * x\n\n\ndef halve(x):\n    return x / 2\n"


def _path(folder: Path, old: str = "", new: str = "", more: str = "") -> Path:
    files = {
        "bank/toys.py": BANK,
        "reference/toy/__init__.py": "",
        "reference/toy/layers.py": REFERENCE,
        "toy.toml": RUBRIC.replace(old, new, 1) + more,
    }
    assert old in RUBRIC
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "toy.toml"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "points = 20",
            "pionts = 20",
            "line 2: key `pionts` is not known. Did you mean `points`?",
        ),
        ("points = 20", 'points = "x"', "line 2: key `points` is a text; expected a number."),
        ("points = 20", "points = 21", "line 2: key `points` is 21, but the parts' points add up"),
        (
            '{ en = "Down" }',
            '"Down"',
            "line 12: key `parts.down.title` is a text; expected a table with the keys en, zh.",
        ),
        (
            "points = 5 }",
            "ponts = 5 }",
            "line 12: key `parts.down.ponts` is not known. Did you mean `points`?",
        ),
        (
            "halve =",
            '"Net.loss" =',
            "line 9: key `contract.Net.loss` is not the name of a function or class.",
        ),
        ('id = "toy"', "", ": it lacks the key `id`."),
    ],
)
def test_a_fault_of_the_rubric_names_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = _path(tmp_path, old, new)
    with pytest.raises(RubricError) as caught:
        load_rubric(path)
    assert str(caught.value).startswith(f"{path}, {said}".replace(", :", ":"))


@pytest.mark.parametrize(
    ("old", "new", "more", "said"),
    [
        (
            "",
            "",
            '[checks]\n"toys::duoble" = { points = 0 }\n',
            "line 14: key `checks.toys::duoble` is not a check. Did you mean `toys::double`?",
        ),
        (
            "",
            "",
            '[hints]\nhalf = { en = "x" }\n',
            "line 14: key `hints.half` is neither a check nor in the contract. "
            "Did you mean `halve`?",
        ),
        (
            "",
            "",
            '[titles.zh]\n"toys::duoble" = "加倍"\n',
            "line 14: key `titles.zh.toys::duoble` is not a check. Did you mean `toys::double`?",
        ),
        (
            "",
            "",
            '[parts.side]\npoints = 0\ntitle = { en = "" }\n[grading]\nshufle = true\n',
            "line 17: key `grading.shufle` is not known. Did you mean `shuffle`?",
        ),
        (
            "down = {",
            "dawn = {",
            "",
            "line 12: key `parts` lacks 'down', the part of the check toys::halve "
            "(toys.py, line 9). Did you mean `dawn`?",
        ),
        (
            'halve = "layers: out"',
            "",
            "",
            "line 7: key `contract` lacks halve, which the check toys::halve (toys.py, line 9) ",
        ),
        (
            'halve = "layers',
            'halve = "layer',
            "",
            "line 9: key `contract.halve` names the module layer, but there is no ",
        ),
        (
            'halve = "layers: out"',
            'halve = "layers: out, cache"',
            "",
            "line 9: key `contract.halve` promises out, cache, but the reference returned a ",
        ),
        (
            "reference/toy",
            "refrence/toy",
            "",
            "line 4: key `reference` leads to ",
        ),
        ('bank = "bank"', 'bank = "bnak"', "", "line 3: key `bank` leads to "),
    ],
)
def test_what_bank_or_reference_do_not_have_names_its_line(
    tmp_path: Path, old: str, new: str, more: str, said: str
) -> None:
    path = _path(tmp_path, old, new, more)
    with pytest.raises(RubricError) as caught:
        record_key(Assignment.load(str(path)))
    assert str(caught.value).startswith(f"{path}, {said}")


def test_a_rubric_without_faults_is_recorded(tmp_path: Path) -> None:
    assert len(record_key(Assignment.load(str(_path(tmp_path)))).answers) == 2


def test_a_fault_in_an_extending_rubric_is_looked_for_where_it_is(tmp_path: Path) -> None:
    base = _path(tmp_path)
    above = tmp_path / "mine.toml"
    above.write_text('extends = "toy.toml"\n[parts.down]\nfollow_through_share = 2\n')
    with pytest.raises(RubricError, match=r"mine\.toml, line 3: key `parts\.down\.follow"):
        load_rubric(above)
    base.write_text(RUBRIC.replace("points = 5", 'points = "5"'))
    with pytest.raises(RubricError, match=r"toy\.toml, line 12: key `parts\.down\.points`"):
        load_rubric(above)
    above.write_text('extends = "toi.toml"\n')
    with pytest.raises(RubricError, match=r"mine\.toml, line 1: cannot extend .*toi\.toml"):
        load_rubric(above)


def test_lines_are_found_by_all_of_their_keys() -> None:
    text = '[a]\nx = 1\n[b]\nx = 1\n"c.d" = { x = 2 }\n[b.e."f g"] # here\nx = 1\n'
    assert line_of(text, ["b", "x"]) == (2, 4)
    assert line_of(text, ["b", "c.d", "x"]) == (3, 5)
    assert line_of(text, ["b", "c.d", "y"]) == (2, 5)
    assert line_of(text, ["b", "e", "f g", "x"]) == (4, 7)
    assert line_of(text, ["b", "e"]) == (2, 6)
    assert line_of(text, ["z"]) == (0, 0)


def test_a_long_line_is_looked_at_once() -> None:
    assert line_of("a" * 50_000 + "\nb = 1\n", ["b"]) == (1, 2)


def test_a_fault_is_one_line_whatever_the_key(tmp_path: Path) -> None:
    path = _path(tmp_path, more='"two\\nlines" = 1\n')
    with pytest.raises(RubricError) as caught:
        load_rubric(path)
    assert "\n" not in str(caught.value)
