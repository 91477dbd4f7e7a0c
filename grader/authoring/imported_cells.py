"""A cell of another grader's notebook, and which names its code defines and uses."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple


class ImportedCell(NamedTuple):
    """A piece of code with its place."""

    code: str
    place: str
    is_given: bool
    """Whether students get it as it is."""


def parsed(text: str) -> ast.Module | None:
    """The syntax tree; None for what is not Python."""
    try:
        return ast.parse(text)
    except SyntaxError:
        return None


def without_magics(text: str) -> str:
    """Code without the lines that only a notebook understands."""
    return re.sub(r"^[ \t]*[%!].*$", "", text, flags=re.MULTILINE)


def defined_names(text: str) -> list[str]:
    """Functions and classes at the top level."""
    tree = parsed(without_magics(text))
    body = tree.body if tree else []
    return [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def top_level_variables(text: str) -> set[str]:
    """What the statements of a cell bind, those in its functions not included."""
    tree = parsed(without_magics(text))
    body = tree.body if tree else []
    plain = [node for node in body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return bound_names("\n".join(map(ast.unparse, plain)))


def bound_names(text: str) -> set[str]:
    """All names that some code gives a value."""
    tree = parsed(without_magics(text))
    names: set[str] = set()
    for node in ast.walk(tree) if tree else ():
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.Import() | ast.ImportFrom():
                names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
    return names


def used_names(tree: ast.AST) -> list[str]:
    """The names that are read."""
    return [
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ]
