"""Google Forms in Drive: `<file> - <name of whoever uploaded it>.<ending>`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from grader.course.listing import ListedName, Listing
from grader.course.platforms.platform import Deliveries, Fit, Platform, Request, by_name
from grader.model.attempt import Delivered, DeliveredFile
from grader.model.person import Person
from grader.submission.identity import entry_id

_WHY: Final = "names such as hw2 - Ann Smith.zip"
_FILE: Final = re.compile(
    r"(?P<stem>.+) - (?P<name>(?:(?! - ).)+?)(?P<copy> ?\(\d+\))?(?P<ending>(?:\.tar)?\.\w{1,8})"
)


def _fit(_listing: Listing, names: Sequence[ListedName]) -> Fit | None:
    fit = by_name(names, lambda each: not each.is_folder and _FILE.fullmatch(each.name), (), _WHY)
    people = {match["name"] for each in names if (match := _FILE.fullmatch(each.name))}
    # any student may have called a file so: it counts only where all are, and Classroom's copies
    # are called `Ann Smith - hw2.ipynb`, with one title at the end
    return fit if fit and len(people) > 1 and not fit.others else None


def _deliver(listing: Listing, _request: Request) -> list[Delivered]:
    found = Deliveries()
    for each in sorted(listing.names()):
        if match := _FILE.fullmatch(each.name):
            person = Person(key=entry_id(match["name"]), name=match["name"])
            own = f"{match['stem']}{match['copy'] or ''}{match['ending']}"
            file = DeliveredFile(name=own, path=each.name)
            found.add(person, Delivered(owners=[person], files=[file], entry=each.name))
    return found.all()


GOOGLE_FORMS = Platform("google", "Google Drive", _fit, _deliver)
