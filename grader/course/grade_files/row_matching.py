"""Which row of a platform's sheet is whose: by the platform's own ids, never by likeness."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from grader.model.person import Person

_WORDS: Final = re.compile(r"[^\W_]+")
_LISTED: Final = 5


class IdColumn(NamedTuple):
    """A column by which a platform knows a student."""

    at: int
    title: str
    kinds: tuple[str, ...]
    """Which ids of a person may stand in it: keys of `Person.ids`, or `email`. The first is what
    the column is for: where a person has another, the row is not theirs."""
    digits: bool = False
    """Whether only the number at the end counts: `Participant 12`."""


class SheetRow(NamedTuple):
    """A student's row."""

    number: int
    """As a spreadsheet counts it."""
    cells: list[str]
    name: str


class Matching(NamedTuple):
    """Rows and students, joined."""

    persons: dict[int, Person]
    """By the number of the row."""
    by_name: list[str]
    """Students who were found by their name alone."""
    rows_of_nobody: list[SheetRow]
    without_row: list[Person]
    faults: list[str]
    """Rows that may be two people's, and people who may have two rows: nothing is written then."""


def match_rows(
    rows: Sequence[SheetRow], columns: Sequence[IdColumn], people: Sequence[Person]
) -> Matching:
    """Join the rows of a sheet with the people of a class.

    An id that several people have says nothing. A name counts only where no id speaks, nobody else
    has it, and no id that both sides know speaks against it.
    """
    found = _Finder(columns, people)
    names = Counter(_name_key(row.name) for row in rows)
    persons: dict[int, Person] = {}
    by_name, nobody, faults = [], [], []
    for row in rows:
        owners = found.by_ids(row)
        if len(owners) > 1:
            said = " and ".join(f"{title} says {_shown(p)}" for title, p in owners.values())
            faults.append(f"row {row.number} may be two people's: {said}")
        elif owners:
            ((title, person),) = owners.values()
            if against := found.contradicts(row, person):
                faults.append(f"row {row.number}: {title} says {_shown(person)}, but {against}")
            else:
                persons[row.number] = person
        elif named := found.by_name(row, alone=names[_name_key(row.name)] == 1):
            persons[row.number] = named
            by_name.append(_shown(named))
        else:
            nobody.append(row)
    taken = {person.key for person in persons.values()}
    faults += _twice(persons)
    without = [person for person in people if person.key not in taken]
    return Matching(persons, by_name, nobody, without, faults)


def listed(names: Iterable[str]) -> str:
    """Some names for people to read; not all of many."""
    every = list(names)
    more = f" and {len(every) - _LISTED} more" if len(every) > _LISTED else ""
    return ", ".join(every[:_LISTED]) + more


class _Finder:
    """Looks people up by what a row says."""

    def __init__(self, columns: Sequence[IdColumn], people: Sequence[Person]) -> None:
        self._columns = columns
        self._people: dict[tuple[int, str], Person] = {}
        for column in columns:
            ids = [(id, person) for person in people for id in _ids(person, column)]
            count = Counter(id for id, _ in ids)
            self._people |= {(column.at, id): p for id, p in ids if count[id] == 1}
        names = Counter(_name_key(person.name) for person in people)
        alone = (person for person in people if names[_name_key(person.name)] == 1)
        self._named = {_name_key(person.name): person for person in alone}
        exact = Counter(person.name for person in people)
        self._exactly = {person.name: person for person in people if exact[person.name] == 1}

    def by_ids(self, row: SheetRow) -> dict[str, tuple[str, Person]]:
        """Whom the ids of a row mean, each with the column that says so first."""
        owners: dict[str, tuple[str, Person]] = {}
        for column in self._columns:
            person = self._people.get((column.at, _cell(row, column)))
            if person is not None:
                owners.setdefault(person.key, (column.title, person))
        return owners

    def contradicts(self, row: SheetRow, person: Person) -> str:
        """Which column has another id than the person's; empty if none has."""
        for column in self._columns:
            mine = _id_key(person.ids.get(column.kinds[0], ""), column)
            theirs = _cell(row, column)
            if mine and theirs and mine != theirs:  # never of addresses: people have several
                return f"{column.title} is {theirs!r}, not {mine!r}"
        return ""

    def by_name(self, row: SheetRow, *, alone: bool) -> Person | None:
        """Who has the row's name, if nobody else has and no id speaks against it."""
        key = _name_key(row.name)
        person = self._named.get(key) if alone and key else None
        person = person or self._called_by_an_id(row)
        return None if person is None or self.contradicts(row, person) else person

    def _called_by_an_id(self, row: SheetRow) -> Person | None:
        """Whoever is called what an id of the row says: folders are often named by a login."""
        for column in self._columns:
            id = _cell(row, column)
            person = self._exactly.get(id) if id else None
            if person is not None:
                return person
        return None


def _ids(person: Person, column: IdColumn) -> Iterator[str]:
    for kind in column.kinds:
        id = person.email if kind == "email" else person.ids.get(kind, "")
        if key := _id_key(id, column):
            yield key


def _cell(row: SheetRow, column: IdColumn) -> str:
    text = row.cells[column.at] if column.at < len(row.cells) else ""
    return _id_key(text, column)


def _id_key(text: str, column: IdColumn) -> str:
    """An id as it is compared: without the mark that Brightspace puts before it."""
    if column.digits:
        number = re.search(r"\d+$", text.strip())
        return number[0] if number else ""
    key = unicodedata.normalize("NFC", text.strip().lstrip("#").strip())
    return key.casefold() if "email" in column.kinds else key


def _name_key(name: str) -> str:
    """A name as it is compared: `Doe, Jane` is `Jane Doe`."""
    last, comma, first = unicodedata.normalize("NFC", name).partition(",")
    ordered = f"{first} {last}" if comma else last
    return " ".join(_WORDS.findall(ordered.casefold()))


def _twice(persons: dict[int, Person]) -> Iterator[str]:
    rows: dict[str, list[int]] = {}
    for number, person in persons.items():
        rows.setdefault(person.key, []).append(number)
    for number, person in persons.items():
        mine = rows[person.key]
        if len(mine) > 1 and mine[0] == number:
            yield f"rows {' and '.join(map(str, mine))} are both {_shown(person)}'s"


def _shown(person: Person) -> str:
    return f"{person.name} ({person.key})" if person.name != person.key else person.key
