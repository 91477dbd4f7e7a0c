"""What surrounds marking: how far it is, schemes, groups of answers, and who marks what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.course.accounts import Account
from grader.course.marking.marking_acts import count_from, put_scheme_item
from grader.course.marking.scheme import CountsFrom, SchemeItem, signed
from grader.course.marking.work_split import SPLITS, MarkingRules
from grader.model.errors import UsageError
from grader.report.text import clip
from grader.web.desk import Desk
from grader.web.handler import action, form_of, page
from grader.web.marking_board import AskedQuestion, BoardAnswer, MarkingBoard
from grader.web.marking_pages import BLIND, MarkedQuestion, is_blind, place_of
from grader.web.marking_view import Looking, MarkingProgress, due, markers, progress
from grader.web.page_errors import NotAllowed
from grader.web.paths import address
from grader.web.permissions import may
from grader.web.rendering import render, see_other

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView

_GROUPS_SHOWN: Final = 100
_FLAGS_SHOWN: Final = 50
_MAX_EXAMPLE: Final = 400
_BEGINS: Final[dict[str, CountsFrom]] = {"zero": "zero", "full": "full"}


class QuestionRow(NamedTuple):
    """A question in the overview."""

    asked: AskedQuestion
    progress: MarkingProgress
    markers: list[tuple[str, int]]
    items: int


class FlagRow(NamedTuple):
    """An answer that somebody wants looked at again."""

    answer: BoardAnswer
    name: str
    """Whose it is; empty where nobody is to know."""
    who: str
    when: str


class GroupRow(NamedTuple):
    """Answers that say the same, or nearly."""

    code: str
    example: str
    answers: int
    wordings: int
    waiting: int
    points: list[float]
    """The different marks that they have."""


@page("mark")
def _overview(request: Request, desk: Desk, account: Account) -> Response:
    with desk.reading() as view:
        board = desk.boards.board(view, request.path_params["assignment"])
        schemes = view.marking.schemes(board.assignment)
        flags = _flags(request, desk, board, view, account)
        accounts = [each for each in view.accounts().values() if may(each, "mark")]
    rows = []
    for key, asked in board.questions.items():
        looking = Looking(account, key)
        items = [i for i in schemes[key].items if not i.removed] if key in schemes else []
        rows.append(
            QuestionRow(asked, progress(board, looking), markers(board, looking), len(items))
        )
    return render(
        request, "marking.html", id=board.assignment, rows=rows, flags=flags, rules=board.rules,
        accounts=accounts, splits=SPLITS, blind=is_blind(request, board),
    )  # fmt: skip


def _flags(
    request: Request, desk: Desk, board: MarkingBoard, view: CourseView, account: Account
) -> list[FlagRow]:
    flags = view.marking.flags(board.assignment)
    found = []
    for key in board.questions if flags else ():
        for answer in board.ordered(key, account):
            if flag := flags.get(answer.place):
                name = "" if is_blind(request, board) else board.people[answer.person].name
                found.append(FlagRow(answer, name, flag.who, desk.shown(flag.at)))
    return found[:_FLAGS_SHOWN]


@action("decide")
def _rules(request: Request, desk: Desk, account: Account) -> Response:
    form, assignment = form_of(request), request.path_params["assignment"]
    split = next((each for each in SPLITS if each == form.text("split")), None)
    if split is None:
        raise UsageError("Say by what the work is split.")
    with desk.changing(account) as change:
        known = {each.name for each in change.accounts().values() if may(each, "mark")}
        chosen = sorted(known & set(form.every("markers")))
        if split and not chosen:
            raise UsageError("Say among whom the work is split.")
        rules = MarkingRules(blind=form.text("blind") == "1", split=split, markers=chosen)
        change.marking.put_rules(assignment, rules)
        details = {"blind": rules.blind, "split": rules.split, "markers": rules.markers}
        change.note("said how answers are marked", assignment, details=details)
    return see_other(request, address("/a/{}/marking", assignment))


@action("mark")
def _blind(request: Request, desk: Desk, account: Account) -> Response:
    """Show no names to this browser, or show them again."""
    response = see_other(request, address("/a/{}/marking", request.path_params["assignment"]))
    response.set_cookie(
        BLIND, form_of(request).text("on") or "0", max_age=31_536_000, httponly=True,
        secure=desk.settings.secure, samesite="strict",
    )  # fmt: skip
    return response


@page("mark")
def _scheme(request: Request, desk: Desk, account: Account) -> Response:
    with desk.reading() as view:
        place = place_of(request, desk, view, account)
        made = view.marking.made(place.board.assignment, place.asked.key).values()
    uses = {i.id: sum(i.id in each.choice.items for each in made) for i in place.scheme.items}
    return render(
        request, "marking_scheme.html", id=place.board.assignment, place=place, asked=place.asked,
        scheme=place.scheme, uses=uses, signed=signed,
    )  # fmt: skip


@action("mark")
def _item(request: Request, desk: Desk, account: Account) -> Response:
    form = form_of(request)
    with desk.changing(account) as change:
        place = place_of(request, desk, change, account)
        number = form.whole("item") if form.text("item") else 0
        if number and not may(account, "decide"):
            raise NotAllowed(
                "Only an instructor changes items: marks of other sections may be made from them.",
                hint="Add another item instead.",
            )
        item = _sent_item(request, place, number)
        put_scheme_item(change, place.board.assignment, item, place.asked.points)
        move = {"up": -1, "down": 1}.get(form.text("do"), 0)
        for each in _moved(place.scheme.offered, item, move) if move else ():
            change.marking.put_item(place.board.assignment, each)
    back = form.text("back")
    if back == "question":
        return see_other(request, place.address_of(answer=form.text("answer")))
    return see_other(request, f"{place.url}/scheme")


def _sent_item(request: Request, place: MarkedQuestion, number: int) -> SchemeItem:
    form = form_of(request)
    notebook, question = place.asked.key
    known = next((each for each in place.scheme.items if each.id == number), None)
    return SchemeItem(
        id=number,
        notebook=notebook,
        question=question,
        text=form.text("text"),
        points=form.number("points") or 0.0,
        position=known.position if known else 0,
        removed=form.text("do") == "remove" or (known is not None and known.removed),
    )


def _moved(offered: Sequence[SchemeItem], item: SchemeItem, step: int) -> list[SchemeItem]:
    """The items with one of them a place further, numbered anew."""
    order = [item if each.id == item.id else each for each in offered]
    at = next((n for n, each in enumerate(order) if each.id == item.id), None)
    if at is None or not 0 <= at + step < len(order):
        return []
    order.insert(at + step, order.pop(at))
    return [replace(each, position=n) for n, each in enumerate(order, start=1)]


@action("decide")
def _begins(request: Request, desk: Desk, account: Account) -> Response:
    begins = _BEGINS.get(form_of(request).text("from"))
    if begins is None:
        raise UsageError("Say where marks begin: at 0, or at all points.")
    with desk.changing(account) as change:
        place = place_of(request, desk, change, account)
        count_from(change, place.board.assignment, place.asked.key, begins, place.asked.points)
    return see_other(request, f"{place.url}/scheme")


def _group_row(board: MarkingBoard, looking: Looking, unit: Sequence[BoardAnswer]) -> GroupRow:
    given = {board.mark(each).points for each in unit if board.mark(each).is_marked}
    return GroupRow(
        code=unit[0].code,
        example=clip(unit[0].text, _MAX_EXAMPLE),
        answers=len(unit),
        wordings=len(board.wordings(unit)),
        waiting=len(due(board, looking, unit)),
        points=sorted(points for points in given if points is not None),
    )


@page("mark")
def _groups(request: Request, desk: Desk, account: Account) -> Response:
    with desk.reading() as view:
        place = place_of(request, desk, view, account)
    board, looking = place.board, Looking(account, place.asked.key, grouped=True)
    units = board.units(place.asked.key, account, grouped=True)
    rows = [_group_row(board, looking, unit) for unit in units[:_GROUPS_SHOWN]]
    return render(
        request, "marking_groups.html", id=board.assignment, place=place, asked=place.asked,
        rows=rows, more=len(units) - len(rows),
    )  # fmt: skip


_MARKING: Final = "/a/{assignment}/marking"
_HERE: Final = f"{_MARKING}/{{notebook:key}}/{{question:key}}"
ROUTES: Final = [
    Route(_MARKING, _overview),
    Route(f"{_MARKING}/rules", _rules, methods=["POST"]),
    Route(f"{_MARKING}/blind", _blind, methods=["POST"]),
    Route(f"{_HERE}/scheme", _scheme),
    Route(f"{_HERE}/item", _item, methods=["POST"]),
    Route(f"{_HERE}/begins", _begins, methods=["POST"]),
    Route(f"{_HERE}/groups", _groups),
]
