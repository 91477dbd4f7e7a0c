"""A folder that is written inside the one it changes, and put in place as a whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from grader.batches.storage import Folder
from grader.model.errors import InputError
from grader.report.atomic_write import write_atomically

_STAGED: Final = ".staged"
_READY: Final = ".ready"
"""In the staged folder: from then on it is put in place, also by whoever comes after a crash."""


class StagedFolder:
    """Reads a folder, and writes to another until it is put in place: a storage as any other."""

    def __init__(self, path: Path) -> None:
        """Begin with nothing staged."""
        self.path = path
        self._base = Folder(path)
        self._staged = Folder(path / _STAGED)
        self.discard()

    def write(self, name: str, content: bytes | Iterable[bytes]) -> None:
        """Write a file to the staged folder."""
        self._staged.write(name, content)

    def read(self, name: str) -> bytes | None:
        """The staged file, or the one that it would replace."""
        staged = self._staged.read(name)
        return self._base.read(name) if staged is None else staged

    def stamp(self, name: str) -> str:
        """Of the staged file, or of the one that it would replace: moving does not change it."""
        return self._staged.stamp(name) or self._base.stamp(name)

    def prepare(self) -> None:
        """Make sure that it can be written."""
        self._staged.prepare()

    def shown(self, name: str) -> str:
        """Where the file will be."""
        return self._base.shown(name)

    def is_staged(self, name: str) -> bool:
        """Whether this file will be another."""
        return bool(self._staged.stamp(name))

    def discard(self) -> None:
        """Let go of what is staged."""
        shutil.rmtree(self._staged.path, ignore_errors=True)

    def make_ready(self, note: str) -> None:
        """From now on it will be put in place: by `settle_staged`, which is told the note.

        Raises:
            InputError: that cannot be written.
        """
        write_atomically(self._staged.path / _READY, note.encode())


def staged_note(path: Path) -> str | None:
    """The note of what is being put in place in this folder; None where nothing is."""
    try:
        return (path / _STAGED / _READY).read_text("utf-8")
    except OSError:
        return None


def settle_staged(path: Path) -> None:
    """Put in place what was ready when a command was stopped, and drop what was not.

    Raises:
        InputError: a file cannot be moved.
    """
    staged = path / _STAGED
    if not staged.is_dir():
        return
    if (staged / _READY).is_file():
        for folder, _, names in os.walk(staged):
            for name in names:
                source = Path(folder, name)
                if source != staged / _READY and not name.endswith(".part"):
                    _moved(source, path / source.relative_to(staged))
    shutil.rmtree(staged, ignore_errors=True)


def _moved(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(source, target)
    except OSError as error:
        raise InputError(f"Cannot write {target}: {error.strerror}.") from None
