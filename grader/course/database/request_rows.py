"""Students' regrade requests, in and out of a course's tables."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, insert, select, update

from grader.course.database.tables import requests
from grader.model.course_records import RegradeRequest


def add_request(connection: Connection, request: RegradeRequest) -> int | None:
    """Keep a request; its number. None where the same is there already: a file imported twice."""
    for other in read_requests(connection, request.assignment, request.person).values():
        if (other.about, other.text, other.asked) == (request.about, request.text, request.asked):
            return None
    values = {name: getattr(request, name) for name in request.__struct_fields__}
    added = insert(requests).values(values).returning(requests.c.id)
    return int(connection.execute(added).scalar_one())


def read_requests(
    connection: Connection, assignment: str = "", person: str = ""
) -> dict[int, RegradeRequest]:
    """Requests by their numbers; the first is the oldest."""
    query = select(requests).order_by(requests.c.id)
    if assignment:
        query = query.where(requests.c.assignment == assignment)
    if person:
        query = query.where(requests.c.person == person)
    fields = RegradeRequest.__struct_fields__
    return {
        row.id: RegradeRequest(**{name: row._mapping[name] for name in fields})
        for row in connection.execute(query)
    }


def answer_request(
    connection: Connection, number: int, *, state: str, answer: str, who: str, at: dt.datetime
) -> bool:
    """Say what became of a request; whether there is one of that number."""
    values = {"state": state, "answer": answer, "who": who, "at": at}
    here = requests.c.id == number
    return bool(connection.execute(update(requests).where(here).values(values)).rowcount)
