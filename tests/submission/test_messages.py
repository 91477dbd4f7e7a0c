"""What is said of files that are not what their names promise: what it is, where, what to do."""

from __future__ import annotations

import gzip
import os
import sys
from pathlib import Path

import pytest

from grader.model.errors import InputError
from grader.submission import discover, syntax_help
from grader.submission.source_text import decode
from grader.submission.syntax_help import explain
from tests.submission.samples import (
    LAYERS,
    OPTIM,
    PACKAGE,
    Files,
    read,
    read_layers,
    remarks,
    write,
    zip_bytes,
)
from tests.support import FORM


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\0\0", "a PDF document"),
        ("{\\rtf1\\ansi\n\\f0 import numpy as np\\\n", "a rich-text document (RTF)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(90), "an old Office document"),
        (zip_bytes({"word/document.xml": "x"}), "a Word document"),
        (zip_bytes({"layers.py": LAYERS}), "a zip archive"),
        (gzip.compress(LAYERS.encode()), "a gzip archive"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\r", "a picture (PNG)"),
        (b"\xa7\r\r\n" + bytes(12), "compiled Python (.pyc)"),
        ("\n<!DOCTYPE html>\n<html><body>hi</body></html>\n", "a web page (HTML)"),
        ('{"cells": [], "metadata": {}, "nbformat": 4}', "a notebook"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "a Git LFS pointer"),
        (b"bplist00\xd1\x01\x02\0", "a placeholder of iCloud"),
        ("[InternetShortcut]\nURL=https://x.org\n", "a link to a web page"),
        ("https://drive.example/file/d/1\n", "only a link or a path"),
        ("../other/layers.py", "only a link or a path"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path: Path, content: str | bytes, what: str) -> None:
    files: Files = {"layers.py": content, "optim.py": OPTIM}
    submission = read(write(tmp_path / "ann", files))
    why = submission.broken["affine_forward"]
    assert why.startswith(f"layers.py is {what}, not Python: ")
    assert f"Left out: {why}." in submission.notes


def test_python_in_a_web_page_is_graded_all_the_same(tmp_path: Path) -> None:
    submission = read_layers(tmp_path, f"<html><body>\n{LAYERS}\n</body></html>\n")
    assert submission.locations.keys() >= {"affine_forward", "relu_forward", "relu_backward"}
    assert len(submission.notes) == 1
    assert submission.notes[0].startswith("layers.py is a web page (HTML), not Python")


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_other_encodings_are_read(codec: str) -> None:
    assert decode(LAYERS.encode(codec)) == LAYERS


def test_zeros_at_the_end_are_no_text(tmp_path: Path) -> None:
    assert not read_layers(tmp_path, LAYERS.encode() + bytes(600)).broken


CONFLICT = "def svm_loss(x, y):\n<<<<<<< HEAD\n    return 1\n=======\n    return 2\n>>>>>>> dev\n"


@pytest.mark.parametrize(
    ("code", "line", "reason"),
    [
        (CONFLICT, 2, "a merge conflict was left in (<<<<<<<, =======, >>>>>>>): keep one of"),
        ("def svm_loss(x, y):\n    return “a”\n", 2, "(typographic quotes: type plain ones)"),
        ("def svm_loss(x, y):\n    \xa0return x\n", 2, "(a non-breaking space, as copied from"),
        ("def svm_loss(x, y):\n    a = 1\n      b = 2\n", 3, "(this line starts further to the"),
        ("def svm_loss(x, y):\n    print `x` <> \n", 2, "invalid syntax"),
    ],
)
def test_a_syntax_error_says_what_it_is(tmp_path: Path, code: str, line: int, reason: str) -> None:
    said = read_layers(tmp_path, code + "\n" + LAYERS).broken["svm_loss"]
    assert said.startswith(f"layers.py, line {line}: ")
    assert reason in said


@pytest.mark.parametrize(
    ("source", "reason", "version"),
    [
        ("type Array = int", "invalid syntax", "3.12"),
        ("def f[T](x): pass", "expected '('", "3.12"),
        ('m = f"{"a"}"', "f-string: expecting '}'", "3.12"),
        ('m = t"{x}"', "invalid syntax", "3.14"),
    ],
)
def test_newer_syntax_names_the_python_that_it_needs(
    monkeypatch: pytest.MonkeyPatch, source: str, reason: str, version: str
) -> None:
    monkeypatch.setattr(syntax_help, "OURS", (3, 11))
    said = explain(source, reason, 1).reason
    assert said.endswith(f"only Python {version} and later read it; you are graded with 3.11)")
    monkeypatch.setattr(syntax_help, "OURS", (3, 14))
    assert explain(source, reason, 1).reason == reason


@pytest.mark.parametrize(
    ("line", "advice"),
    [("%matplotlib inline", "IPython"), ("```python", "Markdown"), ("type A = int", "invalid")],
)
def test_one_stray_line_costs_only_itself(tmp_path: Path, line: str, advice: str) -> None:
    submission = read_layers(tmp_path, f'{line}\n"""All\nthe layers."""\n{LAYERS}')
    if sys.version_info < (3, 12) or "type" not in line:
        (note,) = submission.notes
        assert note.startswith("Left out layers.py, line 1: invalid syntax")
        assert advice in note
    assert not submission.broken


def test_a_file_that_was_cut_off_is_said_to_be(tmp_path: Path) -> None:
    cut = read_layers(tmp_path / "a", LAYERS[: LAYERS.index("np.maximum(x, 0)") + 12])
    assert "layers.py ends in line 10, inside relu_forward: it may have been cut off." in cut.notes
    whole = LAYERS[: LAYERS.index("def relu_backward")].rstrip()
    assert "layers.py ends in the middle of line 10, and affine_backward" in remarks(
        read_layers(tmp_path / "b", whole)
    )
    assert not read_layers(tmp_path / "c", whole + "\n").notes
    assert not read_layers(tmp_path / "d", LAYERS + "\n\ndef flat(x:\n    return x\n").todo
    assert "cut off" not in remarks(read(tmp_path / "d" / "ann"))


def test_an_empty_file_is_said_to_be(tmp_path: Path) -> None:
    submission = read(write(tmp_path / "ann", {**PACKAGE, "numpynn/layers.py": "\n"}))
    assert "layers.py is empty: save it, and submit it again." in submission.notes


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("breakpoint()", "breakpoint()"),
        ("import pdb; pdb.set_trace()", "pdb.set_trace()"),
        ("from ipdb import set_trace; set_trace()", "set_trace()"),
    ],
)
def test_a_debugger_that_was_left_in_is_named(tmp_path: Path, call: str, name: str) -> None:
    text = LAYERS.replace("    return np", f"    {call}\n    return np")
    (note,) = read_layers(tmp_path, text).notes
    assert note.startswith(f"layers.py, line 10: {name} stops the program")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("layers.pyc", "layers.py is not there: numpynn/layers.pyc is compiled Python"),
        ("__pycache__/layers.cpython-311.pyc", "layers.cpython-311.pyc is compiled Python"),
        (".layers.py.icloud", ".layers.py.icloud is a placeholder of iCloud"),
        ("layers.py.lnk", "layers.py.lnk is a Windows shortcut"),
        ("layers.docx", "layers.docx is a Word document"),
        ("layers.py.crdownload", "layers.py.crdownload is an unfinished download"),
    ],
)
def test_what_lies_in_place_of_a_module_is_named(tmp_path: Path, file: str, words: str) -> None:
    files = {name: text for name, text in PACKAGE.items() if not name.endswith("layers.py")}
    assert words in remarks(read(write(tmp_path / "ann", {**files, f"numpynn/{file}": b"x"})))


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("hw2.rar", "hw2.rar is a RAR archive, which cannot be read: pack the folder as a zip."),
        ("hw2.7z", "hw2.7z is a 7z archive, which cannot be read: pack the folder as a zip."),
        ("Dropout.ipynb", "Dropout.ipynb is a notebook, which is not the package"),
        (".layers.py.icloud", ".layers.py.icloud is a placeholder of iCloud"),
        ("report.pdf", "report.pdf is a PDF document, which is not code"),
    ],
)
def test_what_is_there_instead_of_python_is_named(tmp_path: Path, file: str, words: str) -> None:
    folder = write(tmp_path / "ann", {file: b"x"})
    with pytest.raises(InputError) as caught:
        read(folder)
    assert str(caught.value).startswith(f"ann: holds no Python files: {words}")
    if not file.startswith("."):
        with pytest.raises(InputError, match=f"^{words}"):
            read(folder / file)


def test_archives_too_deep_inside_archives_are_said_to_be(tmp_path: Path) -> None:
    data = zip_bytes(PACKAGE)
    for number in range(6):
        data = zip_bytes({f"{number}.zip": data})
    with pytest.raises(InputError, match=r"more than 4 deep\. Pack the folder"):
        read(write(tmp_path / "ann", {"hw2.zip": data}))


def test_a_link_to_nowhere_is_said_to_be(tmp_path: Path) -> None:
    folder = write(tmp_path / "ann", {"optim.py": OPTIM})
    os.symlink("nowhere.py", folder / "layers.py")
    why = read(folder).broken["affine_forward"]
    assert why == "layers.py is a link to a file that is not there: submit the file itself"


def test_a_file_that_was_named_alone_is_said_to_be(tmp_path: Path) -> None:
    folder = write(tmp_path / "ann", {"layers.py": LAYERS})
    assert "Only layers.py was read: name its folder" in remarks(read(folder / "layers.py"))


def test_a_loose_file_in_a_class_says_what_to_do(tmp_path: Path) -> None:
    write(tmp_path / "class", {"ann/numpynn/layers.py": LAYERS, "work.py": LAYERS})
    problems = {source.path.name: source.problem for source in discover(tmp_path / "class", FORM)}
    assert "is one submission, use `grader grade`" in problems["work.py"]
