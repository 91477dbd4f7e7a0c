"""Who is in a class, and what each submitted: what a batch keeps beside its results."""

from __future__ import annotations

import msgspec

from grader.model.attempt import Attempt
from grader.model.person import Person


class ClassList(msgspec.Struct, frozen=True, kw_only=True):
    """The people of a class that was graded without a course, and their attempts."""

    platform: str = ""
    """Whose export it was: `canvas`; `plain` for folders that no platform made."""
    people: list[Person] = []
    attempts: list[Attempt] = []
    """All, those that do not count among them. Each of the `members` of one that counts has a
    result of their own, under their key."""

    def with_(self, other: ClassList) -> ClassList:
        """Both classes together; of somebody who is in both, what the other says."""
        keys = {person.key for person in other.people}
        owners = {attempt.owner for attempt in other.attempts}
        return ClassList(
            platform=other.platform,
            people=[*(p for p in self.people if p.key not in keys), *other.people],
            attempts=[*(a for a in self.attempts if a.owner not in owners), *other.attempts],
        )
