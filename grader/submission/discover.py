"""Finding the submissions that a path holds."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from grader.errors import InputError
from grader.submission.tree import archive_stem, is_hidden, is_ignored, printable, why_unreadable

PACKAGES: Final = ("numpynn", "cs231n", "daseCV")
"""Names that the package has had in courses."""
_PACKAGE_FILES: Final = frozenset({"layers.py", "optim.py", "fc_net.py"})
_OWN_FOLDER: Final = re.compile(
    r"(?i)(?:assignments?|assign|homeworks?|hw|code|src|submission)[ _-]?\d{0,2}"
)
"""How people call a folder of their own work."""
_NUMBERED: Final = re.compile(r"(?i)(.*(?:assignment|assign|homework|hw)[ _-]?)(\d{1,2})")
_UNREADABLE: Final = re.compile(r"(?i)\.(?:rar|7z|gz|bz2|xz|zipx|py|ipynb)$")

_CANVAS: Final = re.compile(
    r"(?:(?P<name>(?!late_\d).*?)_)?(?:late_)?(?P<user>\d+)_(?P<file>\d+)_.+", re.IGNORECASE
)
_CANVAS_TEXT: Final = re.compile(
    r"(?:(?P<name>(?!late_\d).*?)_)?(?:late_)?(?P<user>\d+)_(?:text|link)\.html", re.IGNORECASE
)
_MOODLE: Final = re.compile(r"(?P<name>.+)_(?P<user>\d+)_assignsubmission_[a-z]+(?:_.*)?")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that was found, not yet read."""

    id: str
    """Distinct among those found together, also where capitals do not count."""
    path: Path
    problem: str = ""
    """Why it cannot be read, in one line naming the file; empty where nothing speaks against."""
    note: str = ""
    """A remark for its report."""


def discover(path: Path, scratch: Path | None = None) -> list[Source]:
    """The submissions at `path`, in the order of their names.

    A folder of folders or archives, or one submission: an archive, or a folder with the package
    in it. What cannot be read is listed with its `problem`. `scratch` is not needed: archives are
    read in memory.

    Raises:
        InputError: there is no such path, or nothing in it.
    """
    if is_submission(path):
        return [single(path)]
    entries = [entry for entry in _entries(path) if not is_hidden(entry.name)]
    found = [source for entry in entries if (source := _source(entry, path)) is not None]
    if not found:
        raise InputError(
            f"{path}: holds no submissions.",
            hint="Expected a folder or an archive (zip, tar.gz) for each student.",
        )
    return _with_distinct_ids(found)


def single(path: Path) -> Source:
    """The submission that `path` is taken to be, whatever it holds.

    Raises:
        InputError: there is no such path.
    """
    if not os.path.lexists(path):
        raise InputError(f"{path}: there is no such file or folder.")
    return Source(id=submission_id(path.resolve().name, is_folder=path.is_dir()), path=path)


def loose_files(path: Path) -> list[Path]:
    """Files beside the submissions that are none: a roster, a README. For a remark to the user."""
    if is_submission(path):
        return []
    entries = [entry for entry in _entries(path) if not is_hidden(entry.name)]
    return [Path(entry.path) for entry in entries if _source(entry, path) is None]


def is_submission(path: Path) -> bool:
    """Whether `path` is one submission, not a folder of them.

    Raises:
        InputError: there is no such path.
    """
    try:
        mode = path.stat().st_mode
    except PermissionError:
        raise InputError(f"{path}: may not be read (no permission).") from None
    except (OSError, ValueError):
        raise InputError(f"{path}: there is no such file or folder.") from None
    if not stat.S_ISDIR(mode):
        return True
    names = {entry.name: entry for entry in _entries(path)}
    if _PACKAGE_FILES & names.keys():
        return True
    folders = [entry for entry in names.values() if _is_folder(entry)]
    if any(folder.name in PACKAGES for folder in folders):
        return True
    own = [folder for folder in folders if _OWN_FOLDER.fullmatch(folder.name)]
    return any(map(_has_package, own or _series(folders)))


def submission_id(name: str, *, is_folder: bool) -> str:
    """A submission's name: that of its folder or archive, shortened where an LMS lengthened it.

    `smithann_late_340_208_hw2.zip` (Canvas) becomes `smithann_340`,
    `Ann Smith_12_assignsubmission_file` (Moodle) becomes `Ann Smith_12`.
    """
    stem = name if is_folder else archive_stem(name) or name
    for pattern in (_MOODLE, _CANVAS_TEXT, _CANVAS):
        match = pattern.fullmatch(name)
        if match:
            stem = "_".join(filter(None, (match["name"], match["user"])))
            break
    return printable(stem).strip() or "submission"


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: (entry.name.casefold(), entry.name))
    except OSError as error:
        raise InputError(f"{folder}: {why_unreadable(error)}.") from None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) and not is_ignored(f"{entry.name}/x")


def _series(folders: Sequence[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
    """Folders for several assignments of one student: `spring assignment1`, `spring assignment2`;
    folders of several students have one number, or their own names in front."""
    series: dict[str, dict[str, os.DirEntry[str]]] = {}
    for folder in folders:
        if match := _NUMBERED.fullmatch(folder.name):
            series.setdefault(match[1].casefold(), {})[match[2]] = folder
    return [
        folder for numbers in series.values() if len(numbers) > 1 for folder in numbers.values()
    ]


def _has_package(folder: os.DirEntry[str]) -> bool:
    """Whether the package lies in a folder, at any depth that is found quickly."""
    for depth, (_, folders, files) in enumerate(os.walk(folder.path)):
        if _PACKAGE_FILES & set(files):
            return True
        folders[:] = [name for name in folders if not is_ignored(f"{name}/x")]
        if depth > 200:
            break
    return False


def _source(entry: os.DirEntry[str], root: Path) -> Source | None:
    """The submission that an entry is, or None for a file that is none."""
    path = Path(entry.path)
    is_folder = entry.is_dir()
    if is_ignored(f"{entry.name}/x") or "_assignsubmission_onlinetext" in entry.name:
        return None
    expected = is_folder or archive_stem(entry.name) is not None
    if not expected and not _is_handed_in(entry.name):
        return None
    return Source(
        id=submission_id(entry.name, is_folder=is_folder),
        path=path,
        problem=_problem(entry, path, root, is_expected=expected),
    )


def _is_handed_in(name: str) -> bool:
    """Whether a loose file is a student's: of an LMS, or of a kind that instructors do not keep."""
    from_lms = _CANVAS.fullmatch(name) or _CANVAS_TEXT.fullmatch(name) or _MOODLE.fullmatch(name)
    return from_lms is not None or _UNREADABLE.search(name) is not None


def _problem(entry: os.DirEntry[str], path: Path, root: Path, *, is_expected: bool) -> str:
    if not is_expected:
        return f"{entry.name}: is neither a folder nor an archive (zip, tar.gz)."
    if entry.is_symlink() and not _leads_inside(path, root):
        return f"{entry.name}: is a link that leads outside {root}; it was not followed."
    if not entry.is_dir() and not path.is_file():
        return f"{entry.name}: is no ordinary file."
    try:
        os.scandir(path).close() if entry.is_dir() else path.open("rb").close()
    except OSError as error:
        return f"{entry.name}: {why_unreadable(error)}."
    return ""


def _leads_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return False


def _with_distinct_ids(sources: Iterable[Source]) -> list[Source]:
    """Where several claim one id, the first keeps it, and the others go by their full names."""
    sources = list(sources)
    claims: dict[str, list[Source]] = {}
    for source in sources:
        claims.setdefault(source.id.casefold(), []).append(source)
    taken = set(claims)
    return [_distinct(source, claims[source.id.casefold()], taken) for source in sources]


def _distinct(source: Source, claims: list[Source], taken: set[str]) -> Source:
    if len(claims) == 1:
        return source
    names = ", ".join(printable(claim.path.name) for claim in claims)
    note = f"Several submissions go by the name {source.id}: {names}. Each is graded for itself."
    name = source.id
    if source is not claims[0]:
        name = full = printable(source.path.name)
        number = 2
        while name.casefold() in taken:
            name, number = f"{full} ({number})", number + 1
        taken.add(name.casefold())
    return msgspec.structs.replace(source, id=name, note=note)
