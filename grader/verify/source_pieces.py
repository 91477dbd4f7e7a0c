"""The pieces of a package's source that a mutant may change.

Where the package has the markers that the template is stripped by, only what stands between them
is changed, since the rest is given to the students. Without markers every function may be.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from grader.assignment.solution_markers import marked_lines

Function = ast.FunctionDef | ast.AsyncFunctionDef
Place = tuple[str, str]
"""File and qualified name of a function."""

_LEFT_ALONE: Final = (
    ast.Raise, ast.Assert, ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal,
    ast.ClassDef, ast.Try, ast.Match, ast.Delete,
)  # fmt: skip


class SourcePiece(NamedTuple):
    """A simple statement, or the expression at the head of a compound one."""

    node: ast.stmt | ast.expr
    role: str
    """`statement`, `if`, `while`, `loop` (its iterable) or `block` (a whole loop)."""


class Located(NamedTuple):
    """A function in the source."""

    place: Place
    node: Function


def functions(file: str, tree: ast.Module) -> Iterator[Located]:
    """Top-level functions and the methods of top-level classes."""
    for node in tree.body:
        if isinstance(node, Function):
            yield Located((file, node.name), node)
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, Function):
                    yield Located((file, f"{node.name}.{inner.name}"), inner)


def open_lines(files: Mapping[str, str]) -> dict[str, set[int]]:
    """Numbers of the lines, by file, that a mutant may change."""
    marked = {file: marked_lines(text) for file, text in files.items()}
    if any(marked.values()):
        return marked
    return {file: set(range(1, text.count("\n") + 2)) for file, text in files.items()}


def segments(body: list[ast.stmt]) -> Iterator[SourcePiece]:
    """The segments of a body, in order; docstrings and messages of errors are none."""
    for node in body:
        if isinstance(node, _LEFT_ALONE) or _is_text(node):
            continue
        if isinstance(node, ast.If | ast.While):
            yield SourcePiece(node.test, "if" if isinstance(node, ast.If) else "while")
            yield from segments([*node.body, *node.orelse])
        elif isinstance(node, ast.For):
            yield SourcePiece(node, "block")
            yield SourcePiece(node.iter, "loop")
            yield from segments([*node.body, *node.orelse])
        elif isinstance(node, ast.With | Function):
            yield from segments(node.body)
        else:
            yield SourcePiece(node, "statement")


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def text_of(segment: SourcePiece) -> str:
    """A segment in a standard form, a loop without its body."""
    if isinstance(segment.node, ast.For):
        head = ast.For(segment.node.target, segment.node.iter, [ast.Expr(ast.Constant(...))], [])
        return " ".join(ast.unparse(ast.fix_missing_locations(head)).split())
    return ast.unparse(segment.node)


def spliced(text: str, node: ast.stmt | ast.expr, new: str) -> str:
    """The source with other text in the place of a node."""
    lines = text.splitlines(keepends=True)
    start, stop = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    before = lines[start].encode()[: node.col_offset].decode()
    after = lines[stop].encode()[node.end_col_offset :].decode()
    return "".join([*lines[:start], before, new, after, *lines[stop + 1 :]])


def changed_places(old: Mapping[str, str], new: Mapping[str, str]) -> set[Place] | None:
    """The functions whose bodies differ between two packages; None if anything else does."""
    if old.keys() != new.keys():
        return None
    places: set[Place] = set()
    for file in old:
        if old[file] == new[file]:
            continue
        before, after = _bodies(file, old[file]), _bodies(file, new[file])
        if before.keys() != after.keys():
            return None
        different = {place for place in before if before[place] != after[place]}
        if ("", "") in different:
            return None
        places |= different
    return places


def _bodies(file: str, text: str) -> dict[Place, str]:
    """Each function's body, and under an empty name all that is left of the module."""
    tree = ast.parse(text)
    bodies: dict[Place, str] = {}
    for place, node in functions(file, tree):
        bodies[place] = bodies.get(place, "") + "\n".join(map(ast.dump, node.body))
        node.body = [ast.Pass()]
    return {**bodies, ("", ""): ast.dump(tree)}
