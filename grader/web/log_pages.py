"""The log: who did what to the course, and when."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.course.accounts import Account
from grader.web.desk import Desk
from grader.web.handler import page
from grader.web.paging import whole_number
from grader.web.paths import address
from grader.web.rendering import render

_ROWS: Final = 100


class LogRow(NamedTuple):
    """Something that was done."""

    when: str
    who: str
    what: str
    assignment: str
    person: str
    details: str


class LogView(NamedTuple):
    """Some of the log, the latest first."""

    rows: list[LogRow]
    older: int
    """What lies before has smaller numbers than this; 0 where there is nothing before."""


def log_view(desk: Desk, who: str, assignment: str, text: str, before: int) -> LogView:
    """What was done, as far as it was asked for."""
    with desk.reading() as view:
        found = view.log_page(
            who=who, assignment=assignment, text=text, before=before, limit=_ROWS + 1
        )
    rows = [
        LogRow(
            when=desk.shown(entry.at),
            who=entry.who,
            what=entry.what,
            assignment=entry.assignment,
            person=entry.person,
            details=_told(entry.details),
        )
        for _, entry in found[:_ROWS]
    ]
    return LogView(rows, found[_ROWS - 1][0] if len(found) > _ROWS else 0)


def _told(details: dict[str, Any]) -> str:
    """Details in a line: `why: the text was wrong; answers: 3`."""
    parts = []
    for name, value in details.items():
        if isinstance(value, list) and len(value) > 3:
            value = f"{', '.join(map(str, value[:3]))} … (+{len(value) - 3})"
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        elif not isinstance(value, str):
            value = json.dumps(value)
        parts += [f"{name}: {value}"] if value else []
    return "; ".join(parts)


@page("decide")
def _log(request: Request, desk: Desk, account: Account) -> Response:
    asked = {name: request.query_params.get(name, "")[:200] for name in ("who", "for", "text")}
    before = whole_number(request.query_params.get("before", "")) or 0
    view = log_view(desk, asked["who"], asked["for"], asked["text"], before)
    older = address("/log", **asked, before=view.older) if view.older else ""
    ids = [each.id for each in desk.course.settings.assignments]
    return render(request, "log.html", view=view, asked=asked, older=older, ids=ids, before=before)


ROUTES: Final = [Route("/log", _log)]
