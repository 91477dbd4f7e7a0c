"""The modules that some modules need: what they import, and what that imports.

Imports inside functions count, those for type checkers do not. What is imported by a name that is
put together while running is not seen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path


def import_closure(top: Path, roots: Iterable[str]) -> dict[str, Path]:
    """The modules of the package in folder `top` that `roots` need, themselves among them.

    Args:
        top: the folder of the package; its name is the package's.
        roots: dotted names of modules; those that are not of the package are passed over.

    Returns:
        The file of each module, by its dotted name.
    """
    found: dict[str, Path] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        path = _file_of(top, name)
        if name in found or path is None:
            continue
        found[name] = path
        if "." in name:
            waiting.append(name.rpartition(".")[0])
        waiting.extend(imported_names(path.read_text(encoding="utf-8")))
    return dict(sorted(found.items()))


def imported_names(text: str) -> Iterator[str]:
    """What a module imports: dotted names, of which the last part may be a name in a module.

    A name that is relative to its package begins with a dot.
    """
    tree = ast.parse(text)
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and _is_type_checking(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _is_type_checking(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _file_of(top: Path, name: str) -> Path | None:
    """The file of a module of the package; None if it has none of this name."""
    first, *rest = name.split(".")
    if first != top.name:
        return None
    place = top.joinpath(*rest)
    candidates = [place / "__init__.py"] + ([place.with_suffix(".py")] if rest else [])
    return next((path for path in candidates if path.is_file()), None)
