"""Finding the notebooks of a submission: in a folder or an archive, under whatever name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from grader.errors import InputError
from grader.notebooks.reading import MAX_BYTES, Book, read_notebook
from grader.notebooks.restore import share_of
from grader.submission.archive import members
from grader.submission.tree import Member, folder_members, is_ignored, printable

_MAX_NOTEBOOKS: Final = 200
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def files_of(path: Path, ending: str, limit: int = MAX_BYTES) -> dict[str, bytes]:
    """The files of a submission with an ending, by their paths inside, shallow ones first.

    Raises:
        InputError: it cannot be read.
    """
    if path.is_dir():
        return _taken(folder_members(path), ending, limit)
    with path.open("rb") as file:
        return _taken(members(file, path.name), ending, limit)


def _taken(every: Iterator[Member], ending: str, limit: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for member in every:
        name = printable(member.name)
        if name.lower().endswith(ending) and not is_ignored(name) and member.link is None:
            found[name] = member.read(limit + 1)
            if len(found) >= _MAX_NOTEBOOKS:
                break
    return found


def choose(
    files: Mapping[str, bytes], releases: Mapping[str, Book], package: str
) -> tuple[dict[str, Book], list[str]]:
    """For each release the student's notebook that it became, and remarks.

    A notebook says itself what it is, or its name does, or what is in it. Of several, the one
    nearest to the package is taken, then the one with more of the release in it.
    """
    notes: list[str] = []
    books: list[Book] = []
    for path, data in files.items():
        try:
            books.append(read_notebook(data, path))
        except InputError as error:
            notes.append(str(error))
    chosen: dict[str, Book] = {}
    for name, release in releases.items():
        ranked = sorted(
            (book for book in books if _is(book, name, release, releases)),
            key=lambda book: _rank(book, name, release, package),
        )
        if ranked:
            chosen[name] = ranked[0]
            books = [book for book in books if book is not ranked[0]]
        others = [book.path for book in ranked[1:]]
        if others:
            notes.append(f"{name}: graded {ranked[0].path}, passed over {', '.join(others[:5])}.")
    return chosen, notes


def _is(book: Book, name: str, release: Book, releases: Mapping[str, Book]) -> bool:
    if book.name in releases:
        return book.name == name
    return _by_name(book.path, name) or share_of(book, release) >= 0.5


def _by_name(path: str, name: str) -> bool:
    stem = re.sub(r"[^a-z]", "", posixpath.basename(path).lower())
    words = [word.lower() for word in _WORDS.findall(name)]
    return all(word[:5] in stem for word in words)


def _rank(book: Book, name: str, release: Book, package: str) -> tuple[object, ...]:
    above = posixpath.dirname(package)
    folder = posixpath.dirname(book.path)
    exact = posixpath.basename(book.path) == f"{name}.ipynb"
    return (folder != above, folder.count("/"), not exact, -share_of(book, release), book.path)
