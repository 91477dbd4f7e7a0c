"""Where an assignment's parts lie, and how an assignment is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignment.folder import Assignment
from grader.assignment.layout import DEMO, Layout, find_demo, find_rubric, shipped_ids
from grader.model.errors import InputError, UsageError
from grader.model.rubric import load_rubric
from tests.support import REPOSITORY, RUBRICS, SOLUTION, TEMPLATE

_RUBRIC = """id = "toy"
points = 1
parts = { all = { title = { en = "All" }, points = 1 } }
title = { en = "Toy" }
contract = { f = "work: out" }
"""


def _layout(path: Path, text: str = _RUBRIC) -> Layout:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return Layout(path, load_rubric(path))


def _touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_an_assignment_of_ones_own_is_a_folder(tmp_path: Path) -> None:
    home = tmp_path / "mine"
    _touch(
        home / "reference" / "pkg" / "__init__.py", home / "releases.py", home / "mistakes" / "x"
    )
    layout = _layout(home / "assignment.toml")
    assert layout.bank == home / "bank"
    assert layout.reference == home / "reference" / "pkg"
    assert layout.solution == home / "reference"
    assert (layout.mistakes, layout.plugin) == (home / "mistakes", home)
    assert (layout.template, layout.demo) == (home / "template", home / "demo")
    assert layout.key == home / "answers.key"


def test_a_rubric_names_its_parts(tmp_path: Path) -> None:
    text = 'bank = "checks"\nreference = "solved/pkg"\n' + _RUBRIC
    layout = _layout(tmp_path / "own.toml", text)
    assert layout.bank == tmp_path / "checks"
    assert layout.reference == tmp_path / "solved" / "pkg"
    assert layout.mistakes == tmp_path / "solved" / "mistakes"
    assert layout.key == tmp_path / "own.key"


def test_the_shipped_ones_are_spread_by_name() -> None:
    for name in ("numpynn", "numpynn-notebooks"):
        layout = Assignment.load(name).layout
        code = REPOSITORY / "grader" / "assignments" / "numpynn"
        assert (layout.bank, layout.plugin, layout.demo) == (code / "bank", code, code / "demo")
        assert layout.reference == SOLUTION / "numpynn"
        assert (layout.mistakes, layout.variants) == (SOLUTION / "mistakes", SOLUTION / "variants")
        assert layout.template == TEMPLATE
        assert layout.key == RUBRICS / "numpynn.key"
        assert layout.own_files() == []


def test_what_is_not_there_is_that_of_the_shipped_one(tmp_path: Path) -> None:
    """A course's own rubric over the shipped one, whose copy lies beside it."""
    text = (RUBRICS / "numpynn.toml").read_text(encoding="utf-8")
    (tmp_path / "numpynn.toml").write_text(text, encoding="utf-8")
    layout = _layout(tmp_path / "course.toml", 'extends = "numpynn.toml"\nid = "ours"\n')
    assert layout.bank == REPOSITORY / "grader" / "assignments" / "numpynn" / "bank"
    assert layout.reference == SOLUTION / "numpynn"
    assert layout.own_files() == [tmp_path / "course.toml", tmp_path / "numpynn.toml"]
    _touch(tmp_path / "bank" / "own.py")
    assert layout.bank == tmp_path / "bank"


def test_it_is_found_by_id_folder_and_path(tmp_path: Path) -> None:
    _layout(tmp_path / "mine" / "assignment.toml")
    _layout(tmp_path / "other.toml")
    assert find_rubric("numpynn") == RUBRICS / "numpynn.toml"
    assert find_rubric(str(tmp_path / "mine")) == tmp_path / "mine" / "assignment.toml"
    assert find_rubric(str(tmp_path / "other.toml")) == tmp_path / "other.toml"


def test_a_folder_called_like_a_shipped_one_is_meant_if_it_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "numpynn").mkdir()
    assert find_rubric("numpynn") == RUBRICS / "numpynn.toml"
    _layout(tmp_path / "numpynn" / "assignment.toml")
    assert find_rubric("numpynn") == Path("numpynn/assignment.toml")


def test_without_a_name_it_is_the_nearest_above(tmp_path: Path) -> None:
    _layout(tmp_path / "assignment.toml")
    _layout(tmp_path / "a" / "assignment.toml")
    _touch(tmp_path / "a" / "b" / "c" / "x", tmp_path / "d" / "x")
    assert find_rubric(start=tmp_path / "a" / "b" / "c") == tmp_path / "a" / "assignment.toml"
    assert find_rubric(start=tmp_path / "d") == tmp_path / "assignment.toml"


def test_without_any_above_it_has_to_be_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_rubric(start=tmp_path)
    said = str(caught.value)
    assert said.startswith(f"Which assignment? Neither {tmp_path} nor a folder above it has")
    assert all(name in said for name in shipped_ids())


def test_only_the_demo_has_one_of_its_own(tmp_path: Path) -> None:
    assert find_demo(start=tmp_path) == RUBRICS / f"{DEMO}.toml"
    assert find_demo("convnet", tmp_path) == RUBRICS / "convnet.toml"
    _layout(tmp_path / "assignment.toml")
    assert find_demo(start=tmp_path) == tmp_path / "assignment.toml"


@pytest.mark.parametrize(
    ("name", "kind", "said", "hint"),
    [
        ("numpyn", UsageError, "There is no assignment 'numpyn'.", "Did you mean 'numpynn'?"),
        ("gone.toml", UsageError, "There is no assignment 'gone.toml'.", "Did you mean"),
        ("empty", InputError, "empty: there is no assignment.toml", "It needs a file"),
        ("several", InputError, "several: there is no assignment.toml", "Name its rubric: a.toml"),
    ],
)
def test_what_is_not_there_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    kind: type[Exception],
    said: str,
    hint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    _touch(tmp_path / "several" / "a.toml")
    with pytest.raises(kind) as caught:
        find_rubric(name)
    assert str(caught.value).startswith(said)
    assert hint in str(caught.value)
