"""Files beside a notebook, such as pictures that it shows: what of them its kernel gets.

They are copied, within limits. Links are not followed, and neither the student's package nor the
notebooks themselves are among them. Modules beside a notebook for Python 2 are converted.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeVar

from grader.model.submission import Submission
from grader.submission.files import (
    BESIDE,
    MAX_BESIDE,
    Member,
    is_ignored,
    printable,
)
from grader.submission.make_runnable import prepare
from grader.submission.notebook_cells import Notebook
from grader.submission.reader import open_members
from grader.submission.source_text import Unreadable

_MAX_TOGETHER: Final = 32 << 20
_MAX_FILES: Final = 500
_MAX_NAME: Final = 100
_MAX_DEPTH: Final = 8
_MAX_CONVERTED: Final = 1 << 20
"""Bytes of modules beside a notebook: some two seconds of converting."""
_T = TypeVar("_T")
_NAMED: Final = 5
"""Files left out that a remark names."""


def lay_beside(books: Iterable[Notebook], path: Path, submission: Submission) -> None:
    """Give each notebook the files in its folder; what is left out is remarked on.

    Raises:
        InputError: the submission at `path` cannot be read.
    """
    found = list(books)
    folders = {posixpath.dirname(book.path) for book in found}
    if not folders:
        return
    kept, left_out = _Gathered(folders, submission).gather(path)
    for book in found:
        folder = posixpath.dirname(book.path)
        book.beside = _below(kept, folder)
        if book.python2:
            _convert(book)
        if missing := list(_below(left_out, folder).values()):
            more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
            listed = ", ".join(missing[:_NAMED])
            book.notes = [
                *book.notes,
                f"Not in its kernel, of the files beside it: {listed}{more}.",
            ]


def _convert(book: Notebook) -> None:
    """Make the modules beside a notebook for Python 2 ones for Python 3, as its cells are."""
    room = _MAX_CONVERTED
    for name, data in book.beside.items():
        room -= len(data) if name.endswith(".py") else 0
        if room < 0:
            book.notes = [*book.notes, "Not all modules beside it were converted from Python 2."]
            return
        if name.endswith(".py"):
            _convert_module(book, name, data)


def _convert_module(book: Notebook, name: str, data: bytes) -> None:
    try:
        prepared = prepare(name, data)
    except Unreadable:
        return
    if prepared.broken:
        return  # its import says where
    if prepared.python2:
        book.beside[name] = prepared.text.encode()
    if prepared.may_floor and not prepared.supports_both:
        book.old = [*book.old, name]


class _Gathered:
    """Files of some folders, as far as there is room."""

    def __init__(self, folders: set[str], submission: Submission) -> None:
        self._folders = folders
        package = submission.package
        self._package = {posixpath.join(package, name) for name in submission.files}
        self._room = _MAX_TOGETHER
        self._kept: dict[str, bytes] = {}
        self._left_out: dict[str, str] = {}

    def gather(self, path: Path) -> tuple[dict[str, bytes], dict[str, str]]:
        """What is kept, and why what is not is left out, by names inside the submission."""
        with open_members(path) as every:
            self._take(every)
        return self._kept, self._left_out

    def _take(self, every: Iterator[Member]) -> None:
        for member in every:
            name = printable(member.name)
            if is_ignored(name) or name in self._package or not name.lower().endswith(BESIDE):
                continue
            if any(_is_below(name, folder) for folder in self._folders):
                why = self._why_not(name, member)
                if why:
                    self._left_out.setdefault(name, f"{posixpath.basename(name)} ({why})")

    def _why_not(self, name: str, member: Member) -> str:
        parts = name.split("/")
        if member.link is not None:
            return "a link"
        if (
            len(parts) > _MAX_DEPTH
            or max(map(len, parts)) > _MAX_NAME
            or {"", ".", ".."} & {*parts}
        ):
            return "its name is too long"
        if len(self._kept) >= _MAX_FILES:
            return "too many files"
        if member.size > MAX_BESIDE:
            return _too_long(member.size)
        try:
            data = member.read(MAX_BESIDE + 1)
        except OSError:
            return "cannot be read"
        if len(data) > MAX_BESIDE:
            return _too_long(len(data))
        if len(data) > self._room:
            return "too much together"
        self._room -= len(data)
        self._kept[name] = data
        return ""


def _too_long(size: int) -> str:
    return f"{max(1, size >> 20)} MB; up to {MAX_BESIDE >> 20} MB are read"


def _is_below(name: str, folder: str) -> bool:
    return not folder or name.startswith(f"{folder}/")


def _below(files: Mapping[str, _T], folder: str) -> dict[str, _T]:
    start = len(folder) + 1 if folder else 0
    return {name[start:]: what for name, what in files.items() if _is_below(name, folder)}
