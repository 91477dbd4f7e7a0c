"""Files beside a notebook are in its kernel, within limits, and stand for nothing else."""

from __future__ import annotations

import io
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from grader.batches.bundle import submission_bundle, submission_hash
from grader.notebooks import attachments
from grader.notebooks.attachments import lay_beside
from grader.notebooks.kernel_queue import KernelPool
from grader.submission import load, single
from grader.submission.files import MAX_BESIDE
from grader.submission.notebook_cells import Notebook
from tests.notebooks import courses
from tests.notebooks.books import book, outcomes, printed, run, tiny_assignment

EVIL = b"import builtins\nbuiltins.shadowed = __name__\n"
SHADOWS = (
    "numpy", "sitecustomize", "conftest", "json", "colorsys", "contourpy", "layers", "data_utils",
    "numpynn/layers", "cs231n/__init__", "cs231n/layers", "grader/__init__", "grader/protocol/wire",
)  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A submission whose notebook lies in a folder with its package."""
    courses.hand_in(tmp_path / "eve" / "work", b"{}")
    return tmp_path / "eve"


def _put(path: Path, **files: bytes | str) -> None:
    for name, content in files.items():
        file = path / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())


def _laid(path: Path, name: str = "work/Dropout.ipynb") -> Notebook:
    made = Notebook(path=name, cells=[])
    submission = load(single(path), contract=tiny_assignment().contract)
    lay_beside([made], path, submission)
    return made


def test_what_lies_in_its_folder_is_taken_and_nothing_else(path: Path) -> None:
    _put(path, work__a_dot_png=b"1", work__deep__er__b_dot_CSV=b"2", work__helper_dot_py="x = 1")
    _put(path, other__c_dot_png=b"3", d_dot_png=b"4", work___dot_git__e_dot_txt=b"5")
    _put(path, work__f_dot_exe=b"6", work__Other_dot_ipynb="{}", workshop__g_dot_txt=b"7")
    made = _laid(path)
    assert made.beside == {"a.png": b"1", "deep/er/b.CSV": b"2", "helper.py": b"x = 1"}
    assert made.notes == []
    assert set(_laid(path, "other/X.ipynb").beside) == {"c.png"}


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_of_an_archive_too(path: Path, tmp_path: Path, kind: str) -> None:
    _put(path, work__a_dot_png=b"1")
    packed = tmp_path / f"eve.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(packed, "w") as archive:
            for file in path.rglob("*.*"):
                archive.write(file, file.relative_to(path))
    else:
        with tarfile.open(packed, "w") as tar:
            tar.add(path / "work", "work")
            link = tarfile.TarInfo("work/link.txt")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(link, io.BytesIO())
    made = _laid(packed)
    assert made.beside["a.png"] == b"1"
    assert [note for note in made.notes if "root" in note] == []
    assert "link.txt" not in made.beside


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")
def test_links_and_pipes_are_not_followed(path: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (path / "work" / "a.txt").symlink_to(secret)
    (path / "work" / "folder").symlink_to(tmp_path)
    (path / "work" / "b.png").symlink_to(path / "work" / "numpynn" / "layers.py")
    os.mkfifo(path / "work" / "c.txt")
    made = _laid(path)
    assert made.beside == {}
    said = "Not in its kernel, of the files beside it: a.txt (a link), b.png (a link)."
    assert made.notes == [said]


def test_there_is_a_limit_to_size_number_and_names(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "MAX_BESIDE", 1 << 20)
    monkeypatch.setattr(attachments, "_MAX_TOGETHER", 3 << 19)
    monkeypatch.setattr(attachments, "_MAX_FILES", 3)
    _put(path, work__a_dot_png=bytes((1 << 20) + 1), work__b_dot_png=bytes(1 << 20))
    _put(path, work__c_dot_png=bytes(1 << 20), **{f"work__d{'d' * 120}_dot_png": b""})
    _put(path, elsewhere_dot_png=bytes(1 << 20))
    _put(path, work__d1_dot_txt=b"", work__d2_dot_txt=b"", work__d3_dot_txt=b"")
    made = _laid(path)
    assert set(made.beside) == {"b.png", "d1.txt", "d2.txt"}
    [note] = made.notes
    assert "a.png (1 MB; up to 1 MB are read), c.png (too much together), " in note
    assert "d3.txt (too many files), ddd" in note
    assert "d.png (its name is too long)" in note


def test_a_change_of_one_is_a_change_of_the_submission(path: Path) -> None:
    before = submission_hash(single(path))
    _put(path, work__a_dot_csv=b"1")
    after = submission_hash(single(path))
    assert after != before
    _put(path, work__a_dot_csv=b"2")
    assert submission_hash(single(path)) != after
    assert {item.name: item.data for item in submission_bundle(single(path)).items}[
        b"work/a.csv"
    ] == b"2"


def test_one_that_no_kernel_gets_is_not_hashed(path: Path) -> None:
    _put(path, work__a_dot_png=bytes(MAX_BESIDE + 1))
    before = submission_hash(single(path))
    _put(path, work__a_dot_png=bytes(MAX_BESIDE) + b"xx")
    assert submission_hash(single(path)) == before


def test_they_are_read_and_imported_and_shadow_nothing(pool: KernelPool) -> None:
    made = book(
        "print(open('data/note.txt').read())",
        "import helper, tools.inner\nprint(helper.two(), tools.inner.three)",
        "import numpy, json, colorsys, layers\n"
        "from numpynn.layers import three\nimport cs231n, grader\n"
        "from data_utils import get_data\n"
        "import contourpy\n"
        "import builtins\nprint(three(), layers.three(), get_data().shape,\n"
        "      getattr(builtins, 'shadowed', 'nothing'))",
        "open('mine.py', 'w').write('four = 4')\nimport mine\nprint(mine.four)",
    )
    made.beside = {f"{name}.py": EVIL for name in SHADOWS} | {
        "data/note.txt": b"a note", "helper.py": b"def two():\n    return 2\n",
        "tools/__init__.py": b"", "tools/inner.py": b"three = 3\n", "data": b"", "n" * 300: b"",
    }  # fmt: skip
    cells = run(pool, made)
    assert outcomes(cells) == ["ok"] * 4
    assert [printed(cell) for cell in cells] == [
        "a note\n", "2 3\n", "3 3 (5, 3) nothing\n", "4\n",
    ]  # fmt: skip


OLD = b"print 'loaded'\ndef half(n):\n    return n / 2\n"


def test_modules_beside_a_notebook_for_python_2_are_converted(pool: KernelPool, path: Path) -> None:
    _put(path, work__old_dot_py=OLD, work__tools____init___dot_py="", work__broken_dot_py="def (")
    _put(path, work__tools__inner_dot_py=b"from __future__ import division\nprint 3 / 2\n")
    _put(path, work__tools__old_dot_py=OLD, work__big_dot_py=b"#" * 400_000)
    made = book(
        "print 3 / 2",
        "import old, tools.inner, tools.old\nprint old.half(3), old.half(3.0), tools.old.half(5)",
        "from io import open\nwith open('mine.py', 'w') as f: f.write(u'x = 3 / 2')\n"
        "import mine\nprint mine.x",
        python2=True,
    )
    made.path = "work/Dropout.ipynb"
    lay_beside([made], path, load(single(path), contract=tiny_assignment().contract))
    assert made.notes[1:] == []
    assert made.beside["broken.py"] == b"def ("
    cells = run(pool, made)
    assert outcomes(cells) == ["ok"] * 3, [cell.error for cell in cells]
    assert [printed(cell) for cell in cells] == [
        "1\n", "loaded\n1.5\nloaded\n1 1.5 2\n", "1.5\n",
    ]  # fmt: skip


def test_of_modules_to_convert_there_may_be_a_megabyte(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "_MAX_CONVERTED", 60)
    _put(path, work__a_dot_py=OLD, work__b_dot_py=OLD)
    made = Notebook(path="work/Dropout.ipynb", cells=[], python2=True)
    lay_beside([made], path, load(single(path), contract=tiny_assignment().contract))
    assert made.beside["b.py"] == OLD
    assert made.notes == ["Not all modules beside it were converted from Python 2."]
