"""A member of a class: the identity that attempts, marks and grades hang on."""

from __future__ import annotations

import msgspec


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A student, as the roster or an export of a platform names them."""

    key: str
    """The identity: made once from what the roster or the platform says (`smithann_340934`,
    `Ann Smith_12`; of plain folders the entry's own name), never from what a student chose."""
    name: str
    """What people call them."""
    email: str = ""
    ids: dict[str, str] = {}
    """Platform to its own id of them; the platforms are `PLATFORM_IDS`."""
    section: str = ""
    group: str = ""
    """The team that they submit with; empty where they submit alone."""
    withdrawn: bool = False


PLATFORM_IDS = (
    "canvas",
    "sis",
    "login",
    "moodle",
    "gradescope",
    "sid",
    "blackboard",
    "brightspace",
    "github",
)
"""What `Person.ids` may hold: Canvas's user id, the SIS user id, the login, Moodle's participant
id, Gradescope's submission id, the student's number, and the user names of the others."""
ASSIGNMENT_IDS = frozenset(("moodle", "gradescope"))
"""Those of them that a student has anew for each assignment."""
