"""Files of attempts, as a course keeps them: in a folder named after their content.

So the same files imported twice lie in one place, and what a command left behind when it was killed
is used by the next.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from grader.course.staging import stage
from grader.model.attempt import DeliveredFile
from grader.model.errors import InputError
from grader.submission.files import why_unreadable
from grader.submission.identity import file_stem
from grader.submission.workspace import NoRoomError

_WORKSPACE: Final = ".incoming-"
_OLD_SECONDS: Final = 86_400
_DIGITS: Final = 16
_PIECE: Final = 1 << 20


class UnreadableFiles(InputError):
    """Files of an attempt that cannot be read: no fault of the course."""


@contextlib.contextmanager
def workspace(submissions: Path) -> Iterator[Path]:
    """A folder for an import, on the disk where its files will lie; removed at the end.

    Raises:
        InputError: it cannot be made.
    """
    try:
        submissions.mkdir(exist_ok=True)
        _sweep(submissions)
        folder = Path(tempfile.mkdtemp(prefix=_WORKSPACE, dir=submissions))
    except OSError as error:
        raise InputError(f"{submissions}: cannot be written: {error.strerror}.") from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(submissions: Path) -> None:
    """Remove what commands left that were killed long ago."""
    for folder in submissions.glob(f"{_WORKSPACE}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _OLD_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def digest_of(root: Path, files: Sequence[DeliveredFile], comment: str = "") -> str:
    """Of names and content; links count as what they say, and lead nowhere.

    Raises:
        InputError: a file cannot be read.
    """
    found = hashlib.sha256()
    for file in sorted(files, key=lambda each: (each.name, each.path)):
        _add(found, root / file.path, file.name)
    _say(found, "comment", comment)
    return found.hexdigest()


def _add(found: hashlib._Hash, path: Path, name: str) -> None:
    try:
        if path.is_symlink():
            _say(found, "link", name, os.readlink(path))
        elif path.is_dir():
            _say(found, "folder", name)
            for below in sorted(os.listdir(path)):
                _add(found, path / below, f"{name}/{below}")
        elif path.is_file():
            _say(found, "file", name, str(path.stat().st_size))
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    found.update(piece)
        else:
            _say(found, "other", name)
    except OSError as error:
        raise InputError(f"{path.name}: {why_unreadable(error)}.") from None


def _say(found: hashlib._Hash, *words: str) -> None:
    """Words with their lengths, so that no others give the same bytes."""
    for word in words:
        text = word.encode(errors="surrogatepass")
        found.update(f"{len(text)}:".encode() + text)


def keep_files(
    root: Path,
    files: Sequence[DeliveredFile],
    owner: str,
    digest: str,
    known: Collection[str],
    into: Path,
    work: Path,
) -> Path:
    """Put the files of an attempt where the course keeps them; the path of what is graded.

    Args:
        root: the export, in a folder.
        files: one at least.
        owner: whose they are.
        digest: of these files.
        known: names of files that the assignment uses.
        into: the course's folder for the assignment.
        work: the import's own folder, on the same disk.

    Raises:
        UnreadableFiles: a file of the export cannot be read.
        InputError: the course cannot be written.
    """
    place = into / file_stem(owner) / digest[:_DIGITS]
    there = _content(place)
    if there is not None:
        return there
    made = work / digest[:_DIGITS] / "made"
    try:
        staged = stage(root, files, lambda: work / digest[:_DIGITS], "submission", known)
    except NoRoomError as error:
        raise InputError(f"{into}: cannot be written: {error.message}") from None
    except InputError as error:
        raise UnreadableFiles(error.message, hint=error.hint) from None
    try:
        made.mkdir(parents=True, exist_ok=True)
        _copied(staged, made / staged.name)
        place.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):  # another import of the same was faster
            made.rename(place)
    except shutil.Error as error:
        raise InputError(f"{staged.name}: cannot be copied: {error}.") from None
    except OSError as error:
        raise InputError(f"{place}: cannot be written: {error.strerror or error}.") from None
    return _content(place) or place / staged.name


def _copied(path: Path, target: Path) -> None:
    if path.is_symlink():
        target.symlink_to(os.readlink(path))  # which is refused when it is read
    elif path.is_dir():
        shutil.copytree(path, target, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copyfile(path, target)


def _content(place: Path) -> Path | None:
    """The one entry of a folder that is there: it was put there as a whole."""
    try:
        names = os.listdir(place)
    except OSError:
        return None
    return place / names[0] if names else None
