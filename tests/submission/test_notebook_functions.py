"""Functions that live in cells of a notebook: what is read, and what of it is run."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.model.contract import Contract, ContractEntry
from grader.model.errors import InputError
from grader.model.submission import Submission
from grader.notebooks.find import notebook_files
from grader.submission import discover, load, single
from grader.submission.needed_statements import needed_statements

NAMES = ("fit", "predict")
CONTRACT = Contract.parse(dict.fromkeys(NAMES, "notebook:Regression: out"))
FIT = "def fit(X, y):\n    return np.linalg.lstsq(X, y, rcond=None)[0]"
PREDICT = "def predict(X, w):\n    return X @ w"
IMPORT = "import numpy as np"
SOLVED = (IMPORT, FIT, PREDICT)


def notebook(*cells: str, roles: Sequence[str] = ()) -> str:
    """A notebook of cells of code, below a cell of text; with roles it is a release, or of one."""
    made: list[dict[str, Any]] = [{"cell_type": "markdown", "metadata": {}, "source": "# Title"}]
    for number, source in enumerate(cells):
        about = {"grader": {"role": roles[number]}} if roles else {}
        made.append({"cell_type": "code", "metadata": about, "source": source, "outputs": [],
                     "execution_count": None, "id": f"id-{number}"})  # fmt: skip
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def read(folder: Path, files: dict[str, str], given_out: str = "") -> Submission:
    """A submission of these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    notebooks = {"Regression": given_out} if given_out else {}
    return load(single(folder), contract=CONTRACT, notebooks=notebooks)


def code(submission: Submission) -> str:
    """The code that is run of the only notebook, without what was left out."""
    (file,) = submission.files.values()
    return "\n".join(line for line in file.text.split("\n") if line not in ("", "pass"))


def as_percent(*cells: str) -> str:
    """A script as jupytext writes it."""
    return "\n".join(f"# %%\n{cell}\n" for cell in cells)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Regression.ipynb", notebook(*SOLVED)),
        ("Regression (1).ipynb", notebook(*SOLVED)),
        ("hw1/regression_final.ipynb", notebook(*SOLVED)),
        ("Regression.ipynb.txt", notebook(*SOLVED)),
        ("Regression.json", notebook(*SOLVED)),
        ("ann_smith.ipynb", notebook(*SOLVED)),
        ("Regression.py", "\n\n\n".join(SOLVED)),
        ("Regression.py", as_percent(*SOLVED)),
        ("Regression.txt", "\n\n\n".join(SOLVED)),
        ("my_work.py", "\n\n\n".join(SOLVED)),
        ("Regression.md", f"---\njupyter: {{}}\n---\n\n```python\n{FIT}\n\n{PREDICT}\n```\n"),
    ],
)
def test_functions_are_found_however_the_notebook_was_saved(
    tmp_path: Path, name: str, text: str
) -> None:
    submission = read(tmp_path, {name: text})
    assert set(submission.locations) == set(NAMES)
    assert {Path(path).name for path in submission.locations.values()} == {Path(name).name}
    assert submission.modules["Regression"] in submission.files
    assert not submission.todo


def test_computations_are_not_run(tmp_path: Path) -> None:
    cells = (
        "%matplotlib inline\nimport numpy as np\nimport matplotlib.pyplot as plt",
        "X = np.load('X.npy')\nRATE = 0.1",
        FIT.replace("rcond=None", "rcond=RATE"),
        PREDICT,
        "w = fit(X, 1)\nfor _ in range(10**9):\n    w = w - 1\nprint(w)\nplt.plot(w)",
    )
    kept = code(read(tmp_path, {"Regression.ipynb": notebook(*cells)}))
    assert kept == f"import numpy as np\nRATE = 0.1\n{cells[2]}\n{PREDICT}"


def test_the_last_definition_counts(tmp_path: Path) -> None:
    again = "def predict(X, w):\n    return 2 * X @ w"
    submission = read(tmp_path, {"Regression.ipynb": notebook(*SOLVED, again)})
    assert submission.spans["predict"].text == again


def test_a_cell_that_does_not_parse_costs_itself(tmp_path: Path) -> None:
    cells = (IMPORT, FIT, "print('never closed", PREDICT.replace("X @ w", "X @ (w"))
    submission = read(tmp_path, {"Regression.ipynb": notebook(*cells)})
    assert set(submission.locations) == set(NAMES)
    reason = submission.broken["predict"]
    assert reason.startswith("Regression.ipynb, cell 5, line 2: '(' was never closed")
    assert "fit" not in submission.broken


def test_a_broken_redefinition_changes_nothing_as_in_a_kernel(tmp_path: Path) -> None:
    submission = read(tmp_path, {"Regression.ipynb": notebook(*SOLVED, "def fit(X, y)\n    pass")})
    assert submission.spans["fit"].text == FIT
    assert not submission.broken
    assert any("cell 5, line 1" in note for note in submission.notes)


@pytest.mark.parametrize(
    "cell",
    [
        f"%%time\n{PREDICT}",
        f"!pip install numpy\nfiles = !ls\n{PREDICT}",
        PREDICT.replace("return", "%timeit 1\n    return"),
        f"?fit\nfit?\n%pdb on\n{PREDICT}",
    ],
)
def test_what_only_ipython_knows_is_left_out(tmp_path: Path, cell: str) -> None:
    submission = read(tmp_path, {"Regression.ipynb": notebook(IMPORT, FIT, cell)})
    assert not submission.broken
    names: dict[str, Any] = {}
    exec(submission.files["Regression.ipynb"].text, names)
    assert names["predict"](np.eye(2), np.ones(2)).tolist() == [1, 1]


def test_another_language_is_left_out(tmp_path: Path) -> None:
    submission = read(tmp_path, {"Regression.ipynb": notebook(*SOLVED, "%%bash\ndef fit(x): rm")})
    assert submission.spans["fit"].text == FIT


def test_given_cells_are_restored(tmp_path: Path) -> None:
    roles = ("given", "answer", "answer")
    stubs = [f"def {name}(X):\n    raise NotImplementedError" for name in NAMES]
    released = notebook("import numpy as np\nSCALE = 2", *stubs, roles=roles)
    mine = notebook("import numpy as np\nSCALE = 3", FIT, PREDICT + " * SCALE", roles=roles)
    kept = code(read(tmp_path, {"Regression.ipynb": mine}, released))
    assert "SCALE = 2" in kept
    assert "SCALE = 3" not in kept
    assert FIT in kept


def test_what_is_left_as_given_is_to_do(tmp_path: Path) -> None:
    stub = "def fit(X, y):\n    raise NotImplementedError"
    assert read(tmp_path, {"Regression.ipynb": notebook(IMPORT, stub, PREDICT)}).todo == ["fit"]


def test_functions_may_be_moved_to_a_module_beside(tmp_path: Path) -> None:
    files = {
        "Regression.ipynb": notebook(IMPORT, "from mine import fit", PREDICT),
        "mine.py": f"{IMPORT}\n\n\n{FIT}\n",
    }
    submission = read(tmp_path, files)
    assert set(submission.files) == {"Regression.ipynb", "mine.py"}
    assert "from mine import fit" in submission.files["Regression.ipynb"].text


def test_without_the_notebook_there_is_nothing_to_grade(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no Python files") as caught:
        read(tmp_path, {"README.md": "# My work"})
    assert caught.value.hint == "Submit the folder with Regression.ipynb, as it is or as a zip."


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("x = f()\ndef fit(): return x", 2),
        ("x = f()\ndef fit():\n    x = 1\n    return x", 1),
        ("def fit(eps=EPS): pass\nEPS = 1", 2),
        ("class fit: pass\ndef loss(self): pass\nfit.loss = loss\nprint(fit)", 3),
        ("class fit: pass\n@add(fit)\ndef loss(self): pass\nsetattr(fit, 'a', 1)\nb = 1", 3),
        ("try:\n    import a\nexcept ImportError:\n    a = None\ndef fit(): return a", 2),
        ("A = 1\ndef helper(): return A\ndef fit(): return eval('helper()')\nprint(A)", 3),
        ("from mine import *\nx = 1\ndef fit(): pass", 2),
        ("C = {}\nC['lr'] = 1\nC['x']['y'] = 2\ndef fit(): return C", 4),
        ("C = {}\nfor n in range(3):\n    C[n] = n\nC.update(a=1)\ndef fit(): return C", 4),
        ("with open('x') as f:\n    C = f.read()\ndef fit(): return C\nfit().strip()", 2),
        ("n = 0\nwhile n < 3:\n    n += 1\ndef fit(): return n", 3),
        ("import numpy as np\nnp.save('x', 1)\nnp.int = int\ndef fit(): return np", 3),
    ],
)
def test_what_a_function_needs(text: str, kept: int) -> None:
    assert len(needed_statements(ast.parse(text), text, ["fit"])) == kept


def test_loose_notebooks_are_submissions(tmp_path: Path) -> None:
    """As platforms hand them out where one file is asked for."""
    for name in ("ann.ipynb", "smithbob_12_34_Regression-1.ipynb"):
        (tmp_path / name).write_text(notebook(*SOLVED), encoding="utf-8")
    found = list(discover(tmp_path))
    assert [(source.name, source.problem) for source in found] == [
        ("ann", ""), ("smithbob_12_34_Regression-1", "")
    ]  # fmt: skip
    for source in found:
        assert set(load(source, contract=CONTRACT).locations) == set(NAMES)
        assert list(notebook_files(source.path)) == [source.path.name]
    with pytest.raises(InputError, match=r"ann\.ipynb is a notebook, which is not the package"):
        load(found[0], contract=Contract.parse({"fit": "regression: w"}))


def test_more_broken_cells_than_anybody_writes_are_not_taken_apart(tmp_path: Path) -> None:
    broken = [f"def f{n}(:\n    pass\n\n\ndef g{n}():\n    pass" for n in range(101)]
    submission = read(tmp_path, {"Regression.ipynb": notebook(*broken, FIT, PREDICT + "(")})
    assert "fit" not in submission.broken
    assert submission.broken["predict"].startswith("Regression.ipynb, cell 104: ")


def test_more_code_than_anybody_writes_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds more than 2 MB of code"):
        read(tmp_path, {"Regression.ipynb": notebook(*SOLVED, *["#" * 10_000] * 220)})


def test_a_package_may_lie_beside_the_notebook(tmp_path: Path) -> None:
    """Its modules stay whole, also where they define what the notebook does."""
    relu = "def relu(x):\n    return np.maximum(x, 0)"
    both = "\n\n\n".join([IMPORT, FIT, relu, "print(relu(0))\n"])
    (tmp_path / "Regression.ipynb").write_text(notebook(*SOLVED), encoding="utf-8")
    (tmp_path / "layers.py").write_text(both, encoding="utf-8")
    contract = Contract({**CONTRACT, "relu": ContractEntry.parse("relu", "layers: out")})
    submission = load(single(tmp_path), contract=contract)
    assert submission.locations == {
        "fit": "Regression.ipynb", "predict": "Regression.ipynb", "relu": "layers.py"
    }  # fmt: skip
    assert submission.files["layers.py"].text == both
