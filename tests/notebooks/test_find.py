"""The notebook that counts is found under any name, and of several the one with most done."""

from __future__ import annotations

from pathlib import Path

from grader.notebooks.find import Choice, choose, notebook_files
from grader.submission.notebook_cells import Cell, Notebook, read_notebook
from tests.notebooks.books import as_json

QUESTION = ("markdown", "## Question 1\nWhy does it work?")
RELEASE = Notebook(
    path="Dropout.ipynb",
    cells=[
        Cell(id="given", code=True, role="given", source="import numpy as np"),
        Cell(id="ask", code=False, role="text", source=QUESTION[1]),
        Cell(id="q1", code=False, role="written", question="1", source="Your answer:"),
    ],
)


def _chosen(files: dict[str, bytes]) -> Choice:
    return choose(files, {"Dropout": RELEASE}, "a/numpynn", {"Dropout": ["1"]})


def test_by_its_name_or_by_what_is_in_it(tmp_path: Path) -> None:
    book = as_json(["import numpy as np"])
    names = ["Dropout.ipynb", "b.ipynb.json", "c.ipynb.txt", "d.txt", "e.ipynb.download"]
    for name in names:
        (tmp_path / name).write_bytes(book)
    (tmp_path / "f.py").write_text("# %% [markdown]\n# Hi\n")
    (tmp_path / "data.json").write_text('{"x": 1}')
    (tmp_path / "layers.py").write_text("x = 1\n")
    (tmp_path / "Dropout.ipynb.zip").write_bytes(b"PK")
    assert sorted(notebook_files(tmp_path)) == sorted([*names, "f.py"])


def test_the_one_with_most_done_counts() -> None:
    empty = as_json(["import numpy as np", QUESTION, ("markdown", "Your answer:")])
    told = as_json(["import numpy as np", QUESTION, ("markdown", "Your answer: since it does.")])
    choice = _chosen({"a/Dropout.ipynb": empty, "old/Dropout-Copy1.ipynb": told})
    assert choice.books["Dropout"].path == "old/Dropout-Copy1.ipynb"
    [note] = choice.notes
    assert note == (
        "Dropout: graded old/Dropout-Copy1.ipynb, in which most is done; "
        "passed over a/Dropout.ipynb."
    )


def test_of_equals_the_one_beside_the_package_counts() -> None:
    book = as_json(["import numpy as np"])
    script = b"# %%\nimport numpy as np\n"
    files = {"Dropout.ipynb": book, "a/Dropout.py": script, "a/Dropout.ipynb": book}
    assert _chosen(files).books["Dropout"].path == "a/Dropout.ipynb"


def test_why_it_cannot_be_read_is_kept() -> None:
    choice = _chosen({"Dropout.ipynb": b""})
    assert "Dropout" not in choice.books
    why = "Dropout.ipynb: is empty. Save the notebook again, and submit that file."
    assert choice.unreadable == {"Dropout": why}
    assert choice.notes == [why]


def test_a_readable_one_is_preferred_to_a_reason() -> None:
    choice = _chosen({"Dropout.ipynb": b"", "b/Dropout.ipynb": as_json(["x = 1"])})
    assert list(choice.books) == ["Dropout"]
    assert choice.unreadable == {}


def test_a_broken_file_of_another_name_explains_nothing() -> None:
    releases = {"Dropout": RELEASE, "Other": RELEASE}
    choice = choose({"third.ipynb": b""}, releases, "")
    assert choice.unreadable == {}


def test_scripts_are_read_like_notebooks() -> None:
    made = read_notebook(b"# %%\nimport numpy as np\n# %% [markdown]\n# Why\n", "Dropout.py")
    assert [(cell.code, cell.source) for cell in made.cells] == [
        (True, "import numpy as np"), (False, "Why")
    ]  # fmt: skip
