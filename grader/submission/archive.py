"""Reading zip and tar archives in memory, within limits; nothing is ever unpacked to disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import posixpath
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final

from grader.model.errors import InputError
from grader.submission.files import MAX_MEMBERS, Member, Tree, Wanted, clean_name, gather, link
from grader.submission.module_names import is_python
from grader.submission.zip_names import decode_names

MAX_UNPACKED: Final = 2 * 1024**3
"""Bytes that a compressed tar may come to; all of it has to be unpacked to find the files."""
MAX_RATIO: Final = 100
"""How much a large archive may shrink its files; real ones, data sets included, stay far below."""
_LARGE: Final = 256 * 1024 * 1024
_MAX_HEADER: Final = 1024 * 1024
_MAX_HEADER_WORK: Final = 2 * 10**10
"""Squares of the lengths of all pax headers, added up: before Python 3.11.10, 3.12.6 and 3.13 a
header of digits takes `tarfile` quadratic time. This much is 80,000 ordinary headers, or 30 seconds
of hostile ones."""
_XZ_MEMORY: Final = 256 * 1024 * 1024
_CENTRAL_ENTRY: Final = b"PK\x01\x02"

_MAX_BEHIND: Final = 8 * 1024 * 1024
"""Bytes after the end of a compressed tar: padding is at most a megabyte."""

_FOREIGN: Final = {
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"\x1f\x9d": "compressed with compress",
    b"\x04\x22\x4d\x18": "compressed with lz4",
    b"LZIP": "compressed with lzip",
}
_COMPRESSED: Final = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}
_DAMAGED: Final = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, EOFError,
    OSError, NotImplementedError, RuntimeError, ValueError, OverflowError, IndexError, MemoryError,
)  # fmt: skip
"""What the standard library raises over archives made to break it."""


class Bomb(Exception):
    """The archive unpacks to more than it may."""


def read_archive(file: BinaryIO, name: str, wanted: Wanted = is_python) -> Tree:
    """The Python files of an archive; `name` is the one in messages.

    Raises:
        InputError: encrypted, damaged, a bomb, or with names that lead outside.
    """
    with _one_line(name):
        return gather(_members(file, name), name, wanted)


def read_bytes(data: bytes, name: str, wanted: Wanted = is_python) -> Tree:
    """As `read_archive`, of an archive held in memory."""
    return read_archive(io.BytesIO(data), name, wanted)


def members(file: BinaryIO, name: str) -> Iterator[Member]:
    """The files of an archive, of any kind, one after the other while `file` is open.

    Raises:
        InputError: encrypted, damaged, a bomb, or with names that lead outside.
    """
    with _one_line(name):
        yield from _members(file, name)


def read_inside(file: BinaryIO, name: str, wanted: str, limit: int) -> bytes:
    """One member of an archive, for archives inside archives.

    Raises:
        InputError: as above, or the member is longer than `limit`.
    """
    with _one_line(name):
        for member in _members(file, name):
            if member.name == wanted and member.link is None:
                data = member.read(limit + 1)
                if len(data) > limit:
                    raise Bomb(wanted)
                return data
    raise InputError(f"{name}: {wanted} is not in it any more.")


@contextmanager
def _one_line(name: str) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except Bomb:
        raise InputError(
            f"{name}: unpacks to far more than it should (a decompression bomb?); "
            "it was not unpacked."
        ) from None
    except _DAMAGED as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(f"{name}: is damaged or not an archive ({reason}).") from None


def _members(file: BinaryIO, name: str) -> Iterator[Member]:
    head = file.read(8)
    file.seek(0)
    for magic, kind in _FOREIGN.items():
        if head.startswith(magic):
            raise InputError(f"{name}: is {kind}; only zip and tar (gz, bz2, xz) can be read.")
    if not head:
        raise InputError(f"{name}: is empty.")
    if head.startswith(b"PK"):
        return _zip_members(file, name)
    tar = _unpacked(file, head)
    if tar is None:
        return _tar_members(file, name, _size(file))
    return _compressed_members(tar, name)


def _size(file: BinaryIO) -> int:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size


def _zip_members(file: BinaryIO, name: str) -> Iterator[Member]:
    size = _check_directory(file, name)
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > max(_LARGE, MAX_RATIO * size):
            raise Bomb(name)
        for entry, shown in zip(entries, decode_names(entries), strict=True):
            if entry.flag_bits & 0x1:
                raise InputError(f"{name}: is encrypted (needs a password).")
            path = clean_name(shown, name)
            mode = entry.external_attr >> 16
            if entry.is_dir():
                continue
            if stat.S_ISLNK(mode):
                target = archive.open(entry).read(4096).decode("utf-8", "replace")
                yield link(path, link_target(path, target))
            else:
                yield Member(path, entry.file_size, _zip_reader(archive, entry))


def _zip_reader(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        try:
            with archive.open(entry) as file:
                return file.read(limit)
        except (InputError, MemoryError):
            raise
        except _DAMAGED as error:
            raise OSError(f"damaged: {error}") from None

    return read


def _check_directory(file: BinaryIO, name: str) -> int:
    """Size of the zip file; counts its entries before `zipfile` makes an object of each."""
    entries = size = 0
    rest = b""
    while block := file.read(1024 * 1024):
        size += len(block)
        entries += (rest + block).count(_CENTRAL_ENTRY)
        rest = block[-3:]
    file.seek(0)
    if entries > MAX_MEMBERS:
        raise InputError(f"{name}: holds more than {MAX_MEMBERS:,} files; it was not read.")
    return size


class _CarefulTarFile(tarfile.TarFile):
    """Knows what its headers have cost so far."""

    header_work = 0


class _CarefulTarInfo(tarfile.TarInfo):
    """Refuses headers that would cost `tarfile` unbounded memory or time."""

    def _proc_member(self, archive: _CarefulTarFile) -> tarfile.TarInfo:
        is_pax = self.type in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
        is_long = self.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
        archive.header_work += self.size**2 if is_pax else 0
        too_long = (is_pax or is_long) and self.size > _MAX_HEADER
        if too_long or archive.header_work > _MAX_HEADER_WORK:
            raise Bomb(self.name)
        return super()._proc_member(archive)  # type: ignore[misc, no-any-return]


def _tar_members(file: BinaryIO, name: str, length: int) -> Iterator[Member]:
    """The members; none can begin beyond `length`, where `tarfile` would look for it for ages."""
    with _CarefulTarFile.open(fileobj=file, mode="r|", tarinfo=_CarefulTarInfo) as archive:
        for entry in archive:
            path = clean_name(entry.name, name)
            if entry.issym():
                yield link(path, link_target(path, entry.linkname))
            elif entry.islnk():
                yield link(path, link_target("x", entry.linkname))
            elif entry.isfile():
                yield Member(path, entry.size, _tar_reader(archive, entry))
            archive.members.clear()  # type: ignore[attr-defined]
            if archive.offset > length:
                raise EOFError("the archive ends too early")


def _compressed_members(tar: _Watched, name: str) -> Iterator[Member]:
    """The members of a compressed tar, with nothing hidden behind its end: a tar of zeros, however
    many, would pass for an empty one."""
    try:
        yield from _tar_members(tar, name, MAX_UNPACKED)
    except tarfile.ReadError as error:
        if tar.length > tarfile.RECORDSIZE:
            raise
        text = f"{name}: is compressed with {tar.kind}, but what is in it is not a tar archive"
        raise InputError(f"{text} ({error}).") from None
    end = tar.length + _MAX_BEHIND
    with suppress(*_DAMAGED):  # every member was read
        while tar.read(tarfile.RECORDSIZE):
            if tar.length > end:
                raise Bomb(name)


def _tar_reader(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        file = archive.extractfile(entry)
        return file.read(limit) if file else b""

    return read


def link_target(path: str, target: str) -> str:
    """What a link at `path` means inside the archive; empty where it leads outside."""
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    leads_outside = joined.startswith(("/", "../")) or joined == ".." or "\\" in target
    return "" if leads_outside else joined


def _unpacked(file: BinaryIO, head: bytes) -> _Watched | None:
    """The plain tar in a compressed file, watched for its length; None if it is not compressed."""
    kind = next((kind for magic, kind in _COMPRESSED.items() if head.startswith(magic)), "")
    if kind == "gzip":
        return _Watched(gzip.GzipFile(fileobj=file), file, kind)
    if kind == "bzip2":
        return _Watched(bz2.BZ2File(file), file, kind)
    return _Watched(_Xz(file), file, kind) if kind else None


class _Xz(io.RawIOBase):
    """`lzma.LZMAFile` with a limit on memory, which a hostile header could set to gigabytes."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self.decompressor.eof:
            needs = self.decompressor.needs_input
            block = self.file.read(64 * 1024) if needs else b""
            if needs and not block:
                raise EOFError("the archive ends too early")
            data = self.decompressor.decompress(block, size)
            if data:
                return data
        return b""


class _Watched(io.RawIOBase, BinaryIO):
    """A decompressed stream that stops a bomb."""

    def __init__(
        self, stream: gzip.GzipFile | bz2.BZ2File | _Xz, packed: BinaryIO, kind: str
    ) -> None:
        self.kind = kind
        self.stream = stream
        self.packed = packed
        self.length = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size) or b""
        self.length += len(data)
        allowed = max(_LARGE, min(MAX_UNPACKED, MAX_RATIO * self.packed.tell()))
        if self.length > allowed:
            raise Bomb
        return data
