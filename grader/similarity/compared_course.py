"""The attempts of a course at an assignment, with those of other classes, to be compared."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from grader.course.counted_attempts import counted_attempts
from grader.course.course_class import attempt_source
from grader.course.course_folder import CourseFolder
from grader.course.course_settings import NAME, CourseSettings
from grader.course.deadlines import deadlines
from grader.course.matching import match_people
from grader.model.course_records import StoredAttempt
from grader.model.errors import InputError, UsageError
from grader.model.person import Person
from grader.model.rubric import Rubric
from grader.model.submission_form import SubmissionForm
from grader.similarity.compared_class import ComparedSource, compared_folder, short_names
from grader.similarity.linked_groups import linked_groups

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView

_SURE: Final = ("id", "e-mail")
"""What tells that two of different courses are one person. A name does not."""


class OtherClasses(NamedTuple):
    """Where the work of other classes lies."""

    named: Sequence[Path]
    """On the command line: each must have the assignment."""
    settled: Sequence[Path]
    """In `course.toml`: those that have it not are left out."""


class ComparedCourse(NamedTuple):
    """What is compared."""

    sources: list[ComparedSource]
    """This class first."""
    left_out: list[Path]
    """Other classes that had no such assignment."""


def other_classes(course: CourseFolder, id: str, named: Sequence[Path] = ()) -> OtherClasses:
    """The classes that an assignment of a course is compared with.

    Raises:
        InputError: `course.toml` names a folder that is not there.
        UsageError: the course has no such assignment, or is named as another one.
    """
    settings = course.settings
    told = [*settings.earlier, *settings.assignment(id).earlier]
    settled = [course.path / text for text in dict.fromkeys(told)]
    for path in settled:
        if not path.exists():
            raise InputError(f"{course.path / NAME}: `earlier` names {path}, which is not there.")
    for path in (*named, *settled):
        if _root(path).resolve() == course.path.resolve():
            raise UsageError(f"{path}: is this course itself; name another one.")
    known = {path.resolve() for path in named}
    return OtherClasses(named, [path for path in settled if path.resolve() not in known])


def compared_course(
    course: CourseFolder, id: str, rubric: Rubric, form: SubmissionForm, others: OtherClasses
) -> ComparedCourse:
    """Every attempt at an assignment, whether it counts or not, and those of other classes.

    Whoever is known in two courses by an id or e-mail is one person. People who submitted together
    once are one as well: what their attempts share says nothing.

    Raises:
        InputError: another class cannot be read, or was named and has no such assignment.
        UsageError: the course has no such assignment.
    """
    with course.reading() as view:
        people = view.people()
        classes = [_class_attempts(course, view, id, "", {p.key: p.key for p in people}, rubric)]
    folders: list[ComparedSource] = []
    left_out: list[Path] = []
    paths = [*others.named, *others.settled]
    for path, name in zip(paths, short_names(paths), strict=True):
        if not (_root(path) / NAME).is_file():
            inside = path / id
            folders += compared_folder(inside if inside.is_dir() else path, name, form)
        elif (found := _earlier_class(path, name, course, id, people)) is not None:
            classes.append(found)
        elif path in others.named:
            raise InputError(f"{path}: has no assignment {id}, and none of the same grader.")
        else:
            left_out.append(path)
    owners = _owners(team for each in classes for team in each.teams())
    sources = [source for each in classes for source in each.sources(owners, form)]
    return ComparedCourse([*sources, *folders], left_out)


def _root(path: Path) -> Path:
    """The folder of a course that may be named by its `course.toml`."""
    return path.parent if path.name == NAME and path.is_file() else path


def _earlier_class(
    path: Path, name: str, course: CourseFolder, id: str, people: Sequence[Person]
) -> _ClassAttempts | None:
    """What another course has; None if it has no such assignment."""
    earlier = CourseFolder.open(path)
    same = _same_assignment(earlier.settings, course.settings, id)
    if same is None:
        return None
    with earlier.reading() as view:
        keys = {
            claim.claimed.key: claim.person.key
            if claim.person is not None and claim.by in _SURE
            else f"{name}/{claim.claimed.key}"
            for claim in match_people(view.people(), people)
        }
        return _class_attempts(earlier, view, same, name, keys)


def _same_assignment(earlier: CourseSettings, now: CourseSettings, id: str) -> str | None:
    """The id of an assignment in another course: the same, or else the only one of its grader."""
    if any(each.id == id for each in earlier.assignments):
        return id
    grader = now.assignment(id).grader or id
    same = [each.id for each in earlier.assignments if (each.grader or each.id) == grader]
    return same[0] if len(same) == 1 else None


class _ClassAttempts(NamedTuple):
    """The attempts that a course has for an assignment."""

    root: Path
    name: str
    """What it is called as another class; empty for this one."""
    stored: Sequence[StoredAttempt]
    people: Mapping[str, Person]
    keys: Mapping[str, str]
    """Of each person, by what they are known in all courses."""
    counted: Mapping[str, Sequence[str]]
    """Whom attempts count for, by key of the attempt."""

    def teams(self) -> Iterator[list[str]]:
        """Who submitted together."""
        for each in self.stored:
            yield [self.keys[member] for member in _members(each)]

    def sources(self, owners: Mapping[str, str], form: SubmissionForm) -> Iterator[ComparedSource]:
        """The attempts, the same files of one owner once."""
        number = Counter(self._owner(each, owners) for each in self.stored)
        chosen: dict[tuple[str, str], StoredAttempt] = {}
        for each in self.stored:
            key = self._owner(each, owners), each.digest or each.attempt.key
            if key not in chosen or each.attempt.key in self.counted:
                chosen[key] = each
        for (owner, _), each in chosen.items():
            yield self._compared(each, owner, form, is_one_of_several=number[owner] > 1)

    def _owner(self, stored: StoredAttempt, owners: Mapping[str, str]) -> str:
        return owners[self.keys[stored.attempt.owner]]

    def _compared(
        self, stored: StoredAttempt, owner: str, form: SubmissionForm, *, is_one_of_several: bool
    ) -> ComparedSource:
        team = [self.people[key] for key in _members(stored)]
        counts_for = self.counted.get(stored.attempt.key, [])
        source = attempt_source(self.root, stored, form)
        return ComparedSource(
            replace(source, id=stored.attempt.owner, name=", ".join(each.name for each in team)),
            owner,
            other=self.name,
            section="" if self.name else ", ".join(_distinct(each.section for each in team)),
            graded=counts_for[0] if counts_for and not self.name else "",
            attempt=stored.attempt.number if is_one_of_several else 0,
            counted=bool(counts_for),
        )


def _class_attempts(
    course: CourseFolder,
    view: CourseView,
    id: str,
    name: str,
    keys: Mapping[str, str],
    rubric: Rubric | None = None,
) -> _ClassAttempts:
    """What a course has; `rubric` is that of this year's, whose times decide what counts."""
    stored = view.attempts(id)
    people = {person.key: person for person in view.people()}
    counted = _counted(course, view, id, rubric, stored)
    return _ClassAttempts(course.path, name, stored, people, keys, counted)


def _members(stored: StoredAttempt) -> Sequence[str]:
    return stored.attempt.members or [stored.attempt.owner]


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, texts)))


def _owners(teams: Iterable[Sequence[str]]) -> dict[str, str]:
    """Whose the work of each person is: those who submitted together once are one."""
    links = ((team[0], member) for team in teams for member in team)
    return {member: min(group) for group in linked_groups(links) for member in group}


def _counted(
    course: CourseFolder,
    view: CourseView,
    id: str,
    rubric: Rubric | None,
    stored: Sequence[StoredAttempt],
) -> dict[str, list[str]]:
    """Whom each attempt counts for, of those that count for anybody, by key of the attempt.

    Which is the best of several is known where a batch graded them all, and else the latest.
    """
    rule = course.settings.assignment(id).counts or course.settings.counts
    due: dict[str, dt.datetime | None] = {}
    if rubric is not None:
        found = deadlines(course.settings, view, id, rubric)
        due = {key: each.due for key, each in found.items()}
    chosen = {each.attempt.key: 1.0 for each in stored if each.attempt.counted}
    counted: dict[str, list[str]] = {}
    for person, attempt in counted_attempts(stored, rule, due, chosen).items():
        counted.setdefault(attempt.key, []).append(person)
    return counted
