"""RAR and 7z archives: read where libarchive's `bsdtar` is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from grader.model.errors import InputError
from grader.submission.archive import MAX_UNPACKED
from grader.submission.workspace import Workspace, no_room

FOREIGN: Final = (".rar", ".7z")
_SECONDS: Final = 120
_BLOCK: Final = 1 << 20


@contextmanager
def as_tar(path: Path) -> Iterator[Path]:
    """A RAR or 7z archive as a tar, for as long as it is used; any other as it is.

    Raises:
        InputError: no tool for it is installed, or the tool cannot read it.
        NoRoomError: the disk has no room for it.
    """
    if not path.name.lower().endswith(FOREIGN):
        yield path
        return
    tool = shutil.which("bsdtar")
    if tool is None:
        kind = path.suffix[1:].upper() if path.suffix.lower() == ".rar" else "7z"
        raise InputError(
            f"{path.name}: is a {kind} archive, which cannot be read here.",
            hint="Install bsdtar (the package libarchive-tools), or have it packed as a zip.",
        )
    with Workspace() as workspace:
        target = workspace.folder() / "archive.tar"
        try:
            with target.open("wb") as file:
                _convert(tool, path, file)
        except OSError as error:
            raise no_room(target, error) or error from None
        yield target


def can_read(name: str) -> bool:
    """Whether an archive of that name is foreign, and a tool for it is installed."""
    return name.lower().endswith(FOREIGN) and shutil.which("bsdtar") is not None


def _convert(tool: str, path: Path, into: IO[bytes]) -> None:
    command = [tool, "-c", "-f", "-", "--format", "pax", f"@{path.resolve()}"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        left = MAX_UNPACKED
        while left > 0 and (block := process.stdout.read(_BLOCK)):
            left -= into.write(block)
        if left <= 0:
            process.kill()
        failed = process.wait(_SECONDS) != 0
    if left <= 0:
        raise InputError(f"{path.name}: unpacks to more than {MAX_UNPACKED >> 30} GB.")
    if failed:
        raise InputError(f"{path.name}: is damaged or encrypted (bsdtar could not read it).")
