"""Handing back on the desk: grade files, feedback zips, published pages; each is shown first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from grader.course.accounts import Account
from grader.course.feedback_zip import zip_pieces
from grader.course.publishing import STATE, publish
from grader.model.errors import GraderError, InternalError
from grader.web.desk import Desk
from grader.web.desk_texts import DeskTexts
from grader.web.hand_back_view import (
    FEEDBACK,
    GRADE_FILES,
    PUBLISHED,
    AskedFeedback,
    AskedGrades,
    checked_address,
    class_summary,
    feedback_view,
    grades_view,
    publish_view,
)
from grader.web.handler import action, form_of, page
from grader.web.kept_uploads import keep_upload
from grader.web.paths import address
from grader.web.rendering import language, render, see_other
from grader.web.uploads import upload

_SHEET_BYTES: Final = 64 << 20
_RULES: Final = ("scale", "missing_zero", "partial")
T = TypeVar("T")


@page("publish")
def _hand_back(request: Request, desk: Desk, account: Account) -> Response:
    id = request.path_params["assignment"]
    summary, error = _tried(lambda: class_summary(desk.returned.of(id)))
    return render(
        request,
        "hand_back.html",
        id=id,
        summary=summary,
        error=error,
        asked=AskedGrades(""),
        platforms=GRADE_FILES,
        feedback=FEEDBACK,
    )


@upload("publish", at_most=_SHEET_BYTES)
def _sheet(request: Request, desk: Desk, account: Account) -> Response:
    """Take the platform's sheet, if there is one, and show what would be in it."""
    id, form = request.path_params["assignment"], form_of(request)
    sent = request.state.upload
    key = keep_upload(desk.course, account, sent).key if sent else form.text("sheet")
    options = {name: form.text(name)[:200] for name in ("column", *_RULES)}
    where = address(
        "/a/{}/hand-back/grades", id, to=form.text("to")[:40], sheet=key[:40], **options
    )
    return see_other(request, where)


@page("publish")
def _grades(request: Request, desk: Desk, account: Account) -> Response:
    id = request.path_params["assignment"]
    asked = _asked_grades(request.query_params)
    view, error = _tried(lambda: grades_view(desk, account, id, asked))
    return render(
        request,
        "hand_back_grades.html",
        id=id,
        asked=asked,
        view=view,
        error=error,
        platforms=GRADE_FILES,
    )


@action("publish")
def _grades_file(request: Request, desk: Desk, account: Account) -> Response:
    id, form = request.path_params["assignment"], form_of(request)
    asked = _asked_grades({name: form.text(name) for name in ("to", "sheet", "column", *_RULES)})
    view = grades_view(desk, account, id, asked)
    _note(desk, account, id, f"downloaded the grades for {asked.to}")
    return _file(view.made.pieces, f"grades-{id}-{asked.to}.csv", "text/csv; charset=utf-8")


@page("publish")
def _feedback(request: Request, desk: Desk, account: Account) -> Response:
    id = request.path_params["assignment"]
    asked = _asked_feedback(request.query_params)
    view, error = _tried(lambda: feedback_view(desk, id, asked))
    return render(request, "hand_back_feedback.html", id=id, asked=asked, view=view, error=error)


@action("publish")
def _feedback_file(request: Request, desk: Desk, account: Account) -> Response:
    id, form = request.path_params["assignment"], form_of(request)
    asked = _asked_feedback({name: form.text(name) for name in ("to", "partial")})
    pieces = zip_pieces(feedback_view(desk, id, asked).made.entries)
    _note(desk, account, id, f"downloaded the pages for {asked.to}")
    return _file(pieces, f"feedback-{id}-{asked.to}.zip", "application/zip")


@page("publish")
def _published(request: Request, desk: Desk, account: Account) -> Response:
    id = request.path_params["assignment"]
    base_url = request.query_params.get("base_url", "").strip()
    view, error = _tried(lambda: publish_view(desk, id, base_url))
    return render(
        request, "hand_back_publish.html", id=id, base_url=base_url, view=view, error=error
    )


@action("publish")
def _publish(request: Request, desk: Desk, account: Account) -> Response:
    id = request.path_params["assignment"]
    base_url = checked_address(form_of(request).text("base_url"))
    found, folder = desk.returned.of(id), desk.course.path / PUBLISHED
    links = publish(folder, found.home / STATE, found.pages, found.graded.assignment, base_url)
    _note(desk, account, id, f"published {len(links)} pages")
    told = DeskTexts(language(request))("hand_back.published", n=len(links))
    return see_other(request, address("/a/{}/hand-back/publish", id, base_url=base_url), told)


def _tried(make: Callable[[], T]) -> tuple[T | None, GraderError | None]:
    """What is made, or why not: said on the page where it can be asked for otherwise."""
    try:
        return make(), None
    except InternalError:
        raise
    except GraderError as error:
        return None, error


def _asked_grades(said: Mapping[str, Any]) -> AskedGrades:
    return AskedGrades(
        to=said.get("to", ""),
        sheet=said.get("sheet", ""),
        column=said.get("column", "")[:200],
        scale=bool(said.get("scale")),
        missing_zero=bool(said.get("missing_zero")),
        partial=bool(said.get("partial")),
    )


def _asked_feedback(said: Mapping[str, Any]) -> AskedFeedback:
    return AskedFeedback(said.get("to", ""), bool(said.get("partial")))


def _note(desk: Desk, account: Account, id: str, what: str) -> None:
    with desk.changing(account) as change:
        change.note(what, id)


def _file(pieces: Iterator[bytes], name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return StreamingResponse(pieces, media_type=media_type, headers=headers)


ROUTES: Final = [
    Route("/a/{assignment}/hand-back", _hand_back),
    Route("/a/{assignment}/hand-back/sheet", _sheet, methods=["POST"]),
    Route("/a/{assignment}/hand-back/grades", _grades),
    Route("/a/{assignment}/hand-back/grades/file", _grades_file, methods=["POST"]),
    Route("/a/{assignment}/hand-back/feedback", _feedback),
    Route("/a/{assignment}/hand-back/feedback/file", _feedback_file, methods=["POST"]),
    Route("/a/{assignment}/hand-back/publish", _published),
    Route("/a/{assignment}/hand-back/publish/now", _publish, methods=["POST"]),
]
