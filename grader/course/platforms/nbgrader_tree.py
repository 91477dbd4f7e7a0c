"""nbgrader: `submitted/<student>/<assignment>/`, and the exchange's `inbound` folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from grader.course.listing import ListedName, Listing
from grader.course.platforms.platform import (
    Fit,
    Platform,
    Request,
    by_content,
    by_name,
    chosen_assignment,
    files_in,
)
from grader.course.times import parse_time
from grader.model.attempt import Delivered
from grader.model.errors import InputError
from grader.model.person import Person
from grader.submission.identity import entry_id

_SUBMITTED: Final = "submitted"
_STAMP: Final = "timestamp.txt"
_OWN: Final = (_STAMP, "submission_secret.txt")
_INBOUND: Final = re.compile(r"(?P<student>[^+]+)\+(?P<assignment>[^+]+)\+(?P<time>[^+]+)(?:\+.*)?")


def _fit(listing: Listing, names: Sequence[ListedName]) -> Fit | None:
    if any(each.name == _SUBMITTED and each.is_folder for each in names):
        ours = ("gradebook.db", "nbgrader_config.py", "source", "release")
        if not any(listing.has(name) for name in ours):
            return None
        return Fit(len(listing.names(_SUBMITTED)), [], f"its folder {_SUBMITTED}")
    if PurePath(listing.shown).name == _SUBMITTED:
        why = "submitted/<student>/<assignment>"
        return by_content(names, lambda each: bool(_assignments(listing, each.name)), why)
    return by_name(names, lambda each: each.is_folder and _inbound(each.name), (), "its exchange")


def _inbound(name: str) -> re.Match[str] | None:
    match = _INBOUND.fullmatch(name)
    return match if match and parse_time(match["time"]) else None


def _assignments(listing: Listing, student: str) -> list[str]:
    inside = listing.names(student)
    is_tree = inside and all(each.is_folder for each in inside)
    return [each.name for each in inside] if is_tree else []


def _deliver(listing: Listing, request: Request) -> list[Delivered]:
    names = sorted(listing.names())
    if any(_inbound(each.name) for each in names):
        return _from_exchange(listing, names, request)
    root = f"{_SUBMITTED}/" if any(each.name == _SUBMITTED for each in names) else ""
    students = [each.name for each in sorted(listing.names(root)) if each.is_folder]
    there = {student: _assignments(listing, f"{root}{student}") for student in students}
    every = {assignment for own in there.values() for assignment in own}
    chosen = chosen_assignment(every, request, listing)
    return [
        _delivered(listing, student, f"{root}{student}/{chosen}", request)
        for student, own in there.items()
        if chosen in own
    ]


def _from_exchange(
    listing: Listing, names: Sequence[ListedName], request: Request
) -> list[Delivered]:
    matches = [(each.name, match) for each in names if (match := _inbound(each.name))]
    chosen = chosen_assignment({match["assignment"] for _, match in matches}, request, listing)
    return [
        _delivered(listing, match["student"], folder, request, match["time"])
        for folder, match in matches
        if match["assignment"] == chosen
    ]


def _delivered(
    listing: Listing, student: str, folder: str, request: Request, time: str = ""
) -> Delivered:
    """nbgrader itself writes the time into the folder, over whatever a student put there."""
    submitted = parse_time(time or _stamp(listing, folder), request.zone)
    return Delivered(
        owners=[Person(key=entry_id(student), name=student, ids={"login": student})],
        submitted=submitted,
        time_source="platform" if submitted else "",
        files=files_in(listing, folder, _OWN),
        entry=folder,
    )


def _stamp(listing: Listing, folder: str) -> str:
    try:
        return listing.read(f"{folder}/{_STAMP}", 200).decode("utf-8", "replace")
    except InputError:
        return ""


NBGRADER = Platform("nbgrader", "nbgrader", _fit, _deliver)
