"""Marking written answers: one at a time, or those that say the same at once."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from grader.course.accounts import Account
from grader.course.marking.marking_acts import mark_answers, scheme_of, take_back
from grader.course.marking.scheme import MarkChoice, Scheme, signed
from grader.model.errors import UsageError
from grader.report.html import notebook_page
from grader.report.text import number
from grader.web.desk import Desk
from grader.web.desk_texts import DeskTexts
from grader.web.handler import action, form_of, page
from grader.web.marking_board import AskedQuestion, BoardAnswer, MarkingBoard
from grader.web.marking_view import (
    Looking,
    UnitView,
    answer_cell,
    next_unit,
    progress,
    to_mark,
    unit_of,
    unit_view,
)
from grader.web.page_errors import PageNotFound
from grader.web.paging import whole_number
from grader.web.paths import address
from grader.web.rendering import framed, language, render, see_other
from grader.web.request_body import SentForm

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView

_KEY: Final = re.compile(r"[0-9A-Za-z]{16,64}")
_MOST: Final = 50_000
BLIND: Final = "desk-blind"
"""The cookie of who wants to see no names."""


class MarkedQuestion(NamedTuple):
    """The question that a page is about."""

    board: MarkingBoard
    asked: AskedQuestion
    scheme: Scheme
    looking: Looking
    seen: int
    """Number of the last mark that its page knows."""

    @property
    def url(self) -> str:
        """Of its page."""
        return address("/a/{}/marking/{}/{}", self.board.assignment, *self.asked.key)

    def address_of(self, below: str = "", **query: str) -> str:
        """Of its page or one `below` it, as this marker wants it."""
        at = (self.board.assignment, *self.asked.key)
        return address(f"/a/{{}}/marking/{{}}/{{}}{below}", *at, **self.options, **query)

    @property
    def options(self) -> dict[str, str]:
        """Of the page's address: how this marker wants it."""
        chosen = {"by": "group" if self.looking.grouped else ""}
        return chosen | {"whose": "all" if self.looking.everybodys else ""}


def place_of(request: Request, desk: Desk, view: CourseView, account: Account) -> MarkedQuestion:
    """The question that a request is about, and how its marker wants it.

    Of a change it is asked before anything is written: what is read is kept beyond the change.

    Raises:
        PageNotFound: there is none.
    """
    at = request.path_params
    board = desk.boards.board(view, at["assignment"])
    seen = board.last_mark  # before any is read: what comes later must not count as seen
    asked = board.question(at["notebook"], at["question"])
    query = request.query_params
    looking = Looking(account, asked.key, query.get("by") == "group", query.get("whose") == "all")
    scheme = scheme_of(view, board.assignment, asked.key, asked.points)
    return MarkedQuestion(board, asked, scheme, looking, seen)


def is_blind(request: Request, board: MarkingBoard) -> bool:
    """Whether names are not shown."""
    return board.rules.blind or request.cookies.get(BLIND) == "1"


@page("mark")
def _question(request: Request, desk: Desk, account: Account) -> Response:
    return _shown(request, desk, account, "marking_question.html")


@page("mark")
def _unit(request: Request, desk: Desk, account: Account) -> Response:
    return _shown(request, desk, account, "marking_unit.html")


def _shown(request: Request, desk: Desk, account: Account, template: str) -> Response:
    with desk.reading() as view:
        place = place_of(request, desk, view, account)
        unit = _asked_unit(request, desk, place)
        values = _values(request, desk, view, place, unit)
    return render(request, template, **values)


def _asked_unit(request: Request, desk: Desk, place: MarkedQuestion) -> list[BoardAnswer]:
    """The answer that the address names or one beside it; else the next that is to be marked."""
    query = request.query_params
    if code := query.get("answer"):
        step = {"next": 1, "previous": -1}.get(query.get("step", ""), 0)
        return unit_of(place.board, place.looking, code, step)
    return next_unit(desk, place.board, place.looking, query.getlist("without"))


def _values(
    request: Request,
    desk: Desk,
    view: CourseView,
    place: MarkedQuestion,
    unit: list[BoardAnswer],
) -> dict[str, Any]:
    blind = is_blind(request, place.board)
    last = view.marking.last_act_of(place.board.assignment, place.looking.account.name)
    shown: UnitView | None = None
    if unit:
        shown = unit_view(desk, place.board, view, place.looking, unit, place.scheme, blind=blind)
    return {
        "id": place.board.assignment,
        "place": place,
        "asked": place.asked,
        "scheme": place.scheme,
        "unit": shown,
        "progress": progress(place.board, place.looking),
        "used": view.marking.used_comments(place.board.assignment, place.asked.key)[:6],
        "key": secrets.token_hex(16),
        "seen": place.seen,
        "signed": signed,
        "last_act": last.id if last else 0,
        "begins": place.scheme.points if place.scheme.counts_from == "full" else 0.0,
    }


@page("mark")
def _cells(request: Request, desk: Desk, account: Account) -> Response:
    with desk.reading() as view:
        place = place_of(request, desk, view, account)
        answer = place.board.answer(request.query_params.get("answer", ""), account)
        result = view.result(answer.content)
    for book in result.notebooks:
        if book.id == answer.question[0]:
            at = answer_cell(book, answer.text)
            return framed(notebook_page(book, around=at, lang=language(request)))
    raise PageNotFound("There is no such notebook.")


@page("mark")
def _here(request: Request, desk: Desk, account: Account) -> Response:
    """Who else is there, and who has marked it meanwhile; the page asks every few seconds."""
    codes = request.query_params.getlist("answer")
    seen = whole_number(request.query_params.get("seen", ""))
    with desk.reading() as view:
        place = place_of(request, desk, view, account)
        answers = [place.board.answer(code, account) for code in codes[:200]]
    desk.presence.enter(codes, account.name)
    marks = [place.board.mark(answer) for answer in answers]
    later = [mark for mark in marks if seen is not None and mark.id > seen]
    texts = DeskTexts(language(request))
    said = [
        texts("marking.marked_by", who=mark.who, points=number(mark.points or 0.0))
        for mark in later
        if mark.is_marked and mark.who != account.name
    ]
    others = desk.presence.others(codes, account.name)
    if others:
        said.insert(0, texts("marking.others", who=", ".join(others), n=len(others)))
    return JSONResponse({"said": said[:3]})


@action("mark")
def _save(request: Request, desk: Desk, account: Account) -> Response:
    form = form_of(request)
    _read_first(desk, request.path_params["assignment"])
    with desk.changing(account) as change:
        place = place_of(request, desk, change, account)
        answers = _sent_answers(form, place, account)
        entered = mark_answers(
            change,
            place.board.assignment,
            place.asked.key,
            place.scheme,
            _choice(form, place.scheme),
            to_mark(answers, form.whole("seen")),
            key=_sent_key(form),
            teams=place.board.teams,
            over=form.text("over") == "1",
        )
    if request.headers.get("accept") == "application/json":
        return JSONResponse({"act": entered.act, "points": entered.points, "again": entered.again})
    texts = DeskTexts(language(request))
    notice = texts("marking.saved", points=number(entered.points), n=len(answers))
    return see_other(request, place.address_of(), notice)


def _read_first(desk: Desk, assignment: str) -> None:
    """Read all answers, if nobody has yet, before others have to wait for a change."""
    with desk.reading() as view:
        desk.boards.board(view, assignment)


def _sent_answers(form: SentForm, place: MarkedQuestion, account: Account) -> list[BoardAnswer]:
    codes = [code for each in form.every("answers") for code in each.split()]
    if not codes or len(codes) > _MOST:
        raise UsageError("No answer was chosen to be marked.")
    answers = [place.board.answer(code, account) for code in dict.fromkeys(codes)]
    if any(answer.question != place.asked.key for answer in answers):
        raise PageNotFound("There is no such answer to this question.")
    return answers


def _sent_key(form: SentForm) -> str:
    key = form.text("key")
    if not _KEY.fullmatch(key):
        raise UsageError("The mark has no valid key.", hint="Load the page again.")
    return key


def _choice(form: SentForm, scheme: Scheme) -> MarkChoice:
    items = [n for item in form.every("items") if (n := whole_number(item)) is not None]
    choice = MarkChoice(
        items=items, adjustment=form.number("adjustment") or 0.0, comment=form.text("comment")
    )
    if (points := form.number("points")) is not None:
        return scheme.with_points(choice, points)
    if choice.is_empty and scheme.counts_from == "zero" and form.text("nothing") != "1":
        hint = "Choose an item, or give points: 0 too is a mark."
        raise UsageError("Nothing was chosen.", hint=hint)
    return choice


@action("mark")
def _flag(request: Request, desk: Desk, account: Account) -> Response:
    form = form_of(request)
    with desk.changing(account) as change:
        place = place_of(request, desk, change, account)
        answer = place.board.answer(form.text("answer"), account)
        if form.text("on") == "1":
            change.marking.put_flag(place.board.assignment, answer.place)
        else:
            change.marking.settle_flag(place.board.assignment, answer.place)
        what = "flagged" if form.text("on") == "1" else "settled the flag of"
        change.note(f"{what} an answer", place.board.assignment, answer.person)
    if request.headers.get("accept") == "application/json":
        return JSONResponse({"on": form.text("on") == "1"})
    return see_other(request, place.address_of(answer=answer.code))


@action("mark")
def _undo(request: Request, desk: Desk, account: Account) -> Response:
    """Undo what the account marked last, or the `act` that is named: sent again, nothing more."""
    assignment = request.path_params["assignment"]
    act = form_of(request).text("act")
    _read_first(desk, assignment)
    with desk.changing(account) as change:
        last = (
            change.marking.act(number=form_of(request).whole("act"))
            if act
            else change.marking.last_act_of(assignment, account.name)
        )
        if last is None or last.assignment != assignment:
            raise UsageError("There is nothing of yours to undo.")
        board = desk.boards.board(change, assignment)
        asked = board.question(last.notebook, last.question)
        done = take_back(change, last.id, asked.points)
        before = change.marking.last_act_of(assignment, account.name)
    code = next((a.code for a in board.ordered(asked.key, account) if a.person in done.people), "")
    texts = DeskTexts(language(request))
    notice = texts("marking.undone", n=len(done.people))
    if done.left:
        notice += " " + texts("marking.undone_left", n=done.left)
    url = address("/a/{}/marking/{}/{}", assignment, *asked.key)
    if request.headers.get("accept") == "application/json":
        left = before.id if before else 0
        return JSONResponse({"url": url, "answer": code, "said": notice, "last": left})
    return see_other(
        request, address("/a/{}/marking/{}/{}", assignment, *asked.key, answer=code), notice
    )


_HERE: Final = "/a/{assignment}/marking/{notebook:key}/{question:key}"
ROUTES: Final = [
    Route("/a/{assignment}/marking/undo", _undo, methods=["POST"]),
    Route(_HERE, _question),
    Route(f"{_HERE}/unit", _unit),
    Route(f"{_HERE}/cells", _cells),
    Route(f"{_HERE}/here", _here),
    Route(f"{_HERE}/save", _save, methods=["POST"]),
    Route(f"{_HERE}/flag", _flag, methods=["POST"]),
]
