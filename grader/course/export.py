"""An export: found at a path, unpacked where it has to be, and read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, NamedTuple

from grader.course.listing import (
    MAX_CLASS,
    ListedName,
    Listing,
    is_archive,
    list_archive,
    list_folder,
    unpack,
)
from grader.course.platforms.platform import Platform, Request
from grader.course.platforms.recognition import (
    countable,
    is_export,
    platform_named,
    recognise,
)
from grader.course.whole_class import class_beside, clearly_a_class, whole_class
from grader.model.attempt import Delivered
from grader.model.errors import InputError
from grader.model.module_path import notebook_of
from grader.model.submission_form import SubmissionForm, plain
from grader.submission.discover import has_own_modules, is_submission
from grader.submission.identity import file_stem

_MAX_DEPTH: Final = 4
"""Folders and archives around an export."""
_DRIVE_PART: Final = re.compile(r"(?P<stamp>drive-download-\d{8}T\d{6}Z)(?:-\d+)+\.zip")
_MAX_SHOWN: Final = 3
_MAX_EXPORTS: Final = 100


class ExportPlace(NamedTuple):
    """What lies at a path."""

    path: Path
    """The folder or file itself, or the folder that it was unpacked into."""
    kind: str
    """`one` submission, a `plain` folder of submissions, or a platform's `export`."""
    platform: Platform | None = None
    why: str = ""
    """What an export was recognised by."""
    others: tuple[str, ...] = ()
    """Entries of an export that the platform did not make."""


class Export(NamedTuple):
    """A platform's export that was read."""

    platform: Platform
    why: str
    root: Path
    """The folder that the paths of files begin in."""
    delivered: list[Delivered]
    others: tuple[str, ...]
    """Entries that the platform did not make."""


def find_export(
    path: Path, form: SubmissionForm, room: Callable[[], Path], chosen: str = "", *, depth: int = 0
) -> ExportPlace:
    """What lies at `path`: looked for in the archive or folder itself, and in a single one inside.

    Args:
        path: a folder or a file.
        form: what submissions of the assignment look like.
        room: makes an empty folder, where archives have to be unpacked.
        chosen: `canvas`, or another platform, or `plain`: what the user says it is.
        depth: how many folders and archives were opened so far.

    Raises:
        InputError: there is nothing, or it can be read in two ways; names both.
        NoRoomError: what has to be unpacked cannot be written.
        UsageError: there is no such platform.
    """
    forced = platform_named(chosen) if chosen else None
    if not path.is_dir():
        return _in_file(path, form, room, chosen, depth)
    listing = list_folder(path)
    if forced is not None:
        return _forced(listing, forced, path) or _inside(path, form, room, chosen, depth)
    recognised = None if chosen else recognise(listing)
    is_one = is_submission(path, form) and not whole_class(listing, form)
    if recognised is not None:
        if has_own_modules(path, form) and recognised.fit.entries > 1:
            raise _two_ways(listing, form, f"an export of {recognised.platform.title}")
        fit = recognised.fit
        return ExportPlace(path, "export", recognised.platform, fit.why, tuple(fit.others))
    if is_one:
        if not chosen and (beside := class_beside(listing, form)):
            raise _two_ways(listing, form, f"a class ({', '.join(beside[:_MAX_SHOWN])})")
        return ExportPlace(path, "one")
    return _inside(path, form, room, chosen, depth)


def _forced(listing: Listing, platform: Platform, path: Path) -> ExportPlace | None:
    fit = platform.fit(listing, listing.names())
    return ExportPlace(path, "export", platform, fit.why, tuple(fit.others)) if fit else None


def _in_file(
    path: Path, form: SubmissionForm, room: Callable[[], Path], chosen: str, depth: int
) -> ExportPlace:
    """An archive is unpacked if a class is in it; else it is one submission."""
    if not is_archive(path.name) or depth > _MAX_DEPTH:
        return ExportPlace(path, "one")
    try:
        listing = list_archive(path)
    except InputError:  # that will be said when it is graded
        return ExportPlace(path, "one")
    if not (whole_class(listing, form) or _is_forced(listing, chosen) or _is_export(listing)):
        return ExportPlace(path, "one")
    folder = _place_for(room(), path)
    unpack(path, folder, MAX_CLASS)
    found = find_export(folder, form, room, chosen, depth=depth + 1)
    return found if found.kind != "one" else ExportPlace(path, "one")


def _is_forced(listing: Listing, chosen: str) -> bool:
    platform = platform_named(chosen) if chosen else None
    return platform is not None and platform.fit(listing, listing.names()) is not None


def _is_export(listing: Listing) -> bool:
    """Whether a platform packed it, of a single student as it may be."""
    names = listing.names()
    if recognise(listing) is not None:
        return True
    return len(names) == 1 and names[0].is_folder and _is_export(listing.below(names[0].name))


def _inside(
    path: Path, form: SubmissionForm, room: Callable[[], Path], chosen: str, depth: int
) -> ExportPlace:
    """What a folder holds that is no export itself: one export, several, or submissions."""
    listing = list_folder(path)
    names = sorted(countable(listing.names()))
    parts = [each for each in names if _DRIVE_PART.fullmatch(each.name)]
    if parts and len(parts) == len(names):
        return _joined(path, parts, form, room, chosen, depth)
    if len(names) == 1 and depth < _MAX_DEPTH:
        found = find_export(path / names[0].name, form, room, chosen, depth=depth + 1)
        if found.kind == "export" or (found.kind == "plain" and _is_class(listing, names[0], form)):
            return found
    if 1 < len(names) <= _MAX_EXPORTS and all(_leads_to_export(listing, each) for each in names):
        listed = ", ".join(each.name for each in names[:_MAX_SHOWN])
        raise InputError(
            f"{path}: holds {len(names)} exports: {listed}.",
            hint=f"Grade them one at a time: {path / names[0].name}",
        )
    return ExportPlace(path, "plain")


def _is_class(listing: Listing, each: ListedName, form: SubmissionForm) -> bool:
    inside = listing.opened(each.name) if is_archive(each.name) else listing.below(each.name)
    return bool(whole_class(inside, form))


def _leads_to_export(listing: Listing, each: ListedName) -> bool:
    try:
        if each.is_folder:
            return is_export(listing.below(each.name))
        return is_archive(each.name) and is_export(listing.opened(each.name))
    except InputError:
        return False


def _joined(
    path: Path,
    parts: Collection[ListedName],
    form: SubmissionForm,
    room: Callable[[], Path],
    chosen: str,
    depth: int,
) -> ExportPlace:
    """Google Drive downloads a folder in several archives: they are unpacked into one."""
    folder = _place_for(room(), path)
    for part in parts:
        unpack(path / part.name, folder, MAX_CLASS)
    return find_export(folder, form, room, chosen, depth=depth + 1)


def _place_for(folder: Path, path: Path) -> Path:
    """A folder of the archive's name, so that messages and pages call it as the user does."""
    place = folder / "unpacked" / file_stem(path.stem)
    number = 1
    while place.exists():
        number += 1
        place = place.with_name(f"{file_stem(path.stem)} {number}")
    return place


def _two_ways(listing: Listing, form: SubmissionForm, other: str) -> InputError:
    names = [each.name for each in sorted(listing.names())]
    package = next((n for n in names if n in form.packages), "modules of the assignment")
    return InputError(
        f"{listing.shown}: can be read in two ways: as one submission (with {package}), or as "
        f"{other}.",
        hint=f"Move {package} elsewhere if it is a class; if it is one student's work, move that "
        "to a folder of its own.",
    )


def read_export(
    found: ExportPlace, form: SubmissionForm, assignment: str, zone: dt.tzinfo | None
) -> Export:
    """Everything that was submitted in an export.

    Raises:
        InputError: it cannot be read, or holds several assignments and none was named.
    """
    platform = found.platform
    if platform is None:
        raise InputError(f"{found.path}: is not an export of a platform.")
    request = Request(zone, platform.id, assignment, form.prefers)
    delivered = platform.deliver(list_folder(found.path), request)
    return Export(platform, found.why, found.path, delivered, found.others)


def refuse_class(path: Path, form: SubmissionForm) -> None:
    """Make sure that a path is not clearly a class.

    Raises:
        InputError: it is a class; says what to run.
    """
    try:
        if path.is_dir():
            listing = list_folder(path)
        elif is_archive(path.name):
            listing = list_archive(path)
        else:
            return
    except InputError:
        return  # that it cannot be read is said when it is graded
    if reason := clearly_a_class(listing, form):
        raise InputError(
            f"{path}: is a whole class, not one submission ({reason}).",
            hint=f"Run: grader batch {path} --out DIR",
        )
    if path.is_dir() and is_submission(path, form) and (beside := class_beside(listing, form)):
        raise _two_ways(listing, form, f"a class ({', '.join(beside[:_MAX_SHOWN])})")


def known_names(form: SubmissionForm, notebooks: Collection[str] = ()) -> frozenset[str]:
    """The names of files that an assignment uses: a number at their end is no copy's."""
    own = filter(None, map(notebook_of, form.modules))
    return frozenset({*form.plain_stems, *map(plain, (*own, *notebooks))})
