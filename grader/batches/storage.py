"""Where a batch writes: a folder, or a place with a URL, behind one narrow interface."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Protocol
from urllib.parse import unquote, urlsplit

from grader.model.errors import InputError, UsageError, reason_of
from grader.report.atomic_write import write_atomically, write_pieces

_READ_ONLY: Final = ("zip", "tar", "http", "https", "libarchive", "github", "git")


class Storage(Protocol):
    """Named files; a name is a relative path with `/`."""

    def write(self, name: str, content: bytes | Iterable[bytes]) -> None:
        """Write a file, whole or not at all.

        Raises:
            InputError: it cannot be written; names it.
        """

    def read(self, name: str) -> bytes | None:
        """A file's content, or None if it is not there or cannot be read."""

    def stamp(self, name: str) -> str:
        """Something that differs after the file was written again; empty if it is not there."""

    def prepare(self) -> None:
        """Make sure that it can be written.

        Raises:
            InputError: it cannot.
        """

    def shown(self, name: str) -> str:
        """A file's address, for people."""


class Folder:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, content: bytes | Iterable[bytes]) -> None:
        """Write a file, whole or not at all."""
        if isinstance(content, bytes):
            write_atomically(self.path / name, content)
        else:
            write_pieces(self.path / name, content)

    def read(self, name: str) -> bytes | None:
        """A file's content, or None."""
        try:
            return (self.path / name).read_bytes()
        except OSError:
            return None

    def stamp(self, name: str) -> str:
        """Size and time of change."""
        try:
            found = os.stat(self.path / name)
        except OSError:
            return ""
        return f"{found.st_size} {found.st_mtime_ns}"

    def prepare(self) -> None:
        """Write something and remove it, and what a run that was killed left half written."""
        for folder, _, names in os.walk(self.path):
            for name in names:
                if name.startswith(".") and name.endswith(".part"):
                    with suppress(OSError):
                        os.unlink(os.path.join(folder, name))
        probe = self.path / ".probe"
        write_atomically(probe, b"")
        try:
            probe.unlink()
        except OSError as error:
            raise InputError(f"Cannot write in {self.path}: {error.strerror}.") from None

    def shown(self, name: str) -> str:
        """The path."""
        return str(self.path / name)


class RemoteStorage:
    """A place that fsspec knows how to write to."""

    def __init__(self, url: str) -> None:
        """Open it.

        Raises:
            UsageError: fsspec or its driver is not installed, or the place cannot be written.
        """
        self._url = url.rstrip("/")
        if urlsplit(url).scheme.split("+")[0] in _READ_ONLY or "::" in url:
            raise UsageError(f"{url}: can be read, but not written to.")
        self._files, self._root = open_url(url)

    def write(self, name: str, content: bytes | Iterable[bytes]) -> None:
        """Write a file; object stores show it when it is whole."""
        try:
            self._files.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)
            if isinstance(content, bytes):
                self._files.pipe_file(self._path(name), content)
            else:
                self._put(name, content)
        except Exception as error:  # whatever a driver raises
            raise InputError(f"Cannot write {self.shown(name)}: {reason_of(error)}.") from error

    def read(self, name: str) -> bytes | None:
        """A file's content, or None."""
        try:
            content: bytes = self._files.cat_file(self._path(name))
        except Exception:  # whatever a driver raises: then it is graded again
            return None
        return content

    def stamp(self, name: str) -> str:
        """Size, and whatever else the place says of the file's version."""
        try:
            found = self._files.info(self._path(name))
        except Exception:
            return ""
        names = ("size", "ETag", "etag", "mtime", "LastModified", "created", "md5")
        return " ".join(str(found[name]) for name in names if name in found)

    def prepare(self) -> None:
        """Write something, and remove it."""
        self.write(".probe", b"")
        self._files.rm_file(self._path(".probe"))

    def shown(self, name: str) -> str:
        """The URL."""
        return f"{self._url}/{name}"

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _put(self, name: str, pieces: Iterable[bytes]) -> None:
        with tempfile.NamedTemporaryFile() as spool:
            spool.writelines(pieces)
            spool.flush()
            self._files.put_file(spool.name, self._path(name))


def is_url(place: str | Path) -> bool:
    """Whether a place is named by a URL; a path is never one."""
    return isinstance(place, str) and ("://" in place or "::" in place)


def local_path(place: str | Path) -> Path | None:
    """The path of a place on this machine, also of `file://`; None for any other URL."""
    if not is_url(place):
        return Path(place)
    parts = urlsplit(str(place))
    if parts.scheme == "file" and "::" not in str(place):
        return Path(unquote(parts.path))
    return None


def open_storage(place: str | Path) -> Storage:
    """What writes to a path or URL.

    Raises:
        UsageError: fsspec or its driver is not installed, or the place cannot be written.
    """
    path = local_path(place)
    return RemoteStorage(str(place)) if path is None else Folder(path)


def open_url(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it.

    Raises:
        UsageError: fsspec or its driver is not installed, or there is no such scheme.
    """
    try:
        files, path = fsspec().core.url_to_fs(url)
    except ImportError as error:
        raise UsageError(f"{url}: {error}.") from None
    except Exception as error:
        raise UsageError(f"{url}: cannot be opened: {reason_of(error)}.") from None
    return files, str(path)


def fsspec() -> ModuleType:
    """The library, where it is installed.

    Raises:
        UsageError: it is not.
    """
    try:
        import fsspec as library
        import fsspec.core
    except ImportError:
        raise UsageError(
            "URLs need fsspec, which is not installed.", hint="Run: pip install 'gradewall[remote]'"
        ) from None
    module: ModuleType = library
    return module
