"""Regrade requests of the whole course: read, granted, declined."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.course.accounts import Account
from grader.model.course_records import RequestState
from grader.model.errors import UsageError
from grader.web.desk import Desk
from grader.web.desk_texts import DeskTexts
from grader.web.handler import action, form_of, page
from grader.web.paths import is_local
from grader.web.permissions import sees, visible_people
from grader.web.rendering import language, render, see_other
from grader.web.student_record import RequestRow, request_rows

_MOST: Final = 200
_ANSWERS: Final[dict[str, RequestState]] = {"grant": "granted", "decline": "declined"}


def requests_view(desk: Desk, account: Account) -> list[RequestRow]:
    """What students of this account's sections ask for: the open ones first, then the latest."""
    found: list[RequestRow] = []
    with desk.reading() as view:
        people = visible_people(account, view.people())
        for each in desk.course.settings.assignments:
            if view.requests(each.id):
                found += request_rows(desk, view, each.id, people)
    return sorted(found, key=lambda row: (row.state == "open", row.when), reverse=True)


@page("read")
def _requests(request: Request, desk: Desk, account: Account) -> Response:
    rows = requests_view(desk, account)
    opened = sum(row.state == "open" for row in rows)
    return render(
        request, "requests.html", rows=rows[:_MOST], opened=opened, more=max(0, len(rows) - _MOST)
    )


@action("decide")
def _answer(request: Request, desk: Desk, account: Account) -> Response:
    form = form_of(request)
    number, state = form.whole("number"), _ANSWERS.get(form.text("answer"))
    if state is None:
        raise UsageError("Say whether the request is granted or declined.")
    back = form.text("back")
    with desk.changing(account) as change:
        known = change.requests().get(number)
        if known is None or not sees(account, desk.person(change, known.person)):
            raise UsageError(f"The course has no regrade request {number}.")
        change.answer_request(number, state, form.text("text")[:4000])
    said = DeskTexts(language(request))(f"requests.{state}", number=number, who=known.person)
    return see_other(request, back if is_local(back) else "/requests", said)


ROUTES: Final = [
    Route("/requests", _requests),
    Route("/requests/answer", _answer, methods=["POST"]),
]
