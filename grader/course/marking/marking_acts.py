"""Marking answers by a scheme, taking that back, and changing the scheme of what is marked.

Each is one change of the course. What a browser sends again, since it does not know whether it
arrived, is not done again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from grader.course.database.course_change import CourseChange
from grader.course.database.course_view import CourseView
from grader.course.marking.marking_records import MarkedAnswer, MarkingAct, StoredMark
from grader.course.marking.scheme import (
    CountsFrom,
    MarkChoice,
    Question,
    Scheme,
    SchemeItem,
    checked_choice,
    checked_item,
)
from grader.course.marks import Mark, Place
from grader.course.team_marks import for_teams
from grader.model.errors import InputError, UsageError
from grader.report.text import number

Teams = Mapping[str, Sequence[str]]
"""Who is graded for the same attempt as somebody."""


class MarkedMeanwhile(InputError):
    """Somebody else marked an answer after the marker had seen it."""


class AnswerToMark(NamedTuple):
    """An answer, as its marker saw it."""

    person: str
    version: str
    seen: int
    """Number of the last mark in the course that its marker could have seen."""


class EnteredMarks(NamedTuple):
    """What came of marking."""

    act: int
    points: float
    again: bool = False
    """Whether it had been done already."""


class MarksTakenBack(NamedTuple):
    """What came of undoing."""

    people: list[str]
    """Whose answers are as they were before."""
    left: int
    """Answers that somebody has marked since."""


def mark_answers(
    change: CourseChange,
    assignment: str,
    question: Question,
    scheme: Scheme,
    choice: MarkChoice,
    answers: Sequence[AnswerToMark],
    *,
    key: str,
    teams: Teams,
    over: bool = False,
) -> EnteredMarks:
    """Mark some answers to a question alike, and those of team mates with them.

    Args:
        change: the course.
        assignment: its id.
        question: which was answered.
        scheme: by which it is marked.
        choice: what applies.
        answers: to be marked.
        key: made once by whoever sends this: the same key is not done twice.
        teams: who is graded together.
        over: whether it goes over what others said meanwhile.

    Raises:
        UsageError: the choice does not fit the scheme, or the key is used for something else.
        MarkedMeanwhile: somebody else marked one of them.
    """
    if done := change.marking.act(key=key):
        return _again(change, done, assignment, question, scheme)
    choice = checked_choice(choice, scheme)
    points = scheme.points_of(choice)
    places = {(each.person, *question): each for each in answers}
    if not over:
        _refuse_if_marked_meanwhile(change, assignment, places)
    marks: dict[Place, Mark | None] = {
        place: Mark(
            submission=each.person, notebook=question[0], question=question[1],
            points=points, comment=scheme.comment_of(choice), version=each.version,
        )
        for place, each in places.items()
    }  # fmt: skip
    act = change.marking.begin_act(key, assignment, question, "mark")
    entered = for_teams(marks, teams)
    before = change.marking.last_marks(assignment, entered)
    change.enter_marks(assignment, entered)
    after = change.marking.last_marks(assignment, entered)
    made = [
        MarkedAnswer(
            act=act, person=place[0], choice=choice, mark=after[place].id,
            earlier_mark=before[place].id if place in before else 0,
        )
        for place in entered
    ]  # fmt: skip
    change.marking.add_made(assignment, question, made)
    return EnteredMarks(act, points)


def take_back(change: CourseChange, number: int, most: float) -> MarksTakenBack:
    """Undo an act of whoever makes this change: its answers are marked as before it, or not at all.

    What they were marked with before is worth what the scheme says now; `most` is what the question
    is worth.

    Raises:
        UsageError: there is none of that number, or it is somebody else's.
    """
    found = change.marking.act(number=number)
    if found is None or found.kind != "mark" or found.who != change.who:
        raise UsageError("There is nothing of yours to undo.")
    made = change.marking.made_by(found.id)
    if change.marking.act(key=f"undo-{found.id}"):
        return MarksTakenBack([each.person for each in made], 0)
    question = (found.notebook, found.question)
    change.marking.begin_act(f"undo-{found.id}", found.assignment, question, "undo")
    last = change.marking.last_marks(found.assignment, [(e.person, *question) for e in made])
    mine = [each for each in made if last[each.person, *question].id == each.mark]
    said = {each.person: change.marking.mark(each.earlier_mark) for each in mine}
    choices = {
        person: before
        for person, mark in said.items()
        if mark.is_marked and (before := change.marking.made_for(mark.id))
    }
    scheme = scheme_of(change, found.assignment, question, most)
    _mark_anew(change, found.assignment, question, scheme, said, choices)
    return MarksTakenBack(list(said), len(made) - len(mine))


def put_scheme_item(change: CourseChange, assignment: str, item: SchemeItem, most: float) -> int:
    """Add an item to a scheme or change it; what was marked with it is worth what it says now.

    `most` is what the question is worth. Gives back the item's id.

    Raises:
        UsageError: the item is not valid, or the course has none of its id.
    """
    item = checked_item(item, most)
    question = (item.notebook, item.question)
    stored = change.marking.schemes(assignment).get(question)
    before = {each.id: each for each in stored.items} if stored else {}
    if item.id and item.id not in before:
        raise UsageError("The scheme has no such item.", hint="Load the page again: it changed.")
    if not item.id:
        last = max((each.position for each in before.values()), default=0)
        item = replace(item, position=item.position or last + 1)
    if not before and stored is None and item.points < 0:
        change.marking.put_counts_from(assignment, question, "full")
    id = change.marking.put_item(assignment, item)
    if item.id:
        _mark_all_anew(change, assignment, question, most)
    what = f"{'changed' if item.id else 'added'} an item of question {_named(question)}"
    change.note(what, assignment, details={"item": id, "text": item.text, "points": item.points})
    return id


def count_from(
    change: CourseChange, assignment: str, question: Question, begins: CountsFrom, most: float
) -> None:
    """Say where the marks of a question begin; those that are made from its scheme follow."""
    change.marking.put_counts_from(assignment, question, begins)
    _mark_all_anew(change, assignment, question, most)
    change.note(f"marks of question {_named(question)} count from {begins}", assignment)


def scheme_of(view: CourseView, assignment: str, question: Question, most: float) -> Scheme:
    """The scheme of a question that is worth `most`."""
    stored = view.marking.schemes(assignment).get(question)
    if stored is None:
        return Scheme(points=most)
    return Scheme(points=most, counts_from=stored.counts_from, items=stored.items)


def _mark_all_anew(change: CourseChange, assignment: str, question: Question, most: float) -> None:
    scheme = scheme_of(change, assignment, question, most)
    made = change.marking.made(assignment, question)
    last = change.marking.last_marks(assignment, [(person, *question) for person in made])
    said = {place[0]: mark for place, mark in last.items()}
    _mark_anew(change, assignment, question, scheme, said, made)


def _mark_anew(
    change: CourseChange,
    assignment: str,
    question: Question,
    scheme: Scheme,
    said: Mapping[str, StoredMark],
    made: Mapping[str, MarkedAnswer],
) -> None:
    """Say again what was said of people's answers; what was made from a choice, by the scheme."""
    entered: dict[Place, Mark | None] = {}
    for person, mark in said.items():
        if found := made.get(person):
            points, comment = scheme.points_of(found.choice), scheme.comment_of(found.choice)
            mark = replace(mark, points=points, comment=comment)
        entered[person, *question] = _as_mark((person, *question), mark)
    change.enter_marks(assignment, entered)
    last = change.marking.last_marks(assignment, [(person, *question) for person in made])
    numbers = {each.id: last[person, *question].id for person, each in made.items()}
    moved = {e.id: numbers[e.id] for e in made.values() if numbers[e.id] != e.mark}
    change.marking.made_anew(moved)


def _again(
    change: CourseChange, done: MarkingAct, assignment: str, question: Question, scheme: Scheme
) -> EnteredMarks:
    same = (done.assignment, done.notebook, done.question, done.who, done.kind)
    if same != (assignment, *question, change.who, "mark"):
        raise UsageError("The key of this mark belongs to another.")
    made = change.marking.made_by(done.id)
    return EnteredMarks(done.id, scheme.points_of(made[0].choice), again=True)


def _refuse_if_marked_meanwhile(
    change: CourseChange, assignment: str, places: Mapping[Place, AnswerToMark]
) -> None:
    for place, last in change.marking.last_marks(assignment, places).items():
        if last.id > places[place].seen and last.who != change.who:
            said = f"{number(last.points)} points" if last.points is not None else "no points"
            raise MarkedMeanwhile(
                f"{last.who} marked this answer meanwhile: {said}.",
                hint="Nothing was changed. Look at it again, then save over it if need be.",
            )


def _as_mark(place: Place, said: StoredMark) -> Mark | None:
    if said.taken_back:
        return None
    submission, notebook, question = place
    return Mark(
        submission=submission, notebook=notebook, question=question,
        points=said.points, comment=said.comment, version=said.version,
    )  # fmt: skip


def _named(question: Iterable[str]) -> str:
    return "/".join(question)
