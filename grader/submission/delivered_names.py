"""What learning platforms and browsers make of the names of files, and how that is undone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final, NamedTuple

from grader.model.submission_form import plain

COPY_OF: Final = r"(?:copy(?: ?\(?\d+\)?)? of|kopie von|copia d[ei]|copie de|副本|复件)[ _-]*"
"""What systems put before the name of a copy."""
_CANVAS_NAMED: Final = re.compile(
    r"(?P<name>.+?)(?P<dash>-late)?_(?:(?P<late>late)_)?(?P<user>\d+)_(?P<file>\d+)_(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)
_CANVAS_BARE: Final = re.compile(
    r"(?:(?P<late>late)_)?(?P<user>\d+|anon_[A-Za-z0-9]+)_(?P<file>\d+)_(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)
_CANVAS_NAMED_TEXT: Final = re.compile(
    r"(?P<name>.+?)(?P<dash>-late)?_(?:(?P<late>late)_)?(?P<user>\d+)_(?P<rest>(?:text|link)\.html)",
    re.IGNORECASE | re.DOTALL,
)
_CANVAS_BARE_TEXT: Final = re.compile(
    r"(?:(?P<late>late)_)?(?P<user>\d+|anon_[A-Za-z0-9]+)_(?P<rest>(?:text|link)\.html)",
    re.IGNORECASE | re.DOTALL,
)
_CANVAS_BOTH: Final = (_CANVAS_NAMED, _CANVAS_NAMED_TEXT)
_MOODLE: Final = re.compile(
    r"(?P<name>.+?)_(?P<user>\d+)_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<rest>.*))?",
    re.DOTALL,
)
_BLACKBOARD: Final = re.compile(
    r"(?P<head>.+?)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<rest>.+)|\.txt)",
    re.DOTALL,
)

_ENDING: Final = re.compile(r"\.(?:tar\.(?:gz|bz2|xz)|[A-Za-z0-9]{1,8})$")
_DOUBLED: Final = re.compile(r"(\.(?:ipynb|py))(?:\.(?:txt|json|text))$", re.IGNORECASE)
_HEAD: Final = re.compile(COPY_OF, re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?:[ _]*\((\d{1,4})\)|-(\d{1,4}))$")
_WORD: Final = re.compile(r"[ _-]*(?:- ?copy|\(copy\)|的?副本|拷贝)$", re.IGNORECASE)
_ASSIGNMENT: Final = re.compile(
    r"(?:assignments?|assign|homeworks?|hw|lab|pset|ps|project|week|part|task|exercise|ex)$", re.I
)
_PIECE: Final = re.compile(
    r"(?:^|[\W_\d])(?:part|task|exercise|ex|question|q|problem|week|chapter|section)$", re.I
)
"""Words whose numbers are never a copy's: `part-1` and `part-2` are two files."""
_SURE_DIGITS: Final = 3
_MANY: Final = 100
"""The least of a Canvas id that is taken for one in the name of a single file."""
_VERSION: Final = re.compile(
    r"(?P<stem>|.*?[ _.-])(?:v|ver|version|attempt|submission)[ _.-]?(?P<number>\d{1,4})", re.I
)


class CanvasName(NamedTuple):
    """The parts of a name in a Canvas export."""

    name: str
    """The student's, without spaces; empty where grading is anonymous."""
    user: str
    late: bool
    file: int | None
    """Canvas's id of the file; None for a text entry or a link."""
    rest: str
    """The file's name, as Canvas has it: `-1` may be added."""


class MoodleName(NamedTuple):
    """The parts of a name in a Moodle export."""

    name: str
    user: str
    plugin: str
    """`file`, `onlinetext`, `comments`."""
    rest: str
    """The file's name, where it is part of it; else the files lie in a folder of this name."""


class BlackboardName(NamedTuple):
    """The parts of a name in a Blackboard export."""

    head: str
    """Title of the assignment and name of the user, with `_` between them."""
    time: str
    """`2020-04-21-06-34-13`"""
    rest: str
    """The file's name; empty for the receipt."""


class OwnName(NamedTuple):
    """A file's name as its author chose it, and the number of the copy."""

    name: str
    number: int
    """0 where it has none."""


def canvas_name(name: str, *, anonymous: bool = False) -> CanvasName | None:
    """What Canvas says of a file by its name; None where Canvas gave no such name.

    `anonymous` exports have no names of people in them. That has to be known of the whole export:
    `late_340_208_hw.zip` is someone's late work there, and on-time work of a person called Late
    elsewhere.
    """
    patterns = (_CANVAS_BARE, _CANVAS_BARE_TEXT) if anonymous else _CANVAS_BOTH
    match = next((found for each in patterns if (found := each.fullmatch(name))), None)
    if match is None:
        return None
    parts = match.groupdict()
    late = bool(parts["late"] or parts.get("dash"))
    file = int(parts["file"]) if parts.get("file") else None
    return CanvasName(parts.get("name") or "", parts["user"], late, file, parts["rest"])


def moodle_name(name: str) -> MoodleName | None:
    """What Moodle says by the name of a folder or file; None where it gave no such name."""
    match = _MOODLE.fullmatch(name)
    return MoodleName(**{k: v or "" for k, v in match.groupdict().items()}) if match else None


def blackboard_name(name: str) -> BlackboardName | None:
    """What Blackboard says of a file by its name; None where it gave no such name."""
    match = _BLACKBOARD.fullmatch(name)
    return BlackboardName(**{k: v or "" for k, v in match.groupdict().items()}) if match else None


def owner_of(name: str) -> str | None:
    """Whom a platform gave a single file to, by its name alone; None where none did."""
    found = _given(name)
    if isinstance(found, BlackboardName):
        return found.head
    return "_".join(filter(None, (found.name, found.user))) if found else None


def without_owner(name: str) -> str:
    """The student's own name of a single file that a platform named; any other as it is."""
    found = _given(name)
    return found.rest or name if found else name


def _given(name: str) -> MoodleName | BlackboardName | CanvasName | None:
    canvas = canvas_name(name, anonymous=True) or canvas_name(name)
    if canvas and (len(canvas.user) < _SURE_DIGITS or (canvas.file or _MANY) < _MANY):
        canvas = None  # `hw_2_3_layers.py` alone is not enough to go by
    return moodle_name(name) or blackboard_name(name) or canvas


def own_name(name: str, known: Collection[str] = ()) -> OwnName:
    """A file's name without what browsers and platforms add to copies: `layers.py` for
    `layers (1).py`, `layers-1.py` and `Copy of layers.py.txt`.

    `known` are the names that an assignment uses, as `plain` has them and without ending: nothing
    is taken off these, nor off `part-1`.
    """
    name = _DOUBLED.sub(r"\1", name)
    ending = match[0] if (match := _ENDING.search(name)) else ""
    stem, number = name.removesuffix(ending), 0
    stem = _HEAD.sub("", stem, count=1) if (head := _HEAD.match(stem)) and head.end() else stem
    while plain(stem) not in known and (tail := _NUMBER.search(stem) or _WORD.search(stem)):
        if not tail.start() or _PIECE.search(stem[: tail.start()]):
            break
        digits = next(filter(None, tail.groups()), "")
        number = number or int(digits or 1)
        stem = stem[: tail.start()]
    return OwnName(f"{stem}{ending}", number)


def version_of(name: str) -> tuple[str, int] | None:
    """What a folder or archive is a version of, by its name, and which: `("hw", 2)` for
    `hw_v2.zip` and `hw (2).zip`, `("", 2)` for `Version 2` and `2`; None where it does not say."""
    if found := numbered_version(name):
        return found
    stem = _stem(name)
    if re.fullmatch(r"[0-9]{1,4}", stem):
        return "", int(stem)
    own = own_name(stem)
    if not own.number or _ASSIGNMENT.search(own.name):
        return None  # `hw-1` and `hw-2` are two assignments
    return own.name.casefold(), own.number


def numbered_version(name: str) -> tuple[str, int] | None:
    """The same where a word says that it is a version: `hw_v2.zip`, `Version 2`."""
    found = _VERSION.fullmatch(_stem(name))
    return (found["stem"].rstrip(" _.-").casefold(), int(found["number"])) if found else None


def _stem(name: str) -> str:
    ending = match[0] if (match := _ENDING.search(name)) else ""
    return unicodedata.normalize("NFKC", name.removesuffix(ending))
