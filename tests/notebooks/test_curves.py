"""The reference's training curves stand beside the student's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from grader.assignment import Assignment
from grader.errors import InputError
from grader.notebooks.curves import recorded_curves
from grader.report.html import student_page
from tests.report import sample


def test_what_is_recorded_fits_the_rubric() -> None:
    assignment = Assignment.load("numpynn-notebooks")
    rules = assignment.rubric.notebooks
    assert rules is not None
    for scale in rules.scales:
        found = recorded_curves(assignment.curves_path, scale)
        assert {name: list(curves) for name, curves in found.items()} == {
            name: list(rule.curves) for name, rule in rules.files.items()
        }
        assert all(0 <= v <= 1 for curves in found.values() for c in curves.values() for v in c)


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert recorded_curves(tmp_path / "x.curves.json", "full") == {}


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.curves.json"
    file.write_text('{"full": 3}')
    with pytest.raises(InputError, match="holds no curves"):
        recorded_curves(file, "full")


def test_the_report_draws_both_over_the_same_epochs() -> None:
    (book,) = sample.notebooks(3)
    page = student_page(replace(sample.result(), notebooks=[book]))
    lines = dict(re.findall(r'<polyline class="(\w+)" points="([^"]*)"', page))
    assert lines["val"] == "0.0,108.0 160.0,84.0 320.0,78.0"
    assert lines["reference"] == "0.0,108.0 160.0,72.0"
    assert "reference 40.0 %" in page
    alone = replace(book, curves=[replace(book.curves[0], reference=[])])
    page = student_page(replace(sample.result(), notebooks=[alone]))
    assert '<polyline class="reference"' not in page
    assert "reference 0.0" not in page
