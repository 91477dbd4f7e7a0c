"""Telling what is not done yet from what is wrong: where `NotImplementedError` came from."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from grader.model.notebook_records import NotebookCell
from grader.submission.pasted_code import mask_magics

Place = tuple[str, str]
"""A function's name (empty at the top of a cell) and the line that raises, without a comment."""

_RAISED: Final = "NotImplementedError"
_FRAME: Final = re.compile(
    r"^(?:File .+?:\d+|Cell In\[\d+\], line \d+)(?:, in ([\w.<>]+)\(.*)?$", re.MULTILINE
)
_ARROW: Final = re.compile(r"^-+> \d+ (.*)$", re.MULTILINE)


def places_of(texts: Iterable[str]) -> frozenset[Place]:
    """Where these cells and modules, which are ours, leave something to be done."""
    return frozenset(place for text in texts for place in _places(text))


def package_texts(release: Path) -> list[str]:
    """The modules of the package as given out."""
    return [path.read_text("utf-8") for path in sorted(release.glob("*/**/*.py"))]


def mark_undone(
    cells: Iterable[NotebookCell], places: Collection[Place], todo: Collection[str]
) -> list[NotebookCell]:
    """The cells, with a mark on those that ended at one of the places, or in a function of `todo`.

    A student who raises the same error elsewhere has made a mistake, and gets no mark.
    """
    return [replace(cell, undone=_is_undone(cell, places, todo)) for cell in cells]


def _is_undone(cell: NotebookCell, places: Collection[Place], todo: Collection[str]) -> bool:
    if cell.error.partition(":")[0] != _RAISED:
        return False
    traceback = "".join(output.data for output in cell.outputs if output.mime == "error")
    functions, lines = _FRAME.findall(traceback), _ARROW.findall(traceback)
    if not functions or not lines:
        return False
    return functions[-1] in todo or (functions[-1], _bare(lines[-1])) in places


def _places(text: str) -> Iterator[Place]:
    if _RAISED not in text:
        return
    try:
        tree = ast.parse(mask_magics(text)[0])
    except (SyntaxError, ValueError):
        return
    lines = text.splitlines()
    for name, node in _raises(tree, ""):
        yield name, _bare(lines[node.lineno - 1])


def _raises(node: ast.AST, name: str) -> Iterator[tuple[str, ast.Raise]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise) and _RAISED in ast.unparse(child):
            yield name, child
        elif isinstance(child, (ast.FunctionDef, ast.ClassDef)):
            yield from _raises(child, f"{name}.{child.name}" if name else child.name)
        else:
            yield from _raises(child, name)


def _bare(line: str) -> str:
    return line.partition("#")[0].strip()
