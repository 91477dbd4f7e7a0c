"""What counts as a submission, and what it is called."""

from __future__ import annotations

import os
import shutil
import tracemalloc
from pathlib import Path

import pytest

from grader.model.errors import InputError
from grader.submission import Source, discover, loose_files, single
from tests.submission.samples import PACKAGE, read, tarred, write, zipped
from tests.support import FORM


def _class(root: Path) -> dict[str, Source]:
    return {source.id: source for source in discover(root, FORM)}


def test_folders_and_archives_of_every_kind_are_submissions(tmp_path: Path) -> None:
    write(tmp_path / "ann", PACKAGE)
    zipped(tmp_path / "bob.zip", PACKAGE)
    tarred(tmp_path / "cid.tar.gz", PACKAGE)
    tarred(tmp_path / "dan.tgz", PACKAGE)
    tarred(tmp_path / "eve.tar.bz2", PACKAGE, "w:bz2")
    tarred(tmp_path / "fay.tar.xz", PACKAGE, "w:xz")
    tarred(tmp_path / "gus.tar", PACKAGE, "w")
    found = discover(tmp_path, FORM)
    assert [source.name for source in found] == ["ann", "bob", "cid", "dan", "eve", "fay", "gus"]
    assert not any(source.problem for source in found)
    assert len({read(source.path).digest for source in found}) == 1


@pytest.mark.parametrize(
    "folder", ["", "numpynn", "cs231n", "daseCV", "assignment2/cs231n", "hw 2"]
)
def test_a_folder_with_the_package_is_one_submission(tmp_path: Path, folder: str) -> None:
    root = write(tmp_path / "ann", {f"{folder}/layers.py".lstrip("/"): "x = 1"})
    assert [source.id for source in discover(root, FORM)] == ["ann"]


@pytest.mark.parametrize(
    "files",
    [
        ("layers-1.py", "optim-1.py"),
        ("Layers.PY",),
        ("smithann_340_208_layers.py", "smithann_340_209_optim-1.py"),
        ("layers/layers.py", "optim/optim.py"),
    ],
)
def test_so_is_one_with_files_under_other_names(tmp_path: Path, files: tuple[str, ...]) -> None:
    root = write(tmp_path / "ann", dict.fromkeys(files, "x = 1"))
    assert [source.id for source in discover(root, FORM)] == ["ann"]


def test_files_that_a_platform_named_after_several_students_are_a_class(tmp_path: Path) -> None:
    names = ("smithann_340_208_layers.py", "leebob_341_209_layers.py")
    assert len(discover(write(tmp_path / "class", dict.fromkeys(names, "x = 1")))) == 2


def test_students_folders_named_after_the_assignment_are_a_class(tmp_path: Path) -> None:
    for name in ("ann-assignment2", "bob-assignment2"):
        write(tmp_path / name, PACKAGE)
    assert list(_class(tmp_path)) == ["ann-assignment2", "bob-assignment2"]


def test_a_series_of_assignments_is_one_students(tmp_path: Path) -> None:
    root = write(tmp_path / "ann", {"spring assignment1/layers.py": "", "spring assignment2/x": ""})
    assert list(_class(root)) == ["ann"]
    root = write(tmp_path / "class", {"ann hw1/layers.py": "", "bob hw2/layers.py": ""})
    assert list(_class(root)) == ["ann hw1", "bob hw2"]


def test_a_folder_of_ones_own_without_the_package_makes_no_submission(tmp_path: Path) -> None:
    root = write(tmp_path / "class", {"src/notes.txt": "", "ann/layers.py": ""})
    assert list(_class(root)) == ["ann", "src"]


def test_an_archive_is_one_submission(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "ann.zip", PACKAGE)
    assert list(discover(archive, FORM)) == [Source(id="ann.zip", name="ann", path=archive)]


def test_hidden_files_and_leavings_of_systems_are_nothing(tmp_path: Path) -> None:
    write(tmp_path / "ann", PACKAGE)
    write(tmp_path, {".DS_Store": "", "__MACOSX/x.py": "", ".git/layers.py": "", "Thumbs.db": ""})
    write(tmp_path, {"__pycache__/layers.py": ""})
    assert list(_class(tmp_path)) == ["ann"]
    assert [path.name for path in loose_files(tmp_path, FORM)] == ["__pycache__"]


def test_loose_files_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path / "ann", PACKAGE)
    write(tmp_path, {"README.md": "", "grades.csv": "", "bob.rar": "Rar!", "cid.ipynb": "{}"})
    found = _class(tmp_path)
    assert list(found) == ["ann", "bob.rar", "cid.ipynb"]
    assert found["bob.rar"].problem.startswith("bob.rar is a RAR archive, which cannot be read")
    assert [path.name for path in loose_files(tmp_path, FORM)] == ["grades.csv", "README.md"]


def test_an_identity_is_the_whole_name_and_nobody_else_can_change_it(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "ann.zip", PACKAGE)
    alone = _class(tmp_path)
    write(tmp_path / "ann", PACKAGE)
    for name in ("ANN.zip", "ann.tar", "ann.zip.zip"):
        zipped(tmp_path / name, PACKAGE)
    found = _class(tmp_path)
    assert set(found) == {"ann", "ann.zip", "ANN.zip", "ann.tar", "ann.zip.zip"}
    assert found["ann.zip"] == alone["ann.zip"] == single(archive)
    assert [found[id].name for id in ("ann", "ann.zip", "ann.tar")] == ["ann"] * 3


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ann_smith.v2.zip", "ann_smith.v2"),
        ("ann.smith", "ann.smith"),
        ("hw2_3_final", "hw2_3_final"),
        ("ann.tar.gz", "ann"),
    ],
)
def test_people_call_an_entry_by_its_name_without_ending(
    tmp_path: Path, name: str, expected: str
) -> None:
    is_archive = name.endswith((".zip", ".gz"))
    zipped(tmp_path / name, PACKAGE) if is_archive else write(tmp_path / name, PACKAGE)
    assert _class(tmp_path)[name].name == expected


def test_ids_can_be_shown_and_written(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/caf\xe9\n")
    (source,) = discover(tmp_path, FORM)
    assert (source.id, source.name) == (r"caf\u{dce9}\x0a", "caf?_")


def test_a_link_to_outside_is_listed_and_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "secret", PACKAGE)
    root = write(tmp_path / "class", {"ann/layers.py": "x = 1"})
    (root / "eve").symlink_to(tmp_path / "secret")
    (root / "fay.zip").symlink_to("/etc/hostname")
    (root / "gus.zip").symlink_to(root / "nowhere")
    found = _class(root)
    assert not found["ann"].problem
    for name in ("eve", "fay.zip", "gus.zip"):
        assert "link that leads outside" in found[name].problem


def test_a_pipe_is_listed_and_never_opened(tmp_path: Path) -> None:
    write(tmp_path / "ann", PACKAGE)
    os.mkfifo(tmp_path / "bob.zip")
    assert _class(tmp_path)["bob.zip"].problem == "bob.zip: is not an ordinary file."


def test_each_is_looked_at_when_its_turn_comes(tmp_path: Path) -> None:
    write(tmp_path / "ann", PACKAGE)
    write(tmp_path / "bob", PACKAGE)
    found = discover(tmp_path, FORM)
    shutil.rmtree(tmp_path / "bob")
    assert len(found) == 2
    problems = [source.problem for source in found]
    assert problems == ["", "bob: cannot be read (No such file or directory)."]


def test_only_the_names_of_a_large_class_are_kept(tmp_path: Path) -> None:
    rows = 500
    for number in range(rows):
        (tmp_path / f"{number:020}").mkdir()
    tracemalloc.start()
    try:
        found = discover(tmp_path, FORM)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) == rows
    assert kept < 200 * rows


def test_nothing_to_grade_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{tmp_path}/no: there is no such file or folder"):
        discover(tmp_path / "no", FORM)
    with pytest.raises(InputError, match=f"{tmp_path}: holds no submissions"):
        discover(tmp_path, FORM)
    write(tmp_path, {"README.md": ""})
    with pytest.raises(InputError, match="holds no submissions"):
        discover(tmp_path, FORM)
    with pytest.raises(InputError, match="there is no such file"):
        single(tmp_path / "no")
