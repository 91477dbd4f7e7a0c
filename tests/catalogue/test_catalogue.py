"""The format of mistakes and variants, and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignment.catalogue import (
    Mistake,
    Patch,
    apply,
    load_mistakes,
    load_variants,
    patched,
    read_package,
    write_package,
)
from grader.model.errors import InputError

LAYERS = '''\
"""Layers: total = 0."""


def first(x):
    """Return x, with total = 0."""
    total = 0
    for value in x:
        # a comment
        total += value

        total *= 1
    return total


def second(x):
    total = 0
    return total


class Net:
    def loss(self):
        return 0

    def size(self):
        return 0
'''
FILES = {"layers.py": LAYERS}

MISTAKE = """\
function = "first"
severity = "major"
title = { en = "a", zh = "b" }
explanation = { en = "a", zh = "b" }
hint = { en = "a", zh = "b" }

[[patch]]
file = "layers.py"
old = "total = 0"
new = "total = 1"
"""


def change(old: str, new: str, function: str = "first") -> list[str]:
    """The lines of the patched file that were not there before."""
    patch = Patch(file="layers.py", old=old, new=new, function=function)
    text = patched(FILES, [patch])["layers.py"]
    before = LAYERS.splitlines()
    return [line for line in text.splitlines() if line not in before]


def complaint(old: str, new: str = "pass", function: str = "first", file: str = "layers.py") -> str:
    with pytest.raises(InputError) as caught:
        patched(FILES, [Patch(file=file, old=old, new=new, function=function)])
    return caught.value.message


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The folder of a package, with a mistake beside it."""
    write_package(FILES, tmp_path / "package")
    path = tmp_path / "mistakes" / "first" / "starts-at-one.toml"
    path.parent.mkdir(parents=True)
    path.write_text(MISTAKE, encoding="utf-8")
    return tmp_path / "package"


def rewrite(package: Path, old: str, new: str) -> None:
    path = package.parent / "mistakes" / "first" / "starts-at-one.toml"
    assert old in MISTAKE
    path.write_text(MISTAKE.replace(old, new), encoding="utf-8")


def test_part_of_a_line_is_replaced_inside_the_function_only() -> None:
    assert change("= 0", "= 5") == ["    total = 5"]
    assert change("return 0", "return 7", "Net.loss") == ["        return 7"]


def test_docstrings_do_not_count() -> None:
    assert change("total = 0", "total = 9") == ["    total = 9"]


def test_whole_lines_are_found_at_any_indentation() -> None:
    old = "\nfor value in x:\n    # a comment\n    total += value\n\n    total *= 1\n"
    new = "\nfor value in x:\n    total += 2 * value\nprint(total)\n"
    assert change(old, new) == ["        total += 2 * value", "    print(total)"]


def test_old_and_new_may_be_indented_themselves() -> None:
    old, new = "\n    total = 0\n    return total\n", "\n        return 1\n"
    assert change(old, new, "second") == ["    return 1"]


def test_three_dots_stand_for_any_lines() -> None:
    assert change("\nfor value in x:\n...\n    total *= 1\n", "total = sum(x)") == [
        "    total = sum(x)"
    ]
    assert change("\ntotal = 0\n...\nreturn total\n", "return sum(x)") == ["    return sum(x)"]


def test_new_lines_get_the_indentation_of_the_place() -> None:
    assert change("total += value", "\nif value:\n    total += 3\n") == [
        "        if value:",
        "            total += 3",
    ]


def test_patches_build_on_each_other() -> None:
    first = Patch(file="layers.py", old="total = 0", new="total = 1", function="second")
    again = Patch(file="layers.py", old="total = 1", new="total = 2", function="second")
    assert "total = 2" in patched(FILES, [first, again])["layers.py"]
    assert FILES["layers.py"] == LAYERS


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"old": "absent"}, "layers.py: 'absent' occurs not in first, not once"),
        ({"old": "total"}, "layers.py: 'total' occurs 4 times in first, not once"),
        ({"old": "return 0"}, "occurs not in first"),
        ({"old": "total = 0", "function": ""}, "occurs 4 times, not once"),
        ({"old": "total", "function": "third"}, "layers.py: defines no third"),
        ({"old": "total", "file": "optim.py"}, "optim.py: there is no such file"),
        ({"old": "total = 0", "new": "total ="}, "layers.py: is not valid Python once patched"),
    ],
)
def test_a_patch_that_does_not_fit(arguments: dict[str, str], words: str) -> None:
    assert words in complaint(**arguments)


def test_the_complaint_names_the_mistake(package: Path) -> None:
    rewrite(package, 'old = "total = 0"', 'old = "absent"')
    (mistake,) = load_mistakes(package.parent / "mistakes")
    with pytest.raises(InputError, match=r"mistake 'starts-at-one' does not fit: layers\.py: "):
        apply(read_package(package), mistake)


def test_a_mistake_is_one_small_file(package: Path) -> None:
    (mistake,) = load_mistakes(package.parent / "mistakes")
    assert isinstance(mistake, Mistake)
    assert (mistake.id, mistake.function, mistake.severity.value) == (
        "starts-at-one", "first", "major",
    )  # fmt: skip
    assert mistake.patch[0].function == "first"
    assert "total = 1" in apply(read_package(package), mistake)["layers.py"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('severity = "major"', 'severity = "huge"', "severity"),
        ('hint = { en = "a", zh = "b" }', "", "hint"),
        ("title", "titel", "titel"),
        ('function = "first"', 'function = "second"', "folder 'first'"),
        ('file = "layers.py"', "file = layers.py", "not valid TOML"),
        ("[[patch]]", "[patch]", "patch"),
    ],
)
def test_a_wrong_file_is_named(package: Path, old: str, new: str, words: str) -> None:
    rewrite(package, old, new)
    with pytest.raises(InputError) as caught:
        load_mistakes(package.parent / "mistakes")
    assert "starts-at-one.toml" in caught.value.message
    assert words in caught.value.message


def test_a_mistake_needs_a_patch(package: Path) -> None:
    rewrite(package, MISTAKE, "patch = []\n" + MISTAKE.partition("[[patch]]")[0])
    with pytest.raises(InputError, match="length >= 1"):
        load_mistakes(package.parent / "mistakes")


def test_ids_are_distinct(package: Path) -> None:
    other = package.parent / "mistakes" / "second" / "starts-at-one.toml"
    other.parent.mkdir()
    text = MISTAKE.replace('function = "first"', 'function = "second"')
    other.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="two mistakes are called 'starts-at-one'"):
        load_mistakes(package.parent / "mistakes")


def test_variants_need_neither_function_nor_severity(package: Path) -> None:
    path = package.parent / "variants" / "sum.toml"
    path.parent.mkdir()
    patch = '[[patch]]\nfile = "layers.py"\nfunction = "second"\nold = "= 0"\nnew = "= 0.0"\n'
    path.write_text(f'title = {{ en = "a", zh = "b" }}\n{patch}', encoding="utf-8")
    (variant,) = load_variants(package.parent / "variants")
    assert variant.id == "sum"
    assert "total = 0.0" in apply(read_package(package), variant)["layers.py"]


def test_no_catalogue_is_an_empty_one(tmp_path: Path) -> None:
    assert load_mistakes(tmp_path / "package") == []
    assert load_variants(tmp_path / "package") == []


def test_a_parameter_stands_for_a_number(package: Path) -> None:
    path = package.parent / "mistakes" / "first" / "starts-at-one.toml"
    more = (
        '\n[[parameter]]\nname = "start"\nvalues = [2, -1]\n\n[[form]]\n[[form.patch]]\n'
        'file = "layers.py"\nold = "total += value"\nnew = "pass"\n'
    )
    path.write_text(MISTAKE.replace("total = 1", "total = $start") + more, encoding="utf-8")
    (mistake,) = load_mistakes(package.parent / "mistakes")
    files = read_package(package)
    assert "total = 2.0" in apply(files, mistake)["layers.py"]
    assert "total = (-1.0)" in patched(files, mistake.patches(0, [-1]))["layers.py"]
    assert [each.name for each in mistake.parameters_of(0)] == ["start"]
    assert mistake.parameters_of(1) == []
    assert mistake.forms[1][0].function == "first"
    assert "pass" in patched(files, mistake.patches(1))["layers.py"]


def test_a_number_may_be_scaled_by_sizes(package: Path) -> None:
    path = package.parent / "mistakes" / "first" / "starts-at-one.toml"
    more = (
        '\n[[parameter]]\nname = "start"\nvalues = [2, -1]\nsizes = ["len(values)"]\n'
        '\n[[form]]\ntitle = { en = "Another", zh = "另一个" }\n[[form.patch]]\n'
        'file = "layers.py"\nold = "total = 0"\nnew = "total = -$start"\n'
    )
    path.write_text(MISTAKE.replace("total = 1", "total = $start") + more, encoding="utf-8")
    (mistake,) = load_mistakes(package.parent / "mistakes")
    scales = [(way.form, way.scale) for way in mistake.ways]
    assert scales == [
        (0, ""), (1, ""),
        (0, "/ len(values)"), (0, "* len(values)"), (1, "/ len(values)"), (1, "* len(values)"),
    ]  # fmt: skip
    files = read_package(package)
    assert "total = (1.0 / len(values))" in patched(files, mistake.patches(2))["layers.py"]
    assert "total = -(0.5 * len(values))" in patched(files, mistake.patches(5, [0.5]))["layers.py"]
    assert mistake.title_of(5).en == "Another"
    assert mistake.title_of(2) == mistake.title
    assert mistake.explanation_of(5) == mistake.explanation
