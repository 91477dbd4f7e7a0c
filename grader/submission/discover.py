"""Finding the submissions that a path holds."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from grader.model.errors import InputError
from grader.model.submission_form import UNKNOWN, SubmissionForm, plain
from grader.submission.delivered_names import owner_of
from grader.submission.files import archive_stem, is_hidden, is_ignored, printable, why_unreadable
from grader.submission.foreign_files import named
from grader.submission.identity import entry_id
from grader.submission.module_names import COPY, is_python, may_be_notebook, spellings
from grader.submission.source import Source

_OWN_FOLDER: Final = re.compile(
    r"(?i)(?:assignments?|assign|homeworks?|hw|code|src|submission)[ _-]?\d{0,2}"
)
"""How people call a folder of their own work."""
_NUMBERED: Final = re.compile(r"(?i)(.*(?:assignment|assign|homework|hw)[ _-]?)(\d{1,2})")
_UNREADABLE: Final = re.compile(r"(?i)\.(?:rar|7z|gz|bz2|xz|zipx|py|ipynb)$")
"""Endings of files that students submit and instructors do not keep beside them."""


class Sources:
    """Submissions in the order of their names, which are all that is kept of a large class."""

    def __init__(
        self, names: list[str], look: Callable[[str], Source], *, are_ids: bool = False
    ) -> None:
        """`look` makes a submission of a name; the names may be the identities themselves."""
        self._names = names
        self._look = look
        self._are_ids = are_ids

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[Source]:
        """Each is looked at when its turn comes."""
        return map(self._look, self._names)

    def ids(self) -> Iterator[str]:
        """The identities, without a look at any."""
        return iter(self._names) if self._are_ids else map(entry_id, self._names)

    def seen_by(self, look: Callable[[Source], Source]) -> Sources:
        """The same submissions, each looked at once more."""
        first = self._look
        return Sources(self._names, lambda name: look(first(name)), are_ids=self._are_ids)


def discover(path: Path, form: SubmissionForm = UNKNOWN) -> Sources:
    """The submissions at `path`, which look like those of an assignment.

    A folder of folders or archives, or one submission: an archive, or a folder with the package
    in it. What cannot be read is listed with its `problem`.

    Raises:
        InputError: there is no such path, or nothing in it.
    """
    if is_submission(path, form):
        source = single(path)
        return Sources([source.id], lambda _: source, are_ids=True)
    return discover_class(path, form)


def discover_class(path: Path, form: SubmissionForm = UNKNOWN) -> Sources:
    """The submissions in a folder, whatever else it may be taken for.

    Raises:
        InputError: there is no such folder, or nothing in it.
    """
    names = plain_names(path)
    if not names:
        raise InputError(
            f"{path}: holds no submissions.",
            hint="Expected a folder or an archive (zip, tar.gz) for each student; if this is the "
            "work of one student, use `grader grade`.",
        )
    return Sources(names, partial(look, path, form))


def plain_names(path: Path) -> list[str]:
    """The entries of a folder that are submissions by their names, in order."""
    return _sorted(entry.name for entry in _entries(path) if _counts(entry))


def single(path: Path) -> Source:
    """The submission that `path` is taken to be, whatever it holds.

    Raises:
        InputError: there is no such path.
    """
    if not os.path.lexists(path):
        raise InputError(f"{path}: there is no such file or folder.")
    name = path.resolve().name
    return Source(id=entry_id(name), name=short_name(name, is_folder=path.is_dir()), path=path)


def loose_files(path: Path, form: SubmissionForm = UNKNOWN) -> list[Path]:
    """Files beside the submissions that are none: a roster, a README. For a remark to the user."""
    if is_submission(path, form):
        return []
    names = _sorted(entry.name for entry in _entries(path) if not _counts(entry))
    return [path / name for name in names]


def is_submission(path: Path, form: SubmissionForm = UNKNOWN) -> bool:
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
    own, numbered = [], []
    for entry in _entries(path):
        if _is_module(entry.name, form) or (_is_folder(entry) and _is_part(entry, form)):
            return True
        if _OWN_FOLDER.fullmatch(entry.name) and _is_folder(entry):
            own.append(entry)
        elif _NUMBERED.fullmatch(entry.name) and _is_folder(entry):
            numbered.append(entry)
    within = own or _series(numbered)
    return any(_has_package(folder, form) for folder in within) or _is_of_one(path, form)


def has_own_modules(folder: Path, form: SubmissionForm) -> bool:
    """Whether the package, or modules that no platform gave an owner, lie directly in a folder."""
    return any(
        _is_module(entry.name, form) or (_is_folder(entry) and _is_part(entry, form))
        for entry in _entries(folder)
    )


def has_modules(folder: Path, form: SubmissionForm) -> bool:
    """Whether modules of the assignment lie in a folder, as they do in the package."""
    files = (entry.name for entry in _entries(folder) if entry.is_file())
    return any(_is_module(name, form) for name in files)


def _is_module(name: str, form: SubmissionForm) -> bool:
    """Whether a file is a module by its name, copies included, which no platform gave an owner."""
    return names_module(name, form) and owner_of(name) is None


def names_module(name: str, form: SubmissionForm) -> bool:
    """Whether a file is a module by its name, copies and files of platforms included."""
    near = (stem for stem, distance in spellings(name) if distance <= COPY)
    return is_python(name) and any(stem in form.plain_stems for stem in near)


def _is_part(folder: os.DirEntry[str], form: SubmissionForm) -> bool:
    """Whether a folder is the package, or one for a single module of it: `layers/layers.py`."""
    if folder.name in form.packages:
        return True
    return plain(folder.name) in form.plain_stems and has_modules(Path(folder.path), form)


def _is_of_one(path: Path, form: SubmissionForm) -> bool:
    """Whether a folder holds modules that a platform named after one and the same student.

    Where students write a single module, such a file is all that one of them submits.
    """
    names = [entry.name for entry in _entries(path) if names_module(entry.name, form)]
    return not form.is_single_file and len(set(map(owner_of, names))) == 1


def short_name(name: str, *, is_folder: bool) -> str:
    """What people call a folder or archive: its name, without an archive's ending."""
    stem = name if is_folder else archive_stem(name) or name.removesuffix(".ipynb")
    return printable(stem).strip() or "submission"


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What is in a folder, but for what a system hides there."""
    try:
        with os.scandir(folder) as found:
            yield from (entry for entry in found if not is_hidden(entry.name))
    except OSError as error:
        raise InputError(f"{folder}: {why_unreadable(error)}.") from None


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (name.casefold(), name))


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


def _has_package(folder: os.DirEntry[str], form: SubmissionForm) -> bool:
    """Whether the package lies in a folder, at any depth that is found quickly."""
    for depth, (_, folders, files) in enumerate(os.walk(folder.path)):
        if {f"{stem}.py" for stem in form.stems} & set(files):
            return True
        folders[:] = [name for name in folders if not is_ignored(f"{name}/x")]
        if depth > 200:
            break
    return False


def _counts(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a submission, not a file beside them."""
    if is_ignored(f"{entry.name}/x"):
        return False
    return (
        entry.is_dir()
        or archive_stem(entry.name) is not None
        or _UNREADABLE.search(entry.name) is not None
    )


def look(root: Path, form: SubmissionForm, name: str) -> Source:
    """The submission that an entry of a folder is."""
    path = root / name
    short = short_name(name, is_folder=os.path.isdir(path))
    return Source(id=entry_id(name), name=short, path=path, problem=why_not_read(path, root, form))


def why_not_read(path: Path, root: Path, form: SubmissionForm) -> str:
    """Why an entry below `root` cannot be a submission; empty where nothing speaks against it."""
    name, is_folder = path.name, os.path.isdir(path)
    if os.path.islink(path) and not _leads_inside(path, root):
        return f"{name}: is a link that leads outside {root}; it was not followed."
    try:
        if not is_folder and not stat.S_ISREG(path.stat().st_mode):
            return f"{name}: is not an ordinary file."
        os.scandir(path).close() if is_folder else path.open("rb").close()
    except OSError as error:
        return f"{name}: {why_unreadable(error)}."
    if not is_folder and archive_stem(name) is None and not may_be_notebook(name):
        if is_python(name) and form.is_single_file:
            return ""
        if is_python(name):
            return f"{name}: is a single file; if {root} is one submission, use `grader grade`."
        if what := named([name]):
            return f"{what}."
        return f"{name}: is neither a folder nor an archive (zip, tar.gz)."
    return ""


def _leads_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return False
