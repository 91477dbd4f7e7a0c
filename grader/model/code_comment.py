"""What somebody remarks on a line of a student's code; it decides nothing."""

from __future__ import annotations

import msgspec


class CodeComment(msgspec.Struct, frozen=True, kw_only=True):
    """A remark on one line, which the student sees."""

    file: str
    """Path in the submission."""
    line: int
    """The first is 1."""
    source: str = ""
    """The line itself, as it was then."""
    text: str
