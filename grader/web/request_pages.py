"""Regrade requests of the whole course: read, granted, declined."""

from __future__ import annotations

from typing import Final, NamedTuple

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
from grader.web.student_record import RequestRow, request_row

_MOST: Final = 100
_ANSWERS: Final[dict[str, RequestState]] = {"grant": "granted", "decline": "declined"}


class RequestsView(NamedTuple):
    """What students ask for."""

    rows: list[RequestRow]
    """The open ones first, then the latest."""
    opened: int
    more: int
    """Older ones that are not among the rows."""


def requests_view(desk: Desk, account: Account) -> RequestsView:
    """The requests of this account's sections, at the assignments that the course has now."""
    ids = {each.id for each in desk.course.settings.assignments}
    people = {person.key: person for person in visible_people(account, desk.people())}
    with desk.reading() as view:
        found = [
            (number, each)
            for number, each in view.requests().items()
            if each.assignment in ids and each.person in people
        ]
        found.sort(key=lambda one: (one[1].state == "open", one[1].at, one[0]), reverse=True)
        rows = [
            request_row(desk, view, number, each, people[each.person])
            for number, each in found[:_MOST]
        ]
    opened = sum(each.state == "open" for _, each in found)
    return RequestsView(rows, opened, len(found) - len(rows))


@page("read")
def _requests(request: Request, desk: Desk, account: Account) -> Response:
    return render(request, "requests.html", view=requests_view(desk, account))


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
