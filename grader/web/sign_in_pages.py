"""Signing in, by password or by a link that works once, and out."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from grader.course.accounts import Account, is_password
from grader.web import sessions
from grader.web.desk import Desk
from grader.web.handler import action, answered, check_origin, desk_of
from grader.web.paths import is_local
from grader.web.rendering import render, see_other
from grader.web.request_body import SentForm, form_of_body


async def _sign_in(request: Request) -> Response:
    async def shown() -> Response:
        return _form(request, request.query_params.get("next", ""))

    async def tried() -> Response:
        check_origin(request)
        form = await form_of_body(request)
        return await run_in_threadpool(_try, request, desk_of(request), form)

    return await answered(request, tried if request.method == "POST" else shown)


def _form(request: Request, back: str, *, failed: str = "", name: str = "") -> Response:
    link = request.query_params.get("link", "")[:200]
    status = 403 if failed else 200
    back = back if is_local(back) else ""
    return render(
        request,
        "sign_in.html",
        status=status,
        next=back,
        link=link,
        failed=failed,
        name=name,
        out=bool(request.query_params.get("out")),
    )


def _try(request: Request, desk: Desk, form: SentForm) -> Response:
    name, address = form.text("name")[:64], request.client.host if request.client else ""
    link = form.text("link")
    desk.limits.begin(name, address)
    account = _by_link(desk, link) if link else _by_password(desk, name, form.secret("password"))
    if account is None:
        return _form(request, form.text("next"), failed="link" if link else "name", name=name)
    desk.limits.succeeded(name, address)
    back = form.text("next")
    response = RedirectResponse(back if is_local(back) else "/", status_code=303)
    sessions.begin_session(response, desk, account)
    return response


def _by_password(desk: Desk, name: str, password: str) -> Account | None:
    with desk.reading() as view:
        account, kept = view.accounts().get(name), view.password_hash(name)
    return account if is_password(kept, password) else None


def _by_link(desk: Desk, link: str) -> Account | None:
    with desk.course.changing("desk") as change:
        return change.use_link(link)


@action("read")
def _sign_out(request: Request, desk: Desk, account: Account) -> Response:
    response = see_other(request, "/sign-in?out=1")
    sessions.end_session(request, response, desk, account)
    return response


ROUTES: Final = [
    Route("/sign-in", _sign_in, methods=["GET", "POST"]),
    Route("/sign-out", _sign_out, methods=["POST"]),
]
