"""Importing on the desk: drop an export, see what was recognised, confirm."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.course.accounts import Account
from grader.course.import_request import ImportRequest, import_into
from grader.course.platforms.recognition import PLAIN, PLATFORMS
from grader.web.desk import Desk
from grader.web.desk_texts import DeskTexts
from grader.web.handler import action, form_of, page
from grader.web.import_plan import read_export
from grader.web.kept_uploads import called_as_uploaded, drop_upload, keep_upload, kept_upload
from grader.web.paths import address
from grader.web.rendering import language, render, see_other
from grader.web.uploads import upload, upload_of

MOST_BYTES: Final = 4 * 1024**3
"""Of an export that is uploaded; a larger one is imported by `grader course import`."""
SOURCES: Final = [*((each.id, each.title) for each in PLATFORMS), (PLAIN, "")]


@page("grade")
def _import(request: Request, desk: Desk, account: Account) -> Response:
    return render(request, "import.html", id=request.path_params["assignment"])


@upload("grade", at_most=MOST_BYTES)
def _upload(request: Request, desk: Desk, account: Account) -> Response:
    kept = keep_upload(desk.course, account, upload_of(request))
    return see_other(
        request, address("/a/{}/import/{}", request.path_params["assignment"], kept.key)
    )


@page("grade")
def _plan(request: Request, desk: Desk, account: Account) -> Response:
    id, asked = request.path_params["assignment"], request.query_params
    kept = kept_upload(desk.course, account, request.path_params["key"])
    said = ImportRequest(
        kept.path,
        chosen=asked.get("source", "")[:200],
        student=asked.get("student", "").strip()[:200],
        add="add" in asked,
    )
    return render(
        request,
        "import_plan.html",
        id=id,
        kept=kept,
        said=said,
        read=read_export(desk, id, kept, said),
        sources=SOURCES,
    )


@action("grade")
def _confirm(request: Request, desk: Desk, account: Account) -> Response:
    id, form = request.path_params["assignment"], form_of(request)
    kept = kept_upload(desk.course, account, request.path_params["key"])
    said = ImportRequest(
        kept.path,
        chosen=form.text("source"),
        student=form.text("student"),
        add=bool(form.text("add")),
        by=account.name,
    )
    with called_as_uploaded(kept):
        plan = import_into(desk.course, id, said).plan
    drop_upload(desk.course, account, kept.key)
    told = DeskTexts(language(request))("import.done", n=len(plan.added))
    return see_other(request, address("/a/{}/grading", id), told)


@action("grade")
def _drop(request: Request, desk: Desk, account: Account) -> Response:
    drop_upload(desk.course, account, request.path_params["key"])
    return see_other(request, address("/a/{}/import", request.path_params["assignment"]))


ROUTES: Final = [
    Route("/a/{assignment}/import", _import),
    Route("/a/{assignment}/import/upload", _upload, methods=["POST"]),
    Route("/a/{assignment}/import/{key}", _plan),
    Route("/a/{assignment}/import/{key}/confirm", _confirm, methods=["POST"]),
    Route("/a/{assignment}/import/{key}/drop", _drop, methods=["POST"]),
]
