"""Which folder of a repository is graded."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.model.errors import InputError
from grader.submission.definitions import MAX_SPAN
from tests.submission.samples import (
    FC_NET,
    LAYERS,
    OPTIM,
    PACKAGE,
    TODO_LAYERS,
    Files,
    read,
    remarks,
    write,
)

HAND_IN = "Submit the folder with fc_net.py, layers.py and optim.py, as it is or as a zip."
FEWER = "import numpy as np\n\n\ndef relu_forward(x):\n    return np.maximum(x, 0), x\n"


def _at(folder: str, files: Files = PACKAGE) -> Files:
    return {f"{folder}/{name}": content for name, content in files.items()}


@pytest.mark.parametrize(
    "folder", ["", "assignment2", "hw2", "assignment 2", "a/b/c/d/e", "Ann/spring/hw-2 final"]
)
def test_the_package_is_found_at_any_depth(tmp_path: Path, folder: str) -> None:
    files = _at(folder) if folder else PACKAGE
    submission = read(write(tmp_path / "ann", files))
    assert submission.package == f"{folder}/numpynn".lstrip("/")
    assert set(submission.files) == {
        "__init__.py",
        "layers.py",
        "optim.py",
        "classifiers/fc_net.py",
    }
    assert submission.locations["FullyConnectedNet"] == "classifiers/fc_net.py"
    assert not submission.notes


def test_flat_files_are_a_package(tmp_path: Path) -> None:
    flat = {"layers.py": LAYERS, "optim.py": OPTIM, "fc_net.py": FC_NET}
    submission = read(write(tmp_path / "ann", flat))
    assert submission.package == "."
    assert submission.locations["FullyConnectedNet"] == "fc_net.py"
    assert submission.locations["sgd"] == "optim.py"


def test_a_single_file_is_a_package(tmp_path: Path) -> None:
    write(tmp_path, {"layers.py": LAYERS})
    assert read(tmp_path / "layers.py").locations["relu_forward"] == "layers.py"


def test_files_with_other_names_are_found_by_what_they_define(tmp_path: Path) -> None:
    submission = read(write(tmp_path / "ann", {"work/solution.py": LAYERS, "work/x.py": OPTIM}))
    assert submission.package == "work"
    assert submission.locations["affine_forward"] == "solution.py"
    assert submission.locations["sgd"] == "x.py"


def test_the_copy_with_most_of_the_work_is_chosen(tmp_path: Path) -> None:
    files = {**_at("assignment2"), **_at("assignment3", {"numpynn/layers.py": FEWER})}
    submission = read(write(tmp_path / "ann", files))
    assert submission.package == "assignment2/numpynn"
    assert submission.notes == [
        "Graded assignment2/numpynn (5 names implemented); passed over assignment3/numpynn (1)."
    ]


def test_an_untouched_copy_is_passed_over(tmp_path: Path) -> None:
    untouched: Files = {"numpynn/layers.py": TODO_LAYERS}
    done: Files = {"numpynn/layers.py": FEWER}
    submission = read(write(tmp_path / "ann", {**_at("a", untouched), **_at("z", done)}))
    assert submission.package == "z/numpynn"


def test_of_equal_work_the_copy_with_more_to_do_is_chosen(tmp_path: Path) -> None:
    more: Files = {"layers.py": FEWER + "\n\ndef svm_loss(x, y):\n    pass\n"}
    submission = read(write(tmp_path / "ann", {**_at("a", {"layers.py": FEWER}), **_at("z", more)}))
    assert submission.package == "z"


def test_an_unusable_file_counts_as_something_to_judge(tmp_path: Path) -> None:
    files = {**_at("a", {"layers.py": FEWER}), **_at("z", {"layers.py": FEWER})}
    folder = write(tmp_path / "ann", files)
    with (folder / "z" / "optim.py").open("wb") as file:
        file.truncate(3 << 20)
    assert read(folder).package == "z"


def test_the_second_assignment_wins_a_close_race(tmp_path: Path) -> None:
    more: Files = {"layers.py": FEWER + "\n\ndef svm_loss(x, y):\n    return x.sum(), x\n"}
    files = {**_at("assignment1", more), **_at("assignment2", {"layers.py": FEWER})}
    assert read(write(tmp_path / "ann", files)).package == "assignment2"


def test_what_nobody_wrote_by_hand_is_not_looked_into(tmp_path: Path) -> None:
    ignored = (".ipynb_checkpoints", "__pycache__", "venv/lib", "x/site-packages", ".git", ".venv")
    files = {name: text for folder in ignored for name, text in _at(folder).items()}
    submission = read(write(tmp_path / "ann", {**files, "z/layers.py": FEWER}))
    assert submission.package == "z"
    assert not submission.notes


def test_a_package_inside_the_package_is_its_own(tmp_path: Path) -> None:
    submission = read(write(tmp_path / "ann", {**PACKAGE, "layers.py": FEWER, "tool.py": ""}))
    assert submission.package == "numpynn"
    assert "passed over . (1)" in remarks(submission)


def test_a_package_beside_files_of_the_same_names_keeps_its_own(tmp_path: Path) -> None:
    files = {**_at("work"), "work/layers.py": FEWER}
    assert len(read(write(tmp_path / "ann", files)).files) == len(PACKAGE)


def test_the_file_in_its_folder_goes_before_a_flat_one(tmp_path: Path) -> None:
    files = {**PACKAGE, "numpynn/fc_net.py": FC_NET}
    submission = read(write(tmp_path / "ann", files))
    assert submission.locations["FullyConnectedNet"] == "classifiers/fc_net.py"


def test_a_name_is_followed_to_where_its_module_imports_it_from(tmp_path: Path) -> None:
    files = {
        "layers.py": "from mine import *\nfrom norms import layernorm_forward\n",
        "mine.py": LAYERS,
        "norms.py": "def layernorm_forward(): return 1\n",
        "unrelated.py": "def svm_loss(): return 1\n",
    }
    submission = read(write(tmp_path / "ann", files))
    assert submission.locations["affine_forward"] == "mine.py"
    assert submission.locations["layernorm_forward"] == "layers.py"
    assert "svm_loss" not in submission.locations


def test_a_definition_under_if_or_try_counts(tmp_path: Path) -> None:
    text = "try:\n    def relu_forward(x): return x\nexcept Exception:\n    pass\n"
    text += "with open(__file__):\n    def svm_loss(x, y): return x\n"
    text += "if True:\n    affine_forward = lambda x, w, b: x\n"
    submission = read(write(tmp_path / "ann", {"layers.py": text}))
    assert set(submission.locations) == {"relu_forward", "affine_forward", "svm_loss"}


def test_spans_are_the_students_own_lines(tmp_path: Path) -> None:
    text = "# one\nimport functools\n@functools.cache\n# why\ndef relu_forward(x):\n    return x\n"
    span = read(write(tmp_path / "ann", {"layers.py": text})).spans["relu_forward"]
    assert (span.file, span.first_line, span.last_line) == ("layers.py", 3, 6)
    assert span.text == "\n".join(text.split("\n")[2:6])


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, f"ann: is empty. {HAND_IN}"),
        (
            {"notes.txt": "hello"},
            "ann: holds no Python files: notes.txt is a text file, which is not read as code: its "
            f"name has to end in .py. {HAND_IN}",
        ),
        (
            {"main.py": "x = 1"},
            "ann: holds no package of this assignment (none of fc_net.py, layers.py, optim.py); it "
            f"holds main.py. {HAND_IN}",
        ),
        (
            {"layers.py": "x = 1"},
            "ann: it defines nothing that the assignment asks for. Is it the folder of this "
            "assignment, and were the files saved?",
        ),
        (
            {"layers.py": "x = '\0'".encode("utf-16")},
            "ann: layers.py holds binary data, not the text of a program.",
        ),
        ({"layers.py": b"\0\1\2"}, "ann: layers.py holds binary data, not the text of a program."),
        (
            {"layers.py": bytes(range(1, 9)) * 99},
            "ann: layers.py holds binary data, not the text of a program.",
        ),
    ],
)
def test_without_a_package_there_is_one_clear_line(
    tmp_path: Path, files: Files, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(write(tmp_path / "ann", files))
    assert str(caught.value) == words


def test_one_unusable_file_costs_its_own_functions(tmp_path: Path) -> None:
    files: Files = {
        **PACKAGE,
        "numpynn/optim.py": b"def sgd(): \0 return",
        "numpynn/optim_old.py": OPTIM,
    }
    submission = read(write(tmp_path / "ann", files))
    why = "optim.py holds binary data, not the text of a program"
    assert submission.broken == {"sgd": why, "adam": why}
    assert "relu_forward" in submission.locations
    assert "optim.py" not in submission.files


@pytest.mark.parametrize(
    "data",
    [
        LAYERS.replace("\n", "\r\n").encode(),
        LAYERS.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + LAYERS.encode(),
        LAYERS.encode("utf-16"),
    ],
)
def test_line_ends_and_marks_of_every_system_are_read(tmp_path: Path, data: bytes) -> None:
    assert read(write(tmp_path / "ann", {"layers.py": data})).files["layers.py"].text == LAYERS


@pytest.mark.parametrize(
    "data",
    [
        "# 激活函数\n".encode("gb18030"),
        "# coding: gbk\n# 激活函数\n".encode("gbk"),
        "# -*- coding: latin-1 -*-\n# caf\xe9\n".encode("latin-1"),
        b"# coding: punycode\n",
        b"# coding: no-such-thing\n",
    ],
)
def test_encodings_other_than_utf_8_are_read(tmp_path: Path, data: bytes) -> None:
    submission = read(write(tmp_path / "ann", {"layers.py": data + LAYERS.encode()}))
    assert submission.files["layers.py"].text.endswith(LAYERS)


def test_of_an_endless_function_only_the_beginning_is_kept(tmp_path: Path) -> None:
    text = "def relu_forward(x):\n" + "    # filler\n" * 40_000 + "    return x, x\n"
    span = read(write(tmp_path / "ann", {"layers.py": text})).spans["relu_forward"]
    assert text.startswith(span.text)
    assert len(span.text) == MAX_SPAN
    assert (span.first_line, span.last_line) == (1, 40_002)


def test_what_is_missing_is_known_with_the_file_that_should_have_it(tmp_path: Path) -> None:
    """But for what is defined elsewhere."""
    net = f"{FC_NET}\n\ndef svm_loss(x, y):\n    return 0.0, x\n"
    files = {**PACKAGE, "numpynn/classifiers/fc_net.py": net}
    submission = read(write(tmp_path / "ann", files))
    assert submission.missing["affine_backward"] == "layers.py"
    assert submission.missing["adam"] == "optim.py"
    assert not submission.missing.keys() & submission.locations.keys()
    assert "svm_loss" not in submission.missing


def test_what_happens_at_import_is_seen_beforehand(tmp_path: Path) -> None:
    later = "def relu(x):\n    from .tools import clip\n    return clip(x)\n"
    files = {
        **PACKAGE,
        "numpynn/layers.py": LAYERS + later,
        "numpynn/tools.py": "clip = abs\nprint(1)\n",
    }
    submission = read(write(tmp_path / "ann", files))
    assert submission.imported_later == ["tools.py"]
    assert [path for path, file in submission.files.items() if file.acts] == ["tools.py"]
