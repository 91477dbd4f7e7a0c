"""A student's page on the desk, beside both copies of their report; what is decided there."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.course.accounts import Account
from grader.course.decisions import (
    AskedExtension,
    AskedOverride,
    checked_extension,
    checked_override,
)
from grader.course.history import decided, granted, history_of
from grader.model.errors import UsageError
from grader.report.html import student_page
from grader.report.strings import Lang
from grader.web.desk import Desk
from grader.web.desk_texts import DeskTexts
from grader.web.grading_view import live_grading
from grader.web.handler import action, form_of, page
from grader.web.page_errors import PageNotFound
from grader.web.paths import address
from grader.web.rendering import framed, language, render, see_other
from grader.web.student_record import named_result, student_record

_SHOWN: Final = ("both", "student", "instructor")


@page("read")
def _student(request: Request, desk: Desk, account: Account) -> Response:
    assignment, key = _place(request)
    asked = request.query_params.get("show", "")
    about = request.query_params.get("about", "")[:200]
    return render(
        request,
        "student.html",
        record=student_record(desk, account, assignment, key, language(request)),
        id=assignment,
        show=asked if asked in _SHOWN else "both",
        about=about,
    )


@page("read")
def _copy(request: Request, desk: Desk, account: Account) -> Response:
    assignment, key = _place(request)
    lang = _language_of_pages(desk, assignment)
    with desk.reading() as view:
        result = named_result(desk, view, assignment, desk.person(view, key), lang)
    if result is None:
        raise PageNotFound("This student's work is not graded yet.")
    for_whom = request.path_params["audience"]
    if for_whom not in ("student", "instructor"):
        raise PageNotFound("There is nothing at this address.")
    return framed(student_page(result, audience=for_whom, lang=lang))


def _language_of_pages(desk: Desk, assignment: str) -> Lang:
    """What students see does not depend on the language of who looks at it here."""
    return "zh" if live_grading(desk, assignment).options.lang == "zh" else "en"


@page("read")
def _history(request: Request, desk: Desk, account: Account) -> Response:
    assignment, key = _place(request)
    with desk.reading() as view:
        person = desk.person(view, key)
        lines = history_of(person, view, desk.course.settings.time_zone)
    return render(request, "student_history.html", person=person, lines=lines, id=assignment)


@action("decide")
def _override(request: Request, desk: Desk, account: Account) -> Response:
    assignment, key = _place(request)
    form = form_of(request)
    scope, _, target = form.text("place").partition("|")
    asked = AskedOverride(
        student=key,
        assignment=assignment,
        check=target if scope == "check" else "",
        part=target if scope == "part" else "",
        points=form.number("points"),
        outcome=form.text("outcome"),
        why=form.text("why")[:2000],
        note=form.text("note")[:2000],
    )
    if scope not in ("total", "part", "check"):
        raise UsageError("Say what the override is about: the whole, a part or a check.")
    with desk.changing(account) as change:
        override, odd = checked_override(asked, desk.course.settings, change)
        number = change.override(override)
    texts = DeskTexts(language(request))
    said = texts("desk_student.overridden", number=number, what=decided(override))
    return _back(request, f"{said} {odd}".strip())


@action("decide")
def _extend(request: Request, desk: Desk, account: Account) -> Response:
    assignment, key = _place(request)
    form = form_of(request)
    asked = AskedExtension(
        assignment=assignment,
        student=key,
        until=form.text("until"),
        hours=form.number("hours") or 0.0,
        days=form.number("days") or 0.0,
        why=form.text("why")[:2000],
    )
    with desk.changing(account) as change:
        extension = checked_extension(asked, desk.course.settings, change)
        number = change.extend(extension)
    what = granted(extension, desk.course.settings.time_zone)
    texts = DeskTexts(language(request))
    return _back(request, texts("desk_student.extended", number=number, what=what))


@action("decide")
def _revoke(request: Request, desk: Desk, account: Account) -> Response:
    assignment, key = _place(request)
    form = form_of(request)
    number, kind, why = form.whole("number"), form.text("kind"), form.text("why")[:2000]
    with desk.changing(account) as change:
        if kind == "override":
            override = change.revoke_override(number, why)
            theirs = (override.person, override.assignment) == (key, assignment)
        elif kind == "extension":
            extension = change.revoke_extension(number, why)
            theirs = (extension.scope, extension.id) == ("student", key)
        else:
            raise UsageError("Say what is taken back: an override or an extension.")
        if not theirs:  # nothing of this is kept, then
            raise UsageError("That decision is not about this student and assignment alone.")
    return _back(request, DeskTexts(language(request))("desk_student.revoked", number=number))


def _place(request: Request) -> tuple[str, str]:
    return request.path_params["assignment"], request.path_params["person"]


def _back(request: Request, notice: str) -> Response:
    return see_other(request, address("/a/{}/s/{}", *_place(request)), notice)


ROUTES: Final = [
    Route("/a/{assignment}/s/{person:key}", _student),
    Route("/a/{assignment}/s/{person:key}/copy/{audience}", _copy),
    Route("/a/{assignment}/s/{person:key}/history", _history),
    Route("/a/{assignment}/s/{person:key}/override", _override, methods=["POST"]),
    Route("/a/{assignment}/s/{person:key}/extend", _extend, methods=["POST"]),
    Route("/a/{assignment}/s/{person:key}/revoke", _revoke, methods=["POST"]),
]
