"""Which cells of another course's notebook do what the cells of the release do.

A release's cell calls functions of the package that students write. In a notebook that was not made
from the release, its counterparts are the cells that call the same.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

from grader.submission.notebook_cells import Notebook
from grader.submission.pasted_code import mask_magics


def calls_of_release(release: Notebook, packages: Collection[str]) -> dict[str, frozenset[str]]:
    """What each cell of a release calls of the packages, by its id.

    Where a cell says which functions it tries, it is these; else whatever it calls of what the
    notebook imports from the packages, itself or through functions of the notebook.
    """
    imported = {
        name for cell in release.cells if cell.code for name in _imported(cell.source, packages)
    }
    calls = called_in(release)
    return {
        cell.id: frozenset(cell.functions) or calls[cell.id] & imported
        for cell in release.cells
        if cell.code
    }


def counterparts(book: Notebook, wanted: frozenset[str]) -> set[str]:
    """The ids of the cells that call all of these; none if there is nothing to call."""
    return {id for id, calls in called_in(book).items() if wanted and wanted <= calls}


def called_in(book: Notebook) -> dict[str, frozenset[str]]:
    """What each cell of code calls, with what functions of the notebook call for it, by its id."""
    trees = {cell.id: _tree(cell.run or cell.source) for cell in book.cells if cell.code}
    inside = {
        node.name: _calls_in(node)
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    return {id: _reached(_calls_in(tree), inside) for id, tree in trees.items()}


def _reached(calls: frozenset[str], inside: Mapping[str, frozenset[str]]) -> frozenset[str]:
    reached, waiting = set(calls), list(calls)
    while waiting:
        more = inside.get(waiting.pop(), frozenset()) - reached
        reached |= more
        waiting += more
    return frozenset(reached)


def _calls_in(tree: ast.AST) -> frozenset[str]:
    """The names of functions, classes and methods that are called."""
    return frozenset(
        function.id if isinstance(function, ast.Name) else function.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(function := node.func, (ast.Name, ast.Attribute))
    )


def _imported(source: str, packages: Collection[str]) -> Iterator[str]:
    for node in ast.walk(_tree(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in packages:
            yield from (alias.asname or alias.name for alias in node.names)


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(mask_magics(source)[0])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module(body=[], type_ignores=[])
