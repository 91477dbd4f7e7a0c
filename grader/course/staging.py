"""One path for an attempt: what lies in the export as it is, or a folder made of several files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from grader.course.foreign_archives import can_read
from grader.course.listing import is_archive, unpack
from grader.model.attempt import DeliveredFile
from grader.model.errors import InputError
from grader.submission.delivered_names import own_name
from grader.submission.files import is_ignored, why_unreadable
from grader.submission.workspace import no_room

_HARMLESS: Final = str.maketrans({"/": "_", "\\": "_", "\0": "_"})


def stage(
    root: Path,
    files: Sequence[DeliveredFile],
    room: Callable[[], Path],
    name: str,
    known: Collection[str] = (),
) -> Path:
    """Where an attempt lies that consists of these files.

    A single archive or folder, and files that have a folder of their own, stay where they are.
    Otherwise they are put in a folder, under the names that their author gave them, archives
    unpacked. Nothing is written twice: what is there already is what was made before.

    Args:
        root: the export, in a folder.
        files: one at least.
        room: makes the folder of what is staged, if it is needed.
        name: of this attempt's own folder.
        known: names of files that the assignment uses: see `own_name`.

    Raises:
        InputError: something cannot be read.
        NoRoomError: it cannot be written.
    """
    whole = _as_it_lies(root, files, known)
    if whole is not None:
        return whole
    into = room() / "staged" / name
    if not into.is_dir():
        try:
            _make(root, files, into, known)
        except OSError as error:
            raise no_room(into, error) or InputError(
                f"{into}: cannot be written: {error.strerror or error}."
            ) from None
    return into


def _make(root: Path, files: Sequence[DeliveredFile], into: Path, known: Collection[str]) -> None:
    making = into.with_name(f"{into.name}.part")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    for file in sorted(files, key=lambda each: is_archive(each.name)):
        _add(root / file.path, making, _own(file.name, known))
    making.rename(into)


def _as_it_lies(root: Path, files: Sequence[DeliveredFile], known: Collection[str]) -> Path | None:
    only = root / files[0].path
    if len(files) == 1 and is_archive(files[0].name):
        return None if can_read(files[0].name) else only
    if len(files) == 1 and _is_own_folder(only, root):
        return only
    above = {PurePosixPath(file.path).parent for file in files}
    if len(above) != 1 or any(is_archive(file.name) for file in files):
        return None
    folder = root / above.pop()
    if folder == root or any(_own(file.name, known) != file.name for file in files):
        return None
    there = {name for name in os.listdir(folder) if not is_ignored(f"{name}/x")}
    return folder if there <= {file.name for file in files} else None


def _is_own_folder(path: Path, root: Path) -> bool:
    """Whether a folder is all that somebody submitted, and may be called as it is."""
    return path.is_dir() and path.parent == root


def _own(name: str, known: Collection[str]) -> str:
    own = own_name(name, known).name.translate(_HARMLESS)
    return own if own not in ("", ".", "..") else "_"


def _add(path: Path, into: Path, name: str) -> None:
    try:
        if path.is_symlink():
            return  # whatever it leads to is nothing that was submitted
        if path.is_dir():
            shutil.copytree(path, into / name, symlinks=True)
        elif not (is_archive(name) and _unpacked(path, into, name)):
            shutil.copyfile(path, into / name)
    except OSError as error:
        raise no_room(into, error) or InputError(
            f"{path.name}: cannot be read: {error}."
            if isinstance(error, shutil.Error)
            else f"{path.name}: {why_unreadable(error)}."
        ) from None


def _unpacked(path: Path, into: Path, name: str) -> bool:
    """Unpack an archive among the other files, or into a folder of its own where names meet;
    False where it cannot be read."""
    own = into / f"{name}.unpacking"
    try:
        unpack(path, own)
    except InputError:
        shutil.rmtree(own, ignore_errors=True)
        return False
    there = {entry.casefold() for entry in os.listdir(into)} - {own.name.casefold()}
    inside = os.listdir(own)
    if there & {entry.casefold() for entry in inside}:
        own.rename(_free(into, name.partition(".")[0]))
        return True
    for entry in inside:
        (own / entry).rename(into / entry)
    own.rmdir()
    return True


def _free(folder: Path, name: str) -> Path:
    number, path = 1, folder / name
    while path.exists():
        number += 1
        path = folder / f"{name} {number}"
    return path
