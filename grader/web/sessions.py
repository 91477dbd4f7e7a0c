"""Who is signed in, by a cookie whose token only its browser knows."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from typing import TYPE_CHECKING, Final

from grader.course.accounts import Account, AccountSession
from grader.web.page_errors import NotSignedIn

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from grader.web.desk import Desk

_IDLE: Final = dt.timedelta(hours=12)
_LONGEST: Final = dt.timedelta(days=7)
_RENEWED: Final = dt.timedelta(hours=1)
"""How much later a session must end than it would, before that is written down."""


def now() -> dt.datetime:
    """The time; sessions end by it."""
    return dt.datetime.now(dt.UTC)


def session_of(request: Request, desk: Desk) -> AccountSession:
    """Who is signed in; their session lasts longer for it.

    Raises:
        NotSignedIn: nobody is.
    """
    token = token_of(request, desk)
    with desk.reading() as view:
        found = view.session(token, now()) if token else None
    if found is None:
        raise NotSignedIn("Sign in first.")
    expires = min(now() + _IDLE, found.made + _LONGEST)
    if expires - found.expires > _RENEWED:
        with desk.changing(found.account) as change:
            change.prolong_session(token, expires)
    return found


def begin_session(response: Response, desk: Desk, account: Account) -> None:
    """Sign somebody in: with a new token, whatever the browser had."""
    with desk.changing(account) as change:
        token = change.new_session(account.name, change.at + _IDLE)
        change.note("signed in")
    _set_cookie(response, desk, token, int(_LONGEST.total_seconds()))


def end_session(request: Request, response: Response, desk: Desk, account: Account) -> None:
    """Sign somebody out."""
    with desk.changing(account) as change:
        change.end_session(token_of(request, desk))
        change.note("signed out")
    _set_cookie(response, desk, "", 0)


def token_of(request: Request, desk: Desk) -> str:
    """What the browser's cookie says; empty without one."""
    return request.cookies.get(_cookie_name(desk), "")


def form_token(token: str) -> str:
    """What a form of a session must carry, which no other page can know."""
    digest = hmac.digest(token.encode(errors="replace"), b"form", hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode()


def is_form_token(given: str, token: str) -> bool:
    """Whether a form comes from a page of this session."""
    return hmac.compare_digest(given.encode(errors="replace"), form_token(token).encode())


def _cookie_name(desk: Desk) -> str:
    return "__Host-grader-desk" if desk.settings.secure else "grader-desk"


def _set_cookie(response: Response, desk: Desk, value: str, seconds: int) -> None:
    response.set_cookie(
        _cookie_name(desk),
        value,
        max_age=seconds,
        path="/",
        secure=desk.settings.secure,
        httponly=True,
        samesite="strict",
    )
