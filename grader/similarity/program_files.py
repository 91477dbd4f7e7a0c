"""The programs of one submission: modules and the cells of notebooks, as text with its lines."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from grader.model.errors import InputError
from grader.submission.files import Tree
from grader.submission.module_names import is_python, may_be_notebook
from grader.submission.notebook_cells import read_notebook
from grader.submission.notebook_formats import looks_like_notebook
from grader.submission.reader import read_nested, read_tree
from grader.submission.source_text import Unreadable, decode

MAX_CHARACTERS: Final = 4_000_000
"""Of all programs of a submission; what follows is not compared."""
_MAX_FILE: Final = 1_000_000
_MAGIC: Final = re.compile(r"^[ \t]*(?:%|!|\?).*$", re.MULTILINE)
"""Lines that only IPython knows."""

Chosen = Callable[[str], bool]
"""Whether a file takes part, by its path in the submission."""


class ProgramFile(NamedTuple):
    """A module, or the cells of a notebook one after the other."""

    path: str
    data: bytes
    """As it was handed in."""
    text: str
    cells: list[tuple[int, str]]
    """Of a notebook: the first line of each cell, counting from 0, and what it is called."""


class Programs(NamedTuple):
    """What a submission holds that can be compared."""

    files: list[ProgramFile]
    problem: str
    """What could not be read, in a line; empty if all was."""


def programs(path: Path, chosen: Chosen) -> Programs:
    """The programs of the submission at `path`.

    Raises:
        InputError: nothing of it can be read.
    """
    tree = _read(path)
    files: list[ProgramFile] = []
    unread = {name: why for name, why in tree.unread.items() if chosen(name)}
    left = MAX_CHARACTERS
    for name, data in sorted(tree.files.items()):
        if not chosen(name):
            continue
        try:
            file = _program(name, data)
        except (InputError, Unreadable) as error:
            unread[name] = str(error).rstrip(".").removeprefix(name).lstrip(": ")
            continue
        if len(file.text) > min(left, _MAX_FILE):
            unread[name] = "is too long to be compared"
            continue
        left -= len(file.text)
        files.append(file)
    if not files and not unread:
        return Programs(files, "holds no Python files or notebooks")
    return Programs(files, "; ".join([*_by_reason(unread)][:3]))


def _by_reason(unread: Mapping[str, str]) -> Iterator[str]:
    """What could not be read and why, each reason once."""
    by_reason: dict[str, list[str]] = {}
    for name, why in unread.items():
        by_reason.setdefault(why, []).append(name)
    for why, (first, *others) in by_reason.items():
        more = f" and {len(others)} more" if others else ""
        yield f"{first}{more}: {why}"


def _read(path: Path) -> Tree:
    tree = read_tree(path, _may_hold_code)
    if not tree.archives or tree.files:
        return tree
    return read_nested(path, tree, _may_hold_code)


def _may_hold_code(path: str) -> bool:
    return is_python(path) or may_be_notebook(path)


def _program(path: str, data: bytes) -> ProgramFile:
    if not (may_be_notebook(path) or looks_like_notebook(path, data)):
        return ProgramFile(path, data, decode(data), [])
    lines: list[str] = []
    cells: list[tuple[int, str]] = []
    for cell in read_notebook(data, path).cells:
        if cell.code and not cell.source.lstrip().startswith("%%"):
            cells.append((len(lines), cell.label))
            lines += _MAGIC.sub("", cell.source).split("\n")
    return ProgramFile(path, data, "\n".join(lines), cells)


def module_stems(files: list[ProgramFile]) -> frozenset[str]:
    """Names under which a submission's own modules are imported."""
    return frozenset(_stems(files))


def _stems(files: list[ProgramFile]) -> Iterator[str]:
    for file in files:
        folder, _, name = file.path.rpartition("/")
        yield name.partition(".")[0]
        if folder:
            yield posixpath.basename(folder)
