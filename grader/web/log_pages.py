"""The log: who did what to the course, and when."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.course.accounts import Account
from grader.web.desk import Desk
from grader.web.handler import page
from grader.web.rendering import render


@page("decide")
def _log(request: Request, desk: Desk, account: Account) -> Response:
    with desk.reading() as view:
        entries = view.log()
    return render(request, "log.html", entries=entries[::-1][:200])


ROUTES: Final = [Route("/log", _log)]
