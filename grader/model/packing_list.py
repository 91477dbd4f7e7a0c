"""The list that `grader submit` puts beside the files it packs: what a student's side says of them.

Nothing in it is trusted: it names no student, and a grade never depends on it.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

PACKING_LIST: Final = "submission.json"
"""Its name, at the top of the archive."""
_FORMAT: Final = "gradewall-submission"


class PackingList(msgspec.Struct, frozen=True, kw_only=True):
    """What was packed, from which assignment, and when."""

    format: str = _FORMAT
    version: int = 1
    assignment: str
    harness: str
    """The version of the harness that packed it."""
    packed_at: str
    """By the clock of the student's machine: ISO 8601 with an offset."""
    files: dict[str, str]
    """Path to the SHA-256 of what it holds."""

    def to_json(self) -> bytes:
        """The file's content."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"

    @classmethod
    def from_json(cls, content: bytes) -> PackingList | None:
        """What a file says; None if it is another kind of file.

        Raises:
            ValueError: it is such a list, and damaged.
        """
        if _FORMAT.encode() not in content:
            return None
        try:
            return msgspec.json.decode(content, type=cls)
        except msgspec.DecodeError as error:
            raise ValueError(str(error)) from None


def content_digest(content: bytes) -> str:
    """SHA-256, as the list has it."""
    return hashlib.sha256(content).hexdigest()
