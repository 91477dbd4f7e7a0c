"""Submissions and output by URL, and what a bundle carries."""

from __future__ import annotations

import os
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

import grader
from grader.batches import storage
from grader.batches.bundle import Bundle, submission_bundle, submission_hash
from grader.batches.download import brought
from grader.batches.output import BatchOutput
from grader.model.errors import InputError, UsageError
from grader.submission import discover
from grader.submission.module_names import may_be_python
from grader.submission.reader import read_tree
from grader.submission.workspace import NoRoomError
from tests.batch import toy
from tests.support import FORM

fsspec: Any = pytest.importorskip("fsspec")
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs a sandbox")


@pytest.fixture
def memory() -> Any:
    files = fsspec.filesystem("memory")
    yield files
    files.rm("/", recursive=True)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    toy.hand_in(tmp_path / "class", "ann")
    toy.hand_in(tmp_path / "class", "bob", toy.WRONG)
    (tmp_path / "class" / "bob" / "film.mp4").write_bytes(b"not fetched")
    (tmp_path / "class" / "empty").mkdir()
    return toy.assignment(tmp_path / "course")


def _scores(place: str | Path, rubric: Path, out: str | Path) -> dict[str, float]:
    done = grader.batch(place, out=out, assignment=str(rubric), jobs=1)
    return {result.submission: result.score for result in done}


@linux
def test_from_memory_to_memory_and_again(course: Path, tmp_path: Path, memory: Any) -> None:
    memory.put(str(tmp_path / "class"), "/autumn/class", recursive=True)
    memory.makedirs("/autumn/class/empty", exist_ok=True)
    scores = {"ann": 4.0, "bob": 2.0, "empty": 0.0}
    assert _scores("memory://autumn/class", course, "memory://autumn/out") == scores
    assert {path.removeprefix("/autumn/out/") for path in memory.find("/autumn/out")} == {
        *("index.html", "gradebook.csv", "class.json", "batch.sqlite"),
        *(f"results/{name}.json" for name in scores),
        *(f"{folder}/{name}.html" for name in scores for folder in ("reports", "instructor")),
    }
    assert b"class" in memory.cat_file("/autumn/out/index.html")
    written = memory.info("/autumn/out/results/ann.json")["created"]
    assert _scores("memory://autumn/class", course, "memory://autumn/out") == scores
    assert memory.info("/autumn/out/results/ann.json")["created"] == written


def test_without_room_for_what_is_fetched_or_kept(
    course: Path, tmp_path: Path, memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.put(str(tmp_path / "class"), "/class", recursive=True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(NoRoomError, match="Cannot make"), brought("memory://class"):
        pass
    with pytest.raises(NoRoomError, match="Cannot make"):
        BatchOutput("memory://out").prepare()


@linux
def test_from_a_zip(course: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        for path in sorted((tmp_path / "class").rglob("*.py")):
            archive.write(path, path.relative_to(tmp_path))
    url = f"zip://class::{tmp_path / 'class.zip'}"
    assert _scores(url, course, tmp_path / "out") == {"ann": 4.0, "bob": 2.0}
    assert _scores(f"zip://::{tmp_path / 'class.zip'}", course, tmp_path / "out2")


@linux
def test_a_file_url_is_a_path(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "fsspec", lambda: pytest.fail("a path went through fsspec"))
    url = (tmp_path / "class").as_uri()
    out = (tmp_path / "out of it").as_uri()
    assert _scores(url, course, out)["ann"] == 4.0
    assert (tmp_path / "out of it" / "index.html").is_file()


def test_only_what_grading_reads_is_fetched(course: Path, tmp_path: Path, memory: Any) -> None:
    memory.put(str(tmp_path / "class"), "/class", recursive=True)
    with brought("memory://class") as here:
        assert here.name == "class"
        assert (here / "bob" / "film.mp4").read_bytes() == b""
        ours = tmp_path / "class" / "ann" / "toy" / "layers.py"
        assert (here / "ann" / "toy" / "layers.py").read_bytes() == ours.read_bytes()
        assert {source.id for source in discover(here, FORM)} >= {"ann", "bob"}
    assert not here.exists()


def test_one_archive_by_url(tmp_path: Path, memory: Any) -> None:
    memory.pipe_file("/hand-ins/ann.zip", b"PK")
    with brought("memory://hand-ins/ann.zip") as here:
        assert (here.name, here.read_bytes()) == ("ann.zip", b"PK")


@pytest.mark.skipif(sys.platform == "win32", reason="such a name cannot be there")
def test_a_name_with_a_backslash_is_nobody_else_s_file(memory: Any) -> None:
    memory.pipe_file("/class/ann/layers.py", b"hers")
    memory.pipe_file(r"/class/ann\layers.py", b"another's")
    with brought("memory://class") as here:
        assert (here / "ann" / "layers.py").read_bytes() == b"hers"
        assert (here / r"ann\layers.py").read_bytes() == b"another's"


def test_names_that_lead_outside_are_not_followed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("ann/layers.py", "")
        archive.writestr("ann/../../../evil.py", "")
    with (
        pytest.raises(InputError, match="leads outside"),
        brought(f"zip://::{tmp_path / 'evil.zip'}"),
    ):
        pass
    assert not list(tmp_path.parent.rglob("evil.py"))


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"cannot be fetched|there is nothing"),
        brought("memory://no"),
    ):
        pass
    with pytest.raises(UsageError, match="can be read, but not written"):
        BatchOutput(f"zip://x::{tmp_path / 'a.zip'}")
    with pytest.raises(UsageError, match="cannot be opened"):
        BatchOutput("nonsense://x")


def test_without_fsspec_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(UsageError, match=r"gradewall\[remote\]"):
        BatchOutput("memory://x")


def test_a_driver_s_failure_is_an_error_of_input(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = storage.RemoteStorage("memory://out")
    monkeypatch.setattr(memory, "pipe_file", _refuse)
    with pytest.raises(InputError, match=r"Cannot write memory://out/a: quota\."):
        place.write("a", b"")
    assert place.read("a") is None
    assert place.stamp("a") == ""


def _refuse(*_: Any) -> None:
    raise PermissionError("quota")


@linux
def test_a_bundle_is_the_submission_to_whoever_reads_it(tmp_path: Path) -> None:
    path = toy.hand_in(tmp_path / "class", "ann")
    folder = tmp_path / "class" / "ann"
    (folder / "inside.py").symlink_to(path)
    (folder / "dead.py").symlink_to(folder / "nowhere.py")
    (folder / "outside.py").symlink_to(sys.executable)
    (folder / "folder.py").symlink_to(folder / "toy")
    (folder / "film.mp4").write_bytes(b"large")
    for name in ("Optim.PY", "optim.py.bak", "optim"):
        (folder / name).write_text("def sgd(): pass\n")
    os.mkfifo(folder / "pipe.py")
    (source,) = discover(tmp_path / "class", FORM)
    packed = submission_bundle(source).pack()
    copy = Bundle.unpack(packed).write(tmp_path / "copy")
    ours, theirs = read_tree(folder, may_be_python), read_tree(copy, may_be_python)
    assert copy.name == "ann"
    assert theirs.files == ours.files
    assert theirs.unread == ours.unread
    assert (copy / "film.mp4").read_bytes() == bytes(5)


def test_what_a_message_may_name_is_part_of_a_submission(tmp_path: Path) -> None:
    folder = tmp_path / "class" / "ann"
    folder.mkdir(parents=True)
    (folder / "hw2.rar").write_bytes(b"x")
    (source,) = discover(tmp_path / "class", FORM)
    before = submission_hash(source)
    (folder / "hw2.rar").rename(folder / "hw2.7z")
    assert submission_hash(source) != before
