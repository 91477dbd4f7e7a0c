"""A submission that was found, before any of it is read."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that was found, not yet read."""

    id: str
    """Its identity: the name of its own entry, whole; whatever else lies there."""
    name: str = ""
    """What people call it: the name without an ending, or what an LMS added to it. Others may be
    called the same."""
    path: Path
    problem: str = ""
    """Why it cannot be read, in one line naming the file; empty where nothing speaks against."""
    absent: bool = False
    """Whether it stands for somebody who submitted nothing."""
