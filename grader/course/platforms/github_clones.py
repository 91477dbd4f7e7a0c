"""GitHub Classroom: a folder of clones, `<assignment>-<user>`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from grader.course.listing import ListedName, Listing
from grader.course.platforms.platform import Fit, Platform, Request, by_content, common_start
from grader.model.attempt import Delivered, DeliveredFile
from grader.model.errors import InputError
from grader.model.person import Person
from grader.submission.identity import entry_id

_WHY: Final = "clones of one assignment (folders with .git whose names begin alike)"
_LINE: Final = re.compile(
    r"[0-9a-f]{40,64} (?P<new>[0-9a-f]{40,64}) .*> (?P<time>\d{1,12}) (?P<offset>[+-]\d{4})"
    r"\t(?P<message>.*)"
)
_HEAD: Final = re.compile(r"ref: refs/heads/(?P<branch>[\w./-]{1,200})\s*")
_MAX_LOG: Final = 16 << 20


def _fit(listing: Listing, names: Sequence[ListedName]) -> Fit | None:
    folders = [each.name for each in names if each.is_folder]
    prefix = _prefix(listing, folders)
    if not prefix or len(folders) < 2:
        return None
    return by_content(
        names,
        lambda each: each.name.startswith(prefix) and listing.has(f"{each.name}/.git"),
        _WHY,
    )


def _prefix(listing: Listing, folders: Sequence[str]) -> str:
    """What the names of the clones begin with: the assignment and `-`."""
    above = PurePath(listing.shown).name
    if above.endswith("-submissions"):
        told = f"{above.removesuffix('-submissions')}-"
        if all(name.startswith(told) for name in folders):
            return told
    shared = common_start(folders)
    return shared[: shared.rfind("-") + 1]


def _deliver(listing: Listing, _request: Request) -> list[Delivered]:
    folders = [each.name for each in sorted(listing.names()) if each.is_folder]
    prefix = _prefix(listing, folders)
    found = []
    for folder in folders:
        if not folder.startswith(prefix) or not listing.has(f"{folder}/.git"):
            continue
        user = folder.removeprefix(prefix)
        pushed = pushed_at(listing, folder)
        found.append(
            Delivered(
                owners=[Person(key=entry_id(folder), name=user, ids={"github": user})],
                submitted=pushed,
                time_source="platform" if pushed else "",
                files=[DeliveredFile(name=folder, path=folder)],
                entry=folder,
            )
        )
    return found


def pushed_at(listing: Listing, folder: str) -> dt.datetime | None:
    """When the checked-out branch was last pushed, by its reflog; None where that does not say.

    A clone's own reflog tells when it was cloned or fetched, which is no time of a push. Dates of
    commits are never looked at: their authors choose them.
    """
    try:
        head = listing.read(f"{folder}/.git/HEAD", 1_000).decode("utf-8", "replace")
    except InputError:
        return None
    if (match := _HEAD.fullmatch(head)) is None:
        return None
    for where in (f"refs/remotes/origin/{match['branch']}", f"refs/heads/{match['branch']}"):
        if found := _last_push(listing, f"{folder}/.git/logs/{where}"):
            return found
    return None


def _last_push(listing: Listing, log: str) -> dt.datetime | None:
    try:
        lines = listing.read(log, _MAX_LOG).decode("utf-8", "replace").splitlines()
    except InputError:
        return None
    for line in reversed(lines):
        match = _LINE.fullmatch(line)
        if match and re.match(r"(?:update by )?push\b", match["message"]):
            return _time(match["time"], match["offset"])
    return None


def _time(seconds: str, offset: str) -> dt.datetime | None:
    minutes = int(offset[1:3]) * 60 + int(offset[3:])
    zone = dt.timezone(dt.timedelta(minutes=-minutes if offset[0] == "-" else minutes))
    try:
        return dt.datetime.fromtimestamp(int(seconds), zone)
    except (OverflowError, ValueError, OSError):
        return None


GITHUB = Platform("github", "GitHub Classroom", _fit, _deliver)
