"""A submission's fingerprint: equal fingerprints need no second grading."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

from grader.errors import InputError
from grader.submission import Source

_CHUNK: Final = 1 << 20
_MOST_FILES: Final = 20_000


def fingerprint(source: Source) -> str:
    """SHA-256 of an archive, or of the names and contents of a folder's Python files and archives.

    Raises:
        InputError: something in it cannot be read.
    """
    path = Path(source.path)
    sha = hashlib.sha256(f"{source.id}\0{source.problem}\0".encode())
    try:
        if path.is_dir():
            for file in _files(path):
                sha.update(f"{file.relative_to(path)}\0".encode(errors="surrogateescape"))
                _add(sha, file)
        elif path.is_file():
            _add(sha, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from None
    return sha.hexdigest()


def _files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
        found += [Path(base, name) for name in sorted(names) if _matters(name)]
        if len(found) > _MOST_FILES:
            break
    return [path for path in found if path.is_file()]


def _matters(name: str) -> bool:
    return name.endswith((".py", ".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz"))


def _add(sha: hashlib._Hash, path: Path) -> None:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha.update(chunk)
