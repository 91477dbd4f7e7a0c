"""Gradescope: folders `submission_<id>`, and `submission_metadata.yml` with who and when."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import yaml
from msgspec.structs import replace

from grader.course.listing import ListedName, Listing
from grader.course.platforms.platform import Fit, Platform, Request, files_in
from grader.course.times import parse_time
from grader.model.attempt import Delivered, DeliveredFile
from grader.model.errors import InputError
from grader.model.person import Person

METADATA: Final = "submission_metadata.yml"
_WHY = f"its {METADATA}"
_FOLDER: Final = re.compile(r"submission_\d+")


def _fit(_listing: Listing, names: Sequence[ListedName]) -> Fit | None:
    if not any(each.name == METADATA and not each.is_folder for each in names):
        return None
    ours = [each.name for each in names if _is_submission(each)]
    others = [each.name for each in names if not _is_submission(each) and each.name != METADATA]
    return Fit(len(ours), others, _WHY) if ours else None


def _is_submission(each: ListedName) -> bool:
    return bool(_FOLDER.fullmatch(each.name)) or (
        not each.is_folder and each.name.lower().endswith(".pdf")
    )


def _deliver(listing: Listing, request: Request) -> list[Delivered]:
    entries = _metadata(listing)
    there = {each.name: each.is_folder for each in listing.names()}
    people = _submitters(entries)
    found = []
    for entry, about in entries.items():
        files = []
        if there.get(entry):
            files = files_in(listing, entry)
        elif entry in there:
            files = [DeliveredFile(name=entry, path=entry)]
        submitted = parse_time(str(about.get(":created_at", "")), request.zone)
        found.append(
            Delivered(
                owners=people[entry],
                number=len(_list(about, ":history")) + 1,
                submitted=submitted,
                time_source="platform" if submitted else "",
                files=files,
                entry=entry,
                problem="" if entry in there else f"{entry}: is named in {METADATA} and not there.",
            )
        )
    return found


def _metadata(listing: Listing) -> dict[str, Mapping[str, Any]]:
    """What the file says of each submission, every value as text.

    Raises:
        InputError: it is not such a file.
    """
    where = f"{listing.shown}/{METADATA}"
    try:
        loaded = yaml.load(listing.read(METADATA), Loader=_LOADER)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{where}: cannot be read: {reason}.") from None
    if not isinstance(loaded, dict):
        raise InputError(f"{where}: does not list submissions.")
    return {str(entry): about for entry, about in loaded.items() if isinstance(about, dict)}


_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def _list(about: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = about.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _submitters(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Person]]:
    """The people behind each submission. The same e-mail, or without one the same number, is the
    same person; a name is not."""
    told = {entry: list(_told(entry, about)) for entry, about in entries.items()}
    first: dict[str, Person] = {}
    for own in told.values():
        for identity, person in own:
            first.setdefault(identity, person)
    shared = Counter(person.key for person in first.values())
    for identity, person in first.items():
        if shared[person.key] > 1:
            first[identity] = replace(person, key=f"{person.key}_{identity}")
    return {entry: [first[identity] for identity, _ in own] for entry, own in told.items()}


def _told(entry: str, about: Mapping[str, Any]) -> Iterator[tuple[str, Person]]:
    found = _list(about, ":submitters")
    for number, submitter in enumerate(found or [{}], start=1):
        name, sid, email = (str(submitter.get(f":{key}") or "") for key in ("name", "sid", "email"))
        place = entry if number == 1 else f"{entry} ({number})"
        ids = {"gradescope": entry, "sid": sid}
        person = Person(
            key=f"{name}_{sid or email or place}" if name else sid or email or place,
            name=name or sid or email or entry,
            email=email,
            ids={platform: id for platform, id in ids.items() if id},
        )
        yield email.casefold() or sid or place, person


GRADESCOPE = Platform("gradescope", "Gradescope", _fit, _deliver)
