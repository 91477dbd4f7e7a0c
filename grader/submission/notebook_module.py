"""A notebook as a module: what its functions need of its cells, and nothing that they compute.

Functions that students write in cells are graded like those of a module. Each cell is made runnable
by itself, so that one that does not parse costs no other; lines that only IPython knows are left
out. As in a kernel that runs the cells from top to bottom, the last definition of a name counts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from grader.protocol.toplevel import without
from grader.submission.make_runnable import Prepared, prepare_text
from grader.submission.needed_statements import needed_statements
from grader.submission.notebook_cells import CellCode, cell_codes, read_notebook
from grader.submission.parse import Unparsable, parse
from grader.submission.pasted_code import without_magics
from grader.submission.python2 import Sign
from grader.submission.salvage import Broken
from grader.submission.source_text import MAX_FILE_BYTES, Unreadable

_PYTHON_MAGICS: Final = re.compile(r"\s*%%(?:time|timeit|capture|prun|python3?)\b.*")
"""Magics of a whole cell under which the cell is Python all the same."""

_DEFINITION: Final = re.compile(r"^(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)


def notebook_code(text: str, name: str) -> str:
    """All Python of a notebook, one cell below the other; `name` is its name in messages.

    Raises:
        InputError: it cannot be read.
    """
    codes = cell_codes(read_notebook(text.encode(), name).cells)
    return "\n".join(_python(code.text) for code in codes)


def prepare_notebook(file: str, codes: Iterable[CellCode], wanted: Collection[str]) -> Prepared:
    """What of a notebook is run so that the wanted names can be called.

    Raises:
        Unreadable: no cell can be used, or there is too much of them.
    """
    joined = _Joined(file)
    for code in codes:
        joined.add(code)
        if joined.size > MAX_FILE_BYTES:
            raise Unreadable(f"holds more than {MAX_FILE_BYTES >> 20} MB of code")
    text = "\n".join(joined.texts)
    try:
        tree = parse(text)
    except Unparsable as error:
        raise Unreadable(f"cannot be parsed: {error.reason}") from None
    needed = {id(statement) for statement in needed_statements(tree, text, wanted)}
    reduced = without(text, [each for each in tree.body if id(each) not in needed])
    return Prepared(
        original="\n".join(joined.originals),
        text=reduced,
        tree=parse(reduced),
        python2=joined.python2,
        python2_only=joined.python2_only,
        broken=joined.broken,
        notes=joined.notes,
        cells=tuple(joined.cells),
    )


_MAX_SALVAGED: Final = 100
"""Cells of one notebook that are taken apart, or converted from Python 2."""


class _Joined:
    """Cells, each made runnable, put together."""

    def __init__(self, file: str) -> None:
        self.originals: list[str] = []
        self.texts: list[str] = []
        self.python2: list[Sign] = []
        self.python2_only = False
        self.broken: dict[str, Broken] = {}
        self.notes: list[str] = []
        self.cells: list[tuple[int, str]] = []
        self._file = file
        self.size = 0
        """Characters of code so far."""
        self._lines = 0
        self._salvaged = 0
        self._sound: set[str] = set()
        """Names of definitions that can be run."""

    def add(self, code: CellCode) -> None:
        """Put a cell below the others, with as many lines as it has."""
        name = ", ".join(filter(None, (self._file, code.label)))
        if code.label:
            self.cells.append((self._lines + 1, code.label))
        python = _python(code.text)
        self._take(self._prepared(name, python))
        self.originals.append(code.text)
        self._lines += code.text.count("\n") + 1
        self.size += len(code.text)

    def _prepared(self, name: str, text: str) -> Prepared:
        if self._salvaged >= _MAX_SALVAGED:  # it takes its time, which a stranger may multiply
            try:
                parse(text)
            except Unparsable as error:
                return _only_stubs(name, text, error.reason)
        try:
            prepared = prepare_text(name, f"{text}\n")
        except Unreadable as error:
            prepared = _only_stubs(name, text, str(error))
        self._salvaged += bool(prepared.broken or prepared.notes or prepared.python2_only)
        return prepared

    def _take(self, prepared: Prepared) -> None:
        lines = prepared.text.removesuffix("\n").split("\n")
        for name, part in prepared.broken.items():
            if name in self._sound:  # a cell that does not parse changes nothing in a kernel
                self.notes.append(f"Left out {part.reason}")
                lines[part.first_line - 1 : part.last_line] = [""] * _length(part)
            else:
                self.broken[name] = part._replace(
                    first_line=part.first_line + self._lines, last_line=part.last_line + self._lines
                )
        sound = {name for name in _DEFINITION.findall(prepared.text) if name not in prepared.broken}
        self.broken = {name: part for name, part in self.broken.items() if name not in sound}
        self._sound |= sound
        self.texts.append("\n".join(lines))
        self.python2 += [
            sign._replace(line=sign.line and sign.line + self._lines) for sign in prepared.python2
        ]
        self.python2_only = self.python2_only or prepared.python2_only
        self.notes += prepared.notes


def _length(part: Broken) -> int:
    return part.last_line - part.first_line + 1


def _only_stubs(cell: str, text: str, problem: str) -> Prepared:
    """In the place of a cell of which nothing can be used: functions that say why."""
    reason, last = f"{cell}: {problem}", text.count("\n") + 1
    names = dict.fromkeys(_DEFINITION.findall(text))
    stubs = [f"def {name}(*args, **kwargs): raise SyntaxError({reason!r})" for name in names]
    stubbed = "\n".join(stubs + [""] * (last - len(stubs)))
    broken = {name: Broken(name, reason, 1, last) for name in names}
    return Prepared(text, stubbed, parse(stubbed), [], False, broken, [f"Left out {reason}."])


def _python(text: str) -> str:
    """A cell without what only IPython understands, line for line."""
    first, newline, rest = text.partition("\n")
    if first.lstrip().startswith("%%"):
        return newline + (_python(rest) if _PYTHON_MAGICS.match(first) else "\n" * rest.count("\n"))
    return without_magics(text)
