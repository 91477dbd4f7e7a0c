"""The assignments of a course, and of each its class: students, checks, what needs attention."""

from __future__ import annotations

import datetime as dt
import math
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.course.accounts import Account
from grader.model.errors import GraderError
from grader.report.axis import count_ticks
from grader.web.attention import attention
from grader.web.class_numbers import (
    CheckRow,
    ScoreHistogram,
    check_rows,
    mistake_rows,
    score_spread,
)
from grader.web.class_query import ClassQuery, find_rows
from grader.web.class_rows import NOTES, STATES, ClassView
from grader.web.desk import Desk
from grader.web.handler import page
from grader.web.rendering import render


class AssignmentRow(NamedTuple):
    """An assignment in the list of all."""

    id: str
    due: str
    students: int
    submitted: int
    graded: int
    spread: ScoreHistogram | None
    max_score: float
    waiting: int
    """Answers to mark."""
    things: int
    """That need attention."""
    fault: str = ""
    """Why it cannot be opened."""


def assignment_row(desk: Desk, id: str, account: Account) -> AssignmentRow:
    """How an assignment stands."""
    due = desk.shown(desk.assignment(id).due)
    try:
        view = desk.class_view(id, account)
    except GraderError as error:
        return AssignmentRow(id, due, 0, 0, 0, None, 0.0, 0, 0, error.message)
    rows = [row for row in view.rows if not row.person.withdrawn]
    return AssignmentRow(
        id=id,
        due=due,
        students=len(rows),
        submitted=sum(row.state != "absent" for row in rows),
        graded=sum(row.state in ("graded", "internal") for row in rows),
        spread=score_spread(view),
        max_score=view.max_score,
        waiting=sum(row.summary.waiting for row in rows if row.summary),
        things=attention(view).things,
    )


@page("read")
def _assignments(request: Request, desk: Desk, account: Account) -> Response:
    ids = [each.id for each in desk.course.settings.assignments]
    rows = [assignment_row(desk, id, account) for id in ids]
    return render(request, "assignments.html", rows=rows)


@page("read")
def _class(request: Request, desk: Desk, account: Account) -> Response:
    id = request.path_params["assignment"]
    view = desk.class_view(id, account)
    query = ClassQuery.of(request.query_params)
    spread = score_spread(view)
    return render(
        request,
        "class.html",
        id=id,
        view=view,
        query=query,
        found=find_rows(view, query),
        filters={"states": STATES, "notes": NOTES},
        about=_about(view, query),
        spread=spread,
        ticks=count_ticks(max(bin.students for bin in spread.bins)) if spread else [],
        late=_late_parts,
    )


def _about(view: ClassView, query: ClassQuery) -> str:
    """What the check or mistake is called that rows are filtered by."""
    for roll in view.register.rolls.values():
        for check in roll:
            if check.id == query.check:
                return check.title
    cause = view.register.causes.get(query.mistake)
    return cause.title if cause else query.check or query.mistake


def _late_parts(late: dt.timedelta) -> dict[str, int]:
    """Days, hours and minutes, begun ones whole."""
    minutes = math.ceil(late.total_seconds() / 60)
    return {"d": minutes // 1440, "h": minutes // 60 % 24, "m": minutes % 60}


@page("read")
def _attention(request: Request, desk: Desk, account: Account) -> Response:
    id = request.path_params["assignment"]
    found = attention(desk.class_view(id, account))
    return render(request, "attention.html", id=id, found=found)


@page("read")
def _checks(request: Request, desk: Desk, account: Account) -> Response:
    id = request.path_params["assignment"]
    view = desk.class_view(id, account)
    in_order = request.query_params.get("order") == "bank"
    rows = check_rows(view) if in_order else sorted(check_rows(view), key=_hardness)
    mistakes = mistake_rows(view)
    return render(request, "checks.html", id=id, rows=rows, mistakes=mistakes, in_order=in_order)


def _hardness(row: CheckRow) -> tuple[float, int]:
    return -(row.failing / row.judged if row.judged else 0.0), -row.failing


ROUTES: Final = [
    Route("/", _assignments),
    Route("/a/{assignment}", _class),
    Route("/a/{assignment}/attention", _attention),
    Route("/a/{assignment}/checks", _checks),
]
