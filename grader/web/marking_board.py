"""The written answers of an assignment with their marks, kept in memory and brought up to date."""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from grader.course.accounts import Account
from grader.course.marking.answer_groups import AnswerGroup, AnswerText, answer_groups
from grader.course.marking.marking_records import StoredMark
from grader.course.marking.scheme import Question
from grader.course.marking.work_split import AnswerToSplit, MarkingRules, marker_of
from grader.course.marks import Place
from grader.course.team_marks import teams_of
from grader.model.notebook_records import WrittenAnswer
from grader.model.person import Person
from grader.web.page_errors import PageNotFound
from grader.web.permissions import may, sees

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView

_TO_BE_MARKED: Final = ("answered", "unreadable")
_UNSAID: Final = StoredMark(id=0)


class AskedQuestion(NamedTuple):
    """A question of an assignment."""

    key: Question
    title: str
    """Of its notebook."""
    points: float


class BoardAnswer(NamedTuple):
    """An answer, as it is in the run in force."""

    code: str
    """Names it, and tells nobody whose it is."""
    person: str
    question: Question
    state: str
    text: str
    words: int
    version: str
    pictures: str
    points: float
    content: str
    """Of the result that it is in."""

    @property
    def place(self) -> Place:
        """What marks are kept by."""
        return self.person, *self.question


class RunAnswers:
    """All answers of a run, which never change."""

    def __init__(self, view: CourseView, assignment: str, run: int) -> None:
        self.run = run
        self.questions: dict[Question, AskedQuestion] = {}
        self.answers: dict[Question, list[BoardAnswer]] = defaultdict(list)
        people: dict[str, list[str]] = defaultdict(list)
        for each in view.run_results(run):
            people[each.content].append(each.submission)
        for content, books in view.written_answers(list(people)):
            for book in books:
                for answer in book.answers:
                    for person in people[content]:
                        self._add(assignment, person, content, (book.id, book.title), answer)
        self.questions = dict(sorted(self.questions.items()))
        self._groups: dict[Question, list[AnswerGroup]] = {}
        self._group_of: dict[str, AnswerGroup] = {}

    def _add(
        self,
        assignment: str,
        person: str,
        content: str,
        notebook: tuple[str, str],
        answer: WrittenAnswer,
    ) -> None:
        question = (notebook[0], answer.question)
        known = self.questions.get(question)
        points = max(answer.points, known.points if known else 0.0)
        self.questions[question] = AskedQuestion(question, notebook[1] or notebook[0], points)
        self.answers[question].append(
            BoardAnswer(
                code=_digest(assignment, person, *question), person=person, question=question,
                state=answer.state, text=answer.text, words=answer.words, version=answer.version,
                pictures=_digest(*(each.data for each in answer.pictures)), points=answer.points,
                content=content,
            )
        )  # fmt: skip

    @cached_property
    def by_code(self) -> dict[str, BoardAnswer]:
        """Every answer."""
        return {answer.code: answer for each in self.answers.values() for answer in each}

    @cached_property
    def by_place(self) -> dict[Place, BoardAnswer]:
        """Every answer, by what its marks are kept by."""
        return {answer.place: answer for answer in self.by_code.values()}

    def groups(self, question: Question) -> list[AnswerGroup]:
        """The answers to a question by what they say; those that say nothing come last."""
        if question not in self._groups:
            texts = [
                AnswerText(answer.code, answer.text, answer.pictures)
                for answer in sorted(self.answers[question], key=lambda answer: answer.code)
            ]
            found = sorted(answer_groups(texts), key=self._says_nothing)
            for group in found:
                self._group_of |= dict.fromkeys(group.codes, group)
            self._groups[question] = found
        return self._groups[question]

    def group_of(self, answer: BoardAnswer) -> AnswerGroup:
        """The group that an answer is in."""
        self.groups(answer.question)
        return self._group_of[answer.code]

    def _says_nothing(self, group: AnswerGroup) -> bool:
        return not any(self.by_code[code].state in _TO_BE_MARKED for code in group.codes)


class MarkingBoard:
    """What is to be marked in an assignment, and how far it is. Change it with the lock alone."""

    def __init__(self, assignment: str) -> None:
        self.assignment = assignment
        self.lock = threading.Lock()
        self.last_mark = 0
        """Number of the last mark that is in `marks`."""
        self.marks: dict[Place, StoredMark] = {}
        self.people: dict[str, Person] = {}
        self.teams: Mapping[str, Sequence[str]] = {}
        self.rules = MarkingRules()
        self._accounts: dict[str, Account] = {}
        self._answers: RunAnswers | None = None
        self._stamp = -1
        self._waiting: set[str] = set()
        self._settled: set[str] = set()
        """Codes of the answers that wait, and of those that are marked for good."""
        self._units: dict[tuple[Question, tuple[str, ...], bool], list[list[BoardAnswer]]] = {}
        self._markers: dict[str, str] = {}

    def refresh(self, view: CourseView) -> None:
        """Read what is new."""
        with self.lock:
            for place, mark in view.marking.marks_since(self.assignment, self.last_mark):
                self.marks[place] = mark
                self.last_mark = mark.id
                if self._answers and place in self._answers.by_place:
                    self._sort(self._answers.by_place[place])
            stamp = view.last_change(self.assignment)
            if stamp != self._stamp:
                self._read_course(view)
                self._stamp = stamp

    def _read_course(self, view: CourseView) -> None:
        run = view.run_in_force(self.assignment)
        if run is not None and (self._answers is None or self._answers.run != run.id):
            found = RunAnswers(view, self.assignment, run.id)
            self._answers, self._units, self._markers = found, {}, {}
            self._waiting, self._settled = set(), set()
            for answer in found.by_code.values():
                self._sort(answer)
        people = {person.key: person for person in view.people()}
        teams = teams_of(view.attempts(self.assignment))
        rules, accounts = view.marking.rules(self.assignment), view.accounts()
        if (people, teams) != (self.people, self.teams):
            self.people, self.teams, self._units, self._markers = people, teams, {}, {}
        if (rules, accounts) != (self.rules, self._accounts):
            self.rules, self._accounts, self._markers = rules, accounts, {}

    @property
    def questions(self) -> dict[Question, AskedQuestion]:
        """The questions, in order."""
        return self._answers.questions if self._answers else {}

    def question(self, notebook: str, question: str) -> AskedQuestion:
        """A question of the assignment.

        Raises:
            PageNotFound: nobody was asked it.
        """
        found = self.questions.get((notebook, question))
        if found is None:
            raise PageNotFound("The assignment has no such question.")
        return found

    def answer(self, code: str, account: Account) -> BoardAnswer:
        """An answer that an account may see.

        Raises:
            PageNotFound: there is none.
        """
        found = self._answers.by_code.get(code) if self._answers else None
        if found is None or not self._is_seen(found, account):
            raise PageNotFound("There is no such answer.")
        return found

    def units(
        self, question: Question, account: Account, *, grouped: bool = False
    ) -> list[list[BoardAnswer]]:
        """The answers to a question that an account sees, one per team, in order.

        Each by itself, or in groups that say the same. What says the same comes one after another;
        whose answers they are decides nothing.
        """
        key = (question, tuple(account.sections), grouped)
        if key not in self._units:
            found = [unit for unit in self._seen_groups(question, account) if unit]
            single = [[answer] for unit in found for answer in unit]
            self._units[question, key[1], True] = found
            self._units[question, key[1], False] = single
        return self._units[key]

    def ordered(self, question: Question, account: Account) -> Iterator[BoardAnswer]:
        """The answers to a question that an account sees, one per team, in order."""
        return (unit[0] for unit in self.units(question, account))

    def _seen_groups(self, question: Question, account: Account) -> Iterator[list[BoardAnswer]]:
        if self._answers is None:
            return
        seen: set[str] = set()
        for group in self._answers.groups(question):
            unit = []
            for answer in map(self._answers.by_code.__getitem__, group.codes):
                if answer.person not in seen and self._is_seen(answer, account):
                    seen.update(self.teams.get(answer.person, [answer.person]))
                    unit.append(answer)
            yield unit

    def wordings(self, unit: Sequence[BoardAnswer]) -> list[list[BoardAnswer]]:
        """Some answers of one group by what they say."""
        inside = {answer.code: answer for answer in unit}
        if self._answers is None:
            return [list(unit)]
        found = self._answers.group_of(unit[0]).among(inside).wordings
        return [[inside[code] for code in wording.codes] for wording in found]

    def mark(self, answer: BoardAnswer) -> StoredMark:
        """The last that was said of an answer."""
        return self.marks.get(answer.place, _UNSAID)

    def is_outdated(self, answer: BoardAnswer) -> bool:
        """Whether it has changed since it was marked, or is worth less now."""
        mark = self.mark(answer)
        changed = bool(mark.version) and mark.version != answer.version
        return mark.is_marked and (changed or (mark.points or 0.0) > answer.points)

    def waits(self, answer: BoardAnswer) -> bool:
        """Whether somebody has to mark it: what is not answered may go without."""
        return answer.code in self._waiting

    def is_settled(self, answer: BoardAnswer) -> bool:
        """Whether it is marked, and has not changed since."""
        return answer.code in self._settled

    def _sort(self, answer: BoardAnswer) -> None:
        self._waiting.discard(answer.code)
        self._settled.discard(answer.code)
        marked = self.mark(answer).is_marked
        if marked and not self.is_outdated(answer):
            self._settled.add(answer.code)
        elif marked or answer.state in _TO_BE_MARKED:
            self._waiting.add(answer.code)

    def marker(self, answer: BoardAnswer) -> str:
        """Who is to mark it; empty where anybody may."""
        if answer.question not in self.questions or not self.rules.split:
            return ""
        if answer.code not in self._markers:
            self._markers |= self._split(answer.question)
        return self._markers.get(answer.code, "")

    def _split(self, question: Question) -> dict[str, str]:
        if self._answers is None:
            return {}
        group_of = self._answers.group_of
        accounts = [self._accounts[n] for n in self.rules.markers if n in self._accounts]
        accounts = [each for each in accounts if may(each, "mark")]
        found: dict[str, str] = {}
        for answer in self._answers.answers[question]:
            who = [each.name for each in accounts if self._is_seen(answer, each)]
            split = AnswerToSplit(answer.code, question, group_of(answer).id, who)
            found[answer.code] = marker_of(split, self.rules, list(self.questions))
        return found

    def _is_seen(self, answer: BoardAnswer, account: Account) -> bool:
        person = self.people.get(answer.person)
        return person is not None and sees(account, person)


class MarkingBoards:
    """The boards of a course, each made when it is first needed."""

    def __init__(self) -> None:
        self._boards: dict[str, MarkingBoard] = {}

    def board(self, view: CourseView, assignment: str) -> MarkingBoard:
        """The board of an assignment as the course is now."""
        board = self._boards.setdefault(assignment, MarkingBoard(assignment))
        board.refresh(view)
        return board


def _digest(*parts: str) -> str:
    if not parts:
        return ""
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:16]
