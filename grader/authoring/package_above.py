"""A part of a package as a reference: what its modules import from the rest comes along."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

_HIGHEST: Final = 4
"""Folders above the part in which the package may begin."""


class PackageAbove(NamedTuple):
    """The package of which a folder is a part."""

    root: Path
    imported: dict[str, str]
    """Modules outside of the folder that it needs, text by path inside the package."""


def package_above(folder: Path, trees: Mapping[str, ast.Module]) -> PackageAbove | None:
    """The package that a folder's modules import more of than lies in the folder; or nothing.

    Args:
        folder: the part.
        trees: its modules by their paths inside it.
    """
    folder = folder.resolve()
    roots = [
        root
        for path, tree in trees.items()
        for root in _roots(folder, (folder / path).parent, tree)
    ]
    if not roots:
        return None
    root = min(roots, key=lambda each: len(each.parts))
    found: dict[str, str] = {}
    waiting = [(folder / path, tree) for path, tree in trees.items()]
    while waiting:
        path, tree = waiting.pop()
        for needed in _needed(root, path.parent, tree):
            inside = needed.relative_to(root).as_posix()
            if inside not in found and not needed.is_relative_to(folder):
                found[inside] = needed.read_text(encoding="utf-8")
                waiting.append((needed, ast.parse(found[inside])))
    return PackageAbove(root, found)


def _roots(folder: Path, here: Path, tree: ast.Module) -> Iterator[Path]:
    """The folders above in which a module's imports begin."""
    above = folder.parents[:_HIGHEST]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level > 1:
            start = here.parents[node.level - 2]
            yield from (each for each in above if each == start)
        for name in _absolute(node):
            top = name.partition(".")[0]
            yield from (
                each
                for each in above
                if each.name == top and _file(each, name.split(".")[1:]) is not None
            )


def _absolute(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        return [node.module]
    return []


def _needed(root: Path, here: Path, tree: ast.Module) -> Iterator[Path]:
    """The files of the package that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files(root, alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            start = [*(node.module or "").split(".")] if node.module else []
            if node.level:
                base = here if node.level == 1 else here.parents[node.level - 2]
                if not base.is_relative_to(root):
                    continue
                start = [root.name, *base.relative_to(root).parts, *start]
            yield from _files(root, start)
            for alias in node.names:
                yield from _files(root, [*start, alias.name])


def _files(root: Path, name: list[str]) -> Iterator[Path]:
    file = _file(root, name[1:]) if name[0] == root.name and len(name) > 1 else None
    if file is not None:
        yield file


def _file(root: Path, inside: list[str]) -> Path | None:
    """The file of a module by the parts of its name inside the package."""
    path = root.joinpath(*inside)
    options = [path.with_suffix(".py"), path / "__init__.py"] if inside else [path / "__init__.py"]
    return next((each for each in options if each.is_file()), None)
