"""Which cells of a notebook try what is not implemented yet, and what those cells define.

A stub need not raise: one that returns a loss of 0 and no gradients lets a cell that has tried
nothing run to its end.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from grader.model.contract import owner_of
from grader.notebooks.counterparts import called_in
from grader.notebooks.kernel_values import parse_path
from grader.submission.notebook_cells import Notebook
from grader.submission.pasted_code import mask_magics


class UnfinishedCalls:
    """The contract's names that are left as in a template, by the cells that call them."""

    def __init__(self, book: Notebook, left: Collection[str]) -> None:
        """`left` are functions, classes and methods (`Net.loss`)."""
        names = {owner_of(name) for name in left}
        self._book = book
        self._by_cell = {id: sorted(calls & names) for id, calls in called_in(book).items()}

    def in_cell(self, cell_id: str) -> list[str]:
        """What a cell calls of them, itself or through functions of the notebook."""
        return self._by_cell.get(cell_id, [])

    def behind(self, path: str) -> list[str]:
        """What the cells call of them that define the name at the start of a value's path."""
        name, _ = parse_path(path)
        cells = (cell for cell in self._book.cells if cell.code and self.in_cell(cell.id))
        found = {
            n for c in cells if name in defined_names(c.run or c.source) for n in self.in_cell(c.id)
        }
        return sorted(found)


def defined_names(source: str) -> set[str]:
    """Names that a cell would define."""
    try:
        tree = ast.parse(mask_magics(source)[0])
    except (SyntaxError, ValueError):
        return set()
    names = {node.id for node in ast.walk(tree)
             if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return names
