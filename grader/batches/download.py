"""Submissions by URL: brought here, then found as any others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from grader.batches.bundle import is_read
from grader.batches.storage import local_path, open_url
from grader.model.errors import InputError
from grader.submission.workspace import Workspace, no_room

MAX_FILES: Final = 2_000_000


@contextmanager
def brought(place: str | Path) -> Iterator[Path]:
    """A path for a path or URL; what was fetched is removed at the end.

    A path (and `file://`) stays what it is. From elsewhere everything that grading reads is
    fetched first; of other files only the names.

    Raises:
        UsageError: the URL cannot be used.
        InputError: there is nothing there, or it cannot be fetched.
        NoRoomError: this machine has no room for it.
    """
    path = local_path(place)
    if path is not None:
        yield path
        return
    url = str(place)
    files, root = open_url(url)
    with Workspace() as workspace:
        target = workspace.folder() / _name(url, root)
        try:
            _fetch(files, root, target)
        except InputError:
            raise
        except Exception as error:  # whatever a driver raises
            if isinstance(error, OSError) and (full := no_room(target, error)):
                raise full from None
            said = " ".join(str(error).split()) or type(error).__name__
            raise InputError(f"{url}: cannot be fetched: {said}.") from None
        if not target.exists():
            raise InputError(f"{url}: there is nothing.")
        yield target


def _fetch(files: Any, root: str, target: Path) -> None:
    if files.isfile(root):
        files.get_file(root, str(target))
        return
    base = root.strip("/")
    sources: list[str] = []
    targets: list[str] = []
    for name, info in files.find(root, withdirs=True, detail=True).items():
        inside = name.strip("/")[len(base) :].strip("/")
        path = target / _harmless(inside)
        if info.get("type") == "directory":
            path.mkdir(parents=True, exist_ok=True)
            continue
        if len(targets) >= MAX_FILES:
            raise InputError(f"{root}: holds more than {MAX_FILES:,} files.")
        path.parent.mkdir(parents=True, exist_ok=True)
        if is_read(path.name, info.get("size") or 0) or path.name == "timestamp.txt":
            sources.append(name)
            targets.append(str(path))
        else:
            path.touch()
    if sources:
        files.get(sources, targets)


def _harmless(name: str) -> PurePosixPath:
    """A name from elsewhere, if it stays inside."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name:
        raise InputError(f"{name!r}: a name that leads outside; nothing was fetched.")
    # `ann\layers.py` is a file of its own, and must not become one in the folder `ann`
    return path if os.sep == "\\" else PurePosixPath(name)


def _name(url: str, root: str) -> str:
    """What the place is called: of an archive that is opened, the archive's name."""
    inside = root.strip("/") or unquote(urlsplit(url.rpartition("::")[2]).path)
    name = PurePosixPath(inside).name
    return name if name not in ("", ".", "..") else "submissions"
