"""Accounts: who may sign in, as what; and everybody's own password."""

from __future__ import annotations

from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from grader.course.accounts import (
    INVITATION_LASTS,
    ROLES,
    Account,
    checked_account,
    is_password,
    password_hash,
)
from grader.model.errors import UsageError
from grader.web import sessions
from grader.web.desk import Desk
from grader.web.handler import action, form_of, page
from grader.web.rendering import render, see_other


class AccountsView(NamedTuple):
    """The accounts of a course, for those who manage them."""

    accounts: list[Account]
    without_password: frozenset[str]
    sections: list[str]
    """Of the course."""


def accounts_view(desk: Desk) -> AccountsView:
    """Everybody who may sign in."""
    with desk.reading() as view:
        known = view.accounts()
        without = frozenset(name for name in known if not view.password_hash(name))
        sections = view.sections()
    return AccountsView(list(known.values()), without, sections)


@page("manage")
def _accounts(request: Request, desk: Desk, account: Account) -> Response:
    return render(request, "accounts.html", view=accounts_view(desk), roles=ROLES)


@action("manage")
def _put(request: Request, desk: Desk, account: Account) -> Response:
    form = form_of(request)
    role = form.text("role")
    sections = form.every("section") if role == "assistant" else []
    known = set(accounts_view(desk).sections)
    with desk.changing(account) as change:
        made = checked_account(form.text("name"), role, sections, known)
        if form.text("new") and made.name in change.accounts():
            raise UsageError(f"There is an account {made.name} already.")
        change.put_account(made)
    return see_other(request, "/accounts")


@action("manage")
def _remove(request: Request, desk: Desk, account: Account) -> Response:
    name = form_of(request).text("name")
    if name == account.name:
        raise UsageError("You cannot remove the account that you use.")
    with desk.changing(account) as change:
        change.remove_account(name)
    return see_other(request, "/accounts")


@action("manage")
def _invite(request: Request, desk: Desk, account: Account) -> Response:
    name = form_of(request).text("name")
    if name == account.name:
        raise UsageError("For your own account, change the password instead.")
    with desk.changing(account) as change:
        change.set_password(name, "")
        token = change.new_link(name, INVITATION_LASTS)
    link = f"{desk.origin()}/sign-in?link={token}"
    hours = int(INVITATION_LASTS.total_seconds() // 3600)
    return render(request, "invitation.html", name=name, link=link, hours=hours)


@page("read")
def _own(request: Request, desk: Desk, account: Account) -> Response:
    with desk.reading() as view:
        has_password = bool(view.password_hash(account.name))
    return render(request, "own_account.html", has_password=has_password)


@action("read")
def _set_password(request: Request, desk: Desk, account: Account) -> Response:
    form = form_of(request)
    address = request.client.host if request.client else ""
    with desk.reading() as view:
        kept = view.password_hash(account.name)
    if kept:
        desk.limits.begin(account.name, address)
        if not is_password(kept, form.secret("old")):
            raise UsageError("The present password is wrong; nothing was changed.")
        desk.limits.succeeded(account.name, address)
    if form.secret("new") != form.secret("again"):
        raise UsageError("The two new passwords differ; nothing was changed.")
    hashed = password_hash(form.secret("new"))
    with desk.changing(account) as change:
        change.set_password(account.name, hashed)
    response = RedirectResponse("/", status_code=303)
    sessions.begin_session(response, desk, account)
    return response


ROUTES: Final = [
    Route("/accounts", _accounts),
    Route("/accounts/put", _put, methods=["POST"]),
    Route("/accounts/remove", _remove, methods=["POST"]),
    Route("/accounts/invite", _invite, methods=["POST"]),
    Route("/account", _own),
    Route("/account/password", _set_password, methods=["POST"]),
]
