"""Which rows of a class are asked for, in which order: what the address of a page says."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from grader.model.person import Person
from grader.report.class_statistics import NOT_PASSING
from grader.report.summary import LETTERS, Register
from grader.web.class_rows import NOTES, STATES, ClassView, StudentRow
from grader.web.paging import Paged, paged, whole_number

_MAX_TEXT: Final = 200
_LOST: Final = frozenset(LETTERS[outcome] for outcome in NOT_PASSING)


class ClassQuery(NamedTuple):
    """What is looked for; empty where all are."""

    text: str = ""
    section: str = ""
    state: str = ""
    note: str = ""
    part: str = ""
    """Those who lost points in this part."""
    check: str = ""
    """Those who did not pass this check."""
    mistake: str = ""
    sort: str = "name"
    """`name`, `score`, `submitted`, or the id of a part after `part:`."""
    down: bool = False
    page: int = 1

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> ClassQuery:
        """What an address asks for; what cannot be is left out."""
        fields = ("text", "section", "part", "check", "mistake")
        said = {name: asked.get(name, "")[:_MAX_TEXT] for name in fields}
        return cls(
            **said,
            state=asked.get("state", "") if asked.get("state") in STATES else "",
            note=asked.get("note", "") if asked.get("note") in NOTES else "",
            sort=asked.get("sort", "")[:_MAX_TEXT] or "name",
            down=asked.get("down") == "1",
            page=whole_number(asked.get("page", "")) or 1,
        )

    def asked(self, **other: Any) -> dict[str, str | int]:
        """The same for an address, with something else instead."""
        changed = self._replace(**{"page": 1, **other})
        found: dict[str, str | int] = {
            name: getattr(changed, name)
            for name in ("text", "section", "state", "note", "part", "check", "mistake")
        }
        found["sort"] = "" if changed.sort == "name" else changed.sort
        found["down"] = "1" if changed.down else ""
        found["page"] = "" if changed.page == 1 else changed.page
        return found


def find_rows(view: ClassView, query: ClassQuery) -> Paged[StudentRow]:
    """The rows of one page."""
    places = _places(view.register, query.check)
    fitting = [row for row in view.rows if _fits(row, query, places)]
    return paged(_sorted(fitting, query), len(view.rows), query.page)


def _places(register: Register, check: str) -> dict[str, list[int]]:
    """Where a check stands in each list of checks."""
    if not check:
        return {}
    return {
        id: [n for n, each in enumerate(roll) if each.id == check]
        for id, roll in register.rolls.items()
    }


def _fits(row: StudentRow, query: ClassQuery, places: Mapping[str, list[int]]) -> bool:
    if query.section and row.person.section != query.section:
        return False
    if query.state and row.state != query.state:
        return False
    if query.note and query.note not in row.notes:
        return False
    if query.part and not _lost(row, query.part):
        return False
    if query.mistake and not (row.summary and query.mistake in row.summary.mistakes):
        return False
    if query.text and not is_named(row.person, query.text):
        return False
    return not query.check or _failed(row, places)


def _failed(row: StudentRow, places: Mapping[str, list[int]]) -> bool:
    """Whether the check counts and did not pass."""
    summary = row.summary
    if summary is None:
        return False
    return any(
        summary.marks[n] in _LOST for n in places.get(summary.roll, ()) if n < len(summary.marks)
    )


def _lost(row: StudentRow, part: str) -> bool:
    found = row.part(part)
    return found is not None and found.points < found.max_points


def is_named(person: Person, text: str) -> bool:
    """Whether each word of a text is in what somebody goes by."""
    every = (person.name, person.key, person.email, person.group, *person.ids.values())
    wanted = _folded(text).split()
    told = _folded(" ".join(every))
    return all(word in told for word in wanted)


def _folded(text: str) -> str:
    """Without case, width and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


def _sorted(rows: list[StudentRow], query: ClassQuery) -> list[StudentRow]:
    """Rows without a value come last, whichever way; those that are equal stay by name."""
    if query.sort == "name":
        return rows[::-1] if query.down else rows
    value = _value(query.sort)
    valued = [(value(row), row) for row in rows]
    there = [pair for pair in valued if pair[0] is not None]
    there.sort(key=lambda pair: pair[0], reverse=query.down)
    return [row for _, row in there] + [row for found, row in valued if found is None]


def _value(sort: str) -> Callable[[StudentRow], Any]:
    if sort == "score":
        return lambda row: row.score
    if sort == "submitted":
        return lambda row: _moment(row.submitted)
    part = sort.removeprefix("part:")
    return lambda row: found.points if (found := row.part(part)) else None


def _moment(time: dt.datetime | None) -> dt.datetime | None:
    return time.replace(tzinfo=dt.UTC) if time is not None and time.tzinfo is None else time
