"""What `course.toml` says: assignments, their times, which attempt counts, what lateness costs."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import tomllib
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from grader.course.attempts import Counts
from grader.model.errors import InputError, UsageError
from grader.model.rubric_fault import Fault, did_you_mean, fault_in, place
from grader.model.worth import LatePolicy, policy_faults

NAME: Final = "course.toml"

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TIMES: Final = ("opens", "due", "closes")
_TIME_HINT: Final = "Times are written 2026-03-15T23:59:00, without quotes."


class DatabaseSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the course is kept."""

    url: str = ""
    """`postgresql://user@host/name`; empty for `course.sqlite` beside `course.toml`."""


class SlipDays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Late days that cost nothing, as far as they reach over the term."""

    budget: int = 0
    spend: Literal["in order", "best first"] = "in order"
    """As the assignments are due, or where they save the most points."""
    at_most: int | None = None
    """For one assignment; None for as many as are left."""


class CourseAssignment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An assignment of the course. Times without an offset are in the course's zone."""

    id: str
    grader: str = ""
    """Id, folder or rubric of what grades it, relative to `course.toml`; by default its id."""
    title: str = ""
    opens: dt.datetime | None = None
    due: dt.datetime | None = None
    closes: dt.datetime | None = None
    """After this nothing is accepted."""
    points: float | None = None
    """What it is worth in the term's total; None for the points of its rubric."""
    counts: Counts | None = None
    """None for what the course says."""
    late: LatePolicy | None = None
    """None for what the course says, and else for what the rubric says."""
    slip_days: bool = True
    """Whether slip days may be spent on it."""
    may_drop: bool = True
    """Whether it may be one of those dropped from the term's total."""
    earlier: list[str] = []
    """Submissions of other classes to this assignment, for `grader similar`: folders, relative to
    `course.toml`."""
    platform_ids: dict[str, str] = {}
    """Its id on a platform: `canvas = "4711"`, for grade files."""


class CourseSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A course, as its TOML file says."""

    title: str
    zone: str = "UTC"
    """Name of a time zone: `Europe/Berlin`."""
    counts: Counts = "latest"
    late: LatePolicy | None = None
    slip_days: SlipDays = SlipDays()
    drop_lowest: int = 0
    """How many assignments are dropped from the term's total, those of the lowest share."""
    trust_timestamps: bool = False
    """Whether a `timestamp.txt` among a student's files tells the time of submission."""
    earlier: list[str] = []
    """Courses of earlier years or other sections, and folders with a folder for each assignment,
    which `grader similar` compares with; relative to `course.toml`."""
    database: DatabaseSettings = DatabaseSettings()
    assignments: list[CourseAssignment] = []

    @property
    def time_zone(self) -> dt.tzinfo:
        """The zone of times without an offset."""
        return zoneinfo.ZoneInfo(self.zone)

    def assignment(self, id: str) -> CourseAssignment:
        """An assignment by its id.

        Raises:
            UsageError: the course has none of that id.
        """
        for found in self.assignments:
            if found.id == id:
                return found
        known = [each.id for each in self.assignments]
        hint = did_you_mean(id, known) if known else f"Add it to {NAME} under [[assignments]]."
        raise UsageError(f"{id!r} is not an assignment of {self.title!r}.", hint=hint)


def load_course_settings(path: Path) -> CourseSettings:
    """Read and validate a `course.toml`; all its times are in a zone afterwards.

    Raises:
        InputError: names the file, the line or key, and what was expected.
    """
    text = _read(path)
    content = _parsed(path, text)
    try:
        settings = msgspec.convert(content, CourseSettings)
    except msgspec.ValidationError as error:
        fault = fault_in(content, CourseSettings) or Fault((), f"is not valid: {error}")
        raise _error(path, text, fault) from None
    for fault in _zone_faults(settings.zone):
        raise _error(path, text, fault)
    settings = _in_zone(settings)
    for fault in _faults(settings):
        raise _error(path, text, fault)
    return settings


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(f"{path}: cannot be read: {reason}.") from None


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        match = re.search(r"at line (\d+)", str(error))
        line = text.splitlines()[int(match[1]) - 1 : int(match[1])] if match else []
        is_time = any(re.search(r"=\s*\d{4}-", each) for each in line)
        hint = _TIME_HINT if is_time else ""
        raise InputError(f"{path}: not valid TOML: {error}.", hint=hint) from None


def _error(path: Path, text: str, fault: Fault) -> InputError:
    """`course.toml, line 12: due of assignment hw2 is a text; expected a time such as ...`"""
    where = place([(path, text)], fault.at or fault.keys)
    if not fault.keys:
        return InputError(f"{path}: it {fault.what}.", hint=fault.hint)
    return InputError(f"{where}: {_named(text, fault.keys)} {fault.what}.", hint=fault.hint)


def _named(text: str, keys: tuple[str, ...]) -> str:
    if keys[0] != "assignments" or len(keys) < 2:
        return f"key `{'.'.join(keys)}`"
    item = tomllib.loads(text)["assignments"][int(keys[1]) - 1]
    id = item.get("id", f"number {keys[1]}") if isinstance(item, dict) else f"number {keys[1]}"
    return f"key `{'.'.join(keys[2:])}` of assignment {id}" if keys[2:] else f"assignment {id}"


def _faults(settings: CourseSettings) -> Iterator[Fault]:
    """What is wrong though every value has the right type."""
    if not settings.title.strip():
        yield Fault(("title",), "is empty", "It is what pages and reports call the course.")
    if settings.late is not None:
        yield from _late_faults(settings.late, ("late",))
    if settings.slip_days.budget < 0:
        yield Fault(("slip_days", "budget"), f"is negative ({settings.slip_days.budget})")
    if (settings.slip_days.at_most or 0) < 0:
        yield Fault(("slip_days", "at_most"), f"is negative ({settings.slip_days.at_most})")
    droppable = sum(each.may_drop for each in settings.assignments)
    if settings.drop_lowest < 0:
        yield Fault(("drop_lowest",), f"is negative ({settings.drop_lowest})")
    elif settings.assignments and settings.drop_lowest > max(droppable, 0):
        what = f"is {settings.drop_lowest}, but only {droppable} of the assignments may be dropped"
        yield Fault(("drop_lowest",), what)
    seen: dict[str, str] = {}
    for number, assignment in enumerate(settings.assignments, 1):
        keys = ("assignments", str(number))
        yield from _assignment_faults(assignment, keys, seen)
        seen[assignment.id.casefold()] = assignment.id


def _zone_faults(zone: str) -> Iterator[Fault]:
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        hint = did_you_mean(zone, sorted(zoneinfo.available_timezones()))
        what = f"is {zone!r}, which is not a time zone"
        yield Fault(("zone",), what, hint or "Expected a name such as Europe/Berlin.")


def _late_faults(late: LatePolicy, keys: tuple[str, ...]) -> Iterator[Fault]:
    for name, what in policy_faults(late):
        yield Fault((*keys, name), what)


def _assignment_faults(
    assignment: CourseAssignment, keys: tuple[str, ...], seen: dict[str, str]
) -> Iterator[Fault]:
    if not _ID.fullmatch(assignment.id):
        hint = "Expected letters, digits, `.`, `_` and `-`, since folders are named after it."
        yield Fault((*keys, "id"), f"is {assignment.id!r}", hint)
    if other := seen.get(assignment.id.casefold()):
        same = "is used twice" if other == assignment.id else f"differs from {other!r} only in case"
        yield Fault((*keys, "id"), f"{same}", "Each assignment needs an id of its own.")
    if assignment.points is not None and not 0 <= assignment.points < float("inf"):
        yield Fault((*keys, "points"), f"is {assignment.points:g}; expected 0 or more")
    if assignment.late is not None:
        yield from _late_faults(assignment.late, (*keys, "late"))
    times = [(name, getattr(assignment, name)) for name in _TIMES]
    known = [(name, time) for name, time in times if time is not None]
    for (first, earlier), (second, later) in itertools.pairwise(known):
        if later < earlier:
            yield Fault((*keys, second), f"is before `{first}`")


def _in_zone(settings: CourseSettings) -> CourseSettings:
    zone = settings.time_zone
    assignments = [
        msgspec.structs.replace(each, **_aware_times(each, zone)) for each in settings.assignments
    ]
    return msgspec.structs.replace(settings, assignments=assignments)


def _aware_times(assignment: CourseAssignment, zone: dt.tzinfo) -> dict[str, dt.datetime]:
    times = {name: getattr(assignment, name) for name in _TIMES}
    return {
        name: time if time.tzinfo else time.replace(tzinfo=zone)
        for name, time in times.items()
        if time is not None
    }
