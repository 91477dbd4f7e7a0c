"""Uploaded files that wait for a decision: looked at first, then used or let go of."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from grader.course.accounts import Account
from grader.course.course_folder import CourseFolder
from grader.model.errors import GraderError, InputError, reason_of
from grader.web.page_errors import PageNotFound
from grader.web.uploads import UPLOADS, Upload

_KEPT: Final = "kept"
_OLD_SECONDS: Final = 86_400
_KEY: Final = re.compile(r"[0-9a-f]{32}")


class KeptUpload(NamedTuple):
    """A file that somebody uploaded."""

    key: str
    """By which only they find it again."""
    path: Path

    @property
    def name(self) -> str:
        """As it was uploaded."""
        return self.path.name


def keep_upload(course: CourseFolder, account: Account, upload: Upload) -> KeptUpload:
    """Keep a file for a day, for whoever uploaded it.

    Raises:
        InputError: it cannot be kept.
    """
    key = secrets.token_hex(16)
    folder = _folder(course, account, key)
    try:
        _sweep(folder.parent)
        folder.mkdir(mode=0o700, parents=True)
        os.replace(upload.path, folder / upload.path.name)
    except OSError as error:
        raise InputError(f"The file cannot be kept: {reason_of(error)}.") from None
    return KeptUpload(key, folder / upload.path.name)


def kept_upload(course: CourseFolder, account: Account, key: str) -> KeptUpload:
    """A file that was kept.

    Raises:
        PageNotFound: this account has none of that key, or no longer.
    """
    with contextlib.suppress(OSError):
        if _KEY.fullmatch(key):
            for path in _folder(course, account, key).iterdir():
                return KeptUpload(key, path)
    raise PageNotFound("The file is not here any more.", hint="Upload it again.")


@contextlib.contextmanager
def called_as_uploaded(kept: KeptUpload | None) -> Iterator[None]:
    """Errors name the file as whoever uploaded it knows it, not where it lies here.

    Raises:
        GraderError: as inside.
    """
    try:
        yield
    except GraderError as error:
        if kept is None:
            raise
        here, name = str(kept.path), kept.name
        said, hint = error.message.replace(here, name), error.hint.replace(here, name)
        raise type(error)(said, hint=hint) from None


def drop_upload(course: CourseFolder, account: Account, key: str) -> None:
    """Let go of a file."""
    if _KEY.fullmatch(key):
        shutil.rmtree(_folder(course, account, key), ignore_errors=True)


def _folder(course: CourseFolder, account: Account, key: str) -> Path:
    whose = hashlib.sha256(account.name.encode()).hexdigest()[:16]
    return course.path / UPLOADS / _KEPT / f"{whose}-{key}"


def _sweep(kept: Path) -> None:
    """Remove what nobody decided on for long."""
    for folder in kept.glob("*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _OLD_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
