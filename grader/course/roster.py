"""Reading a roster: the CSV of a platform, or a plain one, by its headings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from grader.model.errors import InputError
from grader.model.person import ASSIGNMENT_IDS, Person
from grader.report.csv import Row, read_csv
from grader.submission.identity import entry_id

_PERSONAL: Final = {
    "name": (
        "name",
        "full name",
        "fullname",
        "student",
        "student name",
        "姓名",
        "学生姓名",
        "名字",
    ),
    "first": ("first name", "firstname", "given name", "first", "名"),
    "last": ("last name", "lastname", "surname", "family name", "last", "姓"),
    "email": ("email", "e-mail", "email address", "mail", "邮箱", "电子邮箱", "邮件"),
    "section": ("section", "sections", "section_name", "class", "lab", "班级", "教学班"),
    "group": ("group", "groups", "group name", "team", "组", "小组", "分组"),
    "withdrawn": ("withdrawn", "dropped", "退课", "退选"),
    "status": ("enrollment status", "enrolment status", "enrollment state", "availability"),
    "role": ("role", "roles", "角色"),
    "sid": ("sid", "student id", "id number", "student number", "matriculation", "id", "学号"),
    "login": ("login", "username", "user name", "login id", "netid", "用户名"),
    "github": ("github", "github username", "github_username"),
    "canvas": ("canvas id", "canvas user id"),
    "sis": ("sis user id", "sis id"),
}
"""What we read to the headings that it goes by, the surest first."""
_PARTICIPANT: Final = re.compile(r"\D*(\d+)")
"""Moodle's number of a student in one assignment, in the site's language: `Participant 12`."""
_IDS: Final = ("canvas", "sis", "login", "sid", "blackboard", "brightspace", "github")
_GONE: Final = frozenset(
    ("1", "yes", "y", "true", "x", "withdrawn", "dropped", "inactive", "no longer enrolled", "是")
)
_INACTIVE: Final = frozenset(("withdrawn", "dropped", "inactive", "concluded", "deleted", "退课"))
_STUDENTS: Final = frozenset(("", "student", "students", "learner", "学生"))


class RosterForm(NamedTuple):
    """The roster of a platform, known by headings that only it has."""

    platform: str
    needed: frozenset[str]
    columns: Mapping[str, str]
    """What we read, to the heading that it has there."""


_FORMS: Final = (
    RosterForm(
        "Canvas gradebook",
        frozenset(("student", "id", "section")),
        {
            "name": "student", "canvas": "id", "sis": "sis user id", "login": "sis login id",
            "section": "section",
        },
    ),
    RosterForm(
        "GitHub Classroom roster",
        frozenset(("identifier", "github_username")),
        {"name": "name", "sid": "identifier", "github": "github_username"},
    ),
    RosterForm(
        "GitHub Classroom grades",
        frozenset(("roster_identifier", "github_username")),
        {"sid": "roster_identifier", "github": "github_username", "group": "group_name"},
    ),
    RosterForm(
        "Moodle grading worksheet",
        frozenset(("identifier", "full name")),
        {
            "moodle": "identifier", "name": "full name", "sid": "id number",
            "email": "email address", "group": "group",
        },
    ),
    RosterForm(
        "Blackboard",
        frozenset(("last name", "first name", "username", "student id")),
        {
            "last": "last name", "first": "first name", "blackboard": "username",
            "sid": "student id", "status": "availability",
        },
    ),
    RosterForm(
        "Brightspace",
        frozenset(("orgdefinedid",)),
        {
            "sid": "orgdefinedid", "brightspace": "username", "last": "last name",
            "first": "first name", "email": "email", "section": "sections",
        },
    ),
)  # fmt: skip


class RosterFile(NamedTuple):
    """What a file says of who takes the course."""

    people: list[Person]
    form: str
    """The platform that it is from; `plain` for any other."""
    columns: dict[str, str]
    """What was read, to the heading that it was under."""
    unused: list[str]
    """Headings that say nothing of who somebody is."""
    skipped: list[str]
    """Rows that are no students, and why."""
    says_withdrawn: bool
    """Whether it says who has withdrawn."""


def read_roster(path: Path, *, of_assignment: bool = False) -> RosterFile:
    """Read a roster.

    Args:
        path: the file.
        of_assignment: whether it is the sheet of one assignment, whose own ids are kept, too.

    Raises:
        InputError: names the file, and the row or the column that is missing.
    """
    rows = list(read_csv(path, ()))
    headings = list(rows[0].cells) if rows else []
    form, columns = _form(headings)
    if not of_assignment:
        columns = {key: name for key, name in columns.items() if key not in ASSIGNMENT_IDS}
    if not columns.keys() & {"name", "last", "email", *_IDS}:
        shown = ", ".join(headings[:8]) or "none"
        hint = "Expected headings such as name, email, student id, section, group."
        raise InputError(f"{path}: no column tells who somebody is (headings: {shown}).", hint=hint)
    people, skipped = _people(path, rows, columns)
    unused = [name for name in headings if name and name not in columns.values()]
    told = bool(columns.keys() & {"withdrawn", "status"})
    return RosterFile(people, form, columns, unused, skipped, told)


def _form(headings: Iterable[str]) -> tuple[str, dict[str, str]]:
    there = {_plain(name): name for name in headings}
    for form in _FORMS:
        if form.needed <= there.keys():
            found = {key: there[name] for key, name in form.columns.items() if name in there}
            return form.platform, found
    if {"sid", "last name"} <= there.keys() and {"sections", "section_name"} & there.keys():
        return "Gradescope", _plain_columns(there)
    return "plain", _plain_columns(there)


def _plain_columns(there: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, names in _PERSONAL.items():
        for name in names:
            if name in there and there[name] not in found.values():
                found[key] = there[name]
                break
    return found


def _plain(heading: str) -> str:
    text = unicodedata.normalize("NFKC", heading).casefold()
    return " ".join(text.replace("-", " ").split()) if text != "e-mail" else text


def _people(
    path: Path, rows: Iterable[Row], columns: Mapping[str, str]
) -> tuple[list[Person], list[str]]:
    found: dict[str, Person] = {}
    skipped: list[str] = []
    clashes = _Clashes(path)
    for number, cells in rows:
        said = {key: cells.get(heading, "").strip() for key, heading in columns.items()}
        if why := _not_a_student(said):
            skipped.append(f"row {number}: {why}")
            continue
        person = _person(said)
        if found.get(person.key) != person:  # a row may be there twice
            clashes.add(person, number)
        found[person.key] = person
    return list(found.values()), skipped


class _Clashes:
    """Rows that would be one and the same student, though they differ."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: dict[tuple[str, str], int] = {}

    def add(self, person: Person, row: int) -> None:
        for platform, id in (("", person.key), *person.ids.items()):
            other = self._rows.setdefault((platform, id), row)
            if other == row:
                continue
            where = f"{self._path}, row {row}"
            if platform:
                hint = "Correct one of the two rows."
                raise InputError(
                    f"{where}: has the {platform} id {id!r} of row {other}.", hint=hint
                )
            hint = "Add a column that tells them apart, such as student id or email."
            raise InputError(f"{where}: cannot be told from row {other}, {id!r}.", hint=hint)


def _not_a_student(said: Mapping[str, str]) -> str:
    """Why a row is not that of a student; empty where it is."""
    name = _name(said)
    if "points possible" in name.casefold():
        return "points possible"
    if name in ("Student, Test", "Test Student") or name == "Student Test":
        return "Canvas's test student"
    if said.get("role", "").casefold() not in _STUDENTS:
        return f"{name or said.get('email', '')} is {said['role']}"
    if not (name or said.get("email") or any(said.get(id) for id in _IDS)):
        return "empty"
    return ""


def _person(said: Mapping[str, str]) -> Person:
    ids = {platform: _id(said[platform]) for platform in _IDS if said.get(platform)}
    name, email = _name(said), said.get("email", "")
    participant = _PARTICIPANT.fullmatch(said.get("moodle", ""))
    mark = next((ids[p] for p in ("sid", "sis", *_IDS) if p in ids), email)
    name = name or email or mark
    return Person(
        key=entry_id(f"{name}_{mark}" if mark and mark != name else name),
        name=name,
        email=email,
        ids={**ids, "moodle": participant[1]} if participant else ids,
        section=said.get("section", ""),
        group=said.get("group", ""),
        withdrawn=_is_gone(said),
    )


def _id(text: str) -> str:
    """An id, less the sign that Brightspace puts before it to keep a spreadsheet from counting."""
    return text.removeprefix("#")


def _name(said: Mapping[str, str]) -> str:
    """As people say it: `Smith, Ann` is Ann Smith."""
    if said.get("name"):
        last, comma, first = said["name"].partition(",")
        turned = comma and first.strip() and "," not in first
        return f"{first.strip()} {last.strip()}" if turned else said["name"]
    last, first = said.get("last", ""), said.get("first", "")
    both = (last, first) if _is_han(last + first) else (first, last)
    return ("" if _is_han(last + first) else " ").join(filter(None, both))


def _is_han(text: str) -> bool:
    """Whether a name is written as in Chinese: the family name first, and no space."""
    return bool(text) and all("\u4e00" <= character <= "\u9fff" for character in text)


def _is_gone(said: Mapping[str, str]) -> bool:
    return (
        said.get("withdrawn", "").casefold() in _GONE
        or said.get("status", "").casefold() in _INACTIVE
    )
