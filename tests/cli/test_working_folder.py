"""The folder that a self-check takes: one's own, from wherever in it, and never somebody else's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.selfcheck.student_folder import nothing_in, working_folder
from tests.support import FORM

HERE = "mine"


@pytest.fixture
def around(tmp_path: Path) -> Path:
    """A folder that holds a package itself, as a folder for temporary files may."""
    _package(tmp_path)
    return tmp_path


def _package(folder: Path, name: str = "numpynn") -> None:
    (folder / name / "classifiers").mkdir(parents=True)
    (folder / name / "notes").mkdir()
    for module in ("layers.py", "classifiers/fc_net.py"):
        (folder / name / module).write_text("")


def _folder(around: Path, *parts: str) -> Path:
    folder = around.joinpath(HERE, *parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("package", ["numpynn", "cs231n"])
@pytest.mark.parametrize("below", ["", ".", "classifiers", "notes"])
def test_from_inside_the_package(around: Path, package: str, below: str) -> None:
    mine = _folder(around)
    _package(mine, package)
    assert working_folder(mine / package / below if below else mine, FORM) == mine


@pytest.mark.parametrize("root", [".git", "test_selfcheck.py"])
def test_from_a_folder_below_where_the_work_begins(around: Path, root: str) -> None:
    mine = _folder(around)
    _package(mine)
    plots = _folder(around, "plots", "old")
    assert working_folder(plots, FORM) == plots, "nothing says that it is part of it"
    (mine / root).touch()
    assert working_folder(plots, FORM) == mine


def test_a_folder_called_like_a_package_is_none(around: Path) -> None:
    mine = _folder(around, "cs231n", "assignment2")
    assert working_folder(mine, FORM) == mine
    _package(mine, "cs231n")
    assert working_folder(mine / "cs231n" / "classifiers", FORM) == mine


def test_it_is_not_looked_for_above_where_the_work_begins(around: Path) -> None:
    empty = _folder(around, "empty")
    (around / HERE / ".git").mkdir()
    assert working_folder(empty, FORM) == empty


def test_an_archive_is_taken_as_it_is(around: Path) -> None:
    (around / HERE).mkdir()
    archive = around / HERE / "work.zip"
    archive.touch()
    assert working_folder(archive, FORM) == archive


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="whoever may read everything")
def test_a_folder_above_that_may_not_be_read(around: Path) -> None:
    empty = _folder(around, "empty")
    around.chmod(0o111)
    try:
        assert working_folder(empty, FORM) == empty
        assert nothing_in(empty, "", FORM).hint == ""
    finally:
        around.chmod(0o755)


def test_it_is_said_where_there_is_work_instead(around: Path) -> None:
    empty = _folder(around, "empty")
    said = f"empty: is empty. Your folder may be {around}: go there, or name it."
    assert str(nothing_in(empty, "empty: is empty.", FORM)) == said
