"""Schemes, what marks were made from, and flags, in and out of a course's tables."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from grader.course.database.tables import (
    flags,
    marked_answers,
    marking_acts,
    marking_rules,
    marks,
    scheme_items,
    schemes,
)
from grader.course.marking.marking_records import (
    ActKind,
    MarkedAnswer,
    MarkingAct,
    MarkingFlag,
    StoredMark,
    StoredScheme,
)
from grader.course.marking.scheme import CountsFrom, MarkChoice, Question, SchemeItem
from grader.course.marking.work_split import MarkingRules
from grader.course.marks import Place

_AT_ONCE: Final = 500
_RECENT: Final = 400


class MarkingReader:
    """Reads what a course holds of marking."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def schemes(self, assignment: str) -> dict[Question, StoredScheme]:
        """The schemes of an assignment's questions; those that have none are left out."""
        items: dict[Question, list[SchemeItem]] = defaultdict(list)
        query = select(scheme_items).where(scheme_items.c.assignment == assignment)
        for row in self._connection.execute(query.order_by(scheme_items.c.id)):
            items[row.notebook, row.question].append(_item(row))
        found = {
            (row.notebook, row.question): row.counts_from
            for row in self._connection.execute(
                select(schemes).where(schemes.c.assignment == assignment)
            )
        }
        return {
            question: StoredScheme(
                counts_from=found.get(question, "zero"), items=items.get(question, [])
            )
            for question in {**items, **found}
        }

    def rules(self, assignment: str) -> MarkingRules:
        """How an assignment's answers are marked."""
        query = select(marking_rules).where(marking_rules.c.assignment == assignment)
        row = self._connection.execute(query).first()
        if row is None:
            return MarkingRules()
        return MarkingRules(blind=row.blind, split=row.split, markers=row.markers)

    def marks_since(self, assignment: str, number: int) -> list[tuple[Place, StoredMark]]:
        """What was said of answers after the mark of that number; the first is the oldest."""
        query = select(marks).where(marks.c.assignment == assignment, marks.c.id > number)
        rows = self._connection.execute(query.order_by(marks.c.id))
        return [((row.person, row.notebook, row.question), _mark(row)) for row in rows]

    def last_marks(self, assignment: str, places: Iterable[Place]) -> dict[Place, StoredMark]:
        """The last thing that was said of each of these answers, where something was."""
        wanted = set(places)
        newest = func.max(marks.c.id)
        found: dict[Place, StoredMark] = {}
        for people in _batched(sorted({place[0] for place in wanted})):
            last = (
                select(newest)
                .where(marks.c.assignment == assignment, marks.c.person.in_(people))
                .group_by(marks.c.person, marks.c.notebook, marks.c.question)
            )
            for row in self._connection.execute(select(marks).where(marks.c.id.in_(last))):
                place = (row.person, row.notebook, row.question)
                if place in wanted:
                    found[place] = _mark(row)
        return found

    def mark(self, number: int) -> StoredMark:
        """What was said by the mark of a number."""
        row = self._connection.execute(select(marks).where(marks.c.id == number)).first()
        return StoredMark(id=0) if row is None else _mark(row)

    def made(
        self, assignment: str, question: Question, people: Collection[str] | None = None
    ) -> dict[str, MarkedAnswer]:
        """What marks in force were made from, by person; of everybody by default."""
        here = (
            (marked_answers.c.assignment == assignment)
            & (marked_answers.c.notebook == question[0])
            & (marked_answers.c.question == question[1])
        )
        found: dict[str, MarkedAnswer] = {}
        for some in [None] if people is None else _batched(sorted(people)):
            among = here if some is None else here & marked_answers.c.person.in_(some)
            query = select(marked_answers).where(among).order_by(marked_answers.c.id)
            found |= {row.person: _made(row) for row in self._connection.execute(query)}
        last = self.last_marks(assignment, [(person, *question) for person in found])
        return {p: m for p, m in found.items() if last[p, *question].id == m.mark}

    def made_by(self, act: int) -> list[MarkedAnswer]:
        """The answers of an act."""
        query = select(marked_answers).where(marked_answers.c.act == act)
        rows = self._connection.execute(query.order_by(marked_answers.c.id))
        return [_made(row) for row in rows]

    def made_for(self, mark: int) -> MarkedAnswer | None:
        """What a mark was made from, if it was made here."""
        query = select(marked_answers).where(marked_answers.c.mark == mark)
        row = self._connection.execute(query.order_by(marked_answers.c.id.desc())).first()
        return None if row is None else _made(row)

    def act(self, *, key: str = "", number: int = 0) -> MarkingAct | None:
        """An act by its key or number."""
        here = marking_acts.c.key == key if key else marking_acts.c.id == number
        row = self._connection.execute(select(marking_acts).where(here)).first()
        return None if row is None else _act(row)

    def last_act_of(self, assignment: str, who: str) -> MarkingAct | None:
        """The last that somebody marked and has not undone."""
        mine = (marking_acts.c.assignment == assignment) & (marking_acts.c.who == who)
        acts = self._connection.execute(
            select(marking_acts).where(mine).order_by(marking_acts.c.id.desc()).limit(_RECENT)
        )
        undone = 0
        for row in acts:
            if row.kind == "undo":
                undone += 1
            elif row.kind == "mark" and undone:
                undone -= 1
            elif row.kind == "mark":
                return _act(row)
        return None

    def used_comments(self, assignment: str, question: Question) -> list[str]:
        """What was written beside items at this question lately, the most frequent first."""
        query = (
            select(marked_answers.c.comment)
            .where(
                marked_answers.c.assignment == assignment,
                marked_answers.c.notebook == question[0],
                marked_answers.c.question == question[1],
                marked_answers.c.comment != "",
            )
            .order_by(marked_answers.c.id.desc())
            .limit(_RECENT)
        )
        said = [row.comment for row in self._connection.execute(query)]
        return sorted(dict.fromkeys(said), key=lambda text: -said.count(text))

    def flags(self, assignment: str) -> dict[Place, MarkingFlag]:
        """The flags that nobody has settled."""
        query = select(flags).where(flags.c.assignment == assignment, flags.c.settled_at.is_(None))
        return {
            (row.person, row.notebook, row.question): MarkingFlag(
                person=row.person, notebook=row.notebook, question=row.question,
                who=row.who, at=row.at,
            )
            for row in self._connection.execute(query.order_by(flags.c.id))
        }  # fmt: skip


class MarkingWriter(MarkingReader):
    """Writes, and reads what it has written."""

    def __init__(self, connection: Connection, who: str, at: dt.datetime) -> None:
        super().__init__(connection)
        self._stamp: dict[str, Any] = {"who": who, "at": at}

    def begin_act(self, key: str, assignment: str, question: Question, kind: ActKind) -> int:
        """A new act; its number."""
        values = {"key": key, "kind": kind, **_where(assignment, question), **self._stamp}
        made = insert(marking_acts).values(values).returning(marking_acts.c.id)
        return int(self._connection.execute(made).scalar_one())

    def add_made(self, assignment: str, question: Question, made: Sequence[MarkedAnswer]) -> None:
        """Say what marks were made from."""
        rows = [
            {
                "act": each.act,
                "person": each.person,
                **_where(assignment, question),
                "items": each.choice.items,
                "adjustment": each.choice.adjustment,
                "comment": each.choice.comment,
                "mark": each.mark,
                "earlier_mark": each.earlier_mark or None,
            }
            for each in made
        ]
        if rows:
            self._connection.execute(insert(marked_answers), rows)

    def made_anew(self, marks_of: Mapping[int, int]) -> None:
        """Say which marks came, later, of what others were made from; by `MarkedAnswer.id`."""
        for id, mark in marks_of.items():
            here = marked_answers.c.id == id
            self._connection.execute(update(marked_answers).where(here).values(mark=mark))

    def put_item(self, assignment: str, item: SchemeItem) -> int:
        """Write an item, in place of that of its id; a new one gets one."""
        values = {
            **_where(assignment, (item.notebook, item.question)),
            "text": item.text,
            "points": item.points,
            "position": item.position,
            "removed": item.removed,
            **self._stamp,
        }
        if item.id:
            here = scheme_items.c.id == item.id
            self._connection.execute(update(scheme_items).where(here).values(values))
            return item.id
        made = insert(scheme_items).values(values).returning(scheme_items.c.id)
        return int(self._connection.execute(made).scalar_one())

    def put_counts_from(self, assignment: str, question: Question, begins: CountsFrom) -> None:
        """Say where marks of a question begin."""
        here = [schemes.c[name] == value for name, value in _where(assignment, question).items()]
        changed = update(schemes).where(*here).values(counts_from=begins)
        if not self._connection.execute(changed).rowcount:
            values = {**_where(assignment, question), "counts_from": begins}
            self._connection.execute(insert(schemes).values(values))

    def put_rules(self, assignment: str, rules: MarkingRules) -> None:
        """Say how an assignment is marked."""
        values = {"blind": rules.blind, "split": rules.split, "markers": rules.markers}
        here = marking_rules.c.assignment == assignment
        if not self._connection.execute(update(marking_rules).where(here).values(values)).rowcount:
            self._connection.execute(insert(marking_rules).values(assignment=assignment, **values))

    def put_flag(self, assignment: str, place: Place) -> None:
        """Flag an answer, unless it is."""
        if place not in self.flags(assignment):
            person, *question = place
            where = _where(assignment, (question[0], question[1]))
            self._connection.execute(insert(flags).values(person=person, **where, **self._stamp))

    def settle_flag(self, assignment: str, place: Place) -> None:
        """Take an answer's flag away, if it has one."""
        here = [
            flags.c[name] == value
            for name, value in _where(assignment, (place[1], place[2])).items()
        ]
        self._connection.execute(
            update(flags)
            .where(*here, flags.c.person == place[0], flags.c.settled_at.is_(None))
            .values(settled_by=self._stamp["who"], settled_at=self._stamp["at"])
        )


def _batched(people: Sequence[str]) -> Iterator[Sequence[str]]:
    return (people[at : at + _AT_ONCE] for at in range(0, len(people), _AT_ONCE))


def _where(assignment: str, question: Question) -> dict[str, str]:
    return {"assignment": assignment, "notebook": question[0], "question": question[1]}


def _item(row: Row[Any]) -> SchemeItem:
    return SchemeItem(**{name: row._mapping[name] for name in SchemeItem.__struct_fields__})


def _mark(row: Row[Any]) -> StoredMark:
    return StoredMark(**{name: row._mapping[name] for name in StoredMark.__struct_fields__})


def _act(row: Row[Any]) -> MarkingAct:
    return MarkingAct(**{name: row._mapping[name] for name in MarkingAct.__struct_fields__})


def _made(row: Row[Any]) -> MarkedAnswer:
    choice = MarkChoice(items=row.items, adjustment=row.adjustment, comment=row.comment)
    return MarkedAnswer(
        id=row.id,
        act=row.act,
        person=row.person,
        choice=choice,
        mark=row.mark,
        earlier_mark=row.earlier_mark or 0,
    )
