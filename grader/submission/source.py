"""A submission that was found, before any of it is read."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that was found, not yet read."""

    id: str
    """Its identity: of an export the key of whoever submitted it, else the name of its own entry,
    whole; whatever else lies there."""
    name: str = ""
    """What people call it: a name of a person or of several, or that of the entry without an
    ending. Others may be called the same."""
    path: Path
    problem: str = ""
    """Why it cannot be read, in one line naming the file; empty where nothing speaks against."""
    absent: bool = False
    """Whether it stands for somebody who submitted nothing."""
    note: str = ""
    """What the report says of how it was chosen: which of several attempts it is."""
