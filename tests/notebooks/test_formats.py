"""Notebooks are read in whatever state people hand them in, as far as they can be read."""

from __future__ import annotations

import json

import jupytext
import nbformat
import pytest

from grader.model.errors import InputError
from grader.submission import notebook_formats
from grader.submission.notebook_cells import Notebook, read_notebook
from grader.submission.notebook_formats import looks_like_notebook
from tests.notebooks.books import as_json

SOURCES: list[str | tuple[str, str]] = [
    ("markdown", "# Title"), "x = 1", ("markdown", "Text with *marks*"), "y = x + 1\nprint(y)"
]  # fmt: skip
WHOLE = json.dumps(json.loads(as_json(SOURCES)), indent=1)


def texts(book: Notebook) -> list[tuple[bool, str]]:
    return [(cell.code, cell.source) for cell in book.cells]


EXPECTED = texts(read_notebook(WHOLE.encode(), "x.ipynb"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_any_encoding_of_unicode(encoding: str) -> None:
    made = read_notebook(WHOLE.encode(encoding), "x.ipynb")
    assert texts(made) == EXPECTED
    assert bool(made.notes) == (encoding != "utf-8-sig")


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_what_stands_before_a_cut_is_read(kept: int) -> None:
    end = [place for place in range(len(WHOLE)) if WHOLE.startswith('  {\n   "cell_type"', place)]
    made = read_notebook(WHOLE[: end[kept] + 5].encode(), "x.ipynb")
    assert texts(made) == EXPECTED[:kept]
    assert made.notes == [f"The file is damaged or cut off: only the {kept} whole cells were read."]


def test_of_a_cell_that_is_cut_off_its_whole_lines_are_read() -> None:
    cells = [{"cell_type": "markdown", "metadata": {}, "source": ["one\n", "two\n", "three"]}]
    cut = json.dumps({"cells": cells}).partition("three")[0]
    assert texts(read_notebook(cut.encode(), "x.ipynb")) == [(False, "one\ntwo\n")]


def test_a_damaged_cell_costs_no_other() -> None:
    damaged = WHOLE.replace('"x = 1"', '"x = 1"" oops')
    assert damaged != WHOLE
    made = read_notebook(damaged.encode(), "x.ipynb")
    assert [text for _, text in texts(made)] == [
        "# Title",
        "Text with *marks*",
        "y = x + 1\nprint(y)",
    ]


LINE = '   "source": "x = 1",'
assert LINE in WHOLE


@pytest.mark.parametrize(
    ("conflict", "side"),
    [
        (f'<<<<<<< HEAD\n{LINE}\n=======\n   "source": "x = 2",\n>>>>>>> other', "first"),
        (f'<<<<<<< HEAD\n   "source": x\n=======\n{LINE}\n>>>>>>> other', "second"),
        (f"   <<<<<<< HEAD\n?\n=======\n!\n>>>>>>> other\n{LINE}", "between"),
        (f"<<<<<<< HEAD\n{LINE}\n||||||| base\n?\n=======\n!\n>>>>>>> other", "first"),
    ],
)
def test_an_unfinished_merge(conflict: str, side: str) -> None:
    made = read_notebook(WHOLE.replace(LINE, conflict).encode(), "x.ipynb")
    assert texts(made) == EXPECTED
    [note] = made.notes
    assert "unfinished merge" in note
    assert side in note


@pytest.mark.parametrize("kind", ["py:percent", "py:light", "md"])
def test_scripts_of_jupytext(kind: str) -> None:
    written = jupytext.writes(nbformat.reads(WHOLE, as_version=4), fmt=kind)
    name = f"x.{kind.partition(':')[0]}"
    assert looks_like_notebook(name, written.encode())
    made = read_notebook(written.encode(), name)
    assert texts(made) == EXPECTED
    assert made.notes == [
        "Read from a script made from the notebook, which holds no saved outputs."
    ]


def test_scripts_of_nbconvert() -> None:
    script = (
        "#!/usr/bin/env python\n# coding: utf-8\n\n# # Title\n\n# In[1]:\n\n\nx = 1\n\n\n"
        "# Text with *marks*\n\n# In[ ]:\n\n\ny = x + 1\nprint(y)\n\n"
    )
    assert texts(read_notebook(script.encode(), "x.py")) == EXPECTED


def test_a_script_that_is_too_long_is_refused_before_it_is_read() -> None:
    for long in (
        "# %%\nx = 1\n" * (notebook_formats.MAX_CELLS + 1),
        "# %%\n" + "#" * notebook_formats.MAX_SCRIPT_BYTES,
    ):
        with pytest.raises(InputError, match="too long for a script"):
            read_notebook(long.encode(), "x.py")


@pytest.mark.parametrize(
    ("name", "data", "is_one"),
    [
        ("x.ipynb.json", WHOLE, True),
        ("x.txt", WHOLE, True),
        ("x.json", '{"X_train": [1]}', False),
        ("x.py", "x = 1\n", False),
        ("README.md", "# %% read me\n", False),
        ("x.py", "# %%\nx = 1\n", True),
        ("x.py", "#In[1]\nx = 1\n", True),
        ("x.csv", WHOLE, False),
    ],
)
def test_what_looks_like_a_notebook(name: str, data: str, is_one: bool) -> None:
    assert looks_like_notebook(name, data.encode()) == is_one


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b" \n\0", "is empty"),
        (b"PK\x03\x04", "is a zip archive"),
        (b"<!DOCTYPE html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1", "is a pointer of Git LFS"),
        (b"%PDF-1.7", "is a PDF"),
        (b"hello", "is another kind of file"),
        (b'{"cells": []}', "holds no cells"),
        (b'{"nbformat": 4}', "holds no cells"),
        (b'{"cells": [', "is not valid JSON"),
    ],
)
def test_what_is_none_is_named(data: bytes, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_notebook(data, "x.ipynb")
    assert caught.value.message.startswith(f"x.ipynb: {said}")
