"""What is known of a platform: how its exports are recognised, and read."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple

from grader.course.listing import ListedName, Listing
from grader.model.attempt import Delivered, DeliveredFile
from grader.model.errors import InputError
from grader.model.person import Person

_MARKUP: Final = re.compile(rb"(?is)<(script|style)\b.*?</\1>|<[^>]*>")
_LOOKED_AT: Final = 500
"""Names of a large class that are looked at before all are: an export has more than half."""
SAMPLE: Final = 20
"""Folders of a class that are looked into before all are."""


class Fit(NamedTuple):
    """How far an export looks like a platform's."""

    entries: int
    """How many entries have the form that the platform gives them."""
    others: list[str]
    """Those that have not, and are not the platform's own files."""
    why: str
    """What it was recognised by, in words that follow `recognised by`."""


class Request(NamedTuple):
    """What else decides how an export is read."""

    zone: dt.tzinfo | None = None
    """Of times that do not say; this machine's by default."""
    platform: str = ""
    """Which platform's it is."""
    assignment: str = ""
    """Of several assignments in one export, which."""
    prefers: Callable[[str], bool] = lambda _name: False
    """Whether a folder is the assignment's by its name."""


class Platform(NamedTuple):
    """A platform's exports."""

    id: str
    """For `--from`: `canvas`."""
    title: str
    """For people: `Canvas`."""
    fit: Callable[[Listing, Sequence[ListedName]], Fit | None]
    """By names alone; None where nothing fits."""
    deliver: Callable[[Listing, Request], list[Delivered]]
    """Everything that was submitted, in an export that lies in a folder. One entry of `Delivered`
    for each attempt that the platform tells apart."""


def by_name(
    names: Sequence[ListedName],
    fits: Callable[[ListedName], object],
    own: Collection[str],
    why: str,
) -> Fit | None:
    """The fit of an export whose entries are told by names; `own` are the platform's files."""
    if not any(map(fits, names[:: 1 + len(names) // _LOOKED_AT])):
        return None
    ours, others = 0, []
    for each in names:
        if fits(each):
            ours += 1
        elif each.name not in own:
            others.append(each.name)
    return Fit(ours, others, why) if ours else None


def by_content(
    names: Sequence[ListedName], fits: Callable[[ListedName], object], why: str
) -> Fit | None:
    """The same, of folders that have to be looked into: in a large class only some at first."""
    folders = [each for each in names if each.is_folder]
    sample = folders[:SAMPLE]
    if 2 * sum(bool(fits(each)) for each in sample) <= len(sample):
        return None
    return by_name(names, lambda each: each.is_folder and fits(each), (), why)


class Deliveries:
    """Collects what people submitted, one after the other."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], Delivered] = {}

    def add(self, person: Person, what: Delivered, *place: str) -> None:
        """Add files to what a person submitted; `place` tells attempts apart."""
        key = (person.key, *place)
        known = self._found.get(key)
        self._found[key] = _merged(known, what) if known else what

    def all(self) -> list[Delivered]:
        """Everything, in the order in which it came."""
        return list(self._found.values())


def _merged(one: Delivered, other: Delivered) -> Delivered:
    late = None if one.late is None and other.late is None else bool(one.late or other.late)
    return Delivered(
        owners=one.owners,
        group=one.group or other.group,
        number=max(one.number, other.number),
        submitted=one.submitted or other.submitted,
        time_source=one.time_source or other.time_source,
        late=late,
        files=[*one.files, *other.files],
        comment="\n".join(filter(None, (one.comment, other.comment))),
        active=one.active and other.active,
        entry=one.entry if one.files or not other.files else other.entry,
        problem=one.problem or other.problem,
    )


def files_in(listing: Listing, folder: str, leave_out: Collection[str] = ()) -> list[DeliveredFile]:
    """What lies directly in a folder of the export, as delivered files; the folder itself where
    it may not be listed, which is said when it is graded."""
    if listing.is_locked(folder):
        return [DeliveredFile(name=folder.rpartition("/")[2], path=folder)]
    return [
        DeliveredFile(name=each.name, path=f"{folder}/{each.name}")
        for each in sorted(listing.names(folder))
        if each.name not in leave_out
    ]


def chosen_assignment(there: Collection[str], request: Request, listing: Listing) -> str:
    """The assignment that is meant of several in one export.

    Raises:
        InputError: it is not clear which; lists them.
    """
    meant = [each for each in there if each == request.assignment]
    meant = meant or [each for each in there if request.prefers(each)]
    if len(there) == 1 and not request.assignment:
        meant = list(there)
    if len(meant) != 1:
        listed = ", ".join(sorted(there)[:10])
        raise InputError(
            f"{listing.shown}: holds several assignments: {listed}.",
            hint="Name one of them: --from PLATFORM:ASSIGNMENT, such as "
            f"--from {request.platform}:{min(there, default='hw1')}.",
        )
    return meant[0]


def common_start(names: Collection[str]) -> str:
    """What all of some names begin with."""
    first, last = min(names, default=""), max(names, default="")
    pairs = enumerate(zip(first, last, strict=False))
    end = next((at for at, (one, other) in pairs if one != other), min(len(first), len(last)))
    return first[:end]


def text_of(data: bytes, limit: int = 2_000) -> str:
    """The words of a short page or text, without its markup."""
    text = _MARKUP.sub(b" ", data).decode("utf-8", "replace")
    return " ".join(html.unescape(text).split())[:limit]
