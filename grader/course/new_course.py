"""Making a course: its `course.toml`, which people go on writing, and its database."""

from __future__ import annotations

import os
import zoneinfo
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from grader.course.course_folder import CourseFolder
from grader.course.course_settings import NAME, load_course_settings
from grader.model.errors import InputError, UsageError
from grader.report.atomic_write import write_atomically

_HEAD: Final = """\
# Times without an offset are in this zone.
title = {title}
zone = {zone}

# Which of several attempts counts: "latest", "best" or "before due".
counts = "latest"
"""
_MORE: Final = """
# Late work, unless an assignment says otherwise (docs/course.md has all keys).
# [late]
# percent_per_day = 10
# grace_minutes = 15

# Late days over the term that cost nothing.
# [slip_days]
# budget = 3

# Kept in course.sqlite beside this file, or in a Postgres database.
# [database]
# url = "postgresql://user@host/name"
"""
_ASSIGNMENT: Final = """
[[assignments]]
id = {id}
grader = {grader} # an id, a folder or a rubric
# opens = 2026-03-01T00:00:00
# due = 2026-03-15T23:59:00
# closes = 2026-03-18T23:59:00
# points = 100
"""


def make_course(folder: Path, *, title: str, zone: str, graders: Sequence[str]) -> CourseFolder:
    """Make a course in a folder, where there may be other files.

    Raises:
        UsageError: there is a course already, or the zone is not known.
        InputError: the folder cannot be written.
    """
    path = folder / NAME
    if os.path.lexists(path):
        raise UsageError(f"{path}: is there already.", hint="Edit it, or choose another folder.")
    pieces = [_HEAD.format(title=_quoted(title), zone=_quoted(zone)), _MORE]
    pieces += [_assignment(grader, folder) for grader in graders]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made: {error.strerror}.") from None
    write_atomically(path, "".join(pieces).encode())
    try:
        course = CourseFolder(folder, load_course_settings(path))
        with course.changing() as change:
            change.note("made the course")
    except BaseException:
        path.unlink()
        raise
    return course


def _assignment(grader: str, folder: Path) -> str:
    """The entry of an assignment that is shipped, or lies at a path from where we stand."""
    path = Path(grader)
    id = path.resolve().stem if path.exists() else grader
    named = os.path.relpath(path, folder) if path.exists() else grader
    return _ASSIGNMENT.format(id=_quoted(id), grader=_quoted(named))


def local_zone() -> str:
    """The name of this machine's time zone; UTC where it is not to be had."""
    named = os.environ.get("TZ", "").lstrip(":")
    _, _, linked = os.path.realpath("/etc/localtime").partition("zoneinfo/")
    for name in (named, linked):
        if name in zoneinfo.available_timezones():
            return name
    return "UTC"


def _quoted(text: str) -> str:
    """As a TOML string."""
    spelt = "".join(
        f"\\u{ord(c):04X}" if not c.isprintable() and ord(c) < 0x10000 else c
        for c in text.replace("\\", "\\\\").replace('"', '\\"')
    )
    return f'"{spelt}"'
