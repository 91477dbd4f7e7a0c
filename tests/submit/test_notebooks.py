"""Notebooks that are handed in: what their files say, whether they run, and as PDF."""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path

import pytest

from grader.report.strings import Texts
from grader.selfcheck import notebook_pdf as pdf
from grader.selfcheck import packing
from grader.selfcheck.notebook_run import NotebookRun, can_run, run_notebook
from grader.selfcheck.notebook_state import state_of
from tests.submit.desk import desk, notebook, packed, told

EN = Texts("en")
ERROR = {"output_type": "error", "ename": "NameError", "evalue": "no x", "traceback": []}


def _state(path: Path) -> list[tuple[str, bool]]:
    return [(each.text, each.problem) for each in state_of(path.name, path.read_bytes(), EN)]


def test_a_notebook_that_was_run_in_order_has_nothing_amiss(tmp_path: Path) -> None:
    notebook(tmp_path / "a.ipynb", "1", "2", "3", counts=(1, 3, 7))
    assert _state(tmp_path / "a.ipynb") == []


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((None, None), "a.ipynb has no results: run all of its cells and save it."),
        ((1, None), "a.ipynb: 1 cell was not run, cell 2 (2)."),
        ((4, 2), "a.ipynb: cell 2 (2) was run before the one above it. Use “Restart and run all”."),
    ],
)
def test_what_was_not_run_in_order_is_said(
    tmp_path: Path, counts: tuple[int | None, ...], said: str
) -> None:
    notebook(tmp_path / "a.ipynb", "1", "2", counts=counts)
    assert [text for text, _ in _state(tmp_path / "a.ipynb")] == [said]


def test_a_saved_error_is_said_with_its_cell(tmp_path: Path) -> None:
    notebook(tmp_path / "a.ipynb", "1", "x", outputs=[ERROR])
    assert _state(tmp_path / "a.ipynb") == [
        ("a.ipynb: cell 2 (x) shows an error: NameError: no x", True)
    ]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', '{"cells": [3]}', "[" * 100_000])
def test_a_damaged_notebook_is_said_to_be_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.ipynb").write_text(text)
    [(said, problem)] = _state(tmp_path / "a.ipynb")
    assert problem
    assert said.startswith("a.ipynb is not a notebook that can be read")


@pytest.mark.skipif(not can_run(), reason="no Jupyter here")
def test_a_notebook_is_run_to_where_it_stops_and_its_file_stays(tmp_path: Path) -> None:
    book = tmp_path / "a.ipynb"
    notebook(book, "from pathlib import Path\nPath('here').touch()", "1 / 0", "3")
    before = book.read_bytes()
    run = run_notebook(book, 300)
    assert (run.done, run.cell, run.in_time) == (False, 2, True)
    assert run.error.startswith("ZeroDivisionError")
    assert (tmp_path / "here").exists()
    assert book.read_bytes() == before


def _told(found: NotebookRun | None, monkeypatch: pytest.MonkeyPatch, work: Path) -> list[str]:
    monkeypatch.setattr(packing, "can_run", lambda: found is not None)
    monkeypatch.setattr(packing, "run_notebook", lambda _path, _seconds: found)
    those = packing.notebook_findings(packed(work), EN, run=True, tell=lambda _: None)
    return [f"{'!' if problem else '-'} {text}" for text, problem in those]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (NotebookRun(done=True, cell=3), "- a.ipynb runs from top to bottom."),
        (
            NotebookRun(cell=2, error="NameError: x"),
            "! a.ipynb does not run from top to bottom: cell 2 (one(2)) stops with NameError: x",
        ),
        (
            NotebookRun(cell=2, in_time=False),
            "- a.ipynb was still at cell 2 (one(2)) after 10 min; whether it runs to its end",
        ),
        (
            NotebookRun(error="No module named 'x'"),
            "- a.ipynb could not be run here: No module named 'x'",
        ),
        (None, "- Notebooks were not run: there is no Jupyter where grader is installed."),
    ],
)
def test_how_far_it_ran_is_said_and_what_is_not_known_is_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: NotebookRun | None, said: str
) -> None:
    work = desk(tmp_path)
    notebook(work / "a.ipynb", "# %%\n1", "\none(2)")
    [line] = _told(found, monkeypatch, work)
    assert line.startswith(said)


def test_a_tool_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    import sys

    from grader.selfcheck.child_process import run_tool

    ended = run_tool([sys.executable, "-c", "import time; print(1, flush=True); time.sleep(99)"], 3)
    assert ended.code is None
    assert ended.out in ("1\n", "")


def test_a_wanted_notebook_that_is_not_there_is_named(tmp_path: Path) -> None:
    rules = (
        '[notebooks]\nscale = "small"\ndata = "images"\n[notebooks.scales]\nsmall = {}\n'
        '[notebooks.files.Fit]\npart = "scale"\ntitle = { en = "Fit" }\n'
    )
    work = desk(tmp_path, submit=f'{rules}[submit]\nnotebooks = ["Report"]\n')
    assert told(packed(work)) == [
        "The notebook Fit.ipynb is not there.",
        "The notebook Report.ipynb is not there.",
    ]
    for name in ("fit", "Report"):
        notebook(work / f"{name}.ipynb", "1")
    assert told(packed(work)) == []


def test_a_pdf_that_the_student_made_is_taken(tmp_path: Path) -> None:
    work = desk(tmp_path, submit="[submit]\npdf = true\n")
    notebook(work / "a.ipynb", "1")
    (work / "a.pdf").write_bytes(b"%PDF-1.7 mine")
    found = packed(work)
    with zipfile.ZipFile(found.archive) as archive:
        assert archive.read("a.pdf") == b"%PDF-1.7 mine"
    assert told(found) == []


def test_where_nothing_makes_a_pdf_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    work = desk(tmp_path, submit="[submit]\npdf = true\n")
    notebook(work / "a.ipynb", "1")
    found = packed(work)
    assert "a.pdf" not in found.files
    [line] = told(found)
    assert line.startswith("No PDF of a.ipynb: nothing here can make one.")
    assert "as a.pdf" in line


@pytest.mark.skipif(
    not (importlib.util.find_spec("nbconvert") and pdf._browser()), reason="no browser here"
)
def test_a_browser_prints_the_notebook(tmp_path: Path) -> None:
    notebook(tmp_path / "a.ipynb", "1")
    made = pdf.notebook_pdf(tmp_path / "a.ipynb")
    assert made is not None
    assert made.startswith(b"%PDF-")
