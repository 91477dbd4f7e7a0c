"""Times of submission from an instructor's list, and from files that the platform put there."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from grader.course.times import parse_time
from grader.model.errors import InputError
from grader.report.csv import read_csv
from grader.report.text import one_line
from grader.submission.identity import Names

STAMP: Final = "timestamp.txt"
_WHO: Final = (
    "submission", "student_id", "email", "email address", "sid", "identifier", "username",
    "github_username", "orgdefinedid", "id", "name", "full name",
)  # fmt: skip
"""Columns that say whose a row is, the surest first."""
_WHEN: Final = (
    "submitted", "submitted_at", "submission time", "submission_timestamp", "timestamp",
    "last modified (submission)",
)  # fmt: skip
_NEVER: Final = frozenset({"", "-", "n/a", "none", "missing", "no submission"})
_MAX_SHOWN: Final = 5
_MAX_QUOTED: Final = 60


class TimeList(NamedTuple):
    """What a list says."""

    times: dict[str, dt.datetime]
    """By identity of the submission."""
    missing: list[str]
    """Submissions that are not in the list."""


def read_times(path: Path, names: Names, zone: dt.tzinfo | None = None) -> TimeList:
    """Times by submission, from a CSV with the columns `submission` and `submitted`.

    Sheets of Gradescope, Moodle, GitHub Classroom and nbgrader are read as they are. A row without
    a time is somebody's who submitted nothing.

    Args:
        path: the list.
        names: whom it may name.
        zone: of times that do not say; this machine's by default.

    Raises:
        InputError: names the file, and the line where one is wrong or names nobody.
    """
    rows = list(read_csv(path, ()))
    columns = set(rows[0].cells) if rows else set()
    who = [each for each in _WHO if each in columns]
    when = next((each for each in _WHEN if each in columns), None)
    if not who or when is None:
        lacks = f"has no column for {'the submission' if when else 'the time'}"
        raise InputError(
            f"{path}: {lacks if rows else 'holds no times'}.",
            hint="Expected `submission` and `submitted`, or the sheet of a platform as it is.",
        )
    times: dict[str, dt.datetime] = {}
    lines: dict[str, int] = {}
    for line, cells in rows:
        text = cells[when].strip()
        if text.casefold() in _NEVER:
            continue
        where = f"{path}, line {line}"
        id, time = _meant(cells, who, names, where), _time(where, text, zone)
        if times.get(id, time) != time:
            raise InputError(f"{where}: {id!r} has another time in line {lines[id]}.")
        times[id], lines[id] = time, line
    return TimeList(times, sorted(set(names.ids) - times.keys()))


def _meant(cells: Mapping[str, str], who: Sequence[str], names: Names, where: str) -> str:
    """The submission that a row is about."""
    said = [text for column in who if (text := _plain(cells[column]))]
    for text in said:
        if found := names.find(text, where):
            return found
    shown = one_line(said[0], _MAX_QUOTED) if said else ""
    near = sorted({each for text in said for each in names.near(text)})
    hint = (
        f"Did you mean {' or '.join(near[:3])}?"
        if near
        else (
            "Everybody in the list has to be in the class; leave the time empty for those who "
            "submitted nothing."
        )
    )
    raise InputError(f"{where}: {shown!r} is nobody who submitted here.", hint=hint)


def _plain(text: str) -> str:
    """An id without what a sheet puts before it: `#12` (Brightspace), `Participant 12` (Moodle)."""
    return text.strip().removeprefix("#").removeprefix("Participant ").strip()


def _time(where: str, text: str, zone: dt.tzinfo | None) -> dt.datetime:
    time = parse_time(text, zone)
    if time is None:
        shown = one_line(text, _MAX_QUOTED)
        hint = "Expected a date and a time with its zone, such as 2026-03-01T23:59:00+01:00."
        raise InputError(f"{where}: {shown!r} is not a valid time.", hint=hint)
    return time


def lines_about(listed: TimeList, from_platform: Mapping[str, dt.datetime]) -> Iterable[str]:
    """What there is to say of a list: who is missing, and where the platform says otherwise."""
    unknown = [id for id in listed.missing if id not in from_platform]
    if unknown:
        yield f"Not in the list of times, so nothing is taken off for lateness: {_shown(unknown)}."
    other = sorted(id for id, time in listed.times.items() if from_platform.get(id, time) != time)
    if other:
        yield f"The platform has another time than the list, and counts: {_shown(other)}."


def _shown(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _MAX_SHOWN} more" if len(ids) > _MAX_SHOWN else ""
    return ", ".join(ids[:_MAX_SHOWN]) + more


def time_in_folder(folder: Path, zone: dt.tzinfo | None = None) -> dt.datetime | None:
    """The time in a `timestamp.txt` of a submission; None where there is none.

    Anybody may have written it: for assignments that trust it.
    """
    stamp = folder / STAMP
    if not os.path.isfile(stamp):  # False also where we may not look
        return None
    try:
        with stamp.open("rb") as file:  # of any length
            return parse_time(file.read(100).decode(errors="replace").strip(), zone)
    except OSError:
        return None
