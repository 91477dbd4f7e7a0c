"""Blackboard: `<title>_<user>_attempt_<time>_<file>`, with a receipt for every attempt."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from grader.course.listing import ListedName, Listing
from grader.course.platforms.platform import (
    Deliveries,
    Fit,
    Platform,
    Request,
    by_name,
    common_start,
)
from grader.course.times import parse_time
from grader.model.attempt import Delivered, DeliveredFile
from grader.model.errors import InputError
from grader.model.person import Person
from grader.submission.delivered_names import blackboard_name

_WHY = "names such as hw2_asmith_attempt_2020-04-21-06-34-13_hw2.zip"
_NAME: Final = re.compile(r"^Name:[ \t]*(?P<name>.*?)[ \t]*\((?P<user>[^()\n]*)\)[ \t]*$", re.M)
_DATE: Final = re.compile(r"^Date Submitted:[ \t]*(?P<date>.+?)[ \t]*$", re.MULTILINE)
_HEADER: Final = 8
"""Lines at the top of a receipt that Blackboard writes before anything of the student's."""


class _Receipt(NamedTuple):
    name: str = ""
    user: str = ""
    submitted: dt.datetime | None = None


def _fit(_listing: Listing, names: Sequence[ListedName]) -> Fit | None:
    return by_name(names, lambda each: blackboard_name(each.name), (), _WHY)


def _deliver(listing: Listing, request: Request) -> list[Delivered]:
    names = [each.name for each in sorted(listing.names())]
    parts = {name: part for name in names if (part := blackboard_name(name))}
    receipts = {
        (each.head, each.time): _receipt(listing, name, request)
        for name, each in parts.items()
        if not each.rest
    }
    title = _title({each.head for each in parts.values()}, receipts)
    called = {each.user: each.name for each in receipts.values() if each.name}
    found = Deliveries()
    for name, each in parts.items():
        receipt = receipts.get((each.head, each.time), _Receipt())
        user = each.head.removeprefix(title)
        person = Person(
            key=user, name=called.get(user, user), ids={"blackboard": user, "login": user}
        )
        files = [DeliveredFile(name=each.rest, path=name)] if each.rest else []
        submitted = receipt.submitted or parse_time(_as_words(each.time), request.zone)
        what = Delivered(
            owners=[person], submitted=submitted, time_source="platform", files=files, entry=name
        )
        found.add(person, what, each.time)
    return found.all()


def _as_words(time: str) -> str:
    year, month, day, hour, minute, second = time.split("-")
    return f"{year}-{month}-{day} {hour}:{minute}:{second}"


def _receipt(listing: Listing, name: str, request: Request) -> _Receipt:
    try:
        text = listing.read(name, 1 << 20).decode("utf-8-sig", "replace")
    except InputError:
        return _Receipt()
    top = "\n".join(text.splitlines()[:_HEADER])
    who, when = _NAME.search(top), _DATE.search(top)
    submitted = parse_time(when["date"], request.zone) if when else None
    return _Receipt(who["name"] if who else "", who["user"] if who else "", submitted)


def _title(heads: set[str], receipts: dict[tuple[str, str], _Receipt]) -> str:
    """What stands before the users' names: the title of the assignment and `_`.

    A receipt tells it; without any it is what all have in common.
    """
    told = {
        head.removesuffix(receipt.user)
        for (head, _), receipt in receipts.items()
        if receipt.user and head.endswith(f"_{receipt.user}")
    }
    fitting = [title for title in told if all(head.startswith(title) for head in heads)]
    if fitting:
        return min(fitting, key=len)
    return _common(heads)


def _common(heads: Iterable[str]) -> str:
    every = sorted(heads)
    if len(every) == 1:
        return every[0][: every[0].rfind("_") + 1]
    shared = common_start(every)
    return shared[: shared.rfind("_") + 1]


BLACKBOARD = Platform("blackboard", "Blackboard", _fit, _deliver)
