"""Grading on the desk: begun, watched, stopped and gone on with; previewed and put in force."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.batches.grading_job import job_folder
from grader.batches.grading_progress import JobKind, JobOptions, job_stamp
from grader.batches.job_process import start_job, stop_job
from grader.course.accounts import Account
from grader.model.errors import UsageError
from grader.report.regrade_page import signed
from grader.web.desk import Desk
from grader.web.grading_view import grading_view, live_grading
from grader.web.handler import action, form_of, page
from grader.web.paths import address
from grader.web.rendering import render, see_other
from grader.web.request_body import SentForm

_KINDS: Final[dict[str, JobKind]] = {
    "grade": "grade", "fresh": "grade", "preview": "preview", "accept": "accept", "undo": "undo",
}  # fmt: skip
_LONGEST_ADDRESS: Final = 200


@page("grade")
def _grading(request: Request, desk: Desk, account: Account) -> Response:
    id = request.path_params["assignment"]
    view = grading_view(desk, id)
    return render(
        request, "grading.html", id=id, view=view, live=view.live, swapped=False, signed=signed
    )


@page("grade")
def _live(request: Request, desk: Desk, account: Account) -> Response:
    """What has changed since it was last asked for: nothing, as a rule."""
    id, seen = request.path_params["assignment"], request.query_params.get("seen", "")
    if job_stamp(job_folder(desk.course, id)) == seen:
        return Response(status_code=204)
    live = live_grading(desk, id)
    if live.phase == "running" and request.query_params.get("was") == "running":
        return render(request, "grading_live.html", id=id, live=live, swapped=True)
    return Response(status_code=204, headers={"HX-Refresh": "true"})


@action("grade")
def _start(request: Request, desk: Desk, account: Account) -> Response:
    id, form = request.path_params["assignment"], form_of(request)
    asked = form.text("do")
    if asked not in _KINDS:
        raise UsageError("It is not said what is to be done.")
    kind = _KINDS[asked]
    options = _options(form, live_grading(desk, id).options)
    run = form.whole("run") if kind == "undo" else 0
    fresh = asked == "fresh"
    start_job(desk.course, id, kind, account.name, options, run=run, fresh=fresh)
    return see_other(request, address("/a/{}/grading", id))


@action("grade")
def _stop(request: Request, desk: Desk, account: Account) -> Response:
    id = request.path_params["assignment"]
    stop_job(desk.course, id)
    return see_other(request, address("/a/{}/grading", id))


def _options(form: SentForm, before: JobOptions) -> JobOptions:
    """What the form says, and else what was graded with before."""
    if not form.text("lang"):
        return before
    to = form.text("requests_to")
    if len(to) > _LONGEST_ADDRESS or len(to.split()) > 1 or (to and "@" not in to):
        hint = "Write one such as course@example.org, or leave it empty."
        raise UsageError(f"{to[:80]!r} is not an e-mail address.", hint=hint)
    lang = "zh" if form.text("lang") == "zh" else "en"
    return replace(before, lang=lang, requests_to=to)


ROUTES: Final = [
    Route("/a/{assignment}/grading", _grading),
    Route("/a/{assignment}/grading/live", _live),
    Route("/a/{assignment}/grading/start", _start, methods=["POST"]),
    Route("/a/{assignment}/grading/stop", _stop, methods=["POST"]),
]
