"""The class of a course at one assignment: everybody's work, and who submitted nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from grader.assignment.composed import ComposedAssignment, open_assignment
from grader.assignment.folder import Assignment
from grader.course.counted_attempts import counted_attempts
from grader.course.course_folder import CourseFolder
from grader.course.course_worth import CourseWorth
from grader.course.deadlines import deadlines
from grader.course.lateness import Deadline
from grader.course.submission_worth import Worth
from grader.course.team_marks import graded_together
from grader.model.attempt import Attempt
from grader.model.class_list import ClassList
from grader.model.course_records import StoredAttempt
from grader.model.person import Person
from grader.model.rubric import Rubric
from grader.model.submission_form import SubmissionForm
from grader.submission import Source, Sources
from grader.submission.discover import why_not_read
from grader.submission.files import printable
from grader.submission.identity import Names

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView

_NOTHING: Final = "Nothing was submitted."
_NOWHERE: Final = Path("nothing")
_QUOTED: Final = 200


class CourseClass(NamedTuple):
    """What is to be graded, and what it is worth beside its grade."""

    sources: Sources
    """One per student, by `Person.key`; who submitted nothing among them."""
    worth: CourseWorth
    class_list: ClassList
    stored: list[StoredAttempt]
    """Every attempt that the course has."""
    counted: Mapping[str, Attempt]

    @property
    def names(self) -> Names:
        """Everybody, by all that they go by."""
        return names_of(self.class_list.people)

    def teams(self) -> dict[str, list[str]]:
        """Who is graded for the same attempt as somebody; the student among them."""
        return graded_together({person: each.key for person, each in self.counted.items()})


def names_of(people: Sequence[Person]) -> Names:
    """Some people, by all that they go by."""
    sources = [Source(id=each.key, name=each.name, path=_NOWHERE) for each in people]
    return Names(sources, {each.key: _also_called(each) for each in people})


def open_course_class(
    course: CourseFolder,
    view: CourseView,
    id: str,
    loaded: Assignment | ComposedAssignment,
    *,
    scores: Mapping[str, float] | None = None,
    lang: str = "en",
) -> CourseClass:
    """The class of a course at an assignment.

    Args:
        course: the course.
        view: what it holds.
        id: of its assignment.
        loaded: what grades it.
        scores: by key of an attempt, where the best counts.
        lang: of the reasons why an attempt counts.

    Raises:
        UsageError: the course has no such assignment.
    """
    settings = course.settings
    people, stored = view.people(id), view.attempts(id)
    due = {key: each.due for key, each in deadlines(settings, view, id, loaded.rubric).items()}
    rule = settings.assignment(id).counts or settings.counts
    counted = counted_attempts(stored, rule, due, scores, lang)
    by_key = {each.attempt.key: each for each in stored}
    several = _several(stored)
    looks: dict[str, _Look | _Absent] = {}
    for person in people:
        attempt = counted.get(person.key)
        if attempt is not None:
            note = attempt.why if person.key in several else ""
            looks[person.key] = _Look(course.path, loaded, person, by_key[attempt.key], note)
        elif not person.withdrawn:
            looks[person.key] = _Absent(course.path, person)
    worth = CourseWorth(
        settings, view, id, lambda other: _rubric(course, id, loaded, other), counted
    )
    listed = ClassList(people=people, attempts=_one_each(counted, stored))
    ordered = sorted(looks, key=lambda key: (key.casefold(), key))
    sources = Sources(ordered, lambda key: looks[key](), are_ids=True)
    return CourseClass(sources, worth, listed, stored, counted)


class EveryAttempt(NamedTuple):
    """All attempts of those who have several, each to be graded by itself."""

    sources: Sources
    """By `Attempt.key`."""
    worth: Mapping[str, Worth]

    @property
    def names(self) -> Names:
        """Of the attempts."""
        return Names(self.sources)

    @property
    def class_list(self) -> ClassList:
        """Nobody: these results are for comparison alone."""
        return ClassList()


def every_attempt(
    course: CourseFolder, view: CourseView, id: str, loaded: Assignment | ComposedAssignment
) -> EveryAttempt:
    """The attempts from which the best is to be found, and what each would be worth."""
    people = {person.key: person for person in view.people(id)}
    stored = view.attempts(id)
    several = _several(stored)
    due = deadlines(course.settings, view, id, loaded.rubric)
    looks = {
        each.attempt.key: _Look(course.path, loaded, people[each.attempt.owner], each, "", own=True)
        for each in stored
        if each.active and several & set(each.attempt.members)
    }
    worth = {
        each.attempt.key: Worth(
            submitted=each.attempt.submitted, deadline=due.get(each.attempt.owner, Deadline())
        )
        for each in stored
    }
    sources = Sources(sorted(looks), lambda key: looks[key](), are_ids=True)
    return EveryAttempt(sources, worth)


def _rubric(
    course: CourseFolder, id: str, loaded: Assignment | ComposedAssignment, other: str
) -> Rubric:
    return loaded.rubric if other == id else open_assignment(course.grader(other)).rubric


class _Look(NamedTuple):
    """Looks at an attempt when its turn comes."""

    root: Path
    loaded: Assignment | ComposedAssignment
    person: Person
    stored: StoredAttempt
    note: str
    own: bool = False
    """Whether it is graded as an attempt, not as the student's work."""

    def __call__(self) -> Source:
        """The attempt as a student's submission."""
        found = attempt_source(self.root, self.stored, self.loaded.form)
        id = self.stored.attempt.key if self.own else self.person.key
        return replace(found, id=id, name=self.person.name, note=self.note)


class _Absent(NamedTuple):
    """Stands for somebody who submitted nothing."""

    root: Path
    person: Person

    def __call__(self) -> Source:
        """A source that nothing is to be read of."""
        return Source(
            id=self.person.key,
            name=self.person.name,
            path=self.root / _NOWHERE,
            problem=_NOTHING,
            absent=True,
        )


def attempt_source(root: Path, stored: StoredAttempt, form: SubmissionForm) -> Source:
    """An attempt as a submission of its own, by its key, in the course at `root`."""
    path = root / stored.attempt.entry
    problem = stored.problem or ("" if stored.files else _holds_nothing(stored))
    problem = problem or why_not_read(path, path.parent, form)
    return Source(id=stored.attempt.key, path=path, problem=problem)


def _holds_nothing(stored: StoredAttempt) -> str:
    entry = printable(stored.source)
    if not stored.comment:
        return f"{entry}: holds no file."
    return f"{entry}: holds no file, only a text: {printable(stored.comment[:_QUOTED])}"


def _several(stored: Sequence[StoredAttempt]) -> set[str]:
    """Who has more than one attempt."""
    seen: set[str] = set()
    several: set[str] = set()
    for each in stored:
        for member in each.attempt.members:
            (several if member in seen else seen).add(member)
    return several


def _one_each(counted: Mapping[str, Attempt], stored: Sequence[StoredAttempt]) -> list[Attempt]:
    """Attempts as results go by them: each student has one of their own, also in a team."""
    own = [
        replace(attempt, key=f"{attempt.key}/{person}", owner=person, members=[person])
        for person, attempt in counted.items()
    ]
    taken = {attempt.key for attempt in counted.values()}
    rest = [replace(e.attempt, counted=False) for e in stored if e.attempt.key not in taken]
    return [*own, *rest]


def _also_called(person: Person) -> list[str]:
    return [each for each in (person.name, person.email, *person.ids.values()) if each]
