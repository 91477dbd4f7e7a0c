"""Submitty and Microsoft Teams: a folder for each student, and in it one for each version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from grader.course.listing import ListedName, Listing
from grader.course.platforms.platform import (
    Fit,
    Platform,
    Request,
    by_content,
    chosen_assignment,
    files_in,
)
from grader.course.times import parse_time
from grader.model.attempt import Delivered
from grader.model.errors import InputError
from grader.model.person import Person
from grader.submission.identity import entry_id

_SETTINGS: Final = "user_assignment_settings.json"
_NUMBER: Final = re.compile(r"[1-9]\d{0,4}")
_TEAMS: Final = re.compile(r"Version (?P<number>\d{1,5})", re.IGNORECASE)


class _Version(msgspec.Struct):
    version: int = 0
    time: str = ""


class _Settings(msgspec.Struct):
    active_version: int = 0
    history: list[_Version] = []


def _fit_submitty(listing: Listing, names: Sequence[ListedName]) -> Fit | None:
    why = f"{_SETTINGS} and numbered folders for each student"
    fit = by_content(names, lambda each: _is_versioned(listing, each), why)
    folders = [each for each in names if each.is_folder]
    told = [each for each in folders if listing.has(f"{each.name}/{_SETTINGS}")] if fit else []
    # folders with numbers alone may be anything, unless nothing else is there
    return fit if fit and (len(told) * 2 > len(folders) or len(folders) == fit.entries) else None


def _is_versioned(listing: Listing, student: ListedName) -> bool:
    inside = [each for each in listing.names(student.name) if each.name != _SETTINGS]
    return bool(inside) and all(each.is_folder and _NUMBER.fullmatch(each.name) for each in inside)


def _deliver_submitty(listing: Listing, request: Request) -> list[Delivered]:
    students = [each for each in sorted(listing.names()) if each.is_folder]
    return [
        delivered
        for student in students
        if _is_versioned(listing, student)
        for delivered in _versions(listing, student.name, request)
    ]


def _versions(listing: Listing, student: str, request: Request) -> Iterator[Delivered]:
    settings = _settings(listing, student)
    times = {each.version: each.time for each in settings.history} if settings else {}
    person = Person(key=entry_id(student), name=student, ids={"login": student})
    for number in sorted(int(e.name) for e in listing.names(student) if e.is_folder):
        submitted = parse_time(times.get(number, ""), request.zone)
        yield Delivered(
            owners=[person],
            number=number,
            submitted=submitted,
            time_source="platform" if submitted else "",
            files=files_in(listing, f"{student}/{number}"),
            active=settings is None or settings.active_version == number,
            entry=f"{student}/{number}",
        )


def _settings(listing: Listing, student: str) -> _Settings | None:
    """What Submitty says of a student's versions; None where it says nothing."""
    try:
        data = listing.read(f"{student}/{_SETTINGS}", 1 << 20)
        return msgspec.json.decode(data, type=_Settings)
    except (InputError, msgspec.DecodeError):
        return None


def _fit_teams(listing: Listing, names: Sequence[ListedName]) -> Fit | None:
    why = "folders for each student, assignment and version (Version 1, Version 2)"
    return by_content(names, lambda each: any(_teams_folders(listing, each.name)), why)


def _teams_folders(listing: Listing, student: str) -> Iterator[tuple[str, list[int]]]:
    """A student's assignments, with the numbers of their versions."""
    for assignment in listing.names(student):
        inside = listing.names(f"{student}/{assignment.name}") if assignment.is_folder else []
        numbers = [int(m["number"]) for e in inside if (m := _TEAMS.fullmatch(e.name))]
        if numbers:
            yield assignment.name, sorted(numbers)


def _deliver_teams(listing: Listing, request: Request) -> list[Delivered]:
    students = [each.name for each in sorted(listing.names()) if each.is_folder]
    there = {student: dict(_teams_folders(listing, student)) for student in students}
    every = {assignment for own in there.values() for assignment in own}
    chosen = chosen_assignment(every, request, listing)
    found = []
    for student, own in there.items():
        person = Person(key=entry_id(student), name=student)
        for number in own.get(chosen, []):
            folder = f"{student}/{chosen}/Version {number}"
            files = files_in(listing, folder)
            found.append(Delivered(owners=[person], number=number, files=files, entry=folder))
    return found


SUBMITTY = Platform("submitty", "Submitty", _fit_submitty, _deliver_submitty)
TEAMS = Platform("teams", "Microsoft Teams", _fit_teams, _deliver_teams)
