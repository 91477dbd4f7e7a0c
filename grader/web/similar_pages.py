"""Similar work in an assignment: the pairs that `grader similar` found, and each side by side."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.course.accounts import Account
from grader.model.course_records import StoredComparison
from grader.model.similar_pairs import (
    SIMILAR_JSON,
    ComparedSubmission,
    SimilarityReport,
    SimilarPair,
)
from grader.report.similar_page import percent
from grader.web.desk import Desk
from grader.web.handler import page
from grader.web.page_errors import PageNotFound
from grader.web.permissions import visible_people
from grader.web.rendering import framed, render

_MAX_PAGE: Final = 64 << 20


class PairView(NamedTuple):
    """Two submissions that are alike."""

    number: int
    """Of its page."""
    pair: SimilarPair
    first: ComparedSubmission
    second: ComparedSubmission
    again: bool
    """Whether both may be one person's, of two years."""


def pair_views(report: SimilarityReport, seen: set[str], *, others: bool) -> list[PairView]:
    """The pairs of people who are `seen`; with other classes only if `others` are."""
    listed = [(pair, False) for pair in report.pairs] + [(pair, True) for pair in report.repeats]
    found = [
        PairView(n, pair, report.submissions[pair.first], report.submissions[pair.second], again)
        for n, (pair, again) in enumerate(listed, start=1)
    ]
    return [
        view
        for view in found
        if all(each.id in seen if not each.other else others for each in (view.first, view.second))
    ]


@page("read")
def _similar(request: Request, desk: Desk, account: Account) -> Response:
    id = request.path_params["assignment"]
    stored, views = _found(desk, id, account)
    return render(
        request,
        "similar.html",
        id=id,
        stored=stored,
        when=desk.shown(stored.at) if stored else "",
        pairs=[each for each in views if not each.again],
        repeats=[each for each in views if each.again],
        percent=percent,
    )


@page("read")
def _pair(request: Request, desk: Desk, account: Account) -> Response:
    id = request.path_params["assignment"]
    view = _pair_of(request, desk, account)
    return render(request, "pair.html", id=id, view=view, percent=percent)


@page("read")
def _programs(request: Request, desk: Desk, account: Account) -> Response:
    view = _pair_of(request, desk, account)
    folder = (desk.course.out(request.path_params["assignment"]) / SIMILAR_JSON).parent
    path = folder / PurePosixPath(view.pair.page).name
    try:
        if not view.pair.page or path.stat().st_size > _MAX_PAGE:
            raise PageNotFound("These two have no page.")
        text = path.read_text(encoding="utf-8")
    except OSError:
        hint = "Run grader similar again: it writes them."
        raise PageNotFound("The page of these two is gone.", hint=hint) from None
    return framed(text)


def _pair_of(request: Request, desk: Desk, account: Account) -> PairView:
    asked = request.path_params["pair"]
    _, views = _found(desk, request.path_params["assignment"], account)
    for view in views:
        if view.number == asked:
            return view
    raise PageNotFound("There is no such pair.")


def _found(desk: Desk, id: str, account: Account) -> tuple[StoredComparison | None, list[PairView]]:
    with desk.reading() as course:
        stored = course.comparison(id)
    if stored is None:
        return None, []
    seen = {person.key for person in visible_people(account, desk.people())}
    return stored, pair_views(stored.report, seen, others=not account.sections)


ROUTES: Final = [
    Route("/a/{assignment}/similar", _similar),
    Route("/a/{assignment}/similar/{pair:int}", _pair),
    Route("/a/{assignment}/similar/{pair:int}/programs", _programs),
]
