"""A student's code on the desk, line by line, with what was remarked on it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.course.accounts import Account
from grader.course.attempt_code import Code, attempt_code, comment_on
from grader.model.course_records import StoredAttempt
from grader.model.person import Person
from grader.web.desk import Desk
from grader.web.desk_texts import DeskTexts
from grader.web.handler import action, form_of, page
from grader.web.page_errors import PageNotFound
from grader.web.paging import whole_number
from grader.web.paths import address
from grader.web.rendering import language, render, see_other

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView

_MOST_LINES: Final = 3_000


class ShownComment(NamedTuple):
    """A remark, as the desk shows it."""

    number: int
    text: str
    who: str
    when: str


class ReadLine(NamedTuple):
    """A line of code with what was remarked on it."""

    number: int
    text: str
    comments: list[ShownComment]


class CodeView(NamedTuple):
    """One file of an attempt."""

    person: Person
    attempt: str
    """Its key."""
    attempts: list[tuple[str, int, str]]
    """Of the student's attempts: key, number and when."""
    file: str
    files: list[tuple[str, int]]
    """Each with how many remarks it has."""
    lines: list[ReadLine]
    more: int
    """Lines that are not shown."""


def code_view(desk: Desk, assignment: str, key: str, attempt: str, file: str) -> CodeView:
    """A file of an attempt; what is empty is the attempt that counts, and its longest file.

    Raises:
        PageNotFound: there is no such attempt or file.
        InputError: the attempt cannot be read.
    """
    with desk.reading() as view:
        person = desk.person(view, key)
        every = view.attempts_of(key).get(assignment, [])
        stored = _meant(every, attempt)
        comments = view.line_comments(assignment, stored.attempt.key)
    code = _code(desk, assignment, stored)
    file = file or max(code, key=lambda name: len(code[name]), default="")
    if file not in code:
        raise PageNotFound("The attempt has no such file.")
    said: dict[tuple[str, int], list[ShownComment]] = defaultdict(list)
    for number, each in comments.items():
        shown = ShownComment(number, each.comment.text, each.who, desk.shown(each.at))
        said[each.comment.file, each.comment.line].append(shown)
    lines = [
        ReadLine(number, text, said.get((file, number), []))
        for number, text in enumerate(code[file][:_MOST_LINES], start=1)
    ]
    return CodeView(
        person=person,
        attempt=stored.attempt.key,
        attempts=[
            (each.attempt.key, each.attempt.number, desk.shown(each.attempt.submitted))
            for each in every
        ],
        file=file,
        files=[(name, sum(len(s) for (f, _), s in said.items() if f == name)) for name in code],
        lines=lines,
        more=max(0, len(code[file]) - _MOST_LINES),
    )


@page("read")
def _show(request: Request, desk: Desk, account: Account) -> Response:
    asked = request.query_params
    view = code_view(desk, *_place(request), asked.get("attempt", ""), asked.get("file", ""))
    line = whole_number(asked.get("line", "")) or 0
    return render(request, "code.html", view=view, id=request.path_params["assignment"], line=line)


@action("mark")
def _comment(request: Request, desk: Desk, account: Account) -> Response:
    assignment, key = _place(request)
    form = form_of(request)
    file, line = form.text("file"), form.whole("line")
    with desk.reading() as view:
        stored = _attempt(view, assignment, key, form.text("attempt"))
    said = comment_on(_code(desk, assignment, stored), file, line, form.text("text"))
    with desk.changing(account) as change:
        change.comment_on_code(assignment, stored, said)
    texts = DeskTexts(language(request))
    return _back(request, stored, file, line, texts("code.commented", line=line))


@action("mark")
def _take_back(request: Request, desk: Desk, account: Account) -> Response:
    assignment, key = _place(request)
    form = form_of(request)
    with desk.changing(account) as change:
        stored = _attempt(change, assignment, key, form.text("attempt"))
        change.take_comment_back(assignment, stored, form.whole("number"))
    texts = DeskTexts(language(request))
    line = form.whole("line")
    return _back(request, stored, form.text("file"), line, texts("code.taken_back"))


def _place(request: Request) -> tuple[str, str]:
    return request.path_params["assignment"], request.path_params["person"]


def _back(request: Request, stored: StoredAttempt, file: str, line: int, notice: str) -> Response:
    to = address("/a/{}/s/{}/code", *_place(request), attempt=stored.attempt.key, file=file)
    return see_other(request, f"{to}#L{line}", notice)


def _attempt(view: CourseView, assignment: str, key: str, attempt: str) -> StoredAttempt:
    return _meant(view.attempts_of(key).get(assignment, []), attempt)


def _meant(every: list[StoredAttempt], key: str) -> StoredAttempt:
    """The attempt of that key, or the one that counts."""
    for stored in reversed(every):
        if stored.attempt.key == key or (not key and stored.attempt.counted):
            return stored
    raise PageNotFound("This student has no such attempt.")


def _code(desk: Desk, assignment: str, stored: StoredAttempt) -> Code:
    return attempt_code(desk.course.path, stored, desk.loaded(assignment).form)


ROUTES: Final = [
    Route("/a/{assignment}/s/{person:key}/code", _show),
    Route("/a/{assignment}/s/{person:key}/comment", _comment, methods=["POST"]),
    Route("/a/{assignment}/s/{person:key}/comment/take-back", _take_back, methods=["POST"]),
]
