"""What an account may do, and whose work it may see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from grader.course.accounts import Account, Role
from grader.model.person import Person

Need = Literal["read", "mark", "decide", "grade", "publish", "manage"]
_READER: Final[frozenset[Need]] = frozenset({"read"})
_ASSISTANT: Final[frozenset[Need]] = _READER | {"mark"}
_INSTRUCTOR: Final[frozenset[Need]] = _ASSISTANT | {"decide", "grade", "publish"}
_MAY: Final[dict[Role, frozenset[Need]]] = {
    "owner": _INSTRUCTOR | {"manage"},
    "instructor": _INSTRUCTOR,
    "assistant": _ASSISTANT,
    "reader": _READER,
}


def may(account: Account, need: Need) -> bool:
    """Whether an account may do something at all."""
    return need in _MAY[account.role]


def sees(account: Account, person: Person) -> bool:
    """Whether an account may see somebody, and what they submitted."""
    return not account.sections or person.section in account.sections


def visible_people(account: Account, people: Iterable[Person]) -> list[Person]:
    """Those whom an account may see, in the same order."""
    return [person for person in people if sees(account, person)]
