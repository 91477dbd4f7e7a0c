"""A notebook that does what it should not: each deed has the right row in the report."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.model.notebook_records import CellOutcome
from grader.model.result import Outcome
from grader.notebooks.notebook_grading import NotebookBench
from tests.notebooks import courses
from tests.notebooks.courses import GIVEN, Report

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(2)</script></svg>'
DEEDS = {
    "loop": "while True: pass",
    "input": "input('name? ')",
    "flood": "for _ in range(500): print('x' * 1_000_000)",
    "image": "from IPython.display import Image, display\nimport os\n"
    "display(Image(data=b'\\x89PNG\\r\\n\\x1a\\n' + os.urandom(50 << 20), format='png'))",
    "html": "from IPython.display import HTML\n"
    "HTML('<p>shown<script>alert(1)</script><img src=x onerror=alert(1)></p>')",
    "svg": f"from IPython.display import SVG\nSVG('{SVG}')",
    "javascript": "from IPython.display import Javascript\nJavascript('alert(3)')",
    "bash": "%%bash\ncurl http://example.org",
    "curl": "!curl http://example.org",
    "outside": "print(open('/etc/passwd').read())",
    "widget": "from comm import create_comm\nfrom IPython.display import display\n"
    "create_comm(target_name='jupyter.widget', data={'state': {}}, metadata={})\n"
    "display({'application/vnd.jupyter.widget-view+json': {'model_id': 'x'},\n"
    "         'text/plain': 'IntSlider(value=3)'}, raw=True)",
    "beside": "import helper, numpy\n"
    "print(open('data/note.txt').read(), helper.two(), numpy.__version__[0])",
    "link": "print(open('link.txt').read())",
    "early": "print(late_name)",
    "late": "late_name = 1",
}


@pytest.fixture(scope="module")
def bench() -> Iterator[NotebookBench]:
    with courses.small_bench() as bench:
        yield bench


@pytest.fixture(scope="module")
def report(bench: NotebookBench, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """All deeds in one renamed notebook, with checks edited, deleted and copied."""
    folder = tmp_path_factory.mktemp("class")
    (folder / "neighbour").mkdir()
    secret = folder / "neighbour" / "secret.txt"
    secret.write_text("of another student")
    cells = courses.with_own(DEEDS | {"neighbour": f"print(open({str(secret)!r}).read())"})
    cells["second-check"] = ("check", "print('relative error 1e-12')\nassert True")
    del cells["last-check"]
    notebook = courses.content(cells)
    twin = dict(notebook["cells"][1], source=GIVEN["first-check"][1] + "\nprint('twin')")
    notebook["cells"].append(twin)
    for number, cell in enumerate(notebook["cells"]):
        cell["execution_count"] = 100 - number
    data = json.dumps(notebook).encode()
    path = courses.hand_in(folder / "eve", data, "my homework (final).ipynb")
    (path / "data").mkdir()
    (path / "data" / "note.txt").write_text("a note")
    (path / "helper.py").write_text("def two():\n    return 2\n")
    (path / "numpy.py").write_text("__version__ = 'evil'\n")
    (path / "link.txt").symlink_to(secret)
    return Report(courses.graded(bench, path))


def test_an_endless_loop(report: Report) -> None:
    assert report.cells["loop"].outcome is CellOutcome.TIMEOUT
    assert "It used more than 2 seconds of CPU time." in report.row("loop")


def test_a_question_to_nobody(report: Report) -> None:
    assert report.cells["input"].outcome is CellOutcome.ERROR
    assert "StdinNotImplementedError" in report.row("input")


def test_500_megabytes_of_output(report: Report) -> None:
    assert report.cells["flood"].outcome is CellOutcome.FLOODED
    row = report.row("flood")
    assert "It put out more than a cell may." in row
    assert "Its output was cut" in row
    assert 10_000 < len(row) < 100_000


def test_an_image_of_50_megabytes(report: Report) -> None:
    assert report.cells["image"].outcome is CellOutcome.OK
    row = report.row("image")
    assert "An image of 66.7 MB was left out." in row
    assert "<img" not in row


def test_a_script_in_html(report: Report) -> None:
    shown = report.row("html").partition('class="nb-out"')[2]
    assert "<p>shown</p>" in shown
    assert "alert" not in shown


def test_a_script_in_svg(report: Report) -> None:
    """It is shown as an image, in which scripts do not run."""
    shown = report.row("svg").partition('class="nb-out"')[2]
    (image,) = re.findall(r'<img alt="figure" src="data:image/svg\+xml;base64,([^"]*)">', shown)
    assert b"<svg" in base64.b64decode(image)
    assert "<svg" not in shown


def test_javascript(report: Report) -> None:
    shown = report.row("javascript").partition('class="nb-out"')[2]
    assert "(a script, which is not run here)" in shown
    assert "alert" not in shown


@pytest.mark.parametrize("id", ["bash", "curl"])
def test_a_shell(report: Report, id: str) -> None:
    assert report.cells[id].outcome is CellOutcome.ERROR
    assert "No program can be started here, so shell commands do not work." in report.row(id)


@pytest.mark.parametrize("id", ["outside", "neighbour"])
def test_a_file_outside_its_folder(report: Report, id: str) -> None:
    assert report.cells[id].outcome is CellOutcome.ERROR
    row = report.row(id)
    assert re.search(r'class="nb-error">(FileNotFound|Permission)Error: ', row)
    assert "root:" not in row
    assert "of another student" not in row


def test_a_widget(report: Report) -> None:
    assert report.cells["widget"].outcome is CellOutcome.OK
    shown = report.row("widget")
    assert "IntSlider(value=3)\n(a control, which is not shown here)" in shown


def test_files_beside_it(report: Report) -> None:
    assert re.search(r"a note 2 [12]\n", report.row("beside"))
    assert report.cells["link"].outcome is CellOutcome.ERROR
    assert "Not in its kernel, of the files beside it: link.txt (a link)." in report.head
    assert "of another student" not in report.page


def test_cells_out_of_order(report: Report) -> None:
    assert report.cells["early"].outcome is CellOutcome.ERROR
    assert "only defined further down (cell late)" in report.row("early")
    assert "It was submitted with cells run out of order" in report.head


def test_a_renamed_notebook(report: Report) -> None:
    assert report.notebook.id == courses.NAME
    assert "my homework (final).ipynb" in report.head


def test_a_check_edited_to_always_pass(report: Report) -> None:
    assert report.checks["second-check"].outcome is Outcome.ERROR
    row = report.row("second-check")
    assert "changed; restored" in row
    assert '<p class="nb-error">AssertionError</p>' in row


def test_a_deleted_check(report: Report) -> None:
    assert report.checks["last-check"].outcome is Outcome.PASSED
    assert "missing; restored" in report.row("last-check")


def test_duplicated_cells(report: Report) -> None:
    """The copy is the student's own: it runs, and counts for nothing."""
    (twin,) = [cell for cell in report.cells.values() if "print('twin')" in cell.source]
    assert (twin.role, twin.outcome) == ("own", CellOutcome.OK)
    assert '<span class="tag">own</span>' in report.row(twin.id)
    assert sorted(report.checks) == ["first-check", "history", "last-check", "second-check"]
    assert report.checks["first-check"].outcome is Outcome.PASSED
    assert "restored" not in report.row("first-check")


def test_an_exit(bench: NotebookBench, tmp_path: Path) -> None:
    """Cells before it are graded, those behind it were not run, and it is said where."""
    cells = courses.with_own({"exit": "import os; os._exit(3)"})
    data = json.dumps(courses.content(cells)).encode()
    report = Report(courses.graded(bench, courses.hand_in(tmp_path / "eve", data)))
    assert "It ended the kernel (exit code 3)." in report.row("exit")
    assert "The kernel ended in cell exit." in report.row("last-check")
    assert report.checks["first-check"].outcome is Outcome.PASSED
    assert report.checks["last-check"].outcome is Outcome.SKIPPED
    assert report.checks["history"].outcome is Outcome.SKIPPED


def test_an_error_of_ones_own_that_says_not_implemented(
    bench: NotebookBench, tmp_path: Path
) -> None:
    """Only what the template leaves open is not done yet."""
    data = json.dumps(courses.content(GIVEN)).encode()
    path = courses.hand_in(tmp_path / "eve", data)
    layers = path / "numpynn" / "layers.py"
    own = "def three():\n    raise NotImplementedError('only for 4')"
    layers.write_text(layers.read_text().replace("def three():\n    return 3", own))
    report = Report(courses.graded(bench, path))
    assert report.checks["first-check"].outcome is Outcome.ERROR
    assert "NotImplementedError: only for 4" in report.row("first-check")


MODERN = {
    "halves": "history = [7 // 2]\nfor h in history:\n    print('half', h)",
    "items": "for k, v in {'a': 1}.items():\n    print(k, v, list(range(3)))",
}
OLD = {
    "halves": "history = [7 / 2]\nfor h in history:\n    print 'half', h",
    "items": "for k, v in {'a': 1}.iteritems():\n    print k, v, list(xrange(3))",
}


def test_an_old_notebook_is_graded_like_its_modern_twin(
    bench: NotebookBench, tmp_path: Path
) -> None:
    """nbformat 3 knows no ids, and its checks were written for Python 2."""
    old = []
    for _, source in courses.with_own(OLD).values():
        print2 = re.sub(r"print\((.*)\)", r"print \1", source)
        old.append({"cell_type": "code", "language": "python", "input": print2, "outputs": [],
                    "metadata": {}, "collapsed": False, "prompt_number": 1})  # fmt: skip
    ancient = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""},
               "worksheets": [{"cells": old, "metadata": {}}]}  # fmt: skip
    modern = courses.content(courses.with_own(MODERN))
    twins = []
    for name, notebook in (("old", ancient), ("new", modern)):
        path = courses.hand_in(tmp_path / name, json.dumps(notebook).encode())
        twins.append(Report(courses.graded(bench, path)))
    verdicts = [
        {id: (check.outcome, check.message, check.notes) for id, check in twin.checks.items()}
        for twin in twins
    ]
    assert verdicts[0] == verdicts[1]
    assert verdicts[0]["history"][0] is Outcome.PASSED
    shown = [
        [(cell.outcome, [output.data for output in cell.outputs if output.mime != "error"])
         for cell in twin.cells.values()]
        for twin in twins
    ]  # fmt: skip
    assert shown[0] == shown[1]
    assert "Upgraded from nbformat 3." in twins[0].head
    assert "Written for Python 2" in twins[0].head
