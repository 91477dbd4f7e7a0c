"""The reference's training curves stand beside the student's."""

from __future__ import annotations

import re
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from grader.assignment.folder import Assignment
from grader.model.errors import InputError, UsageError
from grader.notebooks.curves import recorded_curves
from grader.notebooks.notebook_grading import NotebookBench
from grader.report.html import student_page
from grader.submission import load, single
from grader.submission.notebook_cells import read_notebook
from tests.report import sample


@pytest.fixture
def assignment() -> Assignment:
    return Assignment.load("numpynn-notebooks")


def test_what_is_recorded_is_of_this_reference(assignment: Assignment) -> None:
    """If it is not: `python -m grader.notebooks.curve_recording`."""
    rules = assignment.rubric.notebooks
    assert rules is not None
    for scale in rules.scales:
        found = recorded_curves(assignment, scale)
        assert {name: list(curves) for name, curves in found.items()} == {
            name: list(rule.curves) for name, rule in rules.files.items()
        }
        assert all(0 <= v <= 1 for curves in found.values() for c in curves.values() for v in c)


def test_what_is_recorded_comes_out_again(assignment: Assignment) -> None:
    """A curve of the solved notebook, made anew; another processor may put an image elsewhere."""
    rubric, rules = assignment.rubric, assignment.rubric.notebooks
    assert rules is not None
    notebook = rules.files["FullyConnectedNets"]
    one = replace(notebook, values={}, curves={"SGD": notebook.curves["SGD"]})
    files = {"FullyConnectedNets": one}
    sizes = {**rules.scales["small"].sizes, "test": 1, "heldout": 1}  # the others take time to make
    small = replace(rules.scales["small"], sizes=sizes)
    few = replace(rules, scale="small", scales={"small": small}, files=files)
    assignment.rubric = replace(rubric, notebooks=few)
    bench = _bench(assignment)
    reference = assignment.reference.parent
    path = reference / "FullyConnectedNets.ipynb"
    book = read_notebook(path.read_bytes(), path.name)
    book.cells = [cell for cell in book.cells if cell.id in NEEDED_FOR_SGD]
    with closing(bench), bench.pool.row(1) as kernels:
        submission = load(single(reference), contract=assignment.contract)
        (curve,) = bench._run(book, one, submission, kernels).curves
    assignment.rubric = rubric
    recorded = recorded_curves(assignment, "small")["FullyConnectedNets"]["SGD"]
    assert curve.val == pytest.approx(recorded, abs=0.006)
    assert curve.val[-1] > 2 * curve.val[0]


def _bench(assignment: Assignment) -> NotebookBench:
    try:
        return NotebookBench(assignment, reference_curves=False)
    except UsageError:
        return NotebookBench(assignment, sandbox="none", reference_curves=False)


NEEDED_FOR_SGD = ("setup", "load-data", "momentum-experiment")


@pytest.mark.parametrize("what", ["solver.py", "Dropout.ipynb", "sizes"])
def test_after_a_change_they_are_not_drawn(
    assignment: Assignment, tmp_path: Path, what: str
) -> None:
    shutil.copytree(assignment.reference.parent, tmp_path / "reference")
    rules = assignment.rubric.notebooks
    assert rules is not None
    assignment.layout.reference = tmp_path / "reference" / "numpynn"
    assert recorded_curves(assignment, "small")
    fresh = Assignment(assignment.rubric, assignment.path)
    fresh.layout.reference = assignment.reference
    if what == "sizes":
        small = replace(rules.scales["small"], sizes={"train": 1999})
        changed = replace(rules, scales={**rules.scales, "small": small})
        fresh.rubric = replace(fresh.rubric, notebooks=changed)
        assert recorded_curves(fresh, "full")
    else:
        path = min((tmp_path / "reference").rglob(what), key=lambda found: len(found.parts))
        path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    assert recorded_curves(fresh, "small") == {}


def test_without_a_file_there_are_none(assignment: Assignment, tmp_path: Path) -> None:
    assignment.layout.curves = tmp_path / "x.curves.json"
    assert recorded_curves(assignment, "full") == {}


def test_a_damaged_file_is_refused(assignment: Assignment, tmp_path: Path) -> None:
    file = tmp_path / "x.curves.json"
    file.write_text('{"full": 3}')
    assignment.layout.curves = file
    with pytest.raises(InputError, match="holds no curves"):
        recorded_curves(assignment, "full")


def test_the_report_draws_both_over_the_same_epochs() -> None:
    (book,) = sample.notebooks(3)
    page = student_page(replace(sample.result(), notebooks=[book]))
    figure = page.partition("</figure>")[0]
    lines = dict(re.findall(r'<polyline class="(\w+)" points="([^"]*)"', figure))
    assert lines["val"] == "40.0,137.6 196.0,112.8 352.0,106.6"
    assert lines["reference"] == "40.0,137.6 196.0,100.4"
    assert "reference 40.0\u00a0%" in page
    alone = replace(book, curves=[replace(book.curves[0], reference=[])])
    page = student_page(replace(sample.result(), notebooks=[alone]))
    assert '<polyline class="reference"' not in page
    assert "reference 0.0" not in page
