"""Errors of the desk, each with the status that its page has."""

from __future__ import annotations

from typing import Final

from grader.model.errors import GraderError, InputError, UsageError


class PageNotFound(UsageError):
    """There is nothing at this address, or nothing that this account may know of."""


class NotAllowed(UsageError):
    """The account may not do this."""


class NotSignedIn(UsageError):
    """Nobody is signed in, or their session is over."""


class TooLarge(UsageError):
    """More was sent than is taken."""


class TooSlow(UsageError):
    """What was sent came too slowly."""


class TooManyAttempts(UsageError):
    """Signing in failed too often."""


_STATUS: Final[tuple[tuple[type[GraderError], int], ...]] = (
    (PageNotFound, 404),
    (NotAllowed, 403),
    (NotSignedIn, 401),
    (TooLarge, 413),
    (TooSlow, 408),
    (TooManyAttempts, 429),
    (UsageError, 400),
    (InputError, 409),
)


def status_of(error: GraderError) -> int:
    """The HTTP status of an error: 500 where the fault is ours."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
