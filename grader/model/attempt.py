"""What people submitted at one time: as an export delivers it, and as a course keeps it."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from grader.model.person import Person

TimeSource = Literal["platform", "list", "file", ""]
"""Who says when it was submitted: the platform, the instructor's list, a file in the submission
(only where the assignment trusts it), or nobody."""


class DeliveredFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file or folder of a submission, as it lies in an export."""

    name: str
    """What the student called it, the platform's additions taken off: `layers.py`."""
    path: str
    """Where it lies, from the root of the export, always `/`."""


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """What an export says that somebody submitted at one time."""

    owners: list[Person]
    """Several where a team submitted; one at least."""
    group: str = ""
    """What the platform calls the team."""
    number: int = 0
    """The platform's number of the attempt; 0 where it gives none."""
    submitted: dt.datetime | None = None
    """With its offset; None where it is not known."""
    time_source: TimeSource = ""
    late: bool | None = None
    """What the platform says of it, where it says anything."""
    files: list[DeliveredFile] = []
    comment: str = ""
    """What the student wrote beside the files: a text entry, a link, a comment."""
    active: bool = True
    """False where the platform says that it does not count: another version was made active."""
    entry: str = ""
    """The name in the export that stands for the whole, for reports."""
    problem: str = ""
    """Why it cannot be graded, in one line; empty where it can."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt of a student or a team, and whether it counts."""

    key: str
    """Unique in the course's assignment."""
    owner: str
    """`Person.key` of whoever it is kept under: of a team, its first member's."""
    members: list[str] = []
    """`Person.key` of everybody whom it counts for; the owner among them."""
    number: int = 1
    """From 1, in the order of submission."""
    submitted: dt.datetime | None = None
    """With its offset; None where it is not known."""
    time_source: TimeSource = ""
    late: bool | None = None
    """What the platform says of it, where it says anything."""
    entry: str = ""
    """Where its files lie: a path in the course's `submissions/`, or in the export."""
    counted: bool = False
    why: str = ""
    """Why it counts, or why it does not: `the latest of 3`."""
