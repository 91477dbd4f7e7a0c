"""A class as a batch left it: who is in it, and what each student is to be given."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from grader.batches.output import CLASS
from grader.course.grade_files.student_grade import EXCUSED, NOTHING, StudentGrade
from grader.model.attempt import Attempt
from grader.model.class_list import ClassList
from grader.model.errors import InputError
from grader.model.person import Person
from grader.model.result import Result
from grader.report.atomic_write import result_file, student_page_of
from grader.report.redact import for_audience
from grader.report.summary import answers_of

_AT_ONCE: Final = 64
"""Results that are held in memory, since the members of a team share one."""


class HandedBack(NamedTuple):
    """A student, with what is given back."""

    grade: StudentGrade
    page: Path | None
    """The student's copy; None where there is none."""
    version: str
    """Differs where the student's copy says something else; empty where there is none."""
    entries: list[str]
    """The names that the student's files had in the platform's export."""


class GradedClass(NamedTuple):
    """A class that was graded."""

    folder: Path
    platform: str
    assignment: str
    title: str
    """The assignment's."""
    students: list[HandedBack]
    others: list[str]
    """Results that are nobody's of the class."""

    @property
    def grades(self) -> list[StudentGrade]:
        """What everybody is to be given."""
        return [student.grade for student in self.students]


def graded_class(
    folder: Path,
    people: Sequence[Person] | None = None,
    entries: Mapping[str, list[str]] | None = None,
) -> GradedClass:
    """Read the output of a batch.

    Args:
        folder: of the output.
        people: a course's; else those of the export that was graded.
        entries: names of files in exports, by `Person.key`, where a course keeps them.

    Raises:
        InputError: there is no such output, or somebody is in two submissions that count.
    """
    listed = _class_list(folder)
    counted = _counted(listed.attempts)
    present = [person for person in (people or listed.people) if not person.withdrawn]
    owners = {person.key: _owner(folder, person, counted.get(person.key, [])) for person in present}
    read = lru_cache(_AT_ONCE)(_result)
    some: Result | None = None
    students = []
    for person in present:
        mine = counted.get(person.key, [])
        named = [each.entry for each in mine] if entries is None else entries.get(person.key, [])
        owner = owners[person.key]
        result = read(folder, owner)
        some = some or result
        students.append(_student(folder, person, owner, result, bool(mine), named))
    known = {Path(result_file(owner)).name for owner in owners.values()}
    files = (path.name for path in sorted((folder / "results").glob("*.json")))
    return GradedClass(
        folder=folder,
        platform=listed.platform,
        assignment=some.assignment if some else "",
        title=some.title if some else "",
        students=students,
        others=[name.removesuffix(".json") for name in files if name not in known],
    )


def _class_list(folder: Path) -> ClassList:
    path = folder / CLASS
    try:
        return msgspec.json.decode(path.read_bytes(), type=ClassList)
    except FileNotFoundError:
        raise InputError(
            f"{folder}: is not the output of a batch: there is no {CLASS}.",
            hint="Name the folder that `grader batch` wrote to, or run that again.",
        ) from None
    except (OSError, msgspec.MsgspecError) as error:
        raise InputError(f"{path}: cannot be read: {error}.") from None


def _counted(attempts: Sequence[Attempt]) -> dict[str, list[Attempt]]:
    """The attempts that count for somebody, by `Person.key`."""
    counted: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        for person in (attempt.members or [attempt.owner]) if attempt.counted else ():
            counted.setdefault(person, []).append(attempt)
    return counted


def _owner(folder: Path, person: Person, attempts: Sequence[Attempt]) -> str:
    """Whose result a student has: their own, or that of the one who submitted for the team."""
    owners = {attempt.owner for attempt in attempts}
    if (folder / result_file(person.key)).is_file() or not owners:
        return person.key
    if len(owners) > 1:
        raise InputError(
            f"{folder}: {person.key} is in two submissions that count: "
            f"{' and '.join(attempt.entry for attempt in attempts[:2])}.",
            hint="Grade again, and say which counts.",
        )
    return owners.pop()


def _result(folder: Path, owner: str) -> Result | None:
    path = folder / result_file(owner)
    try:
        result = Result.load(path)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise InputError(
            f"{path}: cannot be read: {error}.",
            hint="Run the batch again; it mends what is damaged.",
        ) from None
    if result.submission != owner:
        raise InputError(f"{path}: is the result of {result.submission!r}, not of {owner!r}.")
    return result


def _student(
    folder: Path,
    person: Person,
    owner: str,
    result: Result | None,
    submitted: bool,
    entries: list[str],
) -> HandedBack:
    if not submitted:
        return HandedBack(_without_work(person, result), None, "", [])
    if result is None:
        return HandedBack(StudentGrade(person=person, why="is not graded yet"), None, "", entries)
    page = folder / student_page_of(owner)
    return HandedBack(
        grade=_grade(person, result),
        page=page if page.is_file() and result.error_kind != "internal" else None,
        version=_version(result),
        entries=entries,
    )


def _without_work(person: Person, result: Result | None) -> StudentGrade:
    """Of somebody who submitted nothing: a course has a result of theirs too, with decisions."""
    grade = _grade(person, result) if result else StudentGrade(person=person)
    undecided = grade.points is None and grade.why != EXCUSED
    return replace(grade, why=NOTHING) if undecided else grade


def _grade(person: Person, result: Result) -> StudentGrade:
    unfit = _without_points(result)
    return StudentGrade(
        person=person,
        points=None if unfit else result.final,
        max_points=result.max_score,
        why=unfit,
        waiting=sum(answer.waits for answer in answers_of(result)),
        submission=result.submission,
    )


def _without_points(result: Result) -> str:
    if result.excused:
        return EXCUSED
    if result.error_kind == "internal":
        return f"was not graded through a fault of the grader: {result.error}"
    decided = any(step.kind == "override" for step in result.steps)
    if result.error and not decided:
        return f"could not be read: {result.error}"
    return ""


def _version(result: Result) -> str:
    """Of what the student's copy says, whatever it looks like and however long grading took."""
    shown = for_audience(result, "student")
    checks = [replace(check, duration=0.0) for check in shown.checks]
    books = [replace(book, seconds=0.0) for book in shown.notebooks]
    bare = replace(
        shown, checks=checks, notebooks=books, duration=0.0, graded_at="", digest="",
        environment={}, sandbox=None,
    )  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(bare)).hexdigest()
