"""Canvas: `<name>[_late]_<user id>_<file id>_<file>`, all in one folder."""

from __future__ import annotations

from collections.abc import Sequence

from grader.course.listing import ListedName, Listing
from grader.course.platforms.platform import Deliveries, Fit, Platform, Request, by_name, text_of
from grader.model.attempt import Delivered, DeliveredFile
from grader.model.errors import InputError
from grader.model.person import Person
from grader.submission.delivered_names import CanvasName, canvas_name

_WHY = "names such as smithann_340934_208490284_hw2.zip"


def _is_anonymous(names: Sequence[ListedName]) -> bool:
    """Whether no entry names a student: Canvas leaves names out of all or none."""
    known = [each for each in names if canvas_name(each.name) or _bare(each.name)]
    return all(_bare(each.name) for each in known)


def _bare(name: str) -> CanvasName | None:
    return canvas_name(name, anonymous=True)


def _fit(_listing: Listing, names: Sequence[ListedName]) -> Fit | None:
    if not by_name(names, lambda each: canvas_name(each.name) or _bare(each.name), (), _WHY):
        return None
    anonymous = _is_anonymous(names)
    return by_name(names, lambda each: canvas_name(each.name, anonymous=anonymous), (), _WHY)


def _deliver(listing: Listing, _request: Request) -> list[Delivered]:
    names = listing.names()
    anonymous = _is_anonymous(names)
    unpacked = {each.name for each in names if each.is_folder}
    found = Deliveries()
    for each in sorted(names):
        parts = canvas_name(each.name, anonymous=anonymous)
        if parts is not None and each.name.removesuffix(".zip") not in unpacked - {each.name}:
            person = _person(parts)
            found.add(person, _delivered(listing, each.name, parts, person))
    return found.all()


def _person(parts: CanvasName) -> Person:
    key = "_".join(filter(None, (parts.name, parts.user)))
    return Person(key=key, name=parts.name or parts.user, ids={"canvas": parts.user})


def _delivered(listing: Listing, entry: str, parts: CanvasName, person: Person) -> Delivered:
    late = True if parts.late else None
    if parts.file is None:
        comment = _text(listing, entry)
        return Delivered(owners=[person], late=late, comment=comment, entry=entry)
    file = DeliveredFile(name=parts.rest, path=entry)
    return Delivered(owners=[person], late=late, files=[file], entry=entry)


def _text(listing: Listing, entry: str) -> str:
    try:
        return text_of(listing.read(entry, 1 << 20))
    except InputError:
        return ""


CANVAS = Platform("canvas", "Canvas", _fit, _deliver)
