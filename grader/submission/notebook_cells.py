"""From a notebook's bytes to cells that can be run: upgraded, converted, nothing executed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec

from grader.model.errors import InputError
from grader.submission.division import has_true_division
from grader.submission.notebook_formats import MAX_CELLS, read_content
from grader.submission.parse import Unparsable, parse
from grader.submission.pasted_code import mask_magics, unmask_magics, why_unparsable
from grader.submission.python2 import convert, first_print_statement, signs

_PYTHON2: Final = "Written for Python 2: converted, and `/` between integers floors."
_INTERACTIVE: Final = re.compile(r"^(\s*%matplotlib)\s+(?!inline).*$", re.MULTILINE)
_SET_UP: Final = re.compile(
    r"\s*(?:#.*|[%!]?cd\b.*|[%!]?(?:ls|pwd)\b.*|[%!]pip\b.*|"
    r"!(?:(?:python3?|bash|sh|wget|unzip)\b|\./\S+\.sh\b).*)?"
)
"""A line that prepares the machine: building extensions, fetching data, changing folders."""
_MAX_LABEL: Final = 60
_HOSTED: Final = re.compile(r"google\.colab|^%cd .*\$", re.MULTILINE)


class Cell(msgspec.Struct, kw_only=True):
    """A cell on its way to be run."""

    id: str
    code: bool
    source: str
    """As handed in, or as released where it was restored."""
    run: str = ""
    """What is run in its place: converted where necessary."""
    role: str = "own"
    question: str = ""
    needs: str = ""
    """Id of the answer cell that an experiment stands on."""
    functions: list[str] = []
    saved: list[dict[str, Any]] = []
    """Outputs as handed in."""
    attached: dict[str, dict[str, str]] = {}
    """Pictures pasted into a cell of text: by name, base64 by MIME type."""
    count: int | None = None
    """Number of its last execution, as handed in."""
    restored: str = ""
    broken: str = ""
    """Why it does not parse."""
    skip: str = ""
    """Why it is not run."""
    notes: list[str] = []
    stop: bool = False
    """Whether the student asked that nothing after it be run if it fails."""
    label: str = ""
    """What reports call it: `cell 4`, counting from the top of its file."""
    released: bool = False
    """Whether it says what was given out, whoever handed it in."""
    floors: bool = False
    """Whether `/` between integers floors in it, as in Python 2."""


class CellCode(NamedTuple):
    """The code of a cell, as it was handed in or restored."""

    label: str
    """`cell 4`, counting from the top; empty where the file has no cells."""
    text: str


class Notebook(msgspec.Struct, kw_only=True):
    """A notebook that was read."""

    path: str
    cells: list[Cell]
    name: str = ""
    """What the release calls it, as its metadata says."""
    python2: bool = False
    divides_truly: bool = False
    """Whether it asks Python 2 for `/` as Python 3 has it."""
    notes: list[str] = []
    beside: dict[str, bytes] = {}
    """Files in its folder, by their names in it."""
    old: list[str] = []
    """Modules among them in which `/` between integers floors."""


def read_notebook(data: bytes, path: str) -> Notebook:
    """Read a notebook, as far as it can be read; `path` is its name in messages.

    Raises:
        InputError: nothing of it can be, in one line.
    """
    content = read_content(data, path)
    cells = [_cell(raw, number) for number, raw in enumerate(content.cells, start=1)]
    if len(cells) > MAX_CELLS:
        raise InputError(f"{path}: has {len(cells)} cells; up to {MAX_CELLS} are read.")
    own = content.metadata.get("grader")
    book = Notebook(
        path=path,
        cells=cells,
        name=str(own.get("notebook", "")) if isinstance(own, dict) else "",
        python2=_is_python2(content.metadata, cells),
        notes=content.notes,
    )
    return make_runnable(book)


def cell_codes(cells: Iterable[Cell]) -> list[CellCode]:
    """The code of a notebook, cell by cell."""
    return [CellCode(_label(cell), cell.source) for cell in cells if cell.code]


def _label(cell: Cell) -> str:
    given = cell.restored in ("missing", "moved")
    return f"{cell.label} as given out" if given else cell.label


def make_runnable(book: Notebook) -> Notebook:
    """Fill in what is to be run of each cell."""
    for cell in book.cells:
        if cell.code:
            _prepare(cell)
    book.divides_truly = book.divides_truly or any(map(_divides_truly, book.cells))
    for cell in book.cells:
        cell.floors = cell.code and book.python2 and not (book.divides_truly or cell.released)
    if book.python2 and _PYTHON2 not in book.notes:
        book.notes.append(_PYTHON2)
    return book


def _cell(raw: Any, number: int) -> Cell:
    raw = raw if isinstance(raw, dict) else {}
    source = raw.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    metadata = raw.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    about = metadata.get("grader")
    about = about if isinstance(about, dict) else {}
    tags = metadata.get("tags")
    code = raw.get("cell_type") == "code"
    count = raw.get("execution_count") if code else None
    outputs = raw.get("outputs") if code else None
    return Cell(
        label=" ".join(str(about.get("label") or f"cell {number}").split())[:_MAX_LABEL],
        id=str(raw.get("id") or f"cell-{number}")[:80],
        code=code,
        source=text.replace("\r\n", "\n"),
        role=str(about.get("role", "own" if code else "text")),
        question=str(about.get("question", "")),
        needs=str(about.get("needs", "")),
        functions=[str(name) for name in about.get("functions", [])],
        saved=[output for output in outputs if isinstance(output, dict)] if outputs else [],
        attached={} if code else _attached(raw.get("attachments")),
        count=count if isinstance(count, int) else None,
        stop=isinstance(tags, list) and "stop-on-error" in tags,
    )


def _attached(found: Any) -> dict[str, dict[str, str]]:
    return {
        str(name): {str(mime): data for mime, data in forms.items() if isinstance(data, str)}
        for name, forms in (found if isinstance(found, dict) else {}).items()
        if isinstance(forms, dict)
    }


def _is_python2(metadata: dict[str, Any], cells: list[Cell]) -> bool:
    """Whether Python 2 ran the notebook: the kernel that ran it last says so, or else its cells."""
    about = metadata.get("language_info")
    version = str(about.get("version", "")) if isinstance(about, dict) else ""
    if re.match(r"[23]\.\d", version):
        return version.startswith("2")
    kernel = metadata.get("kernelspec")
    named = str(kernel.get("name", "")) if isinstance(kernel, dict) else ""
    return named == "python2" or any(cell.code and _has_old_syntax(cell.source) for cell in cells)


def _has_old_syntax(source: str) -> bool:
    """Whether only Python 2 parses it, and a print statement is in it."""
    if not first_print_statement(source):
        return False
    try:
        ast.parse(mask_magics(source)[0])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return False


def _prepare(cell: Cell) -> None:
    cell.broken, cell.skip, cell.notes = "", "", []
    cell.run = _INTERACTIVE.sub(r"\1 inline", cell.source)
    if not cell.source.strip():
        return
    if _HOSTED.search(cell.source):
        cell.skip = "Sets up a web service that is not here; it was not run."
        return
    if all(_SET_UP.fullmatch(line) for line in cell.source.splitlines()) and "!" in cell.source:
        cell.skip = "Sets up the machine, which is ready here; it was not run."
        return
    if cell.source.lstrip().startswith("%%"):
        return
    masked, magics = mask_magics(cell.run)
    text = _python3(masked)
    if text is None:
        cell.broken = why_unparsable(cell.source)
    elif text != masked:
        cell.run = unmask_magics(text, magics)
        cell.notes = ["Converted from Python 2."]


def _python3(text: str) -> str | None:
    """The text for Python 3; None if it does not parse as either."""
    try:
        tree = parse(text)
        return convert(text) if signs(tree) else text
    except Unparsable:
        pass
    try:
        converted = convert(text)
        ast.parse(converted)
    except (Unparsable, SyntaxError, ValueError):
        return None
    return converted


def _divides_truly(cell: Cell) -> bool:
    if not cell.code or "division" not in cell.source:
        return False
    try:
        return has_true_division(ast.parse(mask_magics(cell.source)[0]))
    except (SyntaxError, ValueError):
        return False
