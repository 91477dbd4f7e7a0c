"""The notebooks of a class: a column, and the cells that fail most often."""

from __future__ import annotations

import json
import re

import pytest
from msgspec.structs import replace

from grader.model.notebook_records import CellOutcome, NotebookCell, NotebookResult
from grader.report.html import class_page
from grader.report.notebook_statistics import CellTally, count_cells
from tests.report import sample


def _counted(*numbers: int) -> CellTally:
    tally = CellTally()
    for number in numbers:
        tally.add(count_cells(sample.notebooks(number)))
    return tally


def _table(page: str) -> str:
    return page.partition('id="table"')[2].partition("</table>")[0]


def test_what_is_not_done_neither_ran_nor_failed() -> None:
    count = count_cells(sample.notebooks(3))
    assert count is not None
    assert (count.found, count.run, count.failed) == (1, 4, 3)
    assert count.failing == {
        "Dropout/forward-check": "ValueError",
        "Dropout/backward-check": "TypeError",
    }


@pytest.mark.parametrize("outcome", ["timeout", "died", "flooded"])
def test_how_a_cell_was_stopped_is_told(outcome: str) -> None:
    cell = NotebookCell(
        id="a", role="check", source="", outcome=CellOutcome(outcome), error="It: x"
    )
    never = replace(cell, id="b", outcome=CellOutcome.NOT_RUN)
    count = count_cells([NotebookResult(id="N", path="n.ipynb", cells=[cell, never])])
    assert count is not None
    assert (count.run, count.failing) == (1, {"N/a": outcome})


def test_an_error_that_is_no_name_is_not_repeated() -> None:
    cell = NotebookCell(
        id="a", role="check", source="", outcome=CellOutcome.ERROR, error="<b>sly</b>: x"
    )
    count = count_cells([NotebookResult(id="N", path="n.ipynb", cells=[cell])])
    assert count is not None
    assert count.failing == {"N/a": "error"}


def test_the_cell_that_failed_for_most_comes_first() -> None:
    tally = _counted(1, 3, 5, 6, 7)
    assert tally.students == 4
    first, second = tally.failing()
    assert (first.notebook, first.cell, first.count) == ("Dropout", "forward-check", 3)
    assert first.how == "ValueError"
    assert first.bar[0].width == 75
    assert (second.cell, second.count) == ("backward-check", 2)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_class_page_shows_them_where_there_are_notebooks(lang: str) -> None:
    page = class_page(sample.notebook_results(12), title="x", lang=lang)  # type: ignore[arg-type]
    assert ">3 / 4</td>" in page
    assert {"en": "not submitted", "zh": "未提交"}[lang] in page
    section = page.partition('id="cells"')[2]
    assert section.index("forward-check") < section.index("backward-check")
    without = class_page(sample.class_results(12), title="x", lang=lang)  # type: ignore[arg-type]
    assert 'id="cells"' not in without
    rows = re.findall(r"<tr>.*?</tr>", _table(page), re.DOTALL)
    widths = {len(re.findall(r"<t[hd]\b", row)) for row in rows}
    assert len(widths) == 1


def test_rows_that_wait_hold_the_same() -> None:
    page = class_page([*sample.class_results(400), *sample.notebook_results(400, 8)], title="x")
    stored = json.loads(page.partition('id="rest">')[2].partition("</script>")[0])
    column = _table(page).partition("</thead>")[0].count("<th ") - 2
    cells = [row[column] for row in stored["rows"]]
    found = {None if cell is None else tuple(cell) for cell in cells}
    assert found == {None, (), (1, 4), (2, 4), (3, 4)}
    assert stored["absent"] == "not submitted"
