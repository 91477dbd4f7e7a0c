"""What Gradescope says of a submission: `submission_metadata.json`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec


class _Dates(msgspec.Struct, frozen=True):
    due_date: dt.datetime | None = None


class _Assignment(_Dates, frozen=True):
    title: str = ""
    total_points: float | None = None
    """Gradescope writes it as text."""


class _User(msgspec.Struct, frozen=True):
    name: str = ""
    email: str = ""
    assignment: _Dates = _Dates()
    """The dates that an extension gives this student."""


class SubmissionMetadata(msgspec.Struct, frozen=True):
    """What is known of a submission; whatever Gradescope leaves out is empty."""

    created_at: dt.datetime | None = None
    assignment: _Assignment = _Assignment()
    users: list[_User] = []

    @property
    def due(self) -> dt.datetime | None:
        """Until when it was due: of a group, with the longest extension of its members."""
        return _latest([self.assignment.due_date, *(u.assignment.due_date for u in self.users)])

    @property
    def members(self) -> list[str]:
        """Who submitted it: the students of a group, or one."""
        return [user.name or user.email for user in self.users]


def read_metadata(path: Path) -> SubmissionMetadata | None:
    """The metadata in a file; None where there are none that can be read."""
    try:
        return msgspec.convert(
            msgspec.json.decode(path.read_bytes()), SubmissionMetadata, strict=False
        )
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _latest(times: list[dt.datetime | None]) -> dt.datetime | None:
    known = [time if time.tzinfo else time.replace(tzinfo=dt.UTC) for time in times if time]
    return max(known, default=None)
