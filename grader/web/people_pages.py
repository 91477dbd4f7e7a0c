"""Who takes the course: the roster, and where each has submitted."""

from __future__ import annotations

from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.course.accounts import Account
from grader.model.person import Person
from grader.report.text import by_name
from grader.web.class_query import PAGE, is_named
from grader.web.desk import Desk
from grader.web.handler import page
from grader.web.permissions import visible_people
from grader.web.rendering import render


class PeopleView(NamedTuple):
    """A page of the roster."""

    people: list[Person]
    found: int
    total: int
    page: int
    pages: int
    sections: list[str]


def people_view(everybody: list[Person], text: str, section: str, number: int) -> PeopleView:
    """Those who fit, by name."""
    ordered = sorted(everybody, key=lambda person: (by_name(person.name), person.key))
    fitting = [
        person
        for person in ordered
        if section in ("", person.section) and (not text or is_named(person, text))
    ]
    pages = max(1, -(-len(fitting) // PAGE))
    at = min(max(1, number), pages)
    return PeopleView(
        people=fitting[(at - 1) * PAGE : at * PAGE],
        found=len(fitting),
        total=len(everybody),
        page=at,
        pages=pages,
        sections=sorted({person.section for person in everybody if person.section}),
    )


@page("read")
def _people(request: Request, desk: Desk, account: Account) -> Response:
    asked = {name: request.query_params.get(name, "")[:200] for name in ("text", "section", "page")}
    number = int(asked["page"]) if asked["page"].isascii() and asked["page"].isdigit() else 1
    everybody = visible_people(account, desk.people())
    view = people_view(everybody, asked["text"], asked["section"], min(number, 10**6))
    ids = [each.id for each in desk.course.settings.assignments]
    return render(request, "people.html", view=view, asked=asked, ids=ids)


ROUTES: Final = [Route("/people", _people)]
