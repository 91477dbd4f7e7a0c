"""A folder for what has to be unpacked: made when it is needed, and removed at the end."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import Final, Self

from grader.model.errors import ExitCode, GraderError

if sys.platform != "win32":
    import fcntl

_PREFIX: Final = "grader-work-"
_OF_THE_DISK: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)


class NoRoomError(GraderError):
    """The disk takes no more of what has to be unpacked.

    No `InputError`: it must not pass for a fault of the submission that was being read.
    """

    exit_code = ExitCode.INPUT


class Workspace:
    """A temporary folder of this process.

    It is locked for as long as the process lives, so that the next process that makes one can tell
    which were left behind by processes that were killed, and remove them.
    """

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._folder: Path | None = None
        self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def folder(self) -> Path:
        """The folder, which is made by the first call.

        Raises:
            NoRoomError: it cannot be made.
        """
        with self._making:
            if self._folder is None:
                try:
                    _sweep(Path(tempfile.gettempdir()))
                    self._folder, self._lock = _new_folder()
                except OSError as error:
                    raise NoRoomError(
                        f"Cannot make a temporary folder: {error.strerror or error}.",
                        hint="Make room there, or set TMPDIR to a folder that can be written.",
                    ) from None
            return self._folder

    def close(self) -> None:
        """Remove the folder, if there is one."""
        with self._making:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None
                _let_go(self._lock)


def no_room(path: Path, error: OSError) -> NoRoomError | None:
    """An error in writing at a path that is the disk's own; None if it is any other.

    An error of `shutil` that stands for several has their texts alone.
    """
    words = str(error) if isinstance(error, shutil.Error) else ""
    number = error.errno
    if number not in _OF_THE_DISK:
        number = next((each for each in _OF_THE_DISK if os.strerror(each) in words), None)
    if number is None:
        return None
    return NoRoomError(
        f"{path}: cannot be written: {os.strerror(number)}.",
        hint="Make room on that disk, or set TMPDIR to a folder on another one.",
    )


def _new_folder() -> tuple[Path, int]:
    """A new folder and its lock; another process may have swept it away before it was locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        try:
            lock = _locked(folder)
        except OSError:  # a file system without locks, where nobody sweeps either
            return folder, -1
        if lock is not None and folder.exists():
            return folder, lock
        _let_go(-1 if lock is None else lock)


def _sweep(folder: Path) -> None:
    """Remove what processes of this user left that were killed."""
    for left in folder.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if sys.platform == "win32" or left.lstat().st_uid != os.getuid():
                continue
            if (lock := _locked(left)) is not None:
                shutil.rmtree(left, ignore_errors=True)
                _let_go(lock)


def _locked(folder: Path) -> int | None:
    """A lock on a folder that lasts until this process ends; None if another process has it."""
    if sys.platform == "win32":
        return -1
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _let_go(lock: int) -> None:
    if lock >= 0:
        os.close(lock)
