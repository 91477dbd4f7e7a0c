"""Who takes the course: the roster, and where each has submitted."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.course.accounts import Account
from grader.model.person import Person
from grader.report.text import by_name
from grader.web.class_query import is_named
from grader.web.desk import Desk
from grader.web.handler import page
from grader.web.paging import Paged, paged, whole_number
from grader.web.permissions import visible_people
from grader.web.rendering import render


def find_people(everybody: list[Person], text: str, section: str, number: int) -> Paged[Person]:
    """A page of those who fit, by name."""
    ordered = sorted(everybody, key=lambda person: (by_name(person.name), person.key))
    fitting = [
        person
        for person in ordered
        if section in ("", person.section) and (not text or is_named(person, text))
    ]
    return paged(fitting, len(everybody), number)


@page("read")
def _people(request: Request, desk: Desk, account: Account) -> Response:
    asked = {name: request.query_params.get(name, "")[:200] for name in ("text", "section", "page")}
    everybody = visible_people(account, desk.people())
    number = whole_number(asked["page"]) or 1
    view = find_people(everybody, asked["text"], asked["section"], number)
    sections = sorted({person.section for person in everybody if person.section})
    ids = [each.id for each in desk.course.settings.assignments]
    return render(request, "people.html", view=view, asked=asked, ids=ids, sections=sections)


ROUTES: Final = [Route("/people", _people)]
