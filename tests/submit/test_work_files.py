"""Which files are packed, and why others are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.selfcheck.work_files import work_files


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("layers.py", ""),
        ("Fit.ipynb", ""),
        ("notes.md", ""),
        ("plot.png", ""),
        ("results.csv", ""),
        ("数据.txt", ""),
        (".env", "hidden"),
        ("pkg/.DS_Store", "hidden"),
        ("weights.npz", "data"),
        ("MODEL.PT", "data"),
        ("old.zip", "archive"),
        ("layers.pyc", "compiled"),
        ("layers.py~", "leftover"),
        ("aux.py", "unsafe_name"),
        ("a:b.py", "unsafe_name"),
        ("nul/x.py", "unsafe_name"),
    ],
)
def test_a_file_by_its_kind(tmp_path: Path, path: str, why: str) -> None:
    place = tmp_path / path
    place.parent.mkdir(exist_ok=True)
    place.write_text("x")
    found = work_files(tmp_path)
    assert [file.path for file in found.packed] == [path] * (not why)
    assert [(each.path, each.why) for each in found.left_out] == [(path, why)] * bool(why)


@pytest.mark.parametrize(
    ("folder", "sign", "why"),
    [
        (".git", "HEAD", "hidden"),
        ("__pycache__", "a.pyc", "tools"),
        ("my_env", "pyvenv.cfg", "environment"),
        ("conda", "conda-meta", "environment"),
    ],
)
def test_a_folder_that_is_nobodys_work_is_not_entered(
    tmp_path: Path, folder: str, sign: str, why: str
) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / sign).write_text("x")
    (tmp_path / folder / "layers.py").write_text("x")
    found = work_files(tmp_path)
    assert found.packed == []
    assert [(each.path, each.why) for each in found.left_out] == [(f"{folder}/", why)]


def test_a_large_file_is_left_out_with_its_size(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_bytes(b"x" * (2 << 20))
    [each] = work_files(tmp_path).left_out
    assert (each.path, each.why, each.size) == ("log.txt", "huge", 2 << 20)
    assert work_files(tmp_path, ["*.txt"]).left_out == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "secret.py").write_text("x")
    (tmp_path / "work" / "layers.py").symlink_to(tmp_path / "secret.py")
    (tmp_path / "work" / "all").symlink_to(tmp_path)
    found = work_files(tmp_path / "work", ["*"])
    assert found.packed == []
    assert {each.why for each in found.left_out} == {"link"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_ordinary_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "layers.py")
    assert [each.why for each in work_files(tmp_path, ["*"]).left_out] == ["special"]
