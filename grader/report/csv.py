"""CSV for spreadsheets: the only place that writes it, and that reads what people filled in."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from grader.model.errors import InputError
from grader.report.text import number, one_line

_MARKS: Final = "=+\\-@＝＋－＠"
_FORMULA: Final = re.compile(rf"(^|;\s*)(?=[{_MARKS}])")
_GUARD: Final = re.compile(rf"(^|;\s*)'(?=[{_MARKS}])")
_CELL_LIMIT: Final = 1_000
_PIECE: Final = 1 << 18
"""Characters after which a piece of the file is passed on."""
_MAX_BYTES: Final = 256 << 20
_TOLD_SEPARATOR: Final = re.compile(r"sep=([,;\t])\r?\n")
"""How Excel is told which sign separates cells."""


class Exact(str):
    """A cell that a platform must read back as it gave it: an id, a name from its own sheet.

    It is written without the guard against formulas. Nothing that a student chose may be one
    unless the platform itself says it.
    """

    __slots__ = ()

    @property
    def calculates(self) -> bool:
        """Whether a spreadsheet would calculate it."""
        return bool(_FORMULA.search(self))


class CsvTable(NamedTuple):
    """A whole file as it was written, cell by cell."""

    rows: list[list[str]]
    """All rows, headings among them; each is as long as it was written."""
    separator: str


class Row(NamedTuple):
    """A row that somebody wrote."""

    number: int
    """As a spreadsheet counts it: the heading is row 1."""
    cells: dict[str, str]
    """By the names in the heading; without the guards of `csv_pieces`."""


def csv_pieces(
    rows: Iterable[Iterable[str | float]], *, for_spreadsheets: bool = True
) -> Iterator[bytes]:
    """The content of a file, some rows at a time. No cell of it is calculated by a spreadsheet,
    but those that are `Exact`.

    UTF-8 with a byte order mark: without one Excel reads the file in a legacy code page and
    garbles every name that is not ASCII, while LibreOffice, Google Sheets, Canvas and pandas
    skip it. In Python, read it back as `utf-8-sig`. Files that only a platform reads have none
    (`for_spreadsheets=False`): some compare the first heading with the mark before it.
    """
    yield codecs.BOM_UTF8 if for_spreadsheets else b""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        if text.tell() > _PIECE:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
        writer.writerow([_written(cell) for cell in row])
    yield text.getvalue().encode()


def _written(cell: str | float) -> str:
    if isinstance(cell, Exact):
        return cell
    return safe_cell(cell) if isinstance(cell, str) else number(cell)


def safe_cell(value: str) -> str:
    """`value` on one line, with an apostrophe before whatever a spreadsheet would calculate.

    Also after `;`, where a spreadsheet of another locale starts a new cell. Control characters,
    a leading tab or carriage return among them, are gone or spelt out before.
    """
    return _FORMULA.sub(r"\1'", one_line(value, _CELL_LIMIT))


def read_back(value: str) -> str:
    """What is read of a text that was written: not what it was, where it began like a guard."""
    return _unguarded(safe_cell(value))


def _unguarded(cell: str) -> str:
    return _GUARD.sub(r"\1", cell.strip())


def read_csv(path: Path, needed: Iterable[str]) -> Iterator[Row]:
    """The rows of a file that somebody wrote or filled in, with the columns `needed`.

    Raises:
        InputError: names the file, and what is wrong with it.
    """
    return rows_of(_content(path), str(path), needed)


def rows_of(content: bytes, name: str, needed: Iterable[str]) -> Iterator[Row]:
    """The rows of such a file, whichever sign a spreadsheet puts between cells.

    Raises:
        InputError: as `read_csv`.
    """
    rows = iter(table_of(content, name).rows)
    heading = [cell.strip().lower() for cell in next(rows, [])]
    if missing := [column for column in needed if column not in heading]:
        raise InputError(f"{name}: the heading lacks {', '.join(missing)}.")
    for at, row in enumerate(rows, start=2):
        if row:
            cells = [*map(_unguarded, row), *[""] * len(heading)]
            yield Row(at, dict(zip(heading, cells, strict=False)))


def read_table(path: Path) -> CsvTable:
    """A file of a platform, cell by cell as it is.

    Raises:
        InputError: as `read_csv`.
    """
    return table_of(_content(path), str(path))


def table_of(content: bytes, name: str) -> CsvTable:
    """The same of a file's content.

    Raises:
        InputError: as `read_csv`.
    """
    text = _decoded(content, name)
    told = _TOLD_SEPARATOR.match(text)
    if told:
        text = text[told.end() :]
    try:
        separator = told[1] if told else max(",;\t", key=lambda sign: _width(text, sign))
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        return CsvTable(list(rows), separator)
    except csv.Error as error:
        raise InputError(f"{name}: cannot be read as CSV: {error}.") from None


def _width(text: str, separator: str) -> int:
    """How many cells the heading has if they are separated so: commas may be inside of quotes."""
    return len(next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), []))


def _decoded(content: bytes, name: str) -> str:
    """Text in UTF-8, or in the UTF-16 of spreadsheets and of Blackboard."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if not wide and b"\0" in content[:200]:
        encoding = "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"
    else:
        encoding = "utf-16" if wide else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        hint = "Save it as CSV in UTF-8."
        raise InputError(f"{name}: is not text in UTF-8.", hint=hint) from None


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}.") from None
    if len(content) > _MAX_BYTES:
        raise InputError(f"{path}: is longer than {_MAX_BYTES >> 20} MB.")
    return content
