"""Which files of a student's folder are packed, and why the others are not."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

_MEGABYTE: Final = 1 << 20
_TOOLS: Final = frozenset(
    {"__pycache__", "node_modules", "site-packages", "dist-packages", "__MACOSX", "wandb", "runs"}
)
_ENVIRONMENT: Final = ("pyvenv.cfg", "conda-meta")
"""What shows that a folder is an environment of Python."""
_DATA: Final = (
    ".npy", ".npz", ".pkl", ".pickle", ".h5", ".hdf5", ".mat", ".parquet", ".feather", ".arrow",
    ".tfrecord", ".bin", ".pt", ".pth", ".ckpt", ".safetensors", ".onnx", ".joblib", ".mp4",
    ".avi", ".mov", ".wav", ".mp3", ".db", ".sqlite",
)  # fmt: skip
_ARCHIVES: Final = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".whl", ".iso")
_COMPILED: Final = (".pyc", ".pyo", ".pyd", ".so", ".dll", ".dylib", ".o", ".a", ".exe", ".class")
_LEFTOVERS: Final = ("*~", "#*#", "*.bak", "*.orig", "*.tmp", "Thumbs.db", "desktop.ini")
_WORK: Final = (".py", ".ipynb")
_PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".pdf")
_MOST_WORK: Final = 20 * _MEGABYTE
_MOST_PICTURE: Final = 5 * _MEGABYTE
_MOST_OTHER: Final = _MEGABYTE
_RESERVED: Final = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")
_UNSAFE: Final = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]|[. ]$')
_MAX_FILES: Final = 20_000


class PackedFile(NamedTuple):
    """A file that goes into the archive."""

    path: str
    """Inside the folder, with `/`."""
    place: Path
    size: int


class SkippedFile(msgspec.Struct, frozen=True):
    """A file or folder that does not."""

    path: str
    """A folder's ends with `/`."""
    why: str
    """The key of a text: `data`, `archive`, ..."""
    size: int = 0


class WorkFiles(msgspec.Struct, frozen=True):
    """The files of a folder, sorted into two heaps."""

    packed: list[PackedFile]
    left_out: list[SkippedFile]


def work_files(folder: Path, wanted: Sequence[str] = (), but: Path | None = None) -> WorkFiles:
    """Look through a student's folder.

    Args:
        folder: the folder.
        wanted: paths, or patterns of them, that the assignment asks for: they are packed whatever
            they are.
        but: the archive that is going to be written, which says nothing of the work.
    """
    packed: list[PackedFile] = []
    left_out: list[SkippedFile] = []
    for path, place in _entries(folder, "", left_out):
        if but is not None and place.resolve() == but:
            continue
        size = place.lstat().st_size
        why = _why_not(path, place, size, is_wanted(path, wanted))
        if not why and len(packed) >= _MAX_FILES:
            why = "too_many"
        if why:
            left_out.append(SkippedFile(path, why, size))
        else:
            packed.append(PackedFile(path, place, size))
    return WorkFiles(sorted(packed), sorted(left_out, key=lambda each: each.path))


def is_wanted(path: str, wanted: Sequence[str]) -> bool:
    """Whether the assignment asks for this path."""
    return any(fnmatchcase(path, pattern) for pattern in wanted)


def _entries(folder: Path, above: str, left_out: list[SkippedFile]) -> Iterator[tuple[str, Path]]:
    """The files of a folder and those below it, without folders that are nobody's work."""
    try:
        found = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        left_out.append(SkippedFile(above, "unreadable"))
        return
    for entry in found:
        path = unicodedata.normalize("NFC", above + entry.name)
        if entry.is_symlink():
            left_out.append(SkippedFile(path, "link"))
        elif not entry.is_dir():
            yield path, Path(entry)
        elif why := _why_no_folder(entry.name, Path(entry)):
            left_out.append(SkippedFile(f"{path}/", why))
        else:
            yield from _entries(Path(entry), f"{path}/", left_out)


def _why_no_folder(name: str, place: Path) -> str:
    if any((place / sign).exists() for sign in _ENVIRONMENT):
        return "environment"
    if name.startswith("."):
        return "hidden"
    return "tools" if name in _TOOLS or name.endswith((".egg-info", ".dist-info")) else ""


def _why_not(path: str, place: Path, size: int, wanted: bool) -> str:
    name, ending = place.name, place.suffix.lower()
    if not place.is_file():
        return "special"
    if any(_UNSAFE.search(part) or _RESERVED.fullmatch(part) for part in path.split("/")):
        return "unsafe_name"
    if wanted:
        return ""
    if name.startswith(".") or any(fnmatchcase(name, pattern) for pattern in _LEFTOVERS):
        return "hidden" if name.startswith(".") else "leftover"
    return _why_kind(ending, size)


def _why_kind(ending: str, size: int) -> str:
    for endings, why in ((_COMPILED, "compiled"), (_ARCHIVES, "archive"), (_DATA, "data")):
        if ending in endings:
            return why
    most = _MOST_WORK if ending in _WORK else _MOST_PICTURE if ending in _PICTURES else _MOST_OTHER
    return "huge" if size > most else ""
