"""What stands around every handler: who asks, whether they may, and what to say when it fails."""

from __future__ import annotations

import functools
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from grader.course.accounts import Account
from grader.model.errors import GraderError, InternalError
from grader.web import sessions
from grader.web.desk import Desk
from grader.web.page_errors import NotAllowed, NotSignedIn, PageNotFound
from grader.web.permissions import Need, may, sees
from grader.web.rendering import render_error, sign_in_first
from grader.web.request_body import SentForm, form_of_body

Handler = Callable[[Request, Desk, Account], Response]
Endpoint = Callable[[Request], Awaitable[Response]]
T = TypeVar("T")

_LOG: Final = logging.getLogger(__name__)


def page(need: Need) -> Callable[[Handler], Endpoint]:
    """A page that an account may see that may do `need`.

    Of an address with `{assignment}` the course must have it; with `{person:key}` the account must
    see that person, else there is no such page. The handler runs in a thread.
    """

    def decorate(handler: Handler) -> Endpoint:
        def answer(request: Request) -> Response:
            desk = desk_of(request)
            return handler(request, desk, admit(request, desk, need))

        @functools.wraps(handler)
        async def endpoint(request: Request) -> Response:
            return await answered(request, lambda: run_in_threadpool(answer, request))

        return marked(endpoint, need)

    return decorate


def action(need: Need) -> Callable[[Handler], Endpoint]:
    """As `page`, for a form that changes something: `form_of(request)` has its fields.

    It must come from a page of this desk, in the same session.
    """

    def decorate(handler: Handler) -> Endpoint:
        def answer(request: Request) -> Response:
            desk = desk_of(request)
            account = admit(request, desk, need)
            check_form_token(request, desk, form_of(request).text("csrf"))
            return handler(request, desk, account)

        async def read(request: Request) -> Response:
            check_origin(request)
            request.state.form = await form_of_body(request)
            return await run_in_threadpool(answer, request)

        @functools.wraps(handler)
        async def endpoint(request: Request) -> Response:
            return await answered(request, lambda: read(request))

        return marked(endpoint, need)

    return decorate


def desk_of(request: Request) -> Desk:
    """The desk that answers."""
    desk: Desk = request.app.state.desk
    return desk


def form_of(request: Request) -> SentForm:
    """The form that an action was sent."""
    form: SentForm = request.state.form
    return form


async def answered(request: Request, answer: Callable[[], Awaitable[Response]]) -> Response:
    """The answer, or a page that says what went wrong; never a traceback."""
    try:
        return await answer()
    except NotSignedIn:
        return sign_in_first(request)
    except GraderError as error:
        return render_error(request, error)
    except Exception:
        number = secrets.token_hex(4)
        _LOG.exception("fault %s of the desk at %s", number, request.url.path)
        hint = f"Nothing was changed. The desk's terminal says more, under {number}."
        return render_error(request, InternalError("The desk failed at this.", hint=hint))


def check_origin(request: Request) -> None:
    """Make sure that a form comes from a page of this desk.

    Raises:
        NotAllowed: it does not, or does not say so.
    """
    if request.headers.get("origin", "").lower() not in desk_of(request).settings.origins:
        raise NotAllowed(
            "The form was not sent from a page of this desk.",
            hint="Open the desk by the address that `grader serve` shows.",
        )


def check_form_token(request: Request, desk: Desk, given: str) -> None:
    """Make sure that a form comes from a page of this session; script sends a header instead.

    Raises:
        NotAllowed: it does not.
    """
    given = request.headers.get("x-csrf-token", given)
    if not sessions.is_form_token(given, sessions.token_of(request, desk)):
        raise NotAllowed("The page is of an earlier session.", hint="Load it again.")


def admit(request: Request, desk: Desk, need: Need) -> Account:
    """Who asks, if they may ask for this address.

    Raises:
        NotSignedIn: nobody is signed in.
        NotAllowed: the account's role may not do `need`.
        PageNotFound: there is no such assignment or person, or none that this account sees.
    """
    account = sessions.session_of(request, desk).account
    request.state.account = account
    if not may(account, need):
        raise NotAllowed(f"Your account's role is {account.role}, which may not do this.")
    if "assignment" in request.path_params:
        desk.assignment(request.path_params["assignment"])
    if "person" in request.path_params:
        with desk.reading() as view:
            person = desk.person(view, request.path_params["person"])
        if not sees(account, person):
            raise PageNotFound("Nobody in the course goes by this key.")
    return account


def marked(endpoint: Endpoint, need: Need) -> Endpoint:
    """The endpoint, which says what it needs: tests look at every route."""
    endpoint.need = need  # type: ignore[attr-defined]
    return endpoint
