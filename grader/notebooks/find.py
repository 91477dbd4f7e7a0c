"""Finding the notebooks of a submission: in a folder or an archive, under whatever name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from grader.model.errors import InputError
from grader.notebooks.answers import count_answered
from grader.submission.files import Member, is_ignored, printable
from grader.submission.module_names import may_be_notebook
from grader.submission.notebook_cells import Notebook, read_notebook
from grader.submission.notebook_formats import MAX_BYTES, SCRIPTS, looks_like_notebook
from grader.submission.reader import open_members
from grader.submission.restored_cells import share_of

_MAX_FILES: Final = 200
_MAX_DISGUISED: Final = 16 << 20
"""Bytes of a file that is looked into although its name does not say that it is a notebook."""
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def files_of(path: Path, wanted: Callable[[str], bool], limit: int) -> dict[str, bytes]:
    """The wanted files of a submission, by their paths inside, shallow ones first.

    Args:
        path: the submission.
        wanted: told a path inside, in lower case.
        limit: bytes of a file that are read.

    Raises:
        InputError: it cannot be read.
    """
    return _taken(path, lambda name: limit if wanted(name) else 0)


def notebook_files(path: Path) -> dict[str, bytes]:
    """The files of a submission that are notebooks, by their name or by what is in them.

    Raises:
        InputError: it cannot be read.
    """
    found = _taken(path, _room)
    return {
        name: data
        for name, data in found.items()
        if ".ipynb" in name.lower() or looks_like_notebook(name, data)
    }


def _room(name: str) -> int:
    """How many bytes of a file to read, by its name in lower case; 0 where it is no notebook."""
    if may_be_notebook(name):
        return MAX_BYTES
    base = posixpath.basename(name)
    return _MAX_DISGUISED if base.endswith((".json", *SCRIPTS)) else 0


def _taken(path: Path, room: Callable[[str], int]) -> dict[str, bytes]:
    with open_members(path) as every:
        return dict(_read(every, room))


def _read(every: Iterable[Member], room: Callable[[str], int]) -> Iterator[tuple[str, bytes]]:
    left = _MAX_FILES
    for member in every:
        name = printable(member.name)
        limit = room(name.lower())
        if not limit or is_ignored(name) or member.link is not None:
            continue
        if limit == MAX_BYTES or member.size <= limit:
            yield name, member.read(limit + 1)
            left -= 1
        if not left:
            return


class Choice(msgspec.Struct):
    """Which file of a submission became which notebook of the release."""

    books: dict[str, Notebook] = {}
    unreadable: dict[str, str] = {}
    """Notebooks of the release of which there is only a file that cannot be read, and why."""
    notes: list[str] = []


def choose(
    files: Mapping[str, bytes],
    releases: Mapping[str, Notebook],
    package: str,
    questions: Mapping[str, Iterable[str]] | None = None,
) -> Choice:
    """For each release the student's notebook that it became.

    A notebook says itself what it is, or its name does, or what is in it. Of several, the one with
    most done is taken, then the one nearest to the package.

    Args:
        files: notebooks by their paths.
        releases: what was given out, by name.
        package: folder of the package that is graded.
        questions: ids of the written questions of each release.
    """
    choice = Choice()
    books, problems = _read_all(files)
    for name, release in releases.items():
        asked = list((questions or {}).get(name, ()))
        ranked = sorted(
            (book for book in books if _is(book, name, release, releases)),
            key=lambda book: (-_done(book, release, asked), _distance(book, name, package),
                              -share_of(book, release), book.path),
        )  # fmt: skip
        if ranked:
            choice.books[name] = ranked[0]
            books = [book for book in books if book is not ranked[0]]
        others = [book.path for book in ranked[1:]]
        if others:
            choice.notes.append(
                f"{name}: graded {ranked[0].path}, in which most is done; passed over "
                f"{', '.join(others[:5])}."
            )
    choice.unreadable = _explained(problems, [n for n in releases if n not in choice.books])
    choice.notes += list(problems.values())
    return choice


def _read_all(files: Mapping[str, bytes]) -> tuple[list[Notebook], dict[str, str]]:
    """The notebooks, and why those that cannot be read cannot, by path."""
    books, problems = [], {}
    for path, data in files.items():
        try:
            books.append(read_notebook(data, path))
        except InputError as error:
            problems[path] = str(error)
    return books, problems


def _explained(problems: Mapping[str, str], absent: list[str]) -> dict[str, str]:
    """Why notebooks are absent: a file of their name, or the only one there is, is unreadable."""
    found = {}
    for name in absent:
        fitting = [why for path, why in problems.items() if _by_name(path, name)]
        if not fitting and len(absent) == len(problems) == 1:
            fitting = list(problems.values())
        if fitting:
            found[name] = fitting[0]
    return found


def _is(book: Notebook, name: str, release: Notebook, releases: Mapping[str, Notebook]) -> bool:
    if book.name in releases:
        return book.name == name
    if _by_name(book.path, name):
        return True
    return not book.name and share_of(book, release) >= 0.5  # else it is another assignment's


def _by_name(path: str, name: str) -> bool:
    stem = re.sub(r"[^a-z]", "", posixpath.basename(path).lower())
    words = [word.lower() for word in _WORDS.findall(name)]
    return all(word[:5] in stem for word in words)


def _done(book: Notebook, release: Notebook, questions: list[str]) -> int:
    """How much of a notebook somebody has done: answers, and cells that the release has not."""
    given = {_squeezed(cell.source) for cell in release.cells}
    own = sum(cell.code and _squeezed(cell.source) not in given for cell in book.cells)
    return own + count_answered(book, release, questions)


def _squeezed(source: str) -> str:
    return "".join(source.split())


def _distance(book: Notebook, name: str, package: str) -> tuple[object, ...]:
    """How far it lies from where it should be."""
    folder = posixpath.dirname(book.path)
    is_script = not book.path.lower().endswith(".ipynb")
    exact = posixpath.basename(book.path) == f"{name}.ipynb"
    return (folder != posixpath.dirname(package), folder.count("/"), is_script, not exact)
