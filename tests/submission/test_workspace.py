"""A folder for what is unpacked: made when it is needed, removed, and swept up after a kill."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, NoReturn

import pytest

from grader.assignment.folder import Assignment
from grader.course.foreign_archives import as_tar
from grader.course.listing import unpack
from grader.course.open_class import open_class
from grader.course.staging import stage
from grader.model.attempt import DeliveredFile
from grader.model.errors import ExitCode, InputError
from grader.submission.workspace import NoRoomError, Workspace, no_room
from tests.submission.samples import PACKAGE, write, zipped
from tests.support import SECONDS

HOLDS = """
from grader.submission.workspace import Workspace
work = Workspace()
(work.folder() / "unpacked").mkdir()
print(work.folder(), flush=True)
input()
"""
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full or flock")


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def nowhere(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary folders cannot be made."""
    shutil.rmtree(scratch)


def test_it_is_made_when_it_is_needed_and_removed_at_the_end(scratch: Path) -> None:
    with Workspace() as work:
        assert not list(scratch.iterdir())
        assert work.folder() == work.folder()
        assert list(scratch.iterdir()) == [work.folder()]
        if sys.platform != "win32":
            assert work.folder().stat().st_mode & 0o077 == 0, "others may read students' work"
    assert not list(scratch.iterdir())


@linux
def test_what_a_killed_process_left_is_swept_and_what_a_living_one_uses_is_not(
    scratch: Path,
) -> None:
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as process:
        assert process.stdout is not None
        theirs = Path(process.stdout.readline().strip())
        with Workspace() as ours:
            both = {theirs, ours.folder()}
            assert set(scratch.iterdir()) == both
        process.send_signal(signal.SIGKILL)
        process.wait(SECONDS)
    assert (theirs / "unpacked").is_dir()
    with Workspace() as ours:
        mine = ours.folder()
        assert list(scratch.iterdir()) == [mine]


def test_a_class_of_folders_needs_none(tmp_path: Path, nowhere: None) -> None:
    write(tmp_path / "class" / "ann", PACKAGE)
    write(tmp_path / "class" / "bob", PACKAGE)
    with open_class(tmp_path / "class", Assignment.load("numpynn")) as those:
        assert [source.problem for source in those.sources] == ["", ""]


def test_a_class_that_has_to_be_unpacked_says_what_is_missing(
    tmp_path: Path, nowhere: None
) -> None:
    files = {f"{who}/{name}": text for who in ("ann", "bob") for name, text in PACKAGE.items()}
    zipped(tmp_path / "class.zip", files)
    with (
        pytest.raises(NoRoomError, match="Cannot make a temporary folder") as caught,
        open_class(tmp_path / "class.zip", Assignment.load("numpynn")),
    ):
        pass
    assert "TMPDIR" in (caught.value.hint or "")
    assert caught.value.exit_code == ExitCode.INPUT


def _full(*_: object, **__: object) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _full_for_new_files(path: Path, mode: str = "r") -> IO[Any]:
    return _full() if mode == "xb" else open(path, mode)


def test_a_disk_that_takes_no_more_is_no_student_s_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "export", {"one": "1", "two": "2"})
    zipped(root / "three.zip", PACKAGE)
    files = [DeliveredFile(name=name, path=name) for name in ("one", "two", "three.zip")]
    fails = {"mkdir": (Path, _full), "rename": (Path, _full), "copyfile": (shutil, _full),
             "open": (Path, _full_for_new_files)}  # fmt: skip
    for name, (owner, fail) in fails.items():
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, fail)
            with pytest.raises(NoRoomError, match="No space left") as caught:
                stage(root, files, lambda: tmp_path / "work", f"by {name}")
        assert caught.value.hint
        assert not isinstance(caught.value, InputError), "would be a row of the student's"


def test_neither_is_one_that_fills_while_a_class_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zipped(tmp_path / "class.zip", PACKAGE)
    monkeypatch.setattr(Path, "mkdir", _full)
    with pytest.raises(NoRoomError, match="No space left"):
        unpack(tmp_path / "class.zip", tmp_path / "into")


def test_nor_one_without_room_for_a_foreign_archive(
    tmp_path: Path, nowhere: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "bsdtar")
    with pytest.raises(NoRoomError, match="Cannot make"), as_tar(tmp_path / "class.rar"):
        pass


def test_errors_of_the_disk_are_told_from_others(tmp_path: Path) -> None:
    assert no_room(tmp_path, PermissionError(errno.EACCES, "no")) is None
    assert no_room(tmp_path, shutil.Error([("a", "b", "[Errno 13] Permission denied")])) is None
    assert no_room(tmp_path, OSError(errno.EFBIG, "long")) is not None
    full = os.strerror(errno.ENOSPC)
    assert no_room(tmp_path, shutil.Error([("a", "b", f"[Errno 28] {full}")])) is not None
