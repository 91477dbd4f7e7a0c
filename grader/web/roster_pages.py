"""Taking a roster in on the desk: drop the file, see who is new and who is missing, confirm."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.course.accounts import Account
from grader.course.roster_import import RosterRequest, TakenRoster, take_roster
from grader.model.errors import GraderError, InternalError
from grader.web.desk import Desk
from grader.web.desk_texts import DeskTexts
from grader.web.handler import action, form_of, page
from grader.web.kept_uploads import (
    KeptUpload,
    called_as_uploaded,
    drop_upload,
    keep_upload,
    kept_upload,
)
from grader.web.paths import address
from grader.web.rendering import language, render, see_other
from grader.web.uploads import upload, upload_of

_MOST_BYTES: Final = 64 << 20


@page("grade")
def _roster(request: Request, desk: Desk, account: Account) -> Response:
    return render(request, "roster.html")


@upload("grade", at_most=_MOST_BYTES)
def _upload(request: Request, desk: Desk, account: Account) -> Response:
    kept = keep_upload(desk.course, account, upload_of(request))
    return see_other(request, address("/people/roster/{}", kept.key))


@page("grade")
def _plan(request: Request, desk: Desk, account: Account) -> Response:
    kept = kept_upload(desk.course, account, request.path_params["key"])
    id = request.query_params.get("for", "")[:80]
    taken, error = read_plan(desk, kept, id)
    return render(
        request,
        "roster_plan.html",
        kept=kept,
        chosen=id,
        taken=taken,
        error=error,
        assignments=desk.course.settings.assignments,
    )


@action("grade")
def _confirm(request: Request, desk: Desk, account: Account) -> Response:
    form = form_of(request)
    kept = kept_upload(desk.course, account, request.path_params["key"])
    asked = RosterRequest(
        kept.path, form.text("for"), withdraw=bool(form.text("withdraw")), by=account.name
    )
    with called_as_uploaded(kept):
        update = take_roster(desk.course, asked).update
    drop_upload(desk.course, account, kept.key)
    n = len(update.new) + len(update.changed)
    return see_other(request, "/people", DeskTexts(language(request))("roster.done", n=n))


def read_plan(
    desk: Desk, kept: KeptUpload, id: str
) -> tuple[TakenRoster | None, GraderError | None]:
    """What the roster would change, or why it cannot be read like this."""
    try:
        with called_as_uploaded(kept):
            return take_roster(desk.course, RosterRequest(kept.path, id, dry_run=True)), None
    except InternalError:
        raise
    except GraderError as error:
        return None, error


ROUTES: Final = [
    Route("/people/roster", _roster),
    Route("/people/roster/upload", _upload, methods=["POST"]),
    Route("/people/roster/{key}", _plan),
    Route("/people/roster/{key}/confirm", _confirm, methods=["POST"]),
]
