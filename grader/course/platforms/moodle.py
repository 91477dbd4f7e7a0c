"""Moodle: `<name>_<participant id>_assignsubmission_file`, of folders or before files' names."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from grader.course.listing import ListedName, Listing
from grader.course.platforms.platform import (
    Deliveries,
    Fit,
    Platform,
    Request,
    by_name,
    files_in,
    text_of,
)
from grader.model.attempt import Delivered, DeliveredFile
from grader.model.errors import InputError
from grader.model.person import Person
from grader.submission.delivered_names import MoodleName, moodle_name

_WHY = "names such as Ann Smith_12_assignsubmission_file"


def _fit(_listing: Listing, names: Sequence[ListedName]) -> Fit | None:
    return by_name(names, lambda each: moodle_name(each.name), (), _WHY)


def _deliver(listing: Listing, _request: Request) -> list[Delivered]:
    found = Deliveries()
    for each in sorted(listing.names()):
        parts = moodle_name(each.name)
        if parts is not None:
            person = _person(parts)
            found.add(person, _delivered(listing, each, parts, person))
    return found.all()


def _person(parts: MoodleName) -> Person:
    name = unicodedata.normalize("NFC", parts.name)
    return Person(key=f"{name}_{parts.user}", name=name, ids={"moodle": parts.user})


def _delivered(listing: Listing, each: ListedName, parts: MoodleName, person: Person) -> Delivered:
    if parts.plugin != "file":
        return Delivered(owners=[person], comment=_text(listing, each), entry=each.name)
    if each.is_folder:
        files = files_in(listing, each.name)
    else:
        files = [DeliveredFile(name=parts.rest or each.name, path=each.name)]
    return Delivered(owners=[person], files=files, entry=each.name)


def _text(listing: Listing, each: ListedName) -> str:
    """The online text; files that were pasted into it are nobody's code."""
    paths = [each.name]
    if each.is_folder:
        paths = [f.path for f in files_in(listing, each.name) if f.name.endswith((".html", ".txt"))]
    try:
        return "\n".join(text_of(listing.read(path, 1 << 20)) for path in paths)
    except InputError:
        return ""


MOODLE = Platform("moodle", "Moodle", _fit, _deliver)
