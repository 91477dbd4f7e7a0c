"""Who may sign in to a course's desk, as what, and how that is proved.

Only hashes are kept: of passwords by argon2, of tokens by SHA-256, which does for 32 random bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
import threading
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from grader.model.errors import UsageError
from grader.model.rubric_fault import did_you_mean

if TYPE_CHECKING:
    from argon2 import PasswordHasher

Role = Literal["owner", "instructor", "assistant", "reader"]
ROLES: Final[tuple[Role, ...]] = ("owner", "instructor", "assistant", "reader")
"""Each may do what those after it may, but that a reader sees everybody and changes nothing."""
TokenKind = Literal["session", "link"]
LINK_LASTS: Final = dt.timedelta(minutes=15)
"""A link for whoever sits at the machine."""
INVITATION_LASTS: Final = dt.timedelta(hours=24)
"""A link that has to reach somebody else."""
_NAME: Final = re.compile(r"[^\W_][\w.@+-]{0,63}")
_SHORTEST: Final = 10
_LONGEST: Final = 256
_HASHING: Final = threading.BoundedSemaphore(2)
"""A hash takes 64 MB: more at once would let strangers fill the memory."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may sign in."""

    name: str
    """What the log calls them."""
    role: Role
    sections: list[str] = []
    """Of an assistant, whose students they see and mark; none for everybody's."""


class AccountSession(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has signed in, or been given a link to do so once."""

    account: Account
    made: dt.datetime
    expires: dt.datetime


def new_token() -> str:
    """What only its holder knows: 256 random bits."""
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def checked_account(name: str, role: str, sections: list[str], known: set[str]) -> Account:
    """An account as somebody asks for it; `known` are the sections of the course.

    Raises:
        UsageError: the name, the role or a section is not valid.
    """
    if not _NAME.fullmatch(name):
        hint = "Letters and digits, then also . @ + - and _, up to 64 in all."
        raise UsageError(f"{name[:80]!r} is not valid as the name of an account.", hint=hint)
    found = next((each for each in ROLES if each == role), None)
    if found is None:
        hint = did_you_mean(role, ROLES) or f"Expected one of: {', '.join(ROLES)}."
        raise UsageError(f"{role[:80]!r} is not a role.", hint=hint)
    if sections and found != "assistant":
        raise UsageError(f"Only an assistant is limited to sections, not an {found}.")
    for section in sections:
        if section not in known:
            hint = did_you_mean(section, known)
            raise UsageError(f"Nobody is in a section {section[:80]!r}.", hint=hint)
    return Account(name=name, role=found, sections=sorted(set(sections)))


def password_hash(password: str) -> str:
    """What is kept of a password.

    Raises:
        UsageError: it is too short or too long.
    """
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise UsageError(f"A password has {_SHORTEST} to {_LONGEST} characters.")
    with _HASHING:
        return _hasher().hash(password)


def is_password(kept: str, password: str) -> bool:
    """Whether it is the one that is kept; takes as long where none is."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > _LONGEST:
        password = ""
    try:
        with _HASHING:
            return _hasher().verify(kept or _nobodys(), password) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobodys() -> str:
    return _hasher().hash(new_token())
