"""Writing a report's file: all of it or nothing."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable
from pathlib import Path

from grader.model.errors import InputError
from grader.submission.identity import file_stem


def student_page_of(submission: str) -> str:
    """Where the student's copy of a page lies in the output of a batch."""
    return f"reports/{file_stem(submission)}.html"


def instructor_page(submission: str) -> str:
    """Where the instructor's copy of a page lies: a folder that is not handed out."""
    return f"instructor/{file_stem(submission)}.html"


def result_file(submission: str) -> str:
    """Where the whole result lies; it is the instructor's."""
    return f"results/{file_stem(submission)}.json"


def write_atomically(path: Path, content: bytes, *, private: bool = False) -> None:
    """Put `content` at `path`; a reader, or an interrupt, never meets half a file.

    A `private` file is for its owner alone.

    Raises:
        InputError: the folder cannot be made or the file not written (permission, full disk).
    """
    write_pieces(path, (content,), private=private)


def write_pieces(path: Path, pieces: Iterable[bytes], *, private: bool = False) -> None:
    """`write_atomically` for what is made piece by piece, and need never be in memory at once.

    Raises:
        InputError: as there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, pieces, private)
    except OSError as error:
        raise InputError(
            f"Cannot write {path}: {error.strerror or error}.",
            hint="Choose a folder with room and permission to write.",
        ) from error


def _replace(path: Path, pieces: Iterable[bytes], private: bool) -> None:
    part = path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}.part")
    try:
        with part.open("xb") as file:
            if private:
                part.chmod(0o600)
            file.writelines(pieces)
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
