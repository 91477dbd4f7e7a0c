"""Results by content: equal inputs are graded once, whatever the folder or the machine.

An entry is a result as it came from grading, compressed, at `<folder>/<two digits>/<digest>`. It is
written beside its place and renamed, so any number of batches may share a folder. What cannot be
read, or is not what was written, is as good as absent.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from grader.model.errors import InputError, UsageError
from grader.model.result import Result
from grader.report.atomic_write import write_atomically

DEFAULT_MB: Final = 2_048
_SPARE: Final = 0.9
"""Down to what share of its limit a cache is pruned."""


class CacheHit(NamedTuple):
    """What the cache has."""

    result: Result | None
    damaged: bool = False
    """Whether there was an entry that could not be used."""


class Cache:
    """A folder of results."""

    def __init__(self, folder: Path, *, limit_mb: int = DEFAULT_MB) -> None:
        self._folder = folder
        self._limit = limit_mb << 20
        self._added = False
        self.trouble = ""
        """Why the cache is not used any more; empty while it is."""
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder}: is not a folder, so it cannot be a cache.")

    def get(self, digest: str) -> CacheHit:
        """The result of a digest."""
        path = self._path(digest)
        try:
            result = Result.from_json(gzip.decompress(path.read_bytes()))
        except FileNotFoundError:
            return CacheHit(None)
        except (OSError, EOFError, zlib.error, msgspec.DecodeError):
            return CacheHit(None, damaged=True)
        if result.digest != digest:
            return CacheHit(None, damaged=True)
        with contextlib.suppress(OSError):
            os.utime(path)  # what is used is pruned last
        return CacheHit(result)

    def put(self, result: Result) -> None:
        """Keep a result under its digest; a cache that cannot be written is not used any more."""
        if self.trouble:
            return
        try:
            content = gzip.compress(msgspec.json.encode(result), 1)
            write_atomically(self._path(result.digest), content)
            self._added = True
        except InputError as error:
            self.trouble = error.message

    def prune(self) -> None:
        """Remove the entries that were used longest ago, if they have become too many."""
        if not self._added:
            return
        entries = sorted(self._entries())
        total = sum(size for _, size, _ in entries)
        if total <= self._limit:
            return
        for _, size, path in entries:
            if total <= self._limit * _SPARE:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.json.gz"

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        for path in self._folder.glob("??/*.json.gz"):
            with contextlib.suppress(OSError):
                found = path.stat()
                yield found.st_mtime, found.st_size, path
