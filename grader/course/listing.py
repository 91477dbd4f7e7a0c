"""What lies in an export: names of a folder or an archive, one interface, within limits."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from grader.course.foreign_archives import as_tar
from grader.model.errors import InputError
from grader.submission.archive import MAX_UNPACKED, members, read_inside
from grader.submission.files import (
    MAX_MEMBERS,
    MAX_NESTED_BYTES,
    Member,
    archive_stem,
    is_hidden,
    is_ignored,
    printable,
    why_unreadable,
)
from grader.submission.workspace import no_room

MAX_CLASS: Final = 20 * 1024**3
"""Bytes that the archive of a whole class may come to."""
MAX_READ: Final = 256 * 1024 * 1024
"""Bytes of a platform's own file: Gradescope's has the results of a whole class in it."""
_KEPT_OF_GIT: Final = ("HEAD", "packed-refs", "logs")
"""What of `.git` says when something was pushed."""


class ListedName(NamedTuple):
    """A file or folder, by its name alone."""

    name: str
    is_folder: bool


class Listing:
    """The names in a folder of this machine, or in an archive that nobody unpacked."""

    def __init__(
        self,
        shown: str,
        path: Path | None,
        tree: Tree | None = None,
        nested: Callable[[str], bytes] | None = None,
    ) -> None:
        self.shown = shown
        """For messages."""
        self.path = path
        """Where it lies as a folder; None where it is in an archive."""
        self._tree = tree or {}
        self._nested = nested
        """Reads a member of an archive."""

    def names(self, folder: str = "") -> list[ListedName]:
        """What lies directly in a folder, but for what systems hide there.

        A folder inside that may not be listed has nothing in it: it is one student's, whose row
        says so.

        Raises:
            InputError: the whole cannot be listed.
        """
        found = self._on_disk(folder) if self.path is not None else self._in_tree(folder)
        return [each for each in found if not is_ignored(f"{each.name}/x") and each.name]

    def has(self, path: str) -> bool:
        """Whether there is such a file or folder."""
        if self.path is not None:
            return os.path.lexists(self.path / path)
        above, _, name = path.rpartition("/")
        return any(each.name == name for each in self._in_tree(above))

    def read(self, path: str, limit: int = MAX_READ) -> bytes:
        """A file of the platform's own, in a folder.

        Raises:
            InputError: it cannot be read, or is too long; names it.
        """
        where = f"{self.shown}/{path}"
        if self.path is None:
            raise InputError(f"{where}: is in an archive that was not unpacked.")
        try:
            if not stat.S_ISREG(os.lstat(self.path / path).st_mode):
                raise InputError(f"{where}: is not an ordinary file.")
            with (self.path / path).open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise InputError(f"{where}: {why_unreadable(error)}.") from None
        if len(data) > limit:
            raise InputError(f"{where}: is longer than {limit >> 20} MB.")
        return data

    def below(self, folder: str) -> Listing:
        """A folder of it, as a listing of its own."""
        shown, read = f"{self.shown}/{folder}", self._nested
        if self.path is not None:
            return Listing(shown, self.path / folder)
        nested = (lambda path: read(f"{folder}/{path}")) if read else None
        return Listing(shown, None, self._folder(folder), nested)

    def opened(self, archive: str) -> Listing:
        """An archive in it, as a listing of its own; one inside that is not opened in turn.

        Raises:
            InputError: it cannot be read.
        """
        if self.path is not None:
            return list_archive(self.path / archive)
        if self._nested is None:
            raise InputError(f"{self.shown}/{archive}: archives lie inside archives.")
        found = members(BytesIO(self._nested(archive)), archive)
        return Listing(f"{self.shown}/{archive}", None, _tree_of(found))

    def _on_disk(self, folder: str) -> Iterator[ListedName]:
        try:
            with os.scandir(self.path / folder if self.path else folder) as found:
                for entry in found:
                    yield ListedName(entry.name, entry.is_dir(follow_symlinks=False))
        except OSError as error:
            if not folder:
                raise InputError(f"{self.shown}: {why_unreadable(error)}.") from None

    def is_locked(self, folder: str) -> bool:
        """Whether a folder inside may not be listed."""
        try:
            os.scandir(self.path / folder).close() if self.path is not None else None
        except OSError:
            return True
        return False

    def _in_tree(self, folder: str) -> Iterator[ListedName]:
        for name, below in self._folder(folder).items():
            yield ListedName(name, below is not None)

    def _folder(self, folder: str) -> Tree:
        tree: Tree = self._tree
        for part in PurePosixPath(folder).parts:
            tree = tree.get(part) or {}
        return tree


Tree = dict[str, "Tree | None"]
"""Name to what is in it; None for a file."""


def list_folder(path: Path) -> Listing:
    """The names in a folder."""
    return Listing(str(path), path)


def list_archive(path: Path) -> Listing:
    """The names in an archive; nothing of it is unpacked.

    Raises:
        InputError: it cannot be read.
    """

    def nested(name: str) -> bytes:
        try:
            with as_tar(path) as converted, converted.open("rb") as file:
                return read_inside(file, path.name, name, MAX_NESTED_BYTES)
        except OSError as error:
            raise InputError(f"{path.name}/{printable(name)}: {why_unreadable(error)}.") from None

    return Listing(str(path), None, _tree_of(_members(path)), nested)


def _tree_of(found: Iterable[Member]) -> Tree:
    tree: Tree = {}
    for member in found:
        *folders, name = member.name.split("/")
        below = tree
        for folder in folders:
            inside = below.setdefault(folder, {})
            below = inside if inside is not None else {}
        below.setdefault(name, None)
    return tree


def unpack(path: Path, into: Path, limit: int = MAX_UNPACKED) -> None:
    """Unpack an archive into a new or an empty folder, within limits; links are left out.

    Args:
        path: the archive.
        into: the folder.
        limit: bytes that it may come to.

    Raises:
        InputError: it is damaged, a bomb, holds two files of one name, or leads outside.
        NoRoomError: the disk takes no more.
    """
    try:
        into.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise no_room(into, error) or InputError(
            f"{into}: cannot be written: {error.strerror or error}."
        ) from None
    shown, left = path.name, limit
    for count, member in enumerate(_members(path)):
        if count > MAX_MEMBERS:
            raise InputError(f"{shown}: holds more than {MAX_MEMBERS:,} files; it was not read.")
        if member.link is not None or _is_left_out(member.name):
            continue
        if member.size > left:
            raise InputError(
                f"{shown}: unpacks to more than {limit >> 30} GB.",
                hint="Unpack it yourself, and name the folder.",
            )
        left -= _write(member, into, shown)


def _write(member: Member, into: Path, shown: str) -> int:
    target = into.joinpath(*PurePosixPath(member.name).parts)
    is_long = member.size > MAX_NESTED_BYTES  # nothing reads so long a file
    try:
        content = b"" if is_long else member.read(member.size)
    except OSError as error:
        raise InputError(f"{shown}/{printable(member.name)}: {why_unreadable(error)}.") from None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            return file.truncate(member.size) if is_long else file.write(content)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        name = printable(member.name)
        raise InputError(f"{shown}: holds two files called {name!r}; unpack it yourself.") from None
    except OSError as error:
        raise no_room(into, error) or InputError(
            f"{shown}/{printable(member.name)}: {why_unreadable(error)}."
        ) from None


def _is_left_out(name: str) -> bool:
    *folders, last = name.split("/")
    if ".git" in folders:
        inside = folders[folders.index(".git") + 1 :] or [last]
        return inside[0] not in _KEPT_OF_GIT
    return any(is_hidden(part) for part in folders) or is_hidden(last)


def is_archive(name: str) -> bool:
    """Whether a file is an archive by its name, of a kind that is read here or by a tool."""
    return archive_stem(name) is not None or name.lower().endswith((".rar", ".7z"))


def _members(path: Path) -> Iterator[Member]:
    try:
        with as_tar(path) as converted, converted.open("rb") as file:
            yield from members(file, path.name)
    except OSError as error:
        raise InputError(f"{path.name}: {why_unreadable(error)}.") from None
