"""What the marking pages show: the answers that are marked at once, and how far a question is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from markupsafe import Markup

from grader.course.accounts import Account
from grader.course.marking.marking_acts import AnswerToMark
from grader.course.marking.marking_records import MarkingFlag, StoredMark
from grader.course.marking.scheme import MarkChoice, Question, Scheme
from grader.model.notebook_records import NotebookResult, WrittenAnswer
from grader.report.notebook_view import notebook_views
from grader.web.desk import Desk
from grader.web.marking_board import BoardAnswer, MarkingBoard
from grader.web.page_errors import PageNotFound

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView

_WORDINGS: Final = 30
"""How many wordings of a group are looked at at once: nothing is marked that was not shown."""


class Looking(NamedTuple):
    """Who marks a question, and how they want it."""

    account: Account
    question: Question
    grouped: bool = False
    """Whether what says the same is marked at once."""
    everybodys: bool = False
    """Whether they also get what is to be marked by others."""


class WordingView(NamedTuple):
    """Answers that are equal, as they are shown."""

    codes: list[str]
    text: Markup
    pictures: list[Markup]


class MarkingProgress(NamedTuple):
    """How far a question is, of what an account sees; what is not answered is no part of it."""

    marked: int
    """Answers that nobody has to look at any more."""
    waiting: int
    mine: int
    """Of those that wait: what this account is to mark."""

    @property
    def total(self) -> int:
        """All that is or has to be marked."""
        return self.marked + self.waiting


class UnitView(NamedTuple):
    """What is marked at once: an answer, or several that say the same."""

    asked: Markup
    wordings: list[WordingView]
    answer: BoardAnswer
    """The first of them."""
    place: int
    """Which it is, from 1."""
    of: int
    names: list[str]
    """Whose answers they are; empty where nobody is to know."""
    mark: StoredMark
    outdated: bool
    choice: MarkChoice
    """What the mark was made from."""
    flag: MarkingFlag | None
    others: list[str]
    """Who else has one of them before them."""

    @property
    def codes(self) -> list[str]:
        """Every answer."""
        return [code for wording in self.wordings for code in wording.codes]


def due(board: MarkingBoard, looking: Looking, unit: Sequence[BoardAnswer]) -> list[BoardAnswer]:
    """What of it this account has to mark."""
    return [answer for answer in unit if board.waits(answer) and _is_mine(board, looking, answer)]


def next_unit(
    desk: Desk, board: MarkingBoard, looking: Looking, without: Collection[str] = ()
) -> list[BoardAnswer]:
    """The first that is to be marked and that nobody else has before them; it is theirs now."""
    found = (due(board, looking, unit) for unit in _units(board, looking))
    waiting = ([a.code for a in unit] for unit in found if unit and unit[0].code not in without)
    codes = desk.presence.take_first(waiting, looking.account.name)
    return [board.answer(code, looking.account) for code in codes]


def unit_of(board: MarkingBoard, looking: Looking, code: str, step: int = 0) -> list[BoardAnswer]:
    """The unit that an answer is in, or one before or after it.

    Raises:
        PageNotFound: there is none.
    """
    found = _units(board, looking)
    for at, unit in enumerate(found):
        if any(answer.code == code for answer in unit):
            unit = found[min(max(at + step, 0), len(found) - 1)]
            return due(board, looking, unit) or unit
    raise PageNotFound("There is no such answer, or it is another student's of the same team.")


def progress(board: MarkingBoard, looking: Looking) -> MarkingProgress:
    """How far a question is."""
    answers = list(board.ordered(looking.question, looking.account))
    waiting = [answer for answer in answers if board.waits(answer)]
    mine = Looking(looking.account, looking.question)
    return MarkingProgress(
        marked=sum(map(board.is_settled, answers)),
        waiting=len(waiting),
        mine=sum(_is_mine(board, mine, answer) for answer in waiting),
    )


def markers(board: MarkingBoard, looking: Looking) -> list[tuple[str, int]]:
    """Whose marks are in force at a question, and how many."""
    marks = (board.mark(a) for a in board.ordered(looking.question, looking.account))
    return Counter(mark.who for mark in marks if mark.is_marked).most_common()


def unit_view(
    desk: Desk,
    board: MarkingBoard,
    view: CourseView,
    looking: Looking,
    unit: Sequence[BoardAnswer],
    scheme: Scheme,
    *,
    blind: bool,
) -> UnitView:
    """A unit as it is shown; whoever looks is noted as being there."""
    first = unit[0]
    desk.presence.enter([answer.code for answer in unit], looking.account.name)
    wordings = board.wordings(unit)[:_WORDINGS] if len(unit) > 1 else [list(unit)]
    shown = notebook_views([_notebook(view, [answers[0] for answers in wordings])])[0].answers
    every = _units(board, looking)
    place = next(at for at, each in enumerate(every) if first in each)
    mark = board.mark(first)
    return UnitView(
        asked=shown[0].asked,
        wordings=[
            WordingView([answer.code for answer in answers], each.text, each.pictures)
            for answers, each in zip(wordings, shown, strict=True)
        ],
        answer=first,
        place=place + 1,
        of=len(every),
        names=[] if blind or len(unit) > 1 else _names(board, first),
        mark=mark,
        outdated=board.is_outdated(first),
        choice=_choice(board, view, first, mark, scheme),
        flag=view.marking.flags(board.assignment).get(first.place),
        others=desk.presence.others([answer.code for answer in unit], looking.account.name),
    )


def to_mark(answers: Sequence[BoardAnswer], seen: int) -> list[AnswerToMark]:
    """Answers as somebody saw them when the last mark in the course was `seen`."""
    return [AnswerToMark(answer.person, answer.version, seen) for answer in answers]


def answer_in(view: CourseView, answer: BoardAnswer) -> WrittenAnswer:
    """The answer itself, with its pictures."""
    for _, books in view.written_answers([answer.content]):
        for book in books:
            for each in book.answers:
                if (book.id, each.question) == answer.question:
                    return each
    raise PageNotFound("There is no such answer.")


def answer_cell(book: NotebookResult, text: str) -> int:
    """The number of the cell that holds an answer, from 1; the first where none does."""
    wanted = text.strip()[:200]
    for at, cell in enumerate(book.cells, start=1):
        if cell.role == "written" and wanted and wanted in cell.source:
            return at
    return 1


def _units(board: MarkingBoard, looking: Looking) -> list[list[BoardAnswer]]:
    return board.units(looking.question, looking.account, grouped=looking.grouped)


def _notebook(view: CourseView, answers: Sequence[BoardAnswer]) -> NotebookResult:
    return NotebookResult(
        id=answers[0].question[0], answers=[answer_in(view, answer) for answer in answers]
    )


def _names(board: MarkingBoard, answer: BoardAnswer) -> list[str]:
    team = board.teams.get(answer.person, [answer.person])
    return [board.people[key].name for key in team if key in board.people]


def _is_mine(board: MarkingBoard, looking: Looking, answer: BoardAnswer) -> bool:
    return looking.everybodys or board.marker(answer) in ("", looking.account.name)


def _choice(
    board: MarkingBoard, view: CourseView, answer: BoardAnswer, mark: StoredMark, scheme: Scheme
) -> MarkChoice:
    """What a mark was made from; of one that was not made here, points by hand."""
    made = view.marking.made(board.assignment, answer.question, [answer.person])
    if answer.person in made:
        return made[answer.person].choice
    if mark.points is None:
        return MarkChoice(comment=mark.comment)
    begins = scheme.points if scheme.counts_from == "full" else 0.0
    return MarkChoice(adjustment=round(mark.points - begins, 2), comment=mark.comment)
