"""What cannot be read: one clear line each, and nobody else's row."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.batch import toy
from tests.support import GRADER, REPOSITORY, SOLUTION, grader, results, submission

LAYERS = "numpynn/layers.py"
CODE = (SOLUTION / LAYERS).read_bytes()


def _zip(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def _encrypted(folder: Path) -> None:
    """A zip whose members claim to be encrypted; the standard library cannot encrypt."""
    _zip(folder / "encrypted.zip", {LAYERS: CODE})
    data = bytearray((folder / "encrypted.zip").read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    (folder / "encrypted.zip").write_bytes(data)


def _bomb(folder: Path) -> None:
    with (
        zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(LAYERS, "w") as file,
    ):
        for _ in range(300):
            file.write(bytes(1 << 20))


def _climbing(folder: Path) -> None:
    _zip(folder / "climbing.zip", {f"../../{LAYERS}": b"raise SystemExit", LAYERS: CODE})


def _garbage(folder: Path) -> None:
    (folder / "garbage.zip").write_bytes(os.urandom(4096))


def _cut(folder: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(SOLUTION, "work")
    (folder / "cut.tar.gz").write_bytes(packed.getvalue()[:2000])


def _empty(folder: Path) -> None:
    (folder / "empty").mkdir()


def _outside(folder: Path) -> None:
    (folder / "outside").symlink_to("/etc")


def _no_archive(folder: Path) -> None:
    (folder / "essay.rar").write_bytes(b"Rar!")


UNREADABLE: dict[str, Callable[[Path], None]] = {
    "encrypted.zip": _encrypted,
    "bomb.zip": _bomb,
    "climbing.zip": _climbing,
    "garbage.zip": _garbage,
    "cut.tar.gz": _cut,
    "empty": _empty,
    "outside": _outside,
    "essay.rar": _no_archive,
}


def _huge(folder: Path) -> None:
    submission(folder, "huge")
    with (folder / "huge" / "cifar-10.tar").open("wb") as file:
        file.truncate(100 << 20)
    with (folder / "huge" / "numpynn" / "data.py").open("wb") as file:
        file.truncate(100 << 20)


def _noise(folder: Path) -> None:
    target = submission(folder, "noise")
    (target / "numpynn" / "optim.py").write_bytes(os.urandom(20_000))


def _links(folder: Path) -> None:
    target = submission(folder, "links")
    (target / "numpynn" / "optim.py").unlink()
    (target / "numpynn" / "optim.py").symlink_to(SOLUTION / "numpynn" / "optim.py")


READABLE: dict[str, Callable[[Path], None]] = {
    "huge": _huge,
    "noise": _noise,
    "links": _links,
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A class of bad input, two that claim one name, and one that is right."""
    root = tmp_path_factory.mktemp("bad")
    folder = root / "class"
    folder.mkdir()
    for make in (*UNREADABLE.values(), *READABLE.values()):
        make(folder)
    submission(folder, "right")
    submission(folder, "twin")
    _zip(folder / "twin.zip", {LAYERS: CODE})
    grader("batch", "-a", "numpynn", folder, "-o", root / "out", code=3)
    yield root
    shutil.rmtree(root)


def test_everyone_has_a_row(graded: Path) -> None:
    names = {*UNREADABLE, *READABLE, "right", "twin", "twin.zip"}
    assert set(results(graded / "out")) == names
    with (graded / "out" / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["submission"] for row in csv.DictReader(file)} == names


@pytest.mark.parametrize("name", UNREADABLE)
def test_it_is_one_clear_line(graded: Path, name: str) -> None:
    result = results(graded / "out")[name]
    assert result["error_kind"] == "input"
    assert name in result["error"]
    assert "\n" not in result["error"]
    assert len(result["error"]) < 300
    assert result["error"] in (graded / "out" / "gradebook.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("name", ["cut.tar.gz", "empty", "outside"])
def test_alone_it_is_an_error_of_input(graded: Path, tmp_path: Path, name: str) -> None:
    path = next(path for path in (graded / "class").iterdir() if path.name == name)
    rubric = toy.assignment(tmp_path / "assignment")
    done = grader("grade", "-a", rubric, path, cwd=tmp_path, code=3 if name != "outside" else None)
    if name != "outside":  # a path that the user names is followed, wherever it leads
        assert done.stderr.startswith("grader: ")
        assert done.stderr.count("\n") == 1


def test_the_others_are_graded(graded: Path) -> None:
    graded_ones = results(graded / "out")
    assert graded_ones["right"]["score"] == 100
    assert graded_ones["twin"]["score"] == 100
    assert graded_ones["twin.zip"]["score"] < 100


@pytest.mark.parametrize("name", READABLE)
def test_what_is_healthy_in_it_is_graded(graded: Path, name: str) -> None:
    result = results(graded / "out")[name]
    assert result["error"] == ""
    affine = [check for check in result["checks"] if check["part"] == "affine"]
    assert {check["outcome"] for check in affine} == {"passed"}


def test_links_that_lead_outside_are_not_followed(graded: Path) -> None:
    rules = [c for c in results(graded / "out")["links"]["checks"] if c["part"] == "optimizers"]
    assert {check["outcome"] for check in rules} <= {"missing", "error"}


def test_nothing_was_written_outside(graded: Path) -> None:
    assert sorted(path.name for path in graded.iterdir()) == ["class", "out"]


def test_an_output_that_is_a_file(tmp_path: Path) -> None:
    submission(tmp_path / "class", "ann")
    (tmp_path / "out").write_text("mine")
    done = grader("batch", "-a", "numpynn", tmp_path / "class", "-o", tmp_path / "out", code=3)
    assert done.stderr.startswith("grader: Cannot write ")
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "out").read_text() == "mine"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach; pytest's own are for one user alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="users as on Linux")
def test_no_permission(open_folder: Path) -> None:
    """To read a submission: its own row. To write: said before anything is graded."""
    folder = open_folder / "class"
    rubric = toy.assignment(open_folder / "assignment")
    toy.hand_in(folder, "ann")
    toy.hand_in(folder, "locked")
    (folder / "locked").chmod(0)
    command = _as_nobody()
    (open_folder / "out").mkdir(mode=0o555)
    (open_folder / "mine").mkdir()
    (open_folder / "mine").chmod(0o777)

    def run(out: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, "batch", "-a", rubric, folder, "-o", open_folder / out],
            capture_output=True,
            text=True,
            check=False,
        )

    refused = run("out")
    assert refused.returncode == 3
    assert "Permission denied" in refused.stderr
    assert "ann" not in refused.stdout
    done = run("mine")
    assert done.returncode == 3, done.stderr
    assert "locked: may not be read (no permission)." in done.stdout
    assert results(open_folder / "mine")["ann"]["score"] == 4
    (folder / "locked").chmod(0o700)


def _as_nobody() -> list[str]:
    """The command as a user who owns nothing; the current one unless that is root."""
    if os.geteuid() != 0:
        return list(GRADER)
    import numpy

    path = f"{Path(numpy.__file__).parents[1]}:{REPOSITORY}"
    user = ["setpriv", "--reuid=60001", "--regid=60001", "--clear-groups"]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}"):
        command = [*user, "env", f"PYTHONPATH={path}", python, "-B", "-m", "grader"]
        tried = subprocess.run([*command, "doctor"], capture_output=True, check=False, cwd="/")
        if tried.returncode == 0:
            return command
    pytest.skip("no interpreter that an ordinary user can start has our packages")
