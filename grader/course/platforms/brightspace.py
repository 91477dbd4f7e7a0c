"""Brightspace: a folder for each submission, `<user>-<submission> - <name> - <time>`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from grader.course.listing import ListedName, Listing
from grader.course.platforms.platform import Deliveries, Fit, Platform, Request, by_name, files_in
from grader.course.times import parse_time
from grader.model.attempt import Delivered
from grader.model.person import Person

_WHY = "folders such as 12345-67890 - Ann Smith - Sep 24, 2024 926 PM"
_FOLDER: Final = re.compile(
    r"(?P<user>\d+)-(?P<submission>\d+) ?- (?P<name>.+?) ?- "
    r"(?P<time>[^-]*?\d{4}[ ,]+\d{1,2}:?\d\d(?:[ \u202f]?[AP]M)?)",
    re.IGNORECASE,
)
_CLOCK: Final = re.compile(r"(?<=\d{4} )(\d{1,2})(\d\d)$")
_OWN: Final = ("index.html",)


def _fit(_listing: Listing, names: Sequence[ListedName]) -> Fit | None:
    return by_name(names, lambda each: each.is_folder and _FOLDER.fullmatch(each.name), _OWN, _WHY)


def _deliver(listing: Listing, request: Request) -> list[Delivered]:
    found = Deliveries()
    for each in sorted(listing.names()):
        match = _FOLDER.fullmatch(each.name)
        if match is None or not each.is_folder:
            continue
        person = Person(
            key=f"{match['name']}_{match['user']}",
            name=match["name"],
            ids={"brightspace": match["user"]},
        )
        submitted = parse_time(_CLOCK.sub(r"\1:\2", match["time"]), request.zone)
        what = Delivered(
            owners=[person],
            submitted=submitted,
            time_source="platform" if submitted else "",
            files=files_in(listing, each.name),
            entry=each.name,
        )
        found.add(person, what, each.name)
    return found.all()


BRIGHTSPACE = Platform("brightspace", "Brightspace", _fit, _deliver)
