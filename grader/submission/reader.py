"""The files of one submission: read from wherever it is, and prepared when they are asked for."""

from __future__ import annotations

import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final

from grader.model.errors import InputError
from grader.submission.archive import members, read_archive, read_bytes, read_inside
from grader.submission.files import (
    MAX_NESTED_BYTES,
    Member,
    Tree,
    Wanted,
    archive_stem,
    folder_members,
    gather,
    reader,
    why_unreadable,
)
from grader.submission.foreign_files import named
from grader.submission.make_runnable import Prepared, prepare
from grader.submission.module_names import is_python, may_be_notebook
from grader.submission.notebook_module import prepare_notebook
from grader.submission.package import Package
from grader.submission.source_text import Unreadable

MAX_NESTED: Final = 5
"""Archives inside a submission; with more of them it is no submission but a class."""
_MAX_DEPTH: Final = 4
"""Archives in archives in archives."""


class Reader:
    """Prepares files, each once."""

    def __init__(self, tree: Tree, wanted: Collection[str] = ()) -> None:
        """Nothing is prepared yet; of notebooks, only the `wanted` names are."""
        self.tree = tree
        self._of_notebooks = wanted
        self._prepared: dict[str, Prepared] = {}
        self._unusable = dict(tree.unread)

    def load(self, package: Package, file: str) -> Prepared | None:
        """A file of the package; None if nothing of it can be used."""
        path = package.inside(file)
        if path not in self._prepared and path not in self._unusable:
            try:
                self._prepared[path] = self._prepare(path, file)
            except Unreadable as error:
                self._unusable[path] = str(error)
        return self._prepared.get(path)

    def _prepare(self, path: str, file: str) -> Prepared:
        codes = self.tree.notebooks.get(path)
        if codes is not None:
            return prepare_notebook(file, codes, self._of_notebooks)
        return prepare(file, self.tree.files[path])

    def problem(self, package: Package, file: str) -> str:
        """Why `load` gave nothing: `layers.py holds NUL bytes`."""
        return f"{file} {self._unusable.get(package.inside(file), 'is missing')}"


def read_tree(path: Path, wanted: Wanted = is_python) -> Tree:
    """The Python files at `path`: a folder, an archive, or one file.

    Raises:
        InputError: nothing can be read.
    """
    try:
        if path.is_dir():
            return gather(folder_members(path), path.name, wanted)
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path.name}: is not an ordinary file.")
        if archive_stem(path.name) is None and (is_python(path.name) or wanted(path.name)):
            member = Member(path.name, path.stat().st_size, reader(path))
            return gather([member], path.name, wanted)
        if archive_stem(path.name) is None and (what := named([path.name])):
            raise InputError(f"{what}.", hint="Name the folder or archive with the Python files.")
        with path.open("rb") as file:
            return read_archive(file, path.name, wanted)
    except OSError as error:
        raise InputError(f"{path.name}: {why_unreadable(error)}.") from None


@contextmanager
def open_members(path: Path) -> Iterator[Iterator[Member]]:
    """All files of the submission at `path`: a folder, an archive, or one file.

    Raises:
        InputError: it cannot be read.
    """
    if path.is_dir():
        yield folder_members(path)
    elif is_python(path.name) or may_be_notebook(path.name):
        yield iter([Member(path.name, path.stat().st_size, reader(path))])
    else:
        with path.open("rb") as file:
            yield members(file, path.name)


def read_nested(path: Path, tree: Tree, wanted: Wanted = is_python) -> Tree:
    """The Python files of the archives that lie inside the submission at `path`.

    Raises:
        InputError: too many archives, or not one of them can be read.
    """
    merged = Tree(members=tree.members)
    problems = _Nested(merged, path.name, wanted).take(tree, partial(_inner, path), "", 1)
    if problems and not merged.files:
        raise problems[0]
    return merged


class _Nested:
    """Reads archives inside archives into one tree."""

    def __init__(self, into: Tree, name: str, wanted: Wanted) -> None:
        self._into = into
        self._name = name
        self._wanted = wanted
        self._count = 0

    def take(
        self, tree: Tree, read: Callable[[str], bytes], prefix: str, depth: int
    ) -> list[InputError]:
        """Take up the archives of a tree; returns what was wrong with them."""
        self._count += len(tree.archives)
        if self._count > MAX_NESTED:
            raise InputError(
                f"{self._name}: holds {self._count} archives and no package.",
                hint="If it is a whole class, unpack it and pass the folder.",
            )
        problems = []
        for name in tree.archives:
            try:
                problems += self._take_one(read(name), prefix + name, depth)
            except InputError as error:
                problems.append(error)
        return problems

    def _take_one(self, data: bytes, name: str, depth: int) -> list[InputError]:
        shown = f"{self._name}/{name}"
        inner = read_bytes(data, shown, self._wanted)
        self._into.files |= {f"{name}/{path}": content for path, content in inner.files.items()}
        self._into.unread |= {f"{name}/{path}": reason for path, reason in inner.unread.items()}
        self._into.other += [f"{name}/{path}" for path in inner.other]
        self._into.lists |= {f"{name}/{path}": content for path, content in inner.lists.items()}
        self._into.members += inner.members
        if not inner.archives or inner.files:
            return []
        if depth >= _MAX_DEPTH:
            raise InputError(
                f"{shown}: archives lie inside archives, more than {_MAX_DEPTH} deep.",
                hint="Pack the folder with the Python files once, and hand that in.",
            )

        def read(wanted: str) -> bytes:
            return read_inside(BytesIO(data), shown, wanted, MAX_NESTED_BYTES)

        return self.take(inner, read, f"{name}/", depth + 1)


def _inner(path: Path, name: str) -> bytes:
    """An archive inside the submission at `path`."""
    if path.is_dir():
        return _read_file(path / name, f"{path.name}/{name}")
    with path.open("rb") as file:
        return read_inside(file, path.name, name, MAX_NESTED_BYTES)


def _read_file(path: Path, shown: str) -> bytes:
    try:
        data = reader(path)(MAX_NESTED_BYTES + 1)
    except OSError as error:
        raise InputError(f"{shown}: {why_unreadable(error)}.") from None
    if len(data) > MAX_NESTED_BYTES:
        raise InputError(f"{shown}: is longer than {MAX_NESTED_BYTES >> 20} MB; it was not read.")
    return data
