"""A submission's files in memory: Python files only, within limits, nothing followed outside."""

from __future__ import annotations

import contextlib
import os
import posixpath
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from grader.model.errors import InputError
from grader.model.packing_list import PACKING_LIST
from grader.submission.module_names import is_python, may_be_notebook
from grader.submission.notebook_cells import CellCode
from grader.submission.notebook_formats import MAX_BYTES as MAX_NOTEBOOK_BYTES
from grader.submission.source_text import MAX_FILE_BYTES

MAX_MEMBERS: Final = 200_000
MAX_PYTHON_FILES: Final = 5_000
MAX_PYTHON_BYTES: Final = 64 * 1024 * 1024
MAX_NESTED_BYTES: Final = 256 * 1024 * 1024
_MAX_DEPTH: Final = 32
_MAX_OTHER: Final = 1_000
_MAX_LIST: Final = 4 * 1024 * 1024
_MAX_LISTS: Final = 5

BESIDE: Final = (
    ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".svg", ".npy", ".npz", ".txt", ".csv", ".tsv",
    ".json", ".pkl", ".mat", ".yaml", ".yml", ".md", ".py",
)  # fmt: skip
"""Endings of what a notebook may read in its folder."""
MAX_BESIDE: Final = 8 * 1024 * 1024
"""Bytes of one such file."""

IGNORED_FOLDERS: Final = frozenset(
    {"__pycache__", "__MACOSX", "site-packages", "dist-packages", "node_modules", "venv"}
)
_ARCHIVE: Final = re.compile(r"\.(?:zip|tar|tgz|tbz2?|txz|tar\.(?:gz|bz2|xz))$", re.IGNORECASE)
_DRIVE: Final = re.compile(r"[A-Za-z]:")
OUTSIDE: Final = "is a link to outside the submission: submit the file itself"


Wanted = Callable[[str], bool]
"""Whether a file is to be read, by its path inside the submission."""


class Member(NamedTuple):
    """A file of a folder or archive, not yet read."""

    name: str
    """Path inside, with `/`."""
    size: int
    read: Callable[[int], bytes]
    """At most so many bytes of it."""
    link: str | None = None
    """For a link: the path inside that it means, empty where that is outside."""


@dataclass
class Tree:
    """The Python files of a submission."""

    files: dict[str, bytes] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    """Python files that cannot be used, and why: `is 100 MB long`."""
    archives: list[str] = field(default_factory=list)
    """Archives inside."""
    other: list[str] = field(default_factory=list)
    """Some of the files that are neither; what they are may say why there is nothing to grade."""
    links: dict[str, str] = field(default_factory=dict)
    members: int = 0
    """Files of any kind."""
    notebooks: dict[str, list[CellCode]] = field(default_factory=dict)
    """The cells of files that are read as notebooks."""
    lists: dict[str, bytes] = field(default_factory=dict)
    """What `grader submit` wrote beside what it packed, by path."""
    held: int = 0
    """Bytes in `files`."""


def archive_stem(name: str) -> str | None:
    """The name without an archive's ending; None if it has none."""
    match = _ARCHIVE.search(name)
    return name[: match.start()] if match else None


def is_hidden(name: str) -> bool:
    """Whether a file or folder is nobody's work: `.git`, `__MACOSX`, `Thumbs.db`."""
    return name.startswith(".") or name in {"__MACOSX", "Thumbs.db", "desktop.ini"}


def is_ignored(path: str) -> bool:
    """Whether a path lies in a folder that is not looked into, or is hidden itself."""
    *folders, name = path.split("/")
    return is_hidden(name) or any(part in IGNORED_FOLDERS or is_hidden(part) for part in folders)


def clean_name(name: str, archive: str) -> str:
    """A member's name as a relative path with `/`.

    Raises:
        InputError: the name leads outside.
    """
    path = name.replace("\\", "/")
    if path.startswith("/") or _DRIVE.match(path):
        raise InputError(f"{archive}: holds the absolute name {name!r}; it was not unpacked.")
    if ".." in path.split("/"):
        raise InputError(f"{archive}: holds {name!r}, which leads outside; it was not unpacked.")
    return posixpath.normpath(path)


def gather(members: Iterable[Member], name: str, wanted: Wanted = is_python) -> Tree:
    """Read what matters of a folder or archive; `name` is the one in messages.

    That is what is Python by its name, and what is `wanted` all the same.

    Raises:
        InputError: more members than any submission has.
    """
    tree = Tree()
    for member in members:
        tree.members += 1
        if tree.members > MAX_MEMBERS:
            raise InputError(f"{name}: holds more than {MAX_MEMBERS:,} files; it was not read.")
        path = printable(member.name)
        if is_ignored(path):
            tree.other += [path] if _is_telling(path, tree) else []
            continue
        if _is_list(path, member, tree):
            with contextlib.suppress(OSError):
                tree.lists[path] = member.read(_MAX_LIST)
        elif archive_stem(path) is not None and member.link is None:
            tree.archives.append(member.name)
        elif not (is_python(path) or wanted(path)):
            tree.other += [path] if len(tree.other) < _MAX_OTHER else []
        elif member.link is not None:
            tree.links[path] = member.link
        else:
            _take(tree, path, member)
    _follow_links(tree)
    return tree


def _is_list(path: str, member: Member, tree: Tree) -> bool:
    """Whether a file is the packing list of an archive, within reason."""
    named = posixpath.basename(path) == PACKING_LIST and member.link is None
    return named and member.size < _MAX_LIST and len(tree.lists) < _MAX_LISTS


def _is_telling(path: str, tree: Tree) -> bool:
    """Whether a file that is ignored says why another is not there."""
    return path.endswith((".icloud", ".pyc")) and len(tree.other) < _MAX_OTHER


def printable(name: str) -> str:
    """A file's name without what no report can show."""
    text = name.encode("utf-8", "replace").decode()
    return "".join(character if character.isprintable() else "_" for character in text)


def _take(tree: Tree, name: str, member: Member) -> None:
    if len(tree.files) >= MAX_PYTHON_FILES or tree.held >= MAX_PYTHON_BYTES:
        tree.unread[name] = "comes after more Python files than any submission has"
        return
    limit = MAX_NOTEBOOK_BYTES if may_be_notebook(name) else MAX_FILE_BYTES
    if member.size > limit:
        tree.unread[name] = too_long(member.size, limit)
        return
    try:
        data = member.read(limit + 1)
    except OSError as error:
        tree.unread[name] = why_unreadable(error)
    else:
        if len(data) > limit:
            tree.unread[name] = too_long(len(data), limit)
        else:
            tree.files[name] = data
            tree.held += len(data)


def why_unreadable(error: OSError) -> str:
    """What an operating system's error means to a reader."""
    if isinstance(error, PermissionError):
        return "may not be read (no permission)"
    return f"cannot be read ({error.strerror or error})"


def too_long(size: int, limit: int = MAX_FILE_BYTES) -> str:
    """Why a file of `size` bytes is not read."""
    mebi = 1024 * 1024
    return f"is {max(1, size // mebi)} MB long; up to {limit // mebi} MB are read"


def _follow_links(tree: Tree) -> None:
    for name, target in tree.links.items():
        if not target:
            tree.unread[name] = OUTSIDE
        elif target in tree.files:
            tree.files[name] = tree.files[target]
        else:
            tree.unread[name] = f"is a link to {target} that is not there: submit the file itself"


def folder_members(root: Path) -> Iterator[Member]:
    """The files of a folder, shallow ones first; folders that are links are not entered.

    Raises:
        InputError: the folder itself cannot be listed.
    """
    folders = deque([("", 0)])
    resolved = root.resolve()
    while folders:
        inside, depth = folders.popleft()
        for entry in _entries(root / inside, is_root=not inside):
            name = f"{inside}/{entry.name}" if inside else entry.name
            if entry.is_dir(follow_symlinks=False):
                if depth < _MAX_DEPTH and not _is_passed_over(name):
                    folders.append((name, depth + 1))
            elif entry.is_symlink():
                yield _linked(name, Path(entry.path), resolved)
            elif entry.is_file(follow_symlinks=False):
                yield Member(name, _size(entry), reader(Path(entry.path)))


def _is_passed_over(folder: str) -> bool:
    """Compiled modules are looked at by name: they may be all that was handed in."""
    return is_ignored(f"{folder.removesuffix('__pycache__')}x")


def _entries(folder: Path, *, is_root: bool) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        if not is_root:
            return []
        raise InputError(f"{folder.name}: {why_unreadable(error)}.") from None


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0


def reader(path: Path) -> Callable[[int], bytes]:
    """Reads the first bytes of a file."""

    def read(limit: int) -> bytes:
        with path.open("rb") as file:
            return file.read(limit)

    return read


def _linked(name: str, path: Path, root: Path) -> Member:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return link(name, "a file")
    return link(name, target.relative_to(root).as_posix() if target.is_relative_to(root) else "")


def link(name: str, target: str) -> Member:
    """A member that is a link to `target`, a path inside, or empty for one outside."""
    return Member(name, 0, lambda _limit: b"", link=target)
