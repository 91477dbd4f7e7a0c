"""A submission or an assignment as content: what grading reads of it, to hash or to send."""

from __future__ import annotations

import contextlib
import hashlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from grader.model.errors import InputError
from grader.submission import Source
from grader.submission.files import BESIDE, MAX_BESIDE, archive_stem, is_ignored
from grader.submission.foreign_files import named
from grader.submission.module_names import may_be_python

MAX_FILES: Final = 20_000
"""Files of a submission that are looked at; the reader refuses what has many more."""
_READ: Final = (".py", ".ipynb", ".npy")
"""Whatever their size; of others what may be Python, and what a kernel would get."""

Kind = Literal["file", "other", "link", "outside", "dead"]


class BundleEntry(NamedTuple):
    """A file in a folder."""

    name: str
    """Path inside, with `/`."""
    kind: Kind
    """`file` is read; of `other` only the name matters; links lead inside, `outside` or nowhere."""
    path: Path
    target: str = ""
    """Where a link inside leads: a path inside."""


class Item(msgspec.Struct, frozen=True, array_like=True):
    """A file that travels."""

    name: bytes
    """As the file system has it: names need not be text."""
    kind: Kind
    data: bytes = b""
    """Content, or where a link leads, or how long what does not travel is."""


class Bundle(msgspec.Struct, frozen=True):
    """Files under one name, with nothing that belongs to the machine they came from."""

    name: bytes
    items: list[Item]
    is_folder: bool = True

    def pack(self) -> bytes:
        """As bytes, compressed."""
        return zlib.compress(msgspec.msgpack.encode(self), 1)

    @staticmethod
    def unpack(data: bytes) -> Bundle:
        """The bundle that was packed."""
        return _DECODER.decode(zlib.decompress(data))

    def write(self, folder: Path) -> Path:
        """Put the files under a new `folder`; returns where the bundle lies."""
        root = folder / os.fsdecode(self.name)
        if self.is_folder:
            root.mkdir(parents=True)
        for item in self.items:
            path = root / os.fsdecode(item.name) if self.is_folder else root
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, item, root)
        return root


_DECODER: Final = msgspec.msgpack.Decoder(Bundle)


def is_read(name: str, size: int) -> bool:
    """Whether a file of that name is ever opened; of others only the name matters."""
    beside = size <= MAX_BESIDE and (name.lower().endswith(BESIDE) or may_be_python(name))
    return beside or name.endswith(_READ) or archive_stem(name) is not None


def entries(folder: Path) -> Iterator[BundleEntry]:
    """The files of a folder in a fixed order, without those in folders that nobody looks into."""
    root, count = folder.resolve(), 0
    for base, folders, names in os.walk(folder):
        inside = Path(base).relative_to(folder).as_posix()
        prefix = "" if inside == "." else f"{inside}/"
        linked = [name for name in folders if os.path.islink(f"{base}/{name}")]
        folders[:] = sorted(
            name for name in folders if name not in linked and not is_ignored(f"{name}/x")
        )
        for name in sorted([*names, *linked]):
            path = Path(base, name)
            if path.is_symlink() or path.is_file():  # no pipes, no sockets
                yield _entry(f"{prefix}{name}", path, root)
        count += len(names)
        if count > MAX_FILES:
            return


def submission_bundle(source: Source) -> Bundle:
    """What grading reads of a submission.

    Raises:
        InputError: something in it cannot be read.
    """
    path = source.path
    if source.problem:
        return Bundle(os.fsencode(path.name), [])
    try:
        if not path.is_dir():
            items = [Item(b"", "file", path.read_bytes())] if path.is_file() else []
            return Bundle(os.fsencode(path.name), items, is_folder=False)
        return Bundle(os.fsencode(path.name), [_item(entry) for entry in entries(path)])
    except OSError as error:
        raise unreadable(path, error) from None


def folder_bundle(root: Path, files: list[Path]) -> Bundle:
    """Files of ours below `root`, at the same places."""
    names = ((path.relative_to(root).as_posix(), path) for path in files)
    return Bundle(b"files", [Item(os.fsencode(name), "file", p.read_bytes()) for name, p in names])


def submission_hash(source: Source) -> str:
    """SHA-256 of what grading reads of a submission: equal ones need no second grading.

    Raises:
        InputError: something in it cannot be read.
    """
    path = Path(source.path)
    known = "\0".join((source.id, source.problem, path.name, *filter(None, [source.note])))
    sha = hashlib.sha256(known.encode(errors="surrogateescape"))
    if source.problem:
        return sha.hexdigest()  # it is not going to be read
    try:
        if path.is_dir():
            for entry in entries(path):
                _add_entry(sha, entry)
        elif path.is_file():
            _add_file(sha, path)
    except OSError as error:
        raise unreadable(path, error) from None
    return sha.hexdigest()


def unreadable(path: Path, error: OSError) -> InputError:
    """The complaint about a submission that the system does not let us read."""
    return InputError(f"{path}: cannot be read: {error.strerror or error}.")


def _entry(name: str, path: Path, root: Path) -> BundleEntry:
    if path.is_symlink():
        try:
            target = path.resolve(strict=True)
        except (OSError, RuntimeError):
            return BundleEntry(name, "dead", path)
        if not target.is_relative_to(root):
            return BundleEntry(name, "outside", path)
        return BundleEntry(name, "link", path, target.relative_to(root).as_posix())
    return BundleEntry(name, "file" if is_read(name, path.stat().st_size) else "other", path)


def _item(entry: BundleEntry) -> Item:
    if entry.kind == "file":
        data = entry.path.read_bytes()
    elif entry.kind == "other":
        data = str(entry.path.stat().st_size).encode()
    else:
        data = os.fsencode(entry.target)
    return Item(os.fsencode(entry.name), entry.kind, data)


def _write(path: Path, item: Item, root: Path) -> None:
    if item.kind == "link":
        path.symlink_to(os.path.relpath(root / os.fsdecode(item.data), path.parent))
    elif item.kind == "outside":
        path.symlink_to(Path(path.anchor))
    elif item.kind == "dead":
        path.symlink_to(path.name)
    elif item.kind == "other":
        path.touch()
        with contextlib.suppress(OSError):
            os.truncate(path, int(item.data))  # a hole: it only has to be as long
    else:
        path.write_bytes(item.data)


def _add_entry(sha: hashlib._Hash, entry: BundleEntry) -> None:
    if entry.kind == "other":
        sha.update(b"\1")  # a folder of films is not an empty folder
        if named([entry.name]):  # the report may say what it is
            sha.update(entry.name.encode(errors="surrogateescape"))
        return
    head = f"{entry.kind}\0{entry.name}\0{entry.target}\0"
    sha.update(head.encode(errors="surrogateescape"))
    if entry.kind == "file":
        _add_file(sha, entry.path)


def _add_file(sha: hashlib._Hash, path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        sha.update(hashlib.file_digest(file, "sha256").digest())
