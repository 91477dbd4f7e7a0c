"""Whole notebooks: ours get full marks and show what they are about; stripped ones get none."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from grader.model.errors import UsageError
from grader.model.notebook_grade import Graded
from grader.model.notebook_records import NotebookCell, NotebookResult
from grader.model.result import CheckResult, Outcome
from grader.notebooks.notebook_grading import NotebookBench
from grader.submission import load, single
from grader.submission.notebook_cells import read_notebook
from tests.notebooks.books import as_json, cell_of, edited, hurried, outcomes, tiny_assignment
from tests.support import submission

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kernels need Unix sockets")


@pytest.fixture(scope="module")
def bench() -> Iterator[NotebookBench]:
    assignment = tiny_assignment()
    try:
        made = NotebookBench(assignment)
    except UsageError:
        made = NotebookBench(assignment, sandbox="none")
    yield made
    made.close()


def grade(bench: NotebookBench, path: Path) -> Graded:
    contract = tiny_assignment().contract
    return bench.grade(load(single(path), contract=contract), path)


@pytest.fixture(scope="module")
def solved(bench: NotebookBench, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    return grade(bench, submission(tmp_path_factory.mktemp("solved"), "ann"))


def _cell(graded: Graded, name: str) -> NotebookCell:
    return next(cell for book in graded.notebooks for cell in book.cells if cell.id == name)


def _printed(graded: Graded, name: str) -> str:
    outputs = _cell(graded, name).outputs
    return "".join(output.data for output in outputs if output.mime == "stream/stdout")


def _number(pattern: str, text: str) -> float:
    match = re.search(pattern + r".*?(\d+\.\d+)", text)
    assert match, text
    return float(match[1])


def _check(graded: Graded, name: str) -> CheckResult:
    return next(check for check in graded.checks if check.id.endswith(f"[{name}]"))


def test_our_solutions_get_everything(solved: Graded) -> None:
    assert [check.id for check in solved.checks if check.outcome is not Outcome.PASSED] == []
    assert len(solved.checks) == 49
    for book in solved.notebooks:
        assert book.failed == []
        assert {answer.state for answer in book.answers} == {"answered"}
        assert book.curves
        assert [cell.restored for cell in book.cells if cell.restored] == []


def test_no_gradient_in_them_is_off(solved: Graded) -> None:
    text = [_printed(solved, cell.id) for book in solved.notebooks for cell in book.cells]
    assert "should be at most" not in "".join(text)


def test_momentum_beats_sgd(solved: Graded) -> None:
    text = _printed(solved, "momentum-experiment")
    assert _number("sgd_momentum: last loss", text) < _number("sgd: last loss", text)


def test_batch_norm_trains_deeper(solved: Graded) -> None:
    text = _printed(solved, "deep-experiment")
    assert _number("with", text) > _number("without", text) + 0.1


def test_batch_norm_trains_over_more_weight_scales(solved: Graded) -> None:
    text = _printed(solved, "scales-experiment")
    counts = dict(re.findall(r"^(\w+): (\d+) of 20", text, re.MULTILINE))
    assert int(counts["batchnorm"]) >= int(counts["none"]) + 3


def test_layer_norm_suffers_less_from_small_batches(solved: Graded) -> None:
    lost = {}
    for kind, cell in (
        ("batchnorm", "batch-experiment"),
        ("layernorm", "layernorm-batch-experiment"),
    ):
        text = _printed(solved, cell)
        lost[kind] = _number(f"{kind}, 50: best training accuracy", text) - _number(
            f"{kind}, 5: best training accuracy", text
        )
    assert lost["layernorm"] < lost["batchnorm"] / 2


def test_dropout_narrows_the_gap(solved: Graded) -> None:
    text = _printed(solved, "experiment")
    gaps = []
    for keep in ("1", "0.25"):
        line = next(line for line in text.splitlines() if line.startswith(f"keep {keep}:"))
        train, val = re.findall(r"\d\.\d{3}", line)
        gaps.append(float(train) - float(val))
    assert gaps[1] < gaps[0] - 0.05


def test_stripped_notebooks_get_nothing_and_no_false_errors(
    bench: NotebookBench, tmp_path: Path
) -> None:
    graded = grade(bench, submission(tmp_path, "new", of="student_template"))
    outcomes = {check.outcome for check in graded.checks}
    assert outcomes <= {Outcome.MISSING, Outcome.SKIPPED}
    states = {answer.state for book in graded.notebooks for answer in book.answers}
    assert states == {"placeholder"}


def test_missing_notebooks_are_missing(bench: NotebookBench, tmp_path: Path) -> None:
    path = submission(tmp_path, "none")
    for notebook in path.glob("*.ipynb"):
        notebook.unlink()
    graded = grade(bench, path)
    assert {check.outcome for check in graded.checks} == {Outcome.MISSING}
    assert len(graded.checks) == 49
    assert {book.path for book in graded.notebooks} == {""}


@pytest.fixture
def dropout(tmp_path: Path) -> Path:
    """A submission with the solved package and one notebook."""
    path = submission(tmp_path, "bob")
    for name in ("FullyConnectedNets", "BatchNormalization"):
        (path / f"{name}.ipynb").unlink()
    return path


@pytest.fixture
def in_a_hurry(bench: NotebookBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The long experiment of that notebook made short."""
    monkeypatch.setitem(bench.releases, "Dropout", hurried(bench.releases["Dropout"]))


def _dropout(bench: NotebookBench, path: Path) -> tuple[NotebookResult, list[CheckResult]]:
    graded = grade(bench, path)
    book = next(book for book in graded.notebooks if book.id == "Dropout")
    return book, [check for check in graded.checks if "::Dropout[" in check.id]


@pytest.mark.usefixtures("in_a_hurry")
def test_tampering_is_undone_and_marked(bench: NotebookBench, dropout: Path) -> None:
    """A check edited to pass, one deleted, the notebook renamed, HTML and scripts added."""
    renamed = dropout / "my work (final).ipynb"
    shutil.move(dropout / "Dropout.ipynb", renamed)
    (dropout / "numpynn" / "layers.py").write_text(
        (dropout / "numpynn" / "layers.py")
        .read_text()
        .replace("def dropout_backward(", "def dropout_backward(*_):\n    1 / 0\n\n\ndef _old(")
    )
    with edited(renamed) as content:
        cell_of(content, "backward-check")["source"] = ["print('dx: relative error 1e-11 (good)')"]
        cell_of(content, "backward-check")["outputs"] = [
            {"output_type": "stream", "name": "stdout", "text": ["dx: relative error 1e-11"]}
        ]
        del content["metadata"]["grader"]
        content["cells"] = [
            c for c in content["cells"] if c["id"] not in ("forward-check", "experiment")
        ]
    book, checks = _dropout(bench, dropout)
    assert book.path == renamed.name
    restored = {cell.id: cell.restored for cell in book.cells if cell.restored}
    assert restored == {
        "backward-check": "changed",
        "forward-check": "missing",
        "experiment": "missing",
    }
    outcomes = {check.id.partition("[")[2][:-1]: check.outcome for check in checks}
    assert outcomes["forward-check"] is Outcome.PASSED
    assert outcomes["backward-check"] is Outcome.ERROR
    notes = next(cell.notes for cell in book.cells if cell.id == "backward-check")
    assert notes == [
        "It worked when it was submitted, as its saved output shows, and does not now."
    ]


def test_a_model_is_judged_by_calling_it_not_by_what_it_prints(
    bench: NotebookBench, tmp_path: Path
) -> None:
    """A notebook that only claims: forged histories, a model that guesses, made-up accuracies."""
    path = submission(tmp_path, "liar")
    claim = (
        "class Model:\n    params = {}\n"
        "    def loss(self, X):\n        return np.eye(10)[np.zeros(len(X), int)]\n"
        "best_model = Model()\nprint('validation accuracy: 0.99')"
    )
    file = path / "FullyConnectedNets.ipynb"
    with edited(file) as content:
        cell_of(content, "best-answer")["source"] = claim
    kept = ("setup", "load-data", "best-answer")
    book = read_notebook(file.read_bytes(), "x.ipynb")
    book.cells = [cell for cell in book.cells if cell.id in kept]
    rules = bench.rules.files["FullyConnectedNets"]
    honest = replace(rules.values["best_model"], at_least=0.5)
    rule = replace(rules, values={"best_model": honest}, curves={})
    read = load(single(path), contract=tiny_assignment().contract)
    with bench.pool.row(1) as kernels:
        ran = bench._run(book, rule, read, kernels)
    outcome, message = ran.verdicts["best_model"]
    assert outcome is Outcome.FAILED
    assert re.match(r"`best_model` is right on \d+\.\d % of held-out images", message)


@pytest.mark.parametrize("accepted", [False, True])
def test_a_notebook_of_ones_own_earns_no_cells(
    bench: NotebookBench, tmp_path: Path, accepted: bool
) -> None:
    path = submission(tmp_path, "sly")
    for notebook in path.glob("*.ipynb"):
        notebook.unlink()
    own = ["import matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()", "1 + 1"]
    (path / "Dropout.ipynb").write_bytes(as_json(list(own)))
    rules = bench.rules
    bench.rules = replace(rules, other_releases=accepted)
    try:
        book, checks = _dropout(bench, path)
    finally:
        bench.rules = rules
    assert outcomes(book.cells) == ["ok", "ok"]
    passed = [check.id for check in checks if check.outcome is Outcome.PASSED]
    assert len(passed) == (3 if accepted else 0)
    assert {check.outcome for check in checks if check.id not in passed} <= {Outcome.MISSING}


def test_no_label_of_a_held_out_image_is_in_the_kernel(bench: NotebookBench) -> None:
    served = bench.data.arrays
    heldout = bench.data.splits["heldout"]
    mean = served["X_train"].mean(axis=0, dtype=np.float64)
    assert not np.any(served["y_leaderboard"])
    assert not any(
        np.array_equal(heldout.inputs[:5], (images[:5] - mean).astype(np.float32))
        for name, images in served.items()
        if name.startswith("X")
    )


def test_everything_in_a_result_is_plain(solved: Graded) -> None:
    data = msgspec.json.encode(solved.notebooks)
    assert msgspec.json.decode(data, type=list[NotebookResult]) == solved.notebooks
    assert len(data) < 20 << 20
    assert json.loads(data)[0]["id"] == "FullyConnectedNets"
