"""The files of one submission: read from wherever it is, and prepared when they are asked for."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

from grader.errors import InputError
from grader.submission.archive import read_archive, read_bytes, read_inside
from grader.submission.package import Package
from grader.submission.prepare import Prepared, prepare
from grader.submission.text import Unreadable
from grader.submission.tree import (
    MAX_NESTED_BYTES,
    Member,
    Tree,
    folder_members,
    gather,
    reader,
    why_unreadable,
)

MAX_NESTED: Final = 5
"""Archives inside a submission; with more of them it is no submission but a class."""


class Reader:
    """Prepares files, each once."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._prepared: dict[str, Prepared] = {}
        self._unusable = dict(tree.unread)

    def load(self, package: Package, file: str) -> Prepared | None:
        """A file of the package; None if nothing of it can be used."""
        path = package.inside(file)
        if path not in self._prepared and path not in self._unusable:
            try:
                self._prepared[path] = prepare(file, self.tree.files[path])
            except Unreadable as error:
                self._unusable[path] = str(error)
        return self._prepared.get(path)

    def problem(self, package: Package, file: str) -> str:
        """Why `load` gave nothing: `layers.py holds NUL bytes`."""
        return f"{file} {self._unusable.get(package.inside(file), 'is missing')}"


def read_tree(path: Path) -> Tree:
    """The Python files at `path`: a folder, an archive, or one file.

    Raises:
        InputError: nothing can be read.
    """
    try:
        if path.is_dir():
            return gather(folder_members(path), path.name)
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path.name}: is no ordinary file.")
        if path.suffix == ".py":
            return gather([Member(path.name, path.stat().st_size, reader(path))], path.name)
        with path.open("rb") as file:
            return read_archive(file, path.name)
    except OSError as error:
        raise InputError(f"{path.name}: {why_unreadable(error)}.") from None


def read_nested(path: Path, tree: Tree) -> Tree:
    """The Python files of the archives that lie inside the submission at `path`.

    Raises:
        InputError: too many archives, or not one of them can be read.
    """
    if len(tree.archives) > MAX_NESTED:
        raise InputError(
            f"{path.name}: holds {len(tree.archives)} archives and no package.",
            hint="If it is a whole class, unpack it and pass the folder.",
        )
    merged, problems = Tree(members=tree.members), []
    for name in tree.archives:
        try:
            _merge(merged, name, _read_inner(path, name))
        except InputError as error:
            problems.append(error)
    if problems and not merged.files:
        raise problems[0]
    return merged


def _read_inner(path: Path, name: str) -> Tree:
    if path.is_dir():
        return read_tree(path / name)
    with path.open("rb") as file:
        data = read_inside(file, path.name, name, MAX_NESTED_BYTES)
    return read_bytes(data, f"{path.name}/{name}")


def _merge(into: Tree, name: str, inner: Tree) -> None:
    into.files |= {f"{name}/{path}": data for path, data in inner.files.items()}
    into.unread |= {f"{name}/{path}": reason for path, reason in inner.unread.items()}
    into.members += inner.members
