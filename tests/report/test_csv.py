"""CSV: one writer, whose cells no spreadsheet calculates, and one reader that takes it back."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

import grader
from grader.report.csv import csv_pieces, rows_of, safe_cell

PACKAGE = Path(grader.__file__).parent
HOME = PACKAGE / "report" / "csv.py"
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("=+-@;'\"\t\r\n,＝")), max_size=12)


def _suspects(path: Path) -> Iterator[str]:
    """What writes or reads CSV in a module: the library, or separators between cells by hand."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import) and "csv" in {name.name for name in node.names}:
            yield f"{path.name}, line {node.lineno}: import csv"
        if isinstance(node, ast.ImportFrom) and node.module == "csv":
            yield f"{path.name}, line {node.lineno}: from csv import"
        if isinstance(node, ast.Attribute) and node.attr in ("to_csv", "savetxt"):
            yield f"{path.name}, line {node.lineno}: {node.attr}"
        if isinstance(node, ast.Attribute) and node.attr == "join":
            between = node.value.value if isinstance(node.value, ast.Constant) else None
            if between in (",", ";", "\t"):
                yield f"{path.name}, line {node.lineno}: {between!r}.join"


def test_nobody_else_writes_or_reads_csv() -> None:
    assert list(_suspects(HOME))
    others = [path for path in PACKAGE.rglob("*.py") if path != HOME]
    assert len(others) > 200
    assert [found for path in others for found in _suspects(path)] == []


def test_every_name_of_a_csv_file_is_written_by_the_one_writer() -> None:
    """Whoever names a file that ends in `.csv` imports the writer or the reader; commands say
    where it is."""
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name == "cli":
            continue
        text = path.read_text("utf-8")
        names = [
            node.value
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.endswith(".csv")
            and " " not in node.value
            and node.value != ".csv"
        ]
        writers = (
            "grader.report.csv",
            "gradebook_pieces",
            "grader.course.marking_sheet",
            "as_csv",
            "regrade_csv",
            "similar_csv",
        )
        assert not names or any(writer in text for writer in writers), (path, names)


@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=4))
@example([["=1+1", "a;=1", "'=1"], ["-", "\t=x", "＝1"]])
def test_no_cell_is_calculated_and_every_row_comes_back(rows: list[list[str]]) -> None:
    content = b"".join(csv_pieces([("a", "b", "c"), *rows]))
    written = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    for cell in (cell for row in written for cell in row):
        assert cell == safe_cell(cell)
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    again = [list(row.cells.values()) for row in rows_of(content, "x.csv", ("a",))]
    twice = b"".join(csv_pieces([("a", "b", "c"), *again]))
    assert [list(row.cells.values()) for row in rows_of(twice, "x.csv", ("a",))] == again


def test_numbers_are_numbers() -> None:
    content = b"".join(csv_pieces([("a", "b"), (-1.5, 3)])).decode("utf-8-sig")
    assert content.split("\r\n")[1] == "-1.5,3"
