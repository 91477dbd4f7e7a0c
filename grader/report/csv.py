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


class Row(NamedTuple):
    """A row that somebody wrote."""

    number: int
    """As a spreadsheet counts it: the heading is row 1."""
    cells: dict[str, str]
    """By the names in the heading; without the guards of `csv_pieces`."""


def csv_pieces(rows: Iterable[Iterable[str | float]]) -> Iterator[bytes]:
    """The content of a file, some rows at a time. No cell of it is calculated by a spreadsheet.

    UTF-8 with a byte order mark: without one Excel reads the file in a legacy code page and
    garbles every name that is not ASCII, while LibreOffice, Google Sheets, Canvas and pandas
    skip it. In Python, read it back as `utf-8-sig`.
    """
    yield codecs.BOM_UTF8
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        if text.tell() > _PIECE:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
        writer.writerow([safe_cell(c) if isinstance(c, str) else number(c) for c in row])
    yield text.getvalue().encode()


def safe_cell(value: str) -> str:
    """`value` on one line, with an apostrophe before whatever a spreadsheet would calculate.

    Also after `;`, where a spreadsheet of another locale starts a new cell. Control characters,
    a leading tab or carriage return among them, are gone or spelt out before.
    """
    return _FORMULA.sub(r"\1'", one_line(value, _CELL_LIMIT))


def read_csv(path: Path, needed: Iterable[str]) -> Iterator[Row]:
    """The rows of a file that somebody wrote or filled in, with the columns `needed`.

    Raises:
        InputError: names the file, and what is wrong with it.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}.") from None
    if len(content) > _MAX_BYTES:
        raise InputError(f"{path}: is longer than {_MAX_BYTES >> 20} MB.")
    return rows_of(content, str(path), needed)


def rows_of(content: bytes, name: str, needed: Iterable[str]) -> Iterator[Row]:
    """The rows of such a file, whichever sign a spreadsheet puts between cells.

    Raises:
        InputError: as `read_csv`.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        hint = "Save it as CSV in UTF-8."
        raise InputError(f"{name}: is not text in UTF-8.", hint=hint) from None
    separator = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        heading = [cell.strip().lower() for cell in next(rows, [])]
        if missing := [column for column in needed if column not in heading]:
            raise InputError(f"{name}: the heading lacks {', '.join(missing)}.")
        for at, row in enumerate(rows, start=2):
            if row:
                cells = [_GUARD.sub(r"\1", cell.strip()) for cell in row] + [""] * len(heading)
                yield Row(at, dict(zip(heading, cells, strict=False)))
    except csv.Error as error:
        raise InputError(f"{name}: cannot be read as CSV: {error}.") from None
